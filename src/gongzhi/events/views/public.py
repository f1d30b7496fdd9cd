"""What everybody may read: the activities near, and one of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongzhi.events import paging, queries, rules, showing
from gongzhi.events.models import Event, Kind
from gongzhi.places.models import Place
from gongzhi.shared.dated import rule
from gongzhi.ui.chosen import place_chosen
from gongzhi.ui.doors import Request, public

from . import registering, who


@public
@require_safe
def listing(request: Request) -> HttpResponse:
    """Show the activities near: by place, day, for whom and kind (附近的活动)."""
    now = timezone.now()
    place = paging.place_chosen(request.GET.get("place", ""))
    if place is None:
        place = paging.near(paging.place_chosen(place_chosen(request)))
    places = paging.places_to_choose(place)
    if place is None:
        place = next((p for p in places if p.level == Place.Level.COUNTY), None)
    asked = paging.Asked(
        place=place,
        when=_one_of(request.GET.get("when", ""), paging.WHEN, "week"),
        whom=_one_of(request.GET.get("whom", ""), paging.WHOM, ""),
        kind=request.GET.get("kind", "")[:40],
        after=request.GET.get("after", "")[:80],
    )
    found = paging.looked_for(asked, now)
    kinds = paging.kinds_of(found)
    page = paging.page_of(found, kind=asked.kind, after=asked.after)
    names = showing.topics()
    waiting = paging.waiting_in(page.rows)
    cards = [showing.card_of(e, waiting.get(e.pk, 0), names, now) for e in page.rows]
    return render(
        request,
        "events/list.html",
        {
            "asked": asked,
            "place": place,
            "places": places,
            "when": paging.WHEN,
            "whom": paging.WHOM,
            "chips": _chips(asked, kinds, names),
            "total": sum(n for *_, n in kinds),
            "groups": showing.by_days(cards, now),
            "next": _address(asked, after=page.next) if page.next else "",
            "first": _address(asked, after="") if asked.after else "",
            "wider": _address(asked, when="all", place="", whom="", kind="", after=""),
            "calendar_url": calendar_url(place),
        },
    )


def _one_of(given: str, choices: dict[str, str], otherwise: str) -> str:
    return given if given in choices else otherwise


def _address(asked: paging.Asked, **changed: str) -> str:
    said = {
        "place": str(asked.place.pk) if asked.place else "",
        "when": asked.when,
        "whom": asked.whom,
        "kind": asked.kind,
        "after": asked.after,
    } | changed
    return "?" + urlencode({k: v for k, v in said.items() if v})


def _chips(
    asked: paging.Asked, kinds: list[tuple[str, str, int]], names: dict[str, str]
) -> list[dict[str, Any]]:
    """Return the kinds and topics that were found, each with its count (哪一类)."""
    counts: dict[str, int] = {}
    labels: dict[str, str] = {}
    for kind, topic, n in kinds:
        key = topic if topic in names else kind
        labels[key] = names.get(topic) or Kind(kind).label
        counts[key] = counts.get(key, 0) + n
    chips = [
        {
            "label": "全部",
            "count": sum(counts.values()),
            "url": _address(asked, kind="", after=""),
            "current": not asked.kind,
        }
    ]
    chips += [
        {
            "label": labels[key],
            "count": counts[key],
            "url": _address(asked, kind=key, after=""),
            "current": asked.kind == key,
        }
        for key in counts
    ]
    return chips


def calendar_url(place: Place | None) -> str:
    """Return where calendars read the public events of a place (订到日历), empty for a place without a code."""
    if place is None or not place.code:
        return ""
    return reverse("api:place_calendar", args=[place.code])


def visible(request: Request) -> QuerySet[Event]:
    """Return the events whose page whoever asks may open, with what the page says of them."""
    return queries.visible_to(request.user).select_related("venue__center")


@public
@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one activity: what, when, where, the seats and where they are, and the short form (一场活动)."""
    event = get_object_or_404(visible(request), pk=pk)
    now = timezone.now()
    form = None
    if event.takes_registrations_at(now):
        form = registering.form_for(request, event, who.asking(request, now), now)
    return render(request, "events/event.html", page_of(request, event, now) | {"form": form})


def page_of(request: Request, event: Event, now: Any) -> dict[str, Any]:
    """Return everything that the page of an event says beside its form."""
    asking = who.asking(request, now)
    parts = paging.parts_of(event)
    names = showing.topics()
    waiting = parts.get("waiting", 0) + (parts.get("entered", 0) if event.draws_lots else 0)
    card = showing.card_of(event, waiting, names, now)
    mine = who.registrations_here(asking, event)
    ahead = paging.ahead_of(one for one in mine if one.status == one.Status.WAITING)
    return {
        "event": event,
        "card": card,
        "day": showing.say_day(event.day),
        "year": event.day.year,
        "asking": asking,
        "availability": showing.availability(event, parts, now),
        "order": showing.order_in_words(event, now) if event.takes_registrations else "",
        "quotas": list(event.quotas.select_related("place", "organization"))
        if event.has_quotas
        else [],
        "programme": showing.programme_of(event),
        "opens": event.takes_registrations_at(now),
        "mine": [(one, showing.SHAPES[one.Status(one.status)], ahead.get(one.pk)) for one in mine],
        "crumbs": [{"label": "附近的活动", "url": reverse("events:list")}, {"label": event.title}],
        "runs": rules.SEE.anywhere(request.user) and rules.SEE.allows(request.user, event),
        "forget_days": rule("events.forget-days", event.day).number,
        "drawn": bool(event.drawn_at),
        "seed": event.draw_seed.open() if event.drawn_at else "",
    }
