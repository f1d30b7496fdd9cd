"""The rooms and yards of a center."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from gongzhi.audit import services as audit
from gongzhi.centers import queries, rules
from gongzhi.centers.judging import (
    BookingsInTheWay,
    label_of,
    locked,
    not_before_today,
    say_bookings,
)
from gongzhi.centers.models import Center, Venue
from gongzhi.centers.timetable import DAY
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable


class VenueUnclear(Unacceptable):
    code = "centers.venue-unclear"
    message = "{wrong}，所以没有存上。{mend}。"
    field = "name"


class VenueClosed(Refused):
    code = "centers.venue-closed"
    message = "{name}从{day}起已经停用，不能再改。要再用，请按新场地登记。"


def _check(name: str, capacity: int) -> None:
    if not name:
        raise VenueUnclear(wrong="场地没有名称", mend="请写一个街坊叫得出的名字，例如“一楼议事厅”")
    if not 1 <= capacity <= 9999:
        raise VenueUnclear(wrong="坐得下的人数不对", mend="请填1到9999之间的整数")


def _index(center: Center) -> None:
    center.tokens = queries.tokens_of(center, center.venues.values_list("name", flat=True))
    center.save(update_fields=["tokens"])


@transaction.atomic
def add_venue(
    *,
    by: Actor,
    center: Center,
    name: str,
    capacity: int,
    opened_on: date,
    equipment: str = "",
    needs_approval: bool = False,
) -> Venue:
    """
    Add a room or yard that people may book (登记场地).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: it has closed by then.
    :raises VenueUnclear: name or capacity is missing, or the name is taken.
    """
    rules.RUN.require(by, center)
    center = locked(center, on=opened_on)
    name = name.strip()
    _check(name, capacity)
    try:
        with transaction.atomic():
            venue = center.venues.create(
                name=name,
                capacity=capacity,
                equipment=equipment,
                needs_approval=needs_approval,
                opened_on=opened_on,
            )
    except IntegrityError:
        raise VenueUnclear(
            wrong=f"这个中心已经有“{name}”", mend="请换一个名称，或者改原来那一处"
        ) from None
    _index(center)
    audit.record(by, "centers.venue-added", venue, place=center.place.path)
    return venue


@transaction.atomic
def change_venue(
    *,
    by: Actor,
    venue: Venue,
    capacity: int,
    equipment: str,
    needs_approval: bool,
    takes_bookings: bool,
    now: datetime,
) -> Venue:
    """
    Change what a venue holds and how it is booked; bookings already made stay (改场地信息、暂停预约).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: the center has closed.
    :raises VenueClosed: the venue is out of use.
    :raises VenueUnclear: the capacity is no number of people.
    """
    rules.RUN.require(by, venue.center)
    center = locked(venue.center, on=today(now))
    venue = Venue.objects.get(pk=venue.pk)
    _still_used(venue, today(now))
    _check(venue.name, capacity)
    wanted = {
        "capacity": capacity,
        "equipment": equipment,
        "needs_approval": needs_approval,
        "takes_bookings": takes_bookings,
    }
    changes = {
        label_of(Venue, name): [getattr(venue, name), value]
        for name, value in wanted.items()
        if getattr(venue, name) != value
    }
    for name, value in wanted.items():
        setattr(venue, name, value)
    venue.save(update_fields=list(wanted))
    audit.record(
        by, "centers.venue-changed", venue, changes=changes, place=center.place.path, now=now
    )
    return venue


@transaction.atomic
def close_venue(*, by: Actor, venue: Venue, on: date, reason: str, now: datetime) -> Venue:
    """
    Take a venue out of use from the day *on* (停用场地).

    :raises PermissionDenied: *by* does not run this center.
    :raises VenueClosed: it is out of use already.
    :raises StartsInThePast: *on* is over.
    :raises BookingsInTheWay: somebody has booked it from then on.
    """
    rules.RUN.require(by, venue.center)
    center = locked(venue.center, on=today(now))
    venue = Venue.objects.get(pk=venue.pk)
    _still_used(venue, date.max)
    not_before_today("停用", on, now)
    lost = list(queries.bookings_from(center, on).filter(venue=venue))
    if lost:
        raise BookingsInTheWay(what="停用", count=len(lost), list=say_bookings(lost))
    venue.closed_on = max(on, venue.opened_on + DAY)
    venue.save(update_fields=["closed_on"])
    audit.record(
        by,
        "centers.venue-closed",
        venue,
        changes={"停用日期": ["", say_day(venue.closed_on)]},
        reason=reason,
        place=center.place.path,
        now=now,
    )
    return venue


def _still_used(venue: Venue, day: date) -> None:
    if venue.closed_on is not None and venue.closed_on <= day:
        raise VenueClosed(name=venue.name, day=say_day(venue.closed_on))
