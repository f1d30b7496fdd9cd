"""What several deeds of a center judge alike, with the refusals they share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Model

from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.refusals import Refused, Unacceptable

from . import queries
from .models import Booking, Center
from .timetable import Timetable, short_day


class CenterClosed(Refused):
    code = "centers.center-closed"
    message = "{name}已于{day}关闭，不能再改。要重新启用，请按新中心设立。"


class BookingsInTheWay(Refused):
    code = "centers.bookings-in-the-way"
    message = "{what}以后，{count}场已经约的场地就用不成了：{list}。请先和约的人商量取消，再来改。"


class StartsInThePast(Unacceptable):
    code = "centers.starts-in-the-past"
    message = "{what}从{day}起，那天已经过去，已经发生的不能改。请填{today}或者以后的日期。"
    field = "since"


def locked(center: Center, *, on: date) -> Center:
    """
    Hold a center that is open on *on* or later; every deed about it comes through here (锁住中心).

    :raises CenterClosed: it has closed by then.
    """
    center = Center.objects.lock(center.pk)
    if center.closed_on is not None and center.closed_on <= on:
        raise CenterClosed(name=center.name, day=say_day(center.closed_on))
    return center


def say_bookings(bookings: Sequence[Booking]) -> str:
    """Return up to three bookings in words, for a refusal that names them (几场预约)."""
    named = [f"{short_day(b.day)}{b.time}{b.venue.name}" for b in bookings[:3]]
    return "、".join(named) + ("等" if len(bookings) > 3 else "")


def stand_in_the_way(
    what: str, center: Center, since: date, timetable: Timetable, until: date | None = None
) -> None:
    """:raises BookingsInTheWay: some booking from *since* on would lie outside the new *timetable*."""
    bookings = queries.bookings_from(center, since)
    if until is not None:
        bookings = bookings.filter(day__lt=until)
    lost = [b for b in bookings if not timetable.on(b.day).holds(b.begins, b.ends)]
    if lost:
        raise BookingsInTheWay(what=what, count=len(lost), list=say_bookings(lost))


def not_before_today(what: str, day: date, now: datetime) -> None:
    """:raises StartsInThePast: *day* is over at *now*."""
    if day < today(now):
        raise StartsInThePast(what=what, day=say_day(day), today=say_day(today(now)))


def label_of(model: type[Model], name: str) -> str:
    """Return what a field is called, for the line of a change (字段名称)."""
    return str(getattr(model._meta.get_field(name), "verbose_name", name))
