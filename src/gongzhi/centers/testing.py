"""Makers of centers, their hours, rooms and bookings, for tests and for the demonstration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Organization
from gongzhi.directory.testing import make_organization
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_park, make_town, make_village
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Actor

from . import services
from .models import Booking, Center, Operator, Service, Venue
from .timetable import Stretch, half_of

# A Wednesday of an ordinary week, ten in the morning.
NOW = datetime(2026, 11, 25, 10, tzinfo=LOCAL)
WEDNESDAY, THURSDAY, SATURDAY = date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 28)
OFFICE_WEEK = {day: ((18, 35),) for day in range(5)} | {5: ((19, 24),)}


def make_center(
    name: str = "赵镇街道支持分中心",
    *,
    level: str = Center.Level.SUB,
    place: Place | None = None,
    opened_on: date = date(2020, 6, 1),
    week: Mapping[int, Sequence[Stretch]] = OFFICE_WEEK,
    services_: tuple[str, ...] = (Service.INCUBATION, Service.PARTICIPATION),
    address: str = "赵镇街道迎宾大道60号一楼",
    phone: str = "028-84921000",
    rests_on_holidays: bool = True,
) -> Center:
    """Return an open center with usual hours 9:00–17:30, Saturdays 9:30–12:00."""
    place = place or _place_for(level)
    center = services.open_center(
        by=HOUSE,
        name=name,
        level=level,
        place=place,
        address=address,
        phone=phone,
        intro="给社会组织、志愿队和街坊提供场地、课程和陪伴。",
        services=services_,
        opened_on=opened_on,
        rests_on_holidays=rests_on_holidays,
    )
    if week:
        services.set_hours(
            by=HOUSE,
            center=center,
            week=week,
            since=opened_on,
            now=datetime.combine(opened_on, datetime.min.time(), tzinfo=LOCAL),
        )
    return center


def _place_for(level: str) -> Place:
    if level == Center.Level.COUNTY:
        return make_county()
    if level == Center.Level.PARK:
        return make_park()
    return make_village() if level == Center.Level.COMMUNITY else make_town()


def make_operator(
    center: Center, organization: Organization | None = None, *, since: date = date(2020, 6, 1)
) -> Operator:
    """Return the appointment of a hub organization to run *center*."""
    return services.appoint_operator(
        by=HOUSE,
        center=center,
        organization=organization or make_organization("金堂县社会组织促进会"),
        since=since,
        document="金委社治〔2020〕12号",
    )


def make_venue(
    center: Center | None = None,
    name: str = "一楼议事厅",
    *,
    capacity: int = 30,
    equipment: str = "投影、白板、茶水",
    needs_approval: bool = False,
    opened_on: date = date(2020, 6, 1),
) -> Venue:
    """Return a venue for thirty people."""
    return services.add_venue(
        by=HOUSE,
        center=center or make_center(),
        name=name,
        capacity=capacity,
        equipment=equipment,
        needs_approval=needs_approval,
        opened_on=opened_on,
    )


def book(
    venue: Venue,
    *,
    by: Actor | None = None,
    day: date = THURSDAY,
    begins: str = "9:00",
    ends: str = "11:00",
    now: datetime = NOW,
    purpose: str = "坝坝会，商量停车",
    headcount: int = 12,
    **named: Any,
) -> Booking:
    """Book *venue* the way a resident does, tomorrow from nine to eleven."""
    return services.book_venue(
        by=by or make_user(name="张桂兰"),
        venue=venue,
        day=day,
        begins=half_of(begins) or 0,
        ends=half_of(ends) or 0,
        purpose=purpose,
        headcount=headcount,
        now=now,
        **named,
    )
