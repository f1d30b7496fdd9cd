"""What is where, as it is and as it was on a day. Names and codes of places are public."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongzhi.places import network, queries, rules
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.listings import listings
from gongzhi.shared.permissions import STAFF, Actor
from gongzhi.ui.doors import Request, public
from gongzhi.ui.refusals import layout_of

Level = Place.Level
# A list of what lies above a place has nothing to show there.
OWN_LISTS = {"places.towns": Level.TOWN, "places.villages": Level.VILLAGE, "places.courtyards": 4}


@public
@require_safe
def tree(request: Request) -> HttpResponse:
    """Show the whole network: county, towns with their villages, parks beside (地点和区划)."""
    found = network.network(today(timezone.now()))
    by = request.user
    return render(
        request,
        "places/tree.html",
        {
            "base": layout_of(request),
            "found": found,
            "levels": _levels(found, works=_works_at(by, found.county.path)),
            "may_manage": rules.MANAGE.at(by, found.county.path),
        },
    )


def _levels(found: network.Network, *, works: bool) -> list[dict[str, Any]]:
    """Lay out the five levels: each number opens its records, for visitors the published figure."""
    county = found.county.pk

    def opens(key: str) -> str:
        if works:
            return _records(key, {"measure": key, "place": county})
        return reverse("indicators:figure", args=[key])

    return [
        {
            "name": "县",
            "count": "1个",
            "text": f"{found.county.name}，代码{found.county.code}",
            "url": reverse("places:detail", args=[county]),
        },
        {
            "name": "园区",
            "count": f"{len(found.parks)}个",
            "text": "盖在镇街和村社上面，不是谁的上级",
            "url": "#parks",
        },
        {
            "name": "镇街",
            "count": f"{found.towns}个",
            "text": "街道和镇",
            "url": opens("places.towns"),
        },
        {
            "name": "村社",
            "count": f"{found.villages}个",
            "text": "社区和村",
            "url": opens("places.villages"),
        },
        {
            "name": "院落",
            "count": f"{found.courtyards}个",
            "text": "院落、小区和村（居）民小组",
            "url": opens("places.courtyards"),
        },
    ]


@public
@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show what a place is, where it lies and what it was, as it is or as it was on a day (地点)."""
    place = get_object_or_404(Place.objects.select_related("merged_into"), pk=pk)
    by = request.user
    now = today(timezone.now())
    on = _day(request.GET.get("on", ""), now)
    page = queries.page_of(place, on=on, today=now)
    then = {"on": on.isoformat()} if on else {}
    works = _works_at(by, place.path)
    return render(
        request,
        "places/detail.html",
        {
            "base": layout_of(request),
            "page": page,
            "place": place,
            "asked_wrongly": bool(request.GET.get("on")) and on is None,
            "today": now,
            "crumbs": _crumbs(page, then),
            "then": f"?{urlencode(then)}" if then else "",
            "existed": on is None or network.existed(place, on),
            "compared": network.then_and_now(place, on=on, today=now) if on else [],
            "dashboard": f"{reverse('indicators:dashboard')}?{urlencode({'place': place.pk} | then)}"
            if works
            else "",
            "lists": _lists(by, place, then) if works else [],
            "may_manage": rules.MANAGE.at(by, place.path),
            "may_add_courtyard": place.level == Level.VILLAGE
            and rules.ADD_COURTYARD.at(by, place.path),
            "log": queries.log_of(by, place),
        },
    )


def _day(text: str, today: date) -> date | None:
    """Return the day asked for, None for today and for what is no day of the past."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < today else None


def _crumbs(page: queries.PlacePage, then: dict[str, str]) -> list[dict[str, str]]:
    query = f"?{urlencode(then)}" if then else ""
    *above, _ = page.line
    return [
        {"label": "地点和区划", "url": reverse("places:tree")},
        *(
            {"label": name, "url": reverse("places:detail", args=[p.pk]) + query}
            for p, name in above
        ),
        {"label": page.name, "url": ""},
    ]


def _works_at(by: Actor, path: str) -> bool:
    """Tell whether *by* works for *path*: overview and lists are open to them there."""
    return any(held.role in STAFF and path.startswith(held.paths) for held in by.held())


def _lists(by: Actor, place: Place, then: dict[str, str]) -> list[dict[str, str]]:
    """Return the lists of records that *by* may open at *place* (名册)."""
    return [
        {"label": found.label, "url": _records(key, {"place": place.pk} | then)}
        for key, found in listings().items()
        if (found.permission is None or found.permission.at(by, place.path))
        and OWN_LISTS.get(key, Level.PARK)
        > (Level.TOWN if place.level == Level.PARK else place.level)
    ]


def _records(key: str, asked: dict[str, Any]) -> str:
    return f"{reverse('indicators:records', args=[key])}?{urlencode(asked)}"
