"""What is known of events: what is on, who stands where in line, who was there; and the books of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import lots, paging, rules, showing
from .books import ATTENDANCES, HEADCOUNTS, SESSIONS
from .judging import age_words, say_ages, say_moment, say_span, say_turn
from .models import Attendance, Calendar, Event, Quota, Registration, Series

__all__ = [
    "ATTENDANCES",
    "HEADCOUNTS",
    "SESSIONS",
    "Breakdown",
    "Draw",
    "Turn",
    "age_words",
    "attendances_at",
    "breakdown",
    "calendar_of",
    "coming_in",
    "draw_of",
    "events_in",
    "find",
    "line_of",
    "own_registration",
    "registered_in",
    "registrations_of",
    "say_ages",
    "say_moment",
    "say_span",
    "say_turn",
    "seated_at",
    "this_week",
    "visible_to",
]

Status = Registration.Status
FEW = 5  # what fewer people than this said or did is not shown in public (小数隐去)


def visible_to(by: Actor) -> QuerySet[Event]:
    """Return the events *by* may look at: published public ones, and all of those they run (看得到的场次)."""
    shown = Q(is_public=True) & ~Q(status=Event.Status.DRAFT)
    found = Event.objects.select_related("place", "host", "series")
    if rules.SEE.anywhere(by):
        return found.filter(shown | Q(pk__in=rules.SEE.among(Event.objects.all(), by).values("pk")))
    return found.filter(shown)


def events_in(series: Series) -> QuerySet[Event]:
    """Return the events of a series by day (系列的场次)."""
    return Event.objects.filter(series=series).order_by("day", "pk")


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """How the seats of an event stand (名额的去向)."""

    capacity: int | None
    seated: int
    offered: int
    waiting: int
    entered: int
    walk_ins: int
    quotas: Sequence[Quota] = ()

    @property
    def free(self) -> int | None:
        """Seats nobody has; None when there is no limit."""
        return None if self.capacity is None else self.capacity - self.seated - self.offered


def breakdown(event: Event) -> Breakdown:
    """Return how the seats of an event stand: one query, two where seats are kept for somebody (名额的去向)."""
    counted = event.registrations.aggregate(
        seated=Count("pk", filter=Q(status=Status.SEATED)),
        offered=Count("pk", filter=Q(status=Status.OFFERED)),
        waiting=Count("pk", filter=Q(status=Status.WAITING)),
        entered=Count("pk", filter=Q(status=Status.ENTERED)),
        walk_ins=Count("pk", filter=Q(status=Status.SEATED, channel=Registration.Channel.WALK_IN)),
    )
    quotas = (
        list(event.quotas.select_related("place", "organization").order_by("pk"))
        if event.has_quotas
        else []
    )
    return Breakdown(capacity=event.capacity, quotas=quotas, **counted)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One place in line as everybody may see it: nameless, with the reason it is there (排队的一位)."""

    position: int
    registration: int
    reason: str
    is_put_ahead: bool


def line_of(event: Event) -> list[Turn]:
    """Return the line as it is served, nameless, each with the reason it stands there (排队的次序)."""
    waiting = event.registrations.filter(status=Status.WAITING).order_by("turn", "number")
    return [
        Turn(
            position=position,
            registration=one.pk,
            reason=say_turn(one),
            is_put_ahead=bool(one.turn_reason),
        )
        for position, one in enumerate(waiting, 1)
    ]


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A drawing of lots that anybody can repeat (抽签): the promise, then the seed and the order."""

    promise: str
    seed: str
    order: Sequence[int]
    is_kept: bool


def draw_of(event: Event) -> Draw | None:
    """Return what is published of an event's lots: the promise before, seed and order of numbers after (抽签公开)."""
    if event.rule != Event.Rule.LOTTERY:
        return None
    if event.drawn_at is None:
        return Draw(promise=event.draw_promise, seed="", order=(), is_kept=False)
    seed = event.draw_seed.open()
    numbers = event.registrations.filter(registered_at__lte=event.drawn_at).exclude(turn_reason="")
    order = lots.order_of(seed, numbers.values_list("number", flat=True))
    return Draw(
        promise=event.draw_promise,
        seed=seed,
        order=order,
        is_kept=lots.keeps_promise(seed, event.draw_promise),
    )


def own_registration(event: Event, person: Person) -> Registration | None:
    """Return the registration of a person for an event, live before ended (我的报名)."""
    whose = Q(person=person.standing_id) | Q(person__merged_into=person.standing_id)
    found = sorted(
        event.registrations.filter(whose), key=lambda r: (r.status not in Registration.LIVE, r.pk)
    )
    return found[0] if found else None


def seated_at(event: Event) -> QuerySet[Registration]:
    """Return who has a seat, by number (报上的人)."""
    return (
        event.registrations.filter(status=Status.SEATED)
        .select_related("person__place")
        .order_by("number")
    )


def attendances_at(events: Iterable[Event] | QuerySet[Event]) -> QuerySet[Attendance]:
    """Return who was at these events, one for a person and an event (到场), for rooms above to count from."""
    return Attendance.objects.counted().filter(event__in=events)


def coming_in(place: Place, now: datetime, limit: int = 500) -> QuerySet[Event]:
    """Return the public events of a place and all beneath it that are not over, for a calendar (一个地方的日历)."""
    return (
        Event.objects.filter(
            place__path__startswith=place.path,
            is_public=True,
            ends_at__gt=now,
            status__in=(Event.Status.PUBLISHED, Event.Status.CLOSED, Event.Status.CANCELLED),
        )
        .select_related("place")
        .order_by("starts_at", "pk")[:limit]
    )


def this_week(place: Place, now: datetime, limit: int = 6) -> list[showing.Card]:
    """
    Return the cards of the next public events near a place within a week, soonest first (这周附近的活动).

    For a home page, which draws them with `events/_card.html` and `events/events.css`: three queries,
    and one for each room that names topics.
    """
    asked = paging.Asked(place=paging.near(place))
    rows = paging.page_of(paging.looked_for(asked, now), kind="", after="").rows[:limit]
    waiting, names = paging.waiting_in(rows), showing.topics()
    return [showing.card_of(one, waiting.get(one.pk, 0), names, now) for one in rows]


def calendar_of(token: str) -> Calendar | None:
    """Return the calendar with this private address, None when there is none or it has ended (私人日历)."""
    return (
        Calendar.objects.filter(token=token, ended_at__isnull=True, person__erased_at__isnull=True)
        .select_related("person__merged_into")
        .first()
    )


def registered_in(calendar: Calendar) -> QuerySet[Registration]:
    """Return what the holder of a calendar registered for, latest first (我的日历)."""
    return registrations_of(calendar.person)


def registrations_of(person: Person, limit: int = 500) -> QuerySet[Registration]:
    """Return what somebody registered for and did not leave, latest first (我报的)."""
    return (
        Registration.objects.filter(
            person__in=directory.group_of(person), status__in=Registration.LIVE
        )
        .exclude(event__status=Event.Status.DRAFT)
        .select_related("event__place")
        .order_by("-event__starts_at", "-pk")[:limit]
    )


def find(by: Actor, words: str, limit: int) -> list[tuple[str, str, str]]:
    """Return (name, note, address of the page) of events that *words* name, latest first (搜场次)."""
    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return []
    found = matching(visible_to(by), tokens, model=Event).order_by("-starts_at", "-pk")[:limit]
    return [
        (event.title, f"{say_span(event)} · {event.place}", f"/events/{event.pk}/")
        for event in found
    ]
