"""Questions about brands, their plans, the days of the year, recaps and pictures."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files

from django.db.models import Count, Prefetch, Q, QuerySet

from gongzhi.centers.models import Center
from gongzhi.events.models import Event
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.almanac import OCCASIONS, Occasion, coming, lunar_words
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor

from . import rules
from .models import Brand, Custom, CustomDraft, Photo, Plan, Recap
from .rhythm import Rhythm

Status = Event.Status


def packaged() -> list[dict[str, str]]:
    """Return the brands that come with the program (随程序带的品牌)."""
    text = files("gongzhi.activities").joinpath("data/brands.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def county_path() -> str:
    """Return the path of the county: brands are the county's (县)."""
    return places.county().path


# --- brands ---------------------------------------------------------------------------------------


def brands() -> QuerySet[Brand]:
    """Return the brands that are not ended, older ones first (在办的品牌)."""
    return Brand.objects.filter(ended_on=None).order_by("founded_on", "pk")


def names() -> dict[str, str]:
    """Return the names of brands by key, ended ones too (品牌名称)."""
    return dict(Brand.objects.values_list("key", "name"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A brand with its next event and how many come (公开页上的品牌)."""

    brand: Brand
    following: Event | None
    coming: int


def shown_brands(now: datetime) -> list[Shown]:
    """Return the brands for the public page, each with its next public event (品牌和下一场)."""
    found = list(brands())
    counts = dict(
        _coming(now)
        .filter(topic__in=[b.key for b in found])
        .values_list("topic")
        .annotate(n=Count("pk"))
    )
    following = {
        b.key: _coming(now)
        .filter(topic=b.key)
        .select_related("place")
        .order_by("starts_at", "pk")
        .first()
        for b in found
        if counts.get(b.key)
    }
    return [Shown(b, following.get(b.key), counts.get(b.key, 0)) for b in found]


def _coming(now: datetime) -> QuerySet[Event]:
    return Event.objects.filter(status=Status.PUBLISHED, is_public=True, starts_at__gte=now)


def coming_of(brand: Brand, now: datetime, limit: int = 6) -> list[Event]:
    """Return the next public events of a brand (接下来的场次)."""
    found = _coming(now).filter(topic=brand.key).select_related("place")
    return list(found.order_by("starts_at", "pk")[:limit])


def recaps_of(brand: Brand | None = None, limit: int = 6) -> list[Recap]:
    """Return the latest recaps of public events, each with its pictures on `shown` (最近的回顾)."""
    found = Recap.objects.filter(event__is_public=True, event__status__in=_HELD)
    if brand is not None:
        found = found.filter(event__topic=brand.key)
    return list(_with_photos(found).order_by("-event__day", "-pk")[:limit])


_HELD = (Status.PUBLISHED, Status.CLOSED)


def _with_photos(found: QuerySet[Recap]) -> QuerySet[Recap]:
    standing = Photo.objects.filter(withdrawn_at=None).order_by("pk")
    return found.select_related("event__place").prefetch_related(
        Prefetch("event__photos", queryset=standing, to_attr="shown")
    )


def recap_of(event: Event) -> Recap | None:
    """Return how an event was, None when nobody wrote it (活动回顾)."""
    return Recap.objects.filter(event=event).first()


def photos_of(event: Event) -> QuerySet[Photo]:
    """Return the pictures of an event that are not taken down (照片)."""
    return event.photos.filter(withdrawn_at=None).order_by("pk")


def public_event(pk: int) -> Event | None:
    """Return a public event that took place (公开的场次)."""
    return (
        Event.objects.filter(pk=pk, is_public=True, status__in=_HELD)
        .select_related("place")
        .first()
    )


def photo_seen_by(by: Actor, pk: int) -> Photo | None:
    """Return a picture that *by* may see: of a public event, or of one they tell about (照片)."""
    photo = Photo.objects.filter(pk=pk, withdrawn_at=None).select_related("event").first()
    if photo is None:
        return None
    if photo.event.is_public and photo.event.status in _HELD:
        return photo
    return photo if rules.TELL.allows(by, photo.event) else None


def event_told_by(by: Actor, pk: int) -> Event | None:
    """Return an event that *by* may write about (可以写回顾的场次)."""
    return rules.TELL.among(Event.objects.filter(pk=pk), by).select_related("place").first()


# --- plans ----------------------------------------------------------------------------------------


def plans(by: Actor) -> QuerySet[Plan]:
    """Return the plans of one's places, the latest first, with how their events stand (品牌计划)."""
    of = "series__events"
    counted = {
        "drafts": Q(**{f"{of}__status": Status.DRAFT}),
        "published": Q(**{f"{of}__status": Status.PUBLISHED}),
        "held": Q(**{f"{of}__is_held": True}),
        "cancelled": Q(**{f"{of}__status": Status.CANCELLED}),
    }
    return (
        rules.PLAN_SERIES.among(Plan.objects.all(), by)
        .select_related("brand", "series__place")
        .annotate(**{key: Count(of, filter=which) for key, which in counted.items()}, all=Count(of))
        .order_by("-pk")
    )


def rhythm_of(plan: Plan) -> Rhythm:
    """Return the days of a plan (计划的节奏)."""
    return Rhythm(
        every=plan.rhythm,
        weekday=plan.weekday,
        nth=plan.nth,
        first=plan.first_day,
        last=plan.last_day,
        skips_holidays=plan.skips_holidays,
    )


def places_of(plan: Plan) -> QuerySet[Place]:
    """Return where a plan is carried out, in the official order (计划的地方)."""
    ids = plan.occurrences.values("place_id")
    return Place.objects.filter(pk__in=ids, closed_on=None).order_by("sort_key")


def addresses_of(plan: Plan) -> dict[int, str]:
    """Return the address of the last event of each place of a plan (用过的地址)."""
    found = plan.series.events.order_by("day", "pk").values_list("place_id", "address")
    return dict(found)


def usual_addresses(found: Iterable[Place], day: date) -> dict[int, str]:
    """Return where things usually happen at places: at their center, else at the house of the village (常用地址)."""
    found = list(found)
    centers = dict(
        Center.objects.open_on(day)
        .filter(place__in=found)
        .order_by("-pk")
        .values_list("place_id", "address")
    )
    return {p.pk: centers.get(p.pk) or f"{p.name}党群服务中心" for p in found}


def candidates(scope: Place, spread: str) -> list[Place]:
    """Return the places a plan may be carried out at: *scope* itself, or each village beneath it (可选的地方)."""
    if spread == "here":
        return [scope]
    return list(places.places_at(Place.Level.VILLAGE, within=scope))


# --- the days of the year -------------------------------------------------------------------------


def customs_waiting(occasions: Iterable[str], day: date) -> list[Custom]:
    """Return the customs in force for these occasions, held for drafting (等着起草的节令安排)."""
    return list(
        Custom.objects.filter(occasion__in=list(occasions), ended_on=None, place__closed_on=None)
        .select_for_update(no_key=True, of=("self",))
        .select_related("place", "brand", "host")
        .order_by("pk")
    )


def customs(by: Actor) -> QuerySet[Custom]:
    """Return the customs of one's places that are in force (本地的节令安排)."""
    return (
        rules.PLAN.among(Custom.objects.filter(ended_on=None), by)
        .select_related("place", "brand")
        .order_by("place__sort_key", "pk")
    )


@dataclass(frozen=True, slots=True)
class Marked:
    """A day of the year with what one's places do on it (日子和安排)."""

    day: date
    occasion: Occasion
    customs: list[tuple[Custom, Event | None]]

    @property
    def lunar(self) -> str:
        """The day in the lunar calendar (农历): `九月初九`."""
        return lunar_words(self.day)


def almanac(by: Actor, since: date, until: date) -> list[Marked]:
    """Return the days of [since, until) with the customs of one's places and their drafts (日历)."""
    by_occasion: dict[str, list[Custom]] = {}
    for custom in customs(by):
        by_occasion.setdefault(custom.occasion, []).append(custom)
    ids = [c.pk for found in by_occasion.values() for c in found]
    drafts: dict[tuple[int, int], Event] = {
        (d.custom_id, d.year): d.event
        for d in CustomDraft.objects.filter(
            custom__in=ids, year__in=(since.year, until.year)
        ).select_related("event")
    }
    return [
        Marked(
            day,
            occasion,
            [
                (custom, drafts.get((custom.pk, day.year)))
                for custom in by_occasion.get(occasion.key, ())
            ],
        )
        for day, occasion in coming(since, until)
    ]


def drafts_waiting(by: Actor, now: datetime) -> QuerySet[Event]:
    """Return the drafted events of coming days that wait to be looked at (等着看的草稿)."""
    ids = CustomDraft.objects.values("event_id")
    found = Event.objects.filter(pk__in=ids, status=Status.DRAFT, day__gte=today(now))
    return rules.PLAN.among(found, by).select_related("place").order_by("day", "pk")


def occasion_label(key: str) -> str:
    """Return what an occasion is called (日子的名称)."""
    return OCCASIONS[key].label
