"""Makers of events, registrations and arrivals, for tests and for the demonstration."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.places.models import Place
from gongzhi.places.testing import make_village
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Actor

from . import services
from .models import Attendance, Event, Kind, Registration, Series

# A Monday; the event is the Sunday after it, nine in the morning.
NOW = datetime(2026, 11, 23, 10, tzinfo=LOCAL)
SUNDAY = datetime(2026, 11, 29, 9, tzinfo=LOCAL)
HOUR = timedelta(hours=1)


def make_series(
    title: str = "百姓星期天",
    *,
    kind: str = Kind.ACTIVITY,
    place: Place | None = None,
    topic: str = "",
) -> Series:
    """Return a series of activities."""
    return services.create_series(
        by=HOUSE, kind=kind, title=title, place=place or make_village(), topic=topic, now=NOW
    )


def make_event(
    title: str = "百姓星期天：理发、磨刀、量血压",
    *,
    kind: str = Kind.ACTIVITY,
    place: Place | None = None,
    starts_at: datetime = SUNDAY,
    ends_at: datetime | None = None,
    address: str = "3号院坝",
    seats: int | None = None,
    now: datetime = NOW,
    is_published: bool = True,
    by: Actor = HOUSE,
    **details: Any,
) -> Event:
    """Return a published event of two and a half hours; *seats* is its capacity, none means no limit."""
    event = services.create_event(
        by=by,
        kind=kind,
        title=title,
        place=place or make_village(),
        starts_at=starts_at,
        ends_at=ends_at or starts_at + 2.5 * HOUR,
        address=address,
        capacity=seats,
        now=min(now, starts_at - HOUR),
        **details,
    )
    if is_published:
        event = services.publish_event(by=by, event=event, now=min(now, starts_at - HOUR))
    return event


def make_registration(
    event: Event | None = None,
    person: Person | None = None,
    *,
    now: datetime = NOW,
    **given: Any,
) -> Registration:
    """Return what came of a person's registering for themselves: a seat, or a place in line."""
    event = event or make_event()
    person = person or make_person(place=event.place)
    return services.register(by=Oneself(person.pk), event=event, person=person, now=now, **given)


def make_attendance(
    event: Event | None = None,
    person: Person | None = None,
    *,
    now: datetime | None = None,
    roles: tuple[str, ...] = ("participant",),
    channel: str = Attendance.Channel.NAME,
) -> Attendance:
    """Return the fact that a person arrived when the event began, noted at the door by name."""
    event = event or make_event()
    person = person or make_person(place=event.place)
    scan = services.check_in(
        by=HOUSE,
        event=event,
        person=person,
        channel=channel,
        roles=roles,
        now=now or event.starts_at,
    )
    assert scan.attendance is not None, scan.refusal
    return scan.attendance
