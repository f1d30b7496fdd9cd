"""Booking the rooms and yards of a center, free of charge, never twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from gongzhi.audit import services as audit
from gongzhi.centers import messages, queries, rules
from gongzhi.centers.judging import locked
from gongzhi.centers.models import Booking, BookingSlot, Center, Venue
from gongzhi.centers.states import BOOKING_MOVES
from gongzhi.centers.timetable import HALVES, Timetable, clock, half_at, short_day, span
from gongzhi.directory.models import Organization
from gongzhi.outbox import services as outbox
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import require_phone
from gongzhi.shared.messages import Kind
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import fingerprint

State = Booking.State


class BookingUnclear(Unacceptable):
    code = "centers.booking-unclear"
    message = "{wrong}，所以还没有约上。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class VenueNotTaking(Refused):
    code = "centers.venue-not-taking"
    message = "{venue}{why}，约不了。请选这个中心的别的场地，或者打电话{phone}问一问。"


class InThePast(Refused):
    code = "centers.in-the-past"
    message = "{day}{time}已经开始或过去了，约不了。{nearest}。"


class TooFarAhead(Refused):
    code = "centers.too-far-ahead"
    message = "场地最多提前{days}天约，现在最远约到{last}，您选的是{day}。请到时候再来，或者选早一点的日子。"


class OutsideHours(Refused):
    code = "centers.outside-hours"
    message = "{day}{hours}，您选的{time}不全在开门的时间里。{nearest}。"


class SlotTaken(Refused):
    code = "centers.slot-taken"
    message = "{day}{time}{venue}由{holder}约了，用到{until}。{nearest}。"


class TooManyPeople(Refused):
    code = "centers.too-many-people"
    message = "{venue}坐得下{capacity}人，您写了{headcount}人，坐不下。{other}。"


class TooManyBookings(Refused):
    code = "centers.too-many-bookings"
    message = "您还有{count}场没用的预约，一人同时最多约{most}场，好让街坊都约得上。请先用完或取消一场再约。"


class BookingIsOver(Refused):
    code = "centers.booking-is-over"
    message = "这场预约{when}就{what}了，现在不能再改。要再用场地，请另约一场。"


class ReasonMissing(Unacceptable):
    code = "centers.reason-missing"
    message = "没有写原因，所以没有{what}。请写一句话，{who}看得到。"
    field = "reason"


def _holder(booking: Booking) -> str:
    # A resident's name is nobody else's business; an organization's is public.
    return booking.organization.name if booking.organization else "一位街坊"


def _nearest(
    venue: Venue, timetable: Timetable, day: date, begins: int, length: int, now: datetime
) -> str:
    found = queries.nearest_free(venue, timetable, max(day, today(now)), begins, length, now)
    if found is None:
        return f"往后两周{venue.name}没有这么长的空档，请选短一点的时间或别的场地"
    return f"最近的空档是{short_day(found[0])}{span(found[1])}，请改约那时或别的时间"


def _check_headcount(venue: Venue, headcount: int) -> None:
    if headcount < 1:
        raise BookingUnclear(wrong="没有写来多少人", mend="请填1以上的整数", field="headcount")
    if headcount > venue.capacity:
        larger = (
            venue.center.venues.filter(
                capacity__gte=headcount, takes_bookings=True, closed_on__isnull=True
            )
            .order_by("capacity")
            .first()
        )
        raise TooManyPeople(
            venue=venue.name,
            capacity=venue.capacity,
            headcount=headcount,
            other=f"请改约{larger.name}，坐得下{larger.capacity}人"
            if larger
            else "这里没有更大的场地，请分批来，或者找别的中心",
        )


@transaction.atomic
def book_venue(
    *,
    by: Actor,
    venue: Venue,
    day: date,
    begins: int,
    ends: int,
    purpose: str,
    headcount: int,
    now: datetime,
    organization: Organization | None = None,
    name: str = "",
    phone: str = "",
) -> Booking:
    """
    Book *venue* for the half-hours [begins, ends) of *day* (预约场地).

    It is agreed at once unless the venue needs approval.

    `name` is who will use it when *by* books for somebody else; `phone` where to reach them.

    :raises PermissionDenied: *by* may not book here in that name.
    :raises BookingUnclear: purpose, hours, headcount or phone cannot be taken.
    :raises CenterClosed: the center has closed by that day.
    :raises VenueNotTaking: the venue takes no bookings then.
    :raises InThePast: the time has begun.
    :raises TooFarAhead: the day is further off than the dated rule allows.
    :raises OutsideHours: the doors are not open all that time.
    :raises TooManyPeople: the venue does not hold so many.
    :raises TooManyBookings: *by* holds as many coming bookings as one person may.
    :raises SlotTaken: somebody has the venue for some of that time.
    """
    rules.require_book(by, venue.center, organization, for_other=bool(name))
    center = locked(venue.center, on=day)
    venue = Venue.objects.get(pk=venue.pk)
    venue.center = center
    purpose, name = purpose.strip(), name.strip()
    if not purpose:
        raise BookingUnclear(
            wrong="没有写用来做什么", mend="请写一句，例如“坝坝会，商量停车”", field="purpose"
        )
    if not 0 <= begins < ends <= HALVES:
        raise BookingUnclear(wrong="结束不晚于开始", mend="请把结束时间改到开始以后", field="ends")
    phone = require_phone(phone) if phone.strip() else ""
    timetable = queries.timetable_of(center)
    _judge_time(venue, timetable, day, begins, ends, now)
    _check_headcount(venue, headcount)
    if not rules.BOOK_FOR_OTHERS.at(by, center.place.path):
        held = queries.coming_bookings_by(by, today(now)).filter(booked_by=by.pk).count()
        most = queries.most_coming(today(now))
        if held >= most:
            raise TooManyBookings(count=held, most=most)
    _judge_free(venue, timetable, day, begins, ends, now)
    booking = Booking.objects.create(
        venue=venue,
        day=day,
        begins=begins,
        ends=ends,
        purpose=purpose,
        headcount=headcount,
        organization=organization,
        name=name or by.spoken_name(),
        phone=phone,
        state=State.REQUESTED if venue.needs_approval else State.CONFIRMED,
        booked_by_id=by.pk,
        booked_at=now,
        decided_at=None if venue.needs_approval else now,
    )
    try:
        with transaction.atomic():
            BookingSlot.objects.bulk_create(
                BookingSlot(booking=booking, venue=venue, day=day, half=half)
                for half in range(begins, ends)
            )
    except IntegrityError:
        # The lock has settled who comes first; this is the database's own last word.
        _judge_free(venue, timetable, day, begins, ends, now)
        raise
    audit.record(
        by,
        "centers.venue-booked",
        booking,
        changes={
            "场地": ["", f"{center.name}{venue.name}"],
            "时间": ["", f"{say_day(day)}{booking.time}"],
            "状态": ["", booking.get_state_display()],
        },
        place=center.place.path,
        now=now,
    )
    return booking


def _judge_time(
    venue: Venue, timetable: Timetable, day: date, begins: int, ends: int, now: datetime
) -> None:
    here, length = today(now), ends - begins
    if not venue.takes_bookings:
        raise VenueNotTaking(venue=venue.name, why="现在暂停预约", phone=venue.center.phone)
    if day < venue.opened_on or (venue.closed_on is not None and day >= venue.closed_on):
        raise VenueNotTaking(
            venue=venue.name,
            why=f"{say_day(day)}不开放",
            phone=venue.center.phone,
        )
    if day < here or (day == here and begins <= half_at(now)):
        raise InThePast(
            day=short_day(day),
            time=span((begins, ends)),
            nearest=_nearest(venue, timetable, here, begins, length, now),
        )
    last = queries.last_day(here)
    if day > last:
        raise TooFarAhead(days=(last - here).days, last=short_day(last), day=short_day(day))
    hours = timetable.on(day)
    if not hours.holds(begins, ends):
        said = f"开放时间是{hours.label}" if hours.stretches else "不开门"
        raise OutsideHours(
            day=short_day(day),
            hours=f"{hours.note}，{said}" if hours.note else said,
            time=span((begins, ends)),
            nearest=_nearest(venue, timetable, day, begins, length, now),
        )


def _judge_free(
    venue: Venue, timetable: Timetable, day: date, begins: int, ends: int, now: datetime
) -> None:
    other = queries.holder_of(venue, day, begins, ends)
    if other is not None:
        raise SlotTaken(
            day=short_day(day),
            time=other.time,
            venue=venue.name,
            holder=_holder(other),
            until=clock(other.ends),
            nearest=_nearest(venue, timetable, day, begins, ends - begins, now),
        )


def _held(booking: Booking) -> tuple[Center, Booking]:
    """Hold the center of a booking, then read the booking as it stands now."""
    center = Center.objects.lock(booking.venue.center_id)
    related = Booking.objects.select_related("venue", "organization", "booked_by")
    return center, related.get(pk=booking.pk)


def _move(booking: Booking, state: str, now: datetime, reason: str = "") -> dict[str, list[str]]:
    BOOKING_MOVES.require(booking.state, state)
    changes = {"状态": [State(booking.state).label, State(state).label]}
    booking.state, booking.decided_at, booking.reason = state, now, reason
    booking.save(update_fields=["state", "decided_at", "reason"])
    if state in (State.DECLINED, State.CANCELLED):
        booking.slots.all().delete()
    return changes


def _tell(booking: Booking, center: Center, kind: Kind, by: Actor, now: datetime) -> None:
    """Tell whoever booked, and the number left for whom they booked; nobody who did it themselves."""
    if rules.owns(by, booking):
        return
    to: list[outbox.To] = [booking.booked_by] if booking.booked_by else []
    sealed: Any = booking.phone
    left = sealed.open() if sealed else ""
    if left and (not to or fingerprint(left) != booking.booked_by.phone_key):  # type: ignore[union-attr]
        to.append(left)
    outbox.send_to_many(
        by=by,
        to=to,
        kind=kind,
        words={
            "center": center.name,
            "venue": booking.venue.name,
            "when": f"{say_day(booking.day)}{booking.time}",
            "reason": booking.reason.rstrip("。"),
            "phone": center.phone,
        },
        about=f"/centers/bookings/{booking.pk}/",
        key=f"{kind.key}:{booking.pk}",
        now=now,
    )


@transaction.atomic
def confirm_booking(*, by: Actor, booking: Booking, now: datetime) -> Booking:
    """
    Agree to a booking that waits for the center (答应预约).

    :raises PermissionDenied: *by* does not run this center.
    :raises MoveNotAllowed: it does not wait any longer.
    :raises BookingIsOver: its time has begun.
    """
    rules.HANDLE.require(by, booking)
    center, booking = _held(booking)
    BOOKING_MOVES.require(booking.state, State.CONFIRMED)
    if booking.starts_at <= now:
        raise BookingIsOver(when=f"{short_day(booking.day)}{clock(booking.begins)}", what="开始")
    changes = _move(booking, State.CONFIRMED, now)
    audit.record(
        by,
        "centers.booking-confirmed",
        booking,
        changes=changes,
        place=center.place.path,
        now=now,
    )
    _tell(booking, center, messages.CONFIRMED, by, now)
    return booking


@transaction.atomic
def decline_booking(*, by: Actor, booking: Booking, reason: str, now: datetime) -> Booking:
    """
    Turn a waiting booking down, with a reason the person reads; its time is free again (谢绝预约).

    :raises PermissionDenied: *by* does not run this center.
    :raises MoveNotAllowed: it does not wait any longer.
    :raises ReasonMissing: no reason is given.
    """
    rules.HANDLE.require(by, booking)
    center, booking = _held(booking)
    if not reason.strip():
        raise ReasonMissing(what="谢绝", who="约场地的人")
    changes = _move(booking, State.DECLINED, now, reason.strip())
    audit.record(
        by,
        "centers.booking-declined",
        booking,
        changes=changes,
        reason=reason,
        place=center.place.path,
        now=now,
    )
    _tell(booking, center, messages.DECLINED, by, now)
    return booking


@transaction.atomic
def cancel_booking(*, by: Actor, booking: Booking, reason: str = "", now: datetime) -> Booking:
    """
    Give a booking back; the center must say why, whoever booked need not (取消预约).

    :raises PermissionDenied: *by* neither booked it nor runs this center.
    :raises MoveNotAllowed: it is declined or cancelled already.
    :raises BookingIsOver: its time is over.
    :raises ReasonMissing: the center gives no reason.
    """
    rules.require_cancel(by, booking)
    center, booking = _held(booking)
    BOOKING_MOVES.require(booking.state, State.CANCELLED)
    if booking.ends_at <= now:
        raise BookingIsOver(when=f"{short_day(booking.day)}{clock(booking.ends)}", what="结束")
    if not rules.owns(by, booking) and not reason.strip():
        raise ReasonMissing(what="取消", who="约场地的人")
    changes = _move(booking, State.CANCELLED, now, reason.strip())
    audit.record(
        by,
        "centers.booking-cancelled",
        booking,
        changes=changes,
        reason=reason,
        place=center.place.path,
        now=now,
    )
    _tell(booking, center, messages.CANCELLED, by, now)
    return booking


@transaction.atomic
def open_phone(*, by: Actor, booking: Booking, reason: str, now: datetime) -> str:
    """
    Return the phone of whoever booked, for a reason that is kept; empty when there is none (打开联系电话).

    :raises PermissionDenied: *by* does not run this center.
    :raises ReasonMissing: no reason is given.
    """
    rules.HANDLE.require(by, booking)
    center, booking = _held(booking)
    if not reason.strip():
        raise ReasonMissing(what="打开号码", who="留号码的人")
    audit.record(
        by,
        "centers.phone-opened",
        booking,
        reason=reason.strip(),
        subject=booking.booked_by.person_id if booking.booked_by else None,
        place=center.place.path,
        now=now,
    )
    # Whoever left no other number is reached at the account's own.
    own = booking.booked_by.phone if booking.booked_by else None
    phone = booking.phone or own
    return phone.open() if phone else ""
