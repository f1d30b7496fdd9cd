"""Who may write, read and answer complaints and suggestions."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from gongzhi.shared.permissions import Actor, Permission, Role

from .models import Kind, Suggestion

_ANSWERERS = frozenset(
    {
        Role.COUNTY_OPERATOR,
        Role.COUNTY_OFFICER,
        Role.CENTER_OPERATOR,
        Role.TOWN_OFFICER,
        Role.COMMUNITY_CLERK,
        Role.PARK_OFFICER,
    }
)
ANSWER = Permission(
    code="suggestions.answer", label="答复、转办投诉建议", roles=_ANSWERERS, place="desk"
)
# Money is answered by somebody through whose hands it does not go (钱的事由监督员答).
ANSWER_MONEY = Permission(
    code="suggestions.answer-money",
    label="答复钱的事",
    roles=frozenset({Role.AUDITOR, Role.COUNTY_OFFICER}),
    place="desk",
)
SEE = Permission(
    code="suggestions.see",
    label="看投诉建议",
    roles=_ANSWERERS | {Role.AUDITOR, Role.COUNTY_LEADER},
    place="desk",
)


def require_write(by: Actor) -> None:
    """
    Let everybody write, signed in or not; a program may not write in people's stead (谁都可以说).

    :raises PermissionDenied: *by* is an account that is signed in and out of use.
    """
    if by.is_authenticated and not getattr(by, "is_active", True):
        raise PermissionDenied("suggestions.write")


def answerable(queryset: QuerySet[Suggestion], by: Actor) -> QuerySet[Suggestion]:
    """Keep the suggestions that *by* may answer (归我答的)."""
    money = Q(kind=Kind.MONEY)
    return queryset.filter(
        Q(pk__in=ANSWER.among(queryset.exclude(money), by).values("pk"))
        | Q(pk__in=ANSWER_MONEY.among(queryset.filter(money), by).values("pk"))
    )


def may_answer(by: Actor, suggestion: Suggestion) -> bool:
    """Tell whether *by* may answer this one (归不归我答)."""
    return answerable(Suggestion.objects.filter(pk=suggestion.pk), by).exists()


def require_answer(by: Actor, suggestion: Suggestion) -> None:
    """:raises PermissionDenied: *by* may not answer this one."""
    if not may_answer(by, suggestion):
        raise PermissionDenied(ANSWER_MONEY.code if suggestion.kind == Kind.MONEY else ANSWER.code)


def require_writer(suggestion: Suggestion, is_writer: bool) -> None:
    """
    Let nobody but whoever holds the query code act on their own suggestion (凭查询号).

    :raises PermissionDenied: the code was not the one given at writing.
    """
    if not is_writer:
        raise PermissionDenied("suggestions.writer")
