"""Questions about centers, their hours, rooms and bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from gongzhi.directory.models import Organization
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.search import matching
from gongzhi.shared.text import bigrams, query_bigrams

from . import rules
from .models import (
    Booking,
    BookingSlot,
    Center,
    HouseRule,
    Offer,
    OpeningHours,
    Operator,
    Service,
    SpecialDay,
    Venue,
)
from .timetable import (
    DAY,
    LOOK_AHEAD,
    WEEKDAYS,
    DayHours,
    Standing,
    Stretch,
    Timetable,
    clock,
    free,
    half_at,
    nearest,
    span,
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A center as the public reads it: with its services, operator and whether it is open (中心的样子)."""

    center: Center
    services: tuple[Service, ...]
    operator: Operator | None
    timetable: Timetable
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of the picture of a day (一段): `kind` is free, taken or over; `at` counts from the left edge."""

    kind: str
    at: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A free stretch to click on (一段空档), with the times the form starts from."""

    begins: str
    ends: str
    words: str


@dataclass(frozen=True, kw_only=True)
class VenueDay:
    """One day of one venue: its hours, what is free and what is taken (场地的一天)."""

    hours: DayHours
    free: tuple[Stretch, ...]
    taken: frozenset[int]
    is_today: bool = False
    is_too_far: bool = False

    @property
    def day(self) -> date:
        return self.hours.day

    @property
    def label(self) -> str:
        return f"{self.day.month}月{self.day.day}日"

    @property
    def weekday(self) -> str:
        return WEEKDAYS[self.day.weekday()]

    @property
    def openings(self) -> tuple[Opening, ...]:
        """The free stretches as links that suggest the first two hours."""
        return tuple(
            Opening(
                begins=clock(begins), ends=clock(min(ends, begins + 4)), words=span((begins, ends))
            )
            for begins, ends in self.free
        )

    @property
    def free_words(self) -> str:
        return "、".join(map(span, self.free))

    @property
    def why(self) -> str:
        """Say why nothing is free: closed, all taken, or over."""
        if self.hours.note and not self.hours.stretches:
            return self.hours.note
        if not self.hours.stretches:
            return "不开门"
        opened = {h for opens, closes in self.hours.stretches for h in range(opens, closes)}
        if opened <= self.taken:
            return "约满了"
        return "还约不到这么远" if self.is_too_far else "已经过了"

    def blocks(self, left: int) -> tuple[Block, ...]:
        """Return the picture of the day from the half-hour *left* on."""
        free = {h for begins, ends in self.free for h in range(begins, ends)}
        found: list[Block] = []
        for opens, closes in self.hours.stretches:
            for half in range(opens, closes):
                kind = "taken" if half in self.taken else "free" if half in free else "over"
                last = found[-1] if found else None
                if last and last.kind == kind and last.at + last.width == half - left + 1:
                    found[-1] = Block(kind=kind, at=last.at, width=last.width + 1)
                else:
                    found.append(Block(kind=kind, at=half - left + 1, width=1))
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class VenueWeek:
    """Some days of one venue, and the half-hours that its picture spans (场地的一周)."""

    venue: Venue
    days: tuple[VenueDay, ...]
    opens: int
    closes: int

    @property
    def width(self) -> int:
        """How many half-hours the picture spans."""
        return self.closes - self.opens

    @property
    def left(self) -> str:
        return clock(self.opens)

    @property
    def right(self) -> str:
        return clock(self.closes)

    @property
    def rows(self) -> list[tuple[VenueDay, tuple[Block, ...]]]:
        """Return each day with its picture."""
        return [(day, day.blocks(self.opens)) for day in self.days]


def timetables(centers: Iterable[Center]) -> dict[int, Timetable]:
    """Return the timetable of each of *centers* by id, in two queries (开放时间)."""
    centers = list(centers)
    weeks: dict[int, dict[date, dict[int, list[Stretch]]]] = defaultdict(dict)
    rows = OpeningHours.objects.filter(center__in=centers).order_by("since", "weekday", "opens")
    for row in rows:
        week = weeks[row.center_id].setdefault(row.since, defaultdict(list))
        week[row.weekday].append((row.opens, row.closes))
    special: dict[int, dict[date, tuple[tuple[Stretch, ...], str]]] = defaultdict(dict)
    for extra in SpecialDay.objects.filter(center__in=centers):
        hours = (
            ((extra.opens, extra.closes),)
            if extra.opens is not None and extra.closes is not None
            else ()
        )
        special[extra.center_id][extra.day] = (hours, extra.note)
    return {
        center.pk: Timetable(
            opened_on=center.opened_on,
            closed_on=center.closed_on,
            rests_on_holidays=center.rests_on_holidays,
            weeks=tuple(
                (since, {weekday: tuple(hours) for weekday, hours in week.items()})
                for since, week in weeks[center.pk].items()
            ),
            special=special[center.pk],
        )
        for center in centers
    }


def timetable_of(center: Center) -> Timetable:
    """Return the timetable of one center (开放时间)."""
    return timetables([center])[center.pk]


def shown(centers: Iterable[Center], now: datetime) -> list[Shown]:
    """Return *centers* as the public reads them, in four queries however many they are."""
    centers = list(centers)
    tables = timetables(centers)
    offers: dict[int, set[str]] = defaultdict(set)
    for offer in Offer.objects.filter(center__in=tables):
        offers[offer.center_id].add(offer.service)
    running = {x.center_id: x for x in operators_on(today(now)).filter(center__in=tables)}
    return [
        Shown(
            center=center,
            services=tuple(s for s in Service if s.value in offers[center.pk]),
            operator=running.get(center.pk),
            timetable=tables[center.pk],
            standing=tables[center.pk].standing(now),
        )
        for center in centers
    ]


def open_centers(day: date) -> list[Center]:
    """Return the centers open on *day*: county, towns, parks, communities, each in the official order (支持中心)."""
    levels = list(Center.Level)
    found = Center.objects.open_on(day).select_related("place").order_by("place__sort_key", "pk")
    return sorted(found, key=lambda center: levels.index(Center.Level(center.level)))


def operators_on(day: date) -> QuerySet[Operator]:
    """Return the appointments in force on *day* (现任运营方)."""
    return Operator.objects.filter(
        Q(until__isnull=True) | Q(until__gt=day), since__lte=day
    ).select_related("organization")


def operators_of(center: Center) -> QuerySet[Operator]:
    """Return every operator a center had, newest first (历任运营方)."""
    return center.operators.select_related("organization").order_by("-since")


def house_rules_of(center: Center) -> QuerySet[HouseRule]:
    """Return all versions of a center's rules, newest first within each title (管理办法)."""
    return center.house_rules.order_by("title", "-since")


def house_rules_on(center: Center, day: date) -> QuerySet[HouseRule]:
    """Return the versions of a center's rules in force on *day* (现行管理办法)."""
    return center.house_rules.filter(
        Q(until__isnull=True) | Q(until__gt=day), since__lte=day
    ).order_by("since", "pk")


def venues_on(center: Center, day: date) -> QuerySet[Venue]:
    """Return the venues a center has on *day* (场地)."""
    return center.venues.filter(
        Q(closed_on__isnull=True) | Q(closed_on__gt=day), opened_on__lte=day
    ).order_by("pk")


def venue_weeks(
    venues: Iterable[Venue], timetable: Timetable, since: date, days: int, now: datetime
) -> list[VenueWeek]:
    """Return what is free of each of *venues* on *days* days from *since* on, in one query (空着的时段)."""
    venues = list(venues)
    taken: dict[tuple[int, date], set[int]] = defaultdict(set)
    for venue, day, half in BookingSlot.objects.filter(
        venue__in=venues, day__gte=since, day__lt=since + DAY * days
    ).values_list("venue_id", "day", "half"):
        taken[venue, day].add(half)
    hours, last = list(timetable.days(since, since + DAY * days)), last_day(today(now))
    edges = [edge for day in hours for stretch in day.stretches for edge in stretch]
    opens, closes = (min(edges), max(edges)) if edges else (18, 36)
    return [
        VenueWeek(
            venue=venue,
            days=tuple(
                VenueDay(
                    hours=day,
                    free=bookable(venue, day, taken[venue.pk, day.day], now),
                    taken=frozenset(taken[venue.pk, day.day]),
                    is_today=day.day == today(now),
                    is_too_far=day.day > last,
                )
                for day in hours
            ),
            opens=opens,
            closes=closes,
        )
        for venue in venues
    ]


def bookable(
    venue: Venue, hours: DayHours, taken: Iterable[int], now: datetime
) -> tuple[Stretch, ...]:
    """Return the stretches of one day that somebody may still book (还能约的时段)."""
    day = today(now)
    if (
        not venue.takes_bookings
        or hours.day < max(day, venue.opened_on)
        or hours.day > last_day(day)
        or (venue.closed_on is not None and hours.day >= venue.closed_on)
    ):
        return ()
    # A half-hour that is running can no longer be booked from its beginning.
    return free(hours, set(taken), half_at(now) + 1 if hours.day == day else 0)


def last_day(day: date) -> date:
    """Return the last day that may be booked on *day* (最远约到哪天), by the dated rule."""
    return day + DAY * rule("bookings.days-ahead", day).number


def most_coming(day: date) -> int:
    """Return how many coming bookings one person may hold at once (最多同时约几场), by the dated rule."""
    return rule("bookings.most-coming", day).number


def nearest_free(
    venue: Venue, timetable: Timetable, day: date, begins: int, length: int, now: datetime
) -> tuple[date, Stretch] | None:
    """Return the free time of a venue nearest to what was asked, within two weeks (最近的空档)."""
    [week] = venue_weeks([venue], timetable, day, LOOK_AHEAD, now)
    return nearest(((d.day, d.free) for d in week.days), begins, length)


def holder_of(venue: Venue, day: date, begins: int, ends: int) -> Booking | None:
    """Return the first booking that takes some of [begins, ends) of *day*, if any (被谁约了)."""
    slot = (
        BookingSlot.objects.filter(venue=venue, day=day, half__gte=begins, half__lt=ends)
        .select_related("booking__organization")
        .order_by("half")
        .first()
    )
    return slot.booking if slot else None


def bookings_from(center: Center, day: date) -> QuerySet[Booking]:
    """Return the bookings of a center that are asked for or agreed, from *day* on (往后的预约)."""
    return (
        Booking.objects.filter(
            venue__center=center,
            day__gte=day,
            state__in=[Booking.State.REQUESTED, Booking.State.CONFIRMED],
        )
        .select_related("venue", "organization")
        .order_by("day", "begins", "venue_id")
    )


def coming_bookings_by(by: Actor, day: date) -> QuerySet[Booking]:
    """Return the bookings *by* made or manages that still lie ahead, soonest first (我约的场地)."""
    return (
        _bookings_by(by)
        .filter(day__gte=day, state__in=[Booking.State.REQUESTED, Booking.State.CONFIRMED])
        .order_by("day", "begins")
    )


def past_bookings_by(by: Actor, day: date, limit: int = 30) -> QuerySet[Booking]:
    """Return the latest bookings of *by* that are over, declined or cancelled (以前约的)."""
    return (
        _bookings_by(by)
        .filter(Q(day__lt=day) | Q(state__in=[Booking.State.DECLINED, Booking.State.CANCELLED]))
        .order_by("-day", "-begins")[:limit]
    )


def _bookings_by(by: Actor) -> QuerySet[Booking]:
    mine = Q(pk__in=[])
    if by.pk is not None:
        mine |= Q(booked_by=by.pk)
    if organizations := rules.BOOK_AS_ORGANIZATION.organizations(by):
        mine |= Q(organization__in=organizations)
    return Booking.objects.filter(mine).select_related("venue__center__place", "organization")


def bookings_seen_by(by: Actor) -> QuerySet[Booking]:
    """Return the bookings *by* may open: their own and those at the centers they look after (看得到的预约)."""
    own = _bookings_by(by)
    seen = rules.SEE.among(Booking.objects.all(), by)
    return Booking.objects.filter(
        Q(pk__in=own.values("pk")) | Q(pk__in=seen.values("pk"))
    ).select_related("venue__center__place", "organization", "booked_by")


def awaiting(by: Actor, day: date) -> QuerySet[Booking]:
    """Return the bookings that wait for *by* to agree, soonest first (等我答应的预约)."""
    return (
        rules.HANDLE.among(Booking.objects.all(), by)
        .filter(state=Booking.State.REQUESTED, day__gte=day)
        .select_related("venue__center__place", "organization")
        .order_by("day", "begins")
    )


def center_run_by(by: Actor, pk: int) -> Center | None:
    """Return the center if *by* works for its place (我这里的这个中心), else None."""
    found = Center.objects.filter(pk=pk).select_related("place").first()
    if found is None:
        return None
    return found if rules.SEE_CENTERS.at(by, found.place.path) else None


def special_days_from(center: Center, day: date) -> QuerySet[SpecialDay]:
    """Return the special days from *day* on (特别的日子)."""
    return center.special_days.filter(day__gte=day).order_by("day")


def centers_run_by(by: Actor, day: date) -> QuerySet[Center]:
    """Return the centers in the places *by* works for, in the official order, with what waits (我这里的中心)."""
    mine = Q(pk__in=rules.SEE_CENTERS.among(Center.objects.all(), by).values("pk"))
    return (
        Center.objects.filter(mine)
        .select_related("place")
        .annotate(
            waiting=Count(
                "venues__bookings",
                filter=Q(
                    venues__bookings__state=Booking.State.REQUESTED, venues__bookings__day__gte=day
                ),
            )
        )
        .order_by("place__sort_key", "pk")
    )


def organizations_booked_for(by: Actor) -> QuerySet[Organization]:
    """Return the organizations in whose name *by* may book (我负责的组织)."""
    return Organization.objects.filter(
        pk__in=rules.BOOK_AS_ORGANIZATION.organizations(by), status=Organization.Status.ACTIVE
    ).order_by("name")


def find_organization(text: str) -> Organization | None:
    """Return the one live organization with this name, short name or credit code (组织), None when not exactly one."""
    named = Q(name=text) | Q(short_name=text) | Q(uscc=text.upper())
    found = list(
        Organization.objects.filter(named, status=Organization.Status.ACTIVE).exclude(name="")[:2]
    )
    return found[0] if len(found) == 1 and text else None


def find(by: Actor, words: str, limit: int) -> list[tuple[str, str, str]]:
    """Return (name, note, address of the page) of open centers and their venues that *words* name (搜中心)."""
    from django.urls import reverse

    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return []
    found = matching(Center.objects.filter(closed_on__isnull=True), tokens, model=Center)
    return [
        (
            center.name,
            f"{center.get_level_display()} · {center.address}",
            reverse("centers:detail", args=[center.pk]),
        )
        for center in found.select_related("place").order_by("place__sort_key", "pk")[:limit]
    ]


def tokens_of(center: Center, venues: Iterable[str]) -> str:
    """Return the search tokens of a center: its name, address and venues (检索词)."""
    return bigrams(" ".join([center.name, center.address, *venues]))
