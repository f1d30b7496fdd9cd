"""One team of volunteers, who is in it, and the desks that change it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from gongzhi.audit import queries as audit
from gongzhi.directory import queries, rules, services
from gongzhi.directory.forms import EndForm, EndTeamForm, JoinForm, TeamForm
from gongzhi.directory.models import Membership, Organization, Team
from gongzhi.directory.paging import member_page
from gongzhi.places.queries import spoken_path
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Permission
from gongzhi.ui.doors import Request, needs

from .frame import Crumbs, crumbs, form_page, list_of, sent


def _team(request: Request, pk: int, permission: Permission) -> Team:
    """:raises Http404: the person does not hold *permission* over such a team."""
    rows = Team.objects.select_related("place", "organization")
    found = permission.among(rows, request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _path(team: Team, *more: str) -> Crumbs:
    all_teams = ("志愿服务队", list_of("teams"))
    if not more:
        return crumbs(all_teams, team.name)
    return crumbs(all_teams, (team.name, reverse("directory:team", args=[team.pk])), *more)


@needs(rules.VIEW_TEAMS)
@require_GET
def team(request: Request, pk: int) -> HttpResponse:
    """Show a team and who is in it, leaders first (一支志愿队)."""
    found = _team(request, pk, rules.VIEW_TEAMS)
    user = request.user
    page = member_page(found, after=request.GET.get("after", ""))
    sees = rules.VIEW_PEOPLE.paths(user)
    sees_organization = rules.VIEW_ORGANIZATIONS.paths(user)
    keeps = found.ended_on is None and (
        rules.KEEP_TEAMS.at(user, found.place.path)
        or found.organization_id in rules.KEEP_TEAMS.organizations(user)
    )
    return render(
        request,
        "directory/team.html",
        {
            "team": found,
            "where": spoken_path(found.place),
            "members": [
                (m, bool(sees) and m.person.place.path.startswith(sees)) for m in page.rows
            ],
            "next": f"?{urlencode({'after': page.next})}" if page.next else "",
            "keeps": keeps,
            "opens_organization": found.organization
            and (
                bool(sees_organization)
                or found.organization_id in rules.VIEW_ORGANIZATIONS.organizations(user)
            ),
            "log": audit.lines_about(found, 8),
            "crumbs": _path(found),
        },
    )


@needs(rules.KEEP_TEAMS)
@require_http_methods(["GET", "POST"])
def found(request: Request) -> HttpResponse:
    """Enter a team into the directory (登记志愿队)."""
    now = timezone.now()
    form = TeamForm(
        sent(request),
        by=request.user,
        of=_asked_organization(request),
        initial={"founded_on": today(now)},
    )
    if form.is_valid():
        made = services.found_team(by=request.user, now=now, **form.cleaned_data)
        messages.success(request, f"{made.name}登记好了，接着加队员")
        return redirect("directory:team", pk=made.pk)
    return form_page(
        request, form, title="登记志愿队", button="登记", back=reverse("directory:hub"),
        path=crumbs(("志愿服务队", list_of("teams")), "登记志愿队"),
        note="同一个村社里队名不能重复。登记好以后一个一个加队员，写明本人怎么同意的。",
    )  # fmt: skip


def _asked_organization(request: Request) -> Organization | None:
    asked = request.GET.get("organization", "")
    if not asked.isdecimal() or len(asked) > 17:
        return None
    return queries.organizations(request.user).filter(pk=int(asked)).first()


@needs(rules.KEEP_TEAMS)
@require_http_methods(["GET", "POST"])
def join(request: Request, pk: int) -> HttpResponse:
    """Put somebody on a team, with how they agreed (加队员)."""
    kept = _team(request, pk, rules.KEEP_TEAMS)
    form = JoinForm(sent(request), by=request.user)
    if form.is_valid():
        given = form.cleaned_data
        services.join_team(
            by=request.user,
            team=kept,
            person=form.person,
            part=given["part"],
            consent=given["consent"],
            joined_on=given["joined_on"],
            now=timezone.now(),
        )
        messages.success(request, f"{form.person.name}加进{kept.name}了")
        return redirect("directory:team", pk=pk)
    return form_page(
        request, form, title="加队员", button="加进来", back=reverse("directory:team", args=[pk]),
        path=_path(kept, "加队员"),
        note="本人在“查我的登记”里看得到是谁加的、怎么同意的，不愿意可以马上退出。",
    )  # fmt: skip


@needs(rules.KEEP_TEAMS)
@require_http_methods(["GET", "POST"])
def leave(request: Request, pk: int) -> HttpResponse:
    """Let somebody leave a team (队员退出)."""
    kept = rules.KEEP_TEAMS.among(Team.objects.all(), request.user)
    membership = (
        Membership.objects.filter(pk=pk, team__in=kept)
        .select_related("team__place", "person")
        .first()
    )
    if membership is None:
        raise Http404
    form = EndForm(sent(request))
    if form.is_valid():
        services.end_registration(
            by=request.user,
            registration=membership,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{membership.person.name}退出{membership.team.name}了")
        return redirect("directory:team", pk=membership.team_id)
    title = f"{membership.person.name}退出"
    return form_page(
        request, form, title=title, button="退出这支队", danger=True,
        back=reverse("directory:team", args=[membership.team_id]),
        path=_path(membership.team, title),
        note="退出不是删除：以前的服务还在，以前的数不变。理由本人看得到。",
    )  # fmt: skip


@needs(rules.KEEP_TEAMS)
@require_http_methods(["GET", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """End a team (解散志愿队)."""
    kept = _team(request, pk, rules.KEEP_TEAMS)
    form = EndTeamForm(sent(request))
    if form.is_valid():
        services.end_team(
            by=request.user,
            team=kept,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, f"{kept.name}解散了")
        return redirect("directory:team", pk=pk)
    return form_page(
        request, form, title="解散志愿队", button="解散", danger=True,
        back=reverse("directory:team", args=[pk]), path=_path(kept, "解散"),
        note="解散以后不能恢复，队员同一天退出；记录都留着，以前的数不变。",
    )  # fmt: skip
