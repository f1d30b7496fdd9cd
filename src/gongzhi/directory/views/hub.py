"""The desk of the directory: what is here and how much of it, what waits, and by when."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gongzhi.directory import queries, rules
from gongzhi.directory.models import Organization
from gongzhi.directory.room import ROOM
from gongzhi.figures import queries as figures
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.measures import measures
from gongzhi.shared.periods import Period
from gongzhi.ui.chosen import place_chosen
from gongzhi.ui.doors import Request, needs
from gongzhi.ui.phrasing import NOTHING, thousands

from .frame import crumbs, list_of

Kind = Organization.Kind
# Each tile: its measure, which list it opens, and the measures that must stand beside it.
TILES = (
    ("directory.social-organizations", "directory.rated-3a"),
    ("directory.filed-organizations",),
    ("directory.social-enterprises", "directory.seed-enterprises"),
    (
        "directory.volunteers-registered",
        "directory.volunteers-confirmed",
        "directory.volunteers-active",
    ),
    ("directory.teams",),
    ("directory.reports-overdue",),
)
KINDS = (
    ("登记的社会组织", (Kind.ASSOCIATION, Kind.SERVICE, Kind.FOUNDATION)),
    ("村社里的", (Kind.FILED, Kind.COLLECTIVE, Kind.COMMITTEE)),
    ("别的单位", (Kind.ENTERPRISE, Kind.INSTITUTION, Kind.GOVERNMENT, Kind.OTHER)),
)
LIMIT = 100


def _here(request: Request) -> Place | None:
    """Return the place asked for or kept, when the person works over it; else the first they work over."""
    paths = rules.VIEW_ORGANIZATIONS.paths(request.user)
    if not paths:
        return None
    asked = [request.GET.get("place", ""), place_chosen(request)]
    own = [path.rstrip("/").rpartition("/")[2] for path in paths]
    wanted = [int(a) for a in (*asked, *own) if a.isdecimal() and len(a) < 18]
    known = Place.objects.in_bulk(wanted)
    fitting = (known[pk] for pk in wanted if pk in known)
    return next((p for p in fitting if p.path.startswith(paths)), None)


def _tiles(place: Place, now: Any) -> list[dict[str, Any]]:
    day = today(now)
    known = measures()
    keys = [key for tile in TILES for key in tile if key in known]
    read = figures.readings(
        keys, [place.pk], Period(day, day.fromordinal(day.toordinal() + 1)), day
    )

    def said(key: str) -> str:
        value = read[key, place.pk].value
        return NOTHING if value is None else thousands(value)

    return [
        {
            "label": known[first].label,
            "words": said(first),
            "unit": known[first].unit,
            "notes": [f"{known[k].label}{said(k)}{known[k].unit}" for k in beside if k in known],
            "url": list_of(
                getattr(known[first], "listing", "").partition(".")[2],
                measure=first,
                place=place.pk,
            ),
        }
        for first, *beside in TILES
        if first in known
    ]


@needs(rules.VIEW_ORGANIZATIONS, rules.VIEW_PEOPLE, rules.VIEW_TEAMS)
@require_GET
def hub(request: Request) -> HttpResponse:
    """Show what the directory holds and what waits in it (组织和人)."""
    now, user = timezone.now(), request.user
    place = _here(request)
    at = place.path if place else ""
    asked = {"place": place.pk} if place else {}
    own = Organization.objects.filter(pk__in=rules.VIEW_ORGANIZATIONS.organizations(user))
    waiting = [todo(user, now) for todo in ROOM.todos]
    return render(
        request,
        "directory/hub.html",
        {
            "place": place,
            "day": today(now),
            "tiles": _tiles(place, now) if place else [],
            "own": own.order_by("pk"),
            "kinds": [
                (
                    heading,
                    [(Kind(k).label, list_of("organizations", kind=k, **asked)) for k in kinds],
                )
                for heading, kinds in KINDS
            ]
            if place
            else [],
            "lists": [
                ("全部组织", list_of("organizations", **asked)),
                ("评估等级", list_of("ratings", **asked)),
                ("社会企业", list_of("stages", **asked)),
                ("年度报告", list_of("reports", **asked)),
                ("集体经济收入", list_of("collective", **asked)),
                ("志愿者", list_of("volunteers", **asked)),
                ("志愿服务队", list_of("teams", **asked)),
            ]
            if place
            else [],
            "waiting": [
                {"what": label, "url": url, "status": f"{thousands(n)}件", "kind": "now"}
                for label, n, url in waiting
                if n
            ],
            "imports": reverse("registers:list")
            if rules.IMPORT_PEOPLE.at(user, at) or rules.IMPORT_ORGANIZATIONS.at(user, at)
            else "",
            "keeps_organizations": rules.KEEP_ORGANIZATIONS.at(user, at),
            "keeps_people": rules.KEEP_PEOPLE.at(user, at),
            "keeps_teams": rules.KEEP_TEAMS.anywhere(user),
            "keeps_incomes": rules.KEEP_INCOMES.at(user, at),
            "opens_reports": rules.OPEN_REPORTS.at(user, at),
        },
    )


@needs(rules.VIEW_ORGANIZATIONS)
@require_GET
def deadlines(request: Request) -> HttpResponse:
    """Show the yearly reports that are late or due soon and the ratings that end soon (要按时办的)."""
    day = today(timezone.now())
    reports = list(queries.reports_waiting(request.user, day)[: LIMIT + 1])
    ratings = list(queries.ratings_ending(request.user, day)[: LIMIT + 1])
    return render(
        request,
        "directory/deadlines.html",
        {
            "day": day,
            "reports": reports[:LIMIT],
            "more_reports": list_of("reports", outcome="due") if len(reports) > LIMIT else "",
            "ratings": [
                (r, r.valid_until.fromordinal(r.valid_until.toordinal() - 1))
                for r in ratings[:LIMIT]
            ],
            "more_ratings": list_of("ratings") if len(ratings) > LIMIT else "",
            "limit": LIMIT,
            "files": rules.FILE_REPORTS.anywhere(request.user),
            "crumbs": crumbs("要按时办的"),
        },
    )
