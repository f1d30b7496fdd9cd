"""The pages of the directory: load, one call, render."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gongzhi.audit import queries as audit
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_id, mask_phone
from gongzhi.ui.doors import needs

from . import queries, rules, services
from .models import AnnualReport, Person, Rating, SocialEnterprise, Volunteer

SHOWN = 50  # rows of a queue on one page; answering makes room for the next


def _crumbs(name: str) -> list[dict[str, str]]:
    return [{"label": "组织和人", "url": "/directory/"}, {"label": name, "url": ""}]


@needs(rules.VIEW_TEAMS)
def hub(request: HttpRequest) -> HttpResponse:
    """Show what the directory holds: its lists and its queues (组织和人)."""
    return render(
        request, "directory/hub.html", {"may_merge": rules.MERGE_PEOPLE.anywhere(request.user)}
    )


@needs(rules.VIEW_ORGANIZATIONS)
def organization(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one organization (一家组织)."""
    org = get_object_or_404(queries.organizations(request.user).select_related("place"), pk=pk)
    day = today(timezone.now())
    return render(
        request,
        "directory/organization.html",
        {
            "org": org,
            "crumbs": _crumbs(org.name),
            "rating": queries.rating_on(org, day),
            "ratings": org.ratings.order_by("-valid_from"),
            "reports": org.annual_reports.order_by("-year"),
            "stages": org.stages.order_by("-since"),
            "teams": queries.teams_of(org),
            "phone": org.contact_phone.masked(mask_phone),
            "log": audit.lines_about(org, 10),
        },
    )


def _to_organization(request: HttpRequest, model: type[Model], pk: int) -> HttpResponse:
    allowed: QuerySet = queries.organizations(request.user)
    found = get_object_or_404(model._default_manager.filter(organization__in=allowed), pk=pk)
    return redirect("directory:organization", found.organization_id)  # type: ignore[attr-defined]


@needs(rules.VIEW_ORGANIZATIONS)
def rating(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the organization that a rating belongs to (评估等级)."""
    return _to_organization(request, Rating, pk)


@needs(rules.VIEW_ORGANIZATIONS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the organization that owes a report (年度报告)."""
    return _to_organization(request, AnnualReport, pk)


@needs(rules.VIEW_ORGANIZATIONS)
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the enterprise that is at a stage (社会企业阶段)."""
    return _to_organization(request, SocialEnterprise, pk)


@never_cache
@needs(rules.VIEW_PEOPLE)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person, numbers masked (一个人)."""
    return _person(request, get_object_or_404(queries.people(request.user), pk=pk))


def _person(request: HttpRequest, one: Person, opened: object = None) -> HttpResponse:
    now = timezone.now()
    found = queries.registrations_of(one)
    pairs = [
        {"candidate": c, "rows": queries.compare(c.first, c.second)}
        for c in queries.candidates_of(request.user, one)[:3]
    ]
    return render(
        request,
        "directory/person.html",
        {
            "person": one,
            "crumbs": _crumbs(one.name),
            "id_number": one.id_number.masked(mask_id),
            "phone": one.phone.masked(mask_phone),
            "opened": opened,
            "may_open": rules.OPEN_NUMBERS.allows(request.user, one) and not one.erased_at,
            "found": found,
            "pairs": pairs,
            "openings": queries.openings_of(one, now=now),
        },
    )


@never_cache
@require_POST
@needs(rules.OPEN_NUMBERS)
def open_numbers(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the numbers once, for a reason (写理由打开号码); they stand in this answer and in no address."""
    one = get_object_or_404(queries.people(request.user), pk=pk)
    opened = services.open_number(
        by=request.user, person=one, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    return _person(request, one, opened)


@needs(rules.VIEW_PEOPLE)
def volunteer(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the person behind a registration (志愿者登记)."""
    allowed = rules.VIEW_PEOPLE.among(Volunteer.objects.all(), request.user)
    return redirect("directory:person", get_object_or_404(allowed, pk=pk).person_id)


@needs(rules.VIEW_TEAMS)
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one team with its members (志愿服务队)."""
    one = get_object_or_404(
        queries.teams(request.user).select_related("place", "organization"), pk=pk
    )
    members = queries.members_of(one)
    if not rules.VIEW_PEOPLE.anywhere(request.user):
        members = members.none()
    return render(
        request,
        "directory/team.html",
        {"team": one, "crumbs": _crumbs(one.name), "members": members[:200]},
    )


@needs(rules.MERGE_PEOPLE)
def candidates(request: HttpRequest) -> HttpResponse:
    """Show the pairs that wait to be compared (疑似重复)."""
    return render(
        request,
        "directory/candidates.html",
        {"crumbs": _crumbs("疑似重复"), "pairs": queries.candidates(request.user)[:SHOWN]},
    )


@require_POST
@needs(rules.MERGE_PEOPLE)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether two records are one person (核定疑似重复)."""
    candidate = get_object_or_404(queries.candidates(request.user), pk=pk)
    services.decide_candidate(
        by=request.user,
        candidate=candidate,
        decision=request.POST.get("decision", ""),
        note=request.POST.get("note", ""),
        now=timezone.now(),
    )
    return redirect("directory:candidates")


@needs(rules.ANSWER_DISPUTES)
def disputes(request: HttpRequest) -> HttpResponse:
    """Show what people say is wrong, the most urgent first (登记异议)."""
    return render(
        request,
        "directory/disputes.html",
        {"crumbs": _crumbs("登记异议"), "disputes": queries.disputes_waiting(request.user)[:SHOWN]},
    )


@require_POST
@needs(rules.ANSWER_DISPUTES)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what somebody says is wrong (答复登记异议)."""
    dispute = get_object_or_404(queries.disputes_waiting(request.user), pk=pk)
    services.answer_dispute(
        by=request.user,
        dispute=dispute,
        upheld=request.POST.get("upheld") == "yes",
        answer=request.POST.get("answer", ""),
        now=timezone.now(),
    )
    return redirect("directory:disputes")


@needs(rules.VIEW_ORGANIZATIONS)
def deadlines(request: HttpRequest) -> HttpResponse:
    """Show ratings that end soon and reports that have not come (快到期的)."""
    day = today(timezone.now())
    return render(
        request,
        "directory/deadlines.html",
        {
            "crumbs": _crumbs("快到期的"),
            "ratings": queries.ratings_ending(request.user, day).select_related("organization")[
                :SHOWN
            ],
            "reports": queries.reports_waiting(request.user, day).select_related("organization")[
                :SHOWN
            ],
        },
    )
