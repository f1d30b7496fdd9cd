"""Who opens accounts, who appoints, who unlocks: three administrators, none of whom does the work of another."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from gongzhi.shared.permissions import Actor, Permission, Role

from .models import WATCHERS, RoleAssignment, User

SEE_PEOPLE = Permission(
    code="accounts.see-people",
    label="看账号和身份",
    roles=frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}),
)
OPEN_ACCOUNTS = Permission(
    code="accounts.open-accounts", label="开账号、停账号", roles=frozenset({Role.SYSTEM_ADMIN})
)
APPOINT = Permission(
    code="accounts.appoint", label="给业务身份、停业务身份", roles=frozenset({Role.SYSTEM_ADMIN})
)
# Who watches is never appointed by whom they watch.
APPOINT_WATCHERS = Permission(
    code="accounts.appoint-watchers",
    label="给管理员和审计身份、停管理员和审计身份",
    roles=frozenset({Role.SECURITY_ADMIN}),
)
UNLOCK = Permission(
    code="accounts.unlock",
    label="解锁账号、重设第二道验证",
    roles=frozenset({Role.SECURITY_ADMIN}),
)
SEE_SECURITY = Permission(
    code="accounts.see-security", label="看安全规则", roles=frozenset({Role.SECURITY_ADMIN})
)
# Who can have the package upgraded, and who watches that the rules are in force.
SEE_CALENDAR = Permission(
    code="accounts.see-calendar",
    label="看放假安排装到哪一年",
    roles=frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}),
)


def appointing(role: str) -> Permission:
    """Return the right that giving and ending *role* asks for (任免权)."""
    return APPOINT_WATCHERS if role in WATCHERS else APPOINT


def require_any(by: Actor, *permissions: Permission) -> None:
    """:raises PermissionDenied: *by* holds none of these rights over anything."""
    if not any(p.anywhere(by) for p in permissions):
        raise PermissionDenied(permissions[0].code)


def over_all(permission: Permission, by: Actor) -> bool:
    """Tell whether *by* holds this right over the whole county, so over accounts without a place too."""
    return any(path.count("/") <= 2 for path in permission.paths(by))


def accounts_under(permission: Permission, by: Actor) -> Q:
    """
    Return which accounts *by* holds this right over (管得到的账号).

    Over the whole county: all. Over less: those appointed there and, today, nowhere else.
    """
    if over_all(permission, by):
        return Q()
    here = Q(pk__in=[])
    for path in permission.paths(by):
        here |= Q(place__path__startswith=path) | Q(organization__place__path__startswith=path)
    theirs = RoleAssignment.objects.filter(user_id=OuterRef("pk"))
    live = theirs.filter(Q(until__isnull=True) | Q(until__gt=timezone.localdate()))
    return Q(Exists(theirs.filter(here))) & ~Q(Exists(live.exclude(here)))


def require_over(by: Actor, permission: Permission, user: User) -> None:
    """:raises PermissionDenied: *by* does not hold this right over the account of *user*."""
    if not User.objects.filter(accounts_under(permission, by), pk=user.pk).exists():
        raise PermissionDenied(permission.code)


def require_over_all(by: Actor, permission: Permission) -> None:
    """:raises PermissionDenied: *by* does not hold this right over the whole county."""
    if not over_all(permission, by):
        raise PermissionDenied(permission.code)


def require_self(by: Actor, user_id: int | None) -> None:
    """:raises PermissionDenied: *by* is not the holder of the account, nor the house that sets it up."""
    if by.pk is not None and by.pk != user_id:
        raise PermissionDenied("accounts.own")


def allow_anyone(by: Actor) -> None:
    """Everybody may ask for a code and try to sign in (人人可办): said aloud, so that it was asked."""
