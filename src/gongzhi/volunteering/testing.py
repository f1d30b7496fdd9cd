"""Makers of shifts and hours, for tests and for the demonstration."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.directory.testing import make_person
from gongzhi.events.models import Event
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_attendance
from gongzhi.places.models import Place
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE, Actor

from . import services
from .models import Service, Shift

AFTER = SUNDAY + timedelta(days=1)
__all__ = ["AFTER", "HOUR", "NOW", "SUNDAY", "make_service", "make_shift", "serve"]


def make_shift(
    title: str = "巡沱江：捡一捡岸边的垃圾",
    *,
    place: Place | None = None,
    starts_at: datetime = SUNDAY,
    hours: float = 2,
    seats: int | None = 10,
    by: Actor = HOUSE,
    is_published: bool = True,
    **given: Any,
) -> Shift:
    """Return a published shift of two hours on Sunday morning."""
    before = min(NOW, starts_at - HOUR)
    shift = services.open_shift(
        by=by,
        title=title,
        place=place or make_village(),
        starts_at=starts_at,
        ends_at=starts_at + hours * HOUR,
        address="北滨路亲水步道",
        capacity=seats,
        now=before,
        **given,
    )
    if is_published:
        shift = services.publish_shift(by=by, shift=shift, now=before)
    return shift


def serve(shift: Shift, person: Person, *, arrived: datetime | None = None) -> None:
    """Note at the door that a person came to serve."""
    event = Event.objects.get(pk=shift.event_id)
    make_attendance(event, person, now=arrived, roles=("volunteer",))


def make_service(
    person: Person | None = None,
    *,
    title: str = "巡沱江：捡一捡岸边的垃圾",
    starts_at: datetime = SUNDAY,
    hours: float = 2,
    place: Place | None = None,
    **given: Any,
) -> Service:
    """Return what somebody served at a shift of their own, counted from the door."""
    person = person or make_person(place=place)
    shift = make_shift(
        title, place=place or person.place, starts_at=starts_at, hours=hours, **given
    )
    serve(shift, person)
    services.confirm_hours(by=HOUSE, shift=shift, now=starts_at + timedelta(days=1))
    return Service.objects.get(event=shift.event_id, person=person)
