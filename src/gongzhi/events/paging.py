"""The lists of this room's own pages, read by key: the hundredth page costs what the first one costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from gongzhi.directory.models import Person
from gongzhi.places import trees
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import rules
from .models import Attendance, Event, Feedback, Headcount, Kind, Registration, ScanFault

PAGE = 24
ROWS = 50
DAY = timedelta(days=1)
Status = Event.Status
Level = Place.Level
# What a visitor may ask for: the words of the choice by its key.
WHEN = {
    "week": "往后7天",
    "today": "今天",
    "weekend": "周末",
    "month": "往后30天",
    "all": "往后都看",
}
WHOM = {"": "都看看", "old": "老人", "young": "孩子", "wheels": "轮椅能到", "call": "电话能参加"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, and the keys of the pages beside them, empty at the ends (一页)."""

    rows: list[Any]
    next: str = ""
    total: int = 0


# --- what everybody sees --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a visitor looks for (找活动): where, on which days, for whom, of which kind or topic."""

    place: Place | None
    when: str = "week"
    whom: str = ""
    kind: str = ""
    after: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def shown_to_all(now: datetime) -> QuerySet[Event]:
    """Return the public events that are not over, cancelled ones that people counted on among them (公开的场次)."""
    return Event.objects.filter(
        Q(status=Status.PUBLISHED) | Q(status=Status.CANCELLED, last_number__gt=0),
        is_public=True,
        ends_at__gt=now,
    )


def looked_for(asked: Asked, now: datetime) -> QuerySet[Event]:
    """Return what fits the question, whatever its kind (找到的场次)."""
    found = shown_to_all(now)
    first, last = days_of(asked.when, today(now))
    found = found.filter(day__gte=first)
    if last is not None:
        found = found.filter(day__lte=last)
    if asked.when == "weekend":
        found = found.filter(day__iso_week_day__gte=6)
    if asked.place is not None and asked.place.level != Level.COUNTY:
        found = found.filter(_within(asked.place))
    if asked.whom == "old":
        found = found.filter(Q(max_age__isnull=True) | Q(max_age__gte=60))
    elif asked.whom == "young":
        found = found.filter(max_age__lte=18)
    elif asked.whom == "wheels":
        found = found.filter(is_step_free=True)
    elif asked.whom == "call":
        found = found.filter(takes_calls=True)
    return found


def _within(place: Place) -> Q:
    if place.level == Level.PARK:
        return Q(place__in=trees.now().beneath(place.pk))
    return Q(place__path__startswith=place.path)


def days_of(when: str, day: date) -> tuple[date, date | None]:
    """Return the first and last day of a choice of WHEN; what is still going on today counts (哪几天)."""
    if when == "today":
        return day, day
    if when == "weekend":
        return day, day + DAY * (6 - day.weekday())
    if when == "month":
        return day, day + DAY * 30
    return (day, None) if when == "all" else (day, day + DAY * 6)


def kinds_of(found: QuerySet[Event]) -> list[tuple[str, str, int]]:
    """Return how many of the found events are of each kind and topic, most first: one query (分类计数)."""
    rows = found.order_by().values_list("kind", "topic").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def page_of(found: QuerySet[Event], *, kind: str, after: str) -> Page:
    """Return the next events by when they begin (一页活动)."""
    if kind in Kind.values:
        found = found.filter(kind=kind)
    elif kind:
        found = found.filter(topic=kind)
    when, _, pk = after.rpartition("~")
    if pk.isdecimal() and (at := _moment(when)):
        found = found.filter(Q(starts_at__gt=at) | Q(starts_at=at, pk__gt=int(pk[:18])))
    rows = list(found.select_related("place").order_by("starts_at", "pk")[: PAGE + 1])
    more = f"{rows[PAGE - 1].starts_at.isoformat()}~{rows[PAGE - 1].pk}" if len(rows) > PAGE else ""
    return Page(rows=rows[:PAGE], next=more)


def waiting_in(events: Iterable[Event]) -> dict[int, int]:
    """Return how many wait for each of these events, or entered the drawing: one query (排队的人数)."""
    rows = Registration.objects.filter(
        event__in=[e.pk for e in events],
        status__in=(Registration.Status.WAITING, Registration.Status.ENTERED),
    )
    return dict(rows.order_by().values_list("event").annotate(n=Count("pk")))


def parts_of(event: Event) -> dict[str, int]:
    """Return how many registrations of one event stand in each status: one query (名额的去向)."""
    rows = event.registrations.order_by().values_list("status").annotate(n=Count("pk"))
    return {str(status): n for status, n in rows}


def places_to_choose(here: Place | None) -> list[Place]:
    """Return the county, its towns and parks, and the villages of the town of *here*, in the official order."""
    wanted = Q(level__in=(Level.COUNTY, Level.TOWN, Level.PARK), closed_on__isnull=True)
    if here is not None and here.level in (Level.TOWN, Level.VILLAGE, Level.COURTYARD):
        town = "/".join(here.path.split("/")[:3]) + "/"
        wanted |= Q(level=Level.VILLAGE, path__startswith=town, closed_on__isnull=True)
    return list(
        Place.objects.filter(wanted).only("name", "level", "path", "code").order_by("sort_key")
    )


def place_chosen(text: str) -> Place | None:
    """Return the place whose number stands in an address or a cookie; None when there is none."""
    if not text.isdecimal() or len(text) > 18:
        return None
    return Place.objects.only("name", "level", "path", "code").filter(pk=int(text)).first()


def near(place: Place | None) -> Place | None:
    """Return the town around a village or courtyard: one's own community and what is near (附近)."""
    if place is None or place.level not in (Level.VILLAGE, Level.COURTYARD):
        return place
    return place_chosen(place.path.split("/")[2]) or place


# --- one's own ------------------------------------------------------------------------------------


def registrations_of(people: Iterable[int], user: int | None) -> QuerySet[Registration]:
    """Return what was registered for these people, or by this account for its family, newest event first (我报的)."""
    whose = Q(person__in=_records(people))
    if user is not None:
        whose |= Q(registered_by=user, channel=Registration.Channel.FAMILY)
    return (
        Registration.objects.filter(whose)
        .select_related("event__place", "person__place", "registered_by")
        .order_by("event__starts_at", "pk")
    )


def been_to(people: Iterable[int], limit: int = 20) -> list[Attendance]:
    """Return where these people were, latest first, with what they said of it (去过的)."""
    return list(
        Attendance.objects.standing()
        .filter(person__in=_records(people))
        .select_related("event__place", "person", "feedback")
        .order_by("-event__starts_at", "-pk")[:limit]
    )


def _records(people: Iterable[int]) -> list[int]:
    """Return the ids of all records that stand for these people, as `directory.group_of` does for one."""
    heads = list(people)
    return [*heads, *Person.objects.filter(merged_into__in=heads).values_list("pk", flat=True)]


def ahead_of(registrations: Iterable[Registration]) -> dict[int, tuple[int, int]]:
    """Return how many stand before and behind each waiting registration: one query for each event (前面、后面几人)."""
    found = {}
    for one in registrations:
        line = list(
            Registration.objects.filter(event=one.event_id, status=Registration.Status.WAITING)
            .order_by("turn", "number")
            .values_list("pk", flat=True)
        )
        if one.pk in line:
            at = line.index(one.pk)
            found[one.pk] = (at, len(line) - at - 1)
    return found


# --- at work --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Which events of one's places somebody looks for at work (筛选)."""

    state: str = "coming"  # coming, draft, past, cancelled
    kind: str = ""
    words: str = ""
    after: str = ""


STATES = {"coming": "要办的", "draft": "草稿", "past": "办过的", "cancelled": "取消了的"}


def worked_on(by: Actor, sought: Sought, now: datetime) -> Page:
    """Return the events that *by* may see the people of, the next ones first, of those past the latest (场次)."""
    found = rules.SEE.among(Event.objects.all(), by)
    back = sought.state in ("past", "cancelled")
    if sought.state == "draft":
        found = found.filter(status=Status.DRAFT)
    elif sought.state == "cancelled":
        found = found.filter(status=Status.CANCELLED)
    elif sought.state == "past":
        found = found.filter(
            Q(status=Status.CLOSED) | Q(status=Status.PUBLISHED, ends_at__lte=now - DAY)
        )
    else:
        found = found.filter(status=Status.PUBLISHED, ends_at__gt=now - DAY)
    if sought.kind in Kind.values:
        found = found.filter(kind=sought.kind)
    if tokens := " ".join(query_bigrams(sought.words)):
        found = matching(found, tokens, model=Event)
    when, _, pk = sought.after.rpartition("~")
    if pk.isdecimal() and (at := _moment(when)):
        key = int(pk[:18])
        found = found.filter(
            Q(starts_at__lt=at) | Q(starts_at=at, pk__lt=key)
            if back
            else Q(starts_at__gt=at) | Q(starts_at=at, pk__gt=key)
        )
    order = ("-starts_at", "-pk") if back else ("starts_at", "pk")
    rows = list(found.select_related("place").order_by(*order)[: ROWS + 1])
    more = f"{rows[ROWS - 1].starts_at.isoformat()}~{rows[ROWS - 1].pk}" if len(rows) > ROWS else ""
    return Page(rows=rows[:ROWS], next=more)


def came_to(events: Iterable[Event]) -> dict[int, int]:
    """Return how many people were at each of these events, one for a person and an event: one query (到场人次)."""
    rows = Attendance.objects.counted().filter(event__in=[e.pk for e in events])
    return dict(rows.order_by().values_list("event").annotate(n=Count("pk")))


def line_of(event: Event) -> list[Registration]:
    """Return everybody registered for an event, as the page of those who run it lists them (名单)."""
    return list(
        event.registrations.select_related("person__place", "registered_by", "quota__place")
        .prefetch_related("answers__question")
        .order_by("turn", "number")
    )


def attendances_of(event: Event) -> list[Attendance]:
    """Return who was there, latest first, what was taken back left out (到场的人)."""
    return list(
        event.attendances.standing().select_related("person", "recorded_by").order_by("-pk")
    )


def headcounts_of(event: Event) -> list[Headcount]:
    """Return the counts of people without a name that stand (没留名的人数)."""
    return list(event.headcounts.filter(voided_at__isnull=True).order_by("-pk"))


def faults_of(event: Event, limit: int = 20) -> list[ScanFault]:
    """Return the codes that were not taken, latest first (没收的码)."""
    return list(event.faults.select_related("scanned_by").order_by("-scanned_at")[:limit])


def feedback_on(event: Event) -> list[Feedback]:
    """Return what people said of an event, nameless, latest first (评价)."""
    return list(Feedback.objects.filter(attendance__event=event).order_by("-given_at", "-pk"))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
