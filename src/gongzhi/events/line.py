"""The waiting line of an event: offers that lapse, seats that go on to the next person (排队、轮候)."""

from __future__ import annotations

from datetime import datetime

from gongzhi.audit import services as audit
from gongzhi.shared.permissions import HOUSE

from . import telling
from .judging import Seats, offer_ends
from .models import Event, Registration

Status = Registration.Status


def lapse(seats: Seats, now: datetime) -> list[Registration]:
    """
    End the offers of a held event whose time is over, and return them; their seats are free (轮到了没答复).

    Every deed that judges whether a seat is free does this first.
    """
    event = seats.event
    # Mostly there are none, and somebody waits for this event: the people of those there are come after them.
    over = list(
        event.registrations.filter(status=Status.OFFERED, offer_until__lte=now)
        .only("event", "person", "number", "quota", "status")
        .prefetch_related("person")
        .order_by("turn", "number")
    )
    for one in over:
        seats.give_back(one)
        one.status, one.offer_until, one.quota, one.changed_at = Status.EXPIRED, None, None, now
        one.save(update_fields=["status", "offer_until", "quota", "changed_at"])
        _note("events.offer-expired", one, event, now)
    telling.expired(event, over, now=now)
    return over


def hand_on(seats: Seats, now: datetime) -> list[Registration]:
    """
    Offer every free seat of a held event to the next person in line who can have it (空位给下一位).

    In the transaction that freed the seat: nobody waits beside a free seat. Seats kept for a place or an
    organization pass over those they are not for.
    """
    event = seats.event
    if event.status != Event.Status.PUBLISHED or event.starts_at <= now or event.draws_lots:
        return []
    if event.capacity is not None and event.seats_taken >= event.capacity:
        return []
    waiting = (
        event.registrations.filter(status=Status.WAITING)
        .select_related("person__place" if seats.quotas else "person")
        .order_by("turn", "number")
    )
    if event.capacity is not None and not seats.quotas:
        waiting = waiting[: event.capacity - event.seats_taken]
    offered = []
    for one in waiting:
        path = one.person.place.path if seats.quotas else ""
        found, quota = seats.find(path, one.organization_id)
        if not found:
            if seats.pool == 0 and not any(q.taken < q.seats for q in seats.quotas):
                break
            continue
        seats.take(quota)
        one.status, one.quota, one.offered_at, one.changed_at = Status.OFFERED, quota, now, now
        one.offer_until = offer_ends(event, one.person, now)
        one.save(update_fields=["status", "quota", "offered_at", "offer_until", "changed_at"])
        _note("events.seat-offered", one, event, now)
        offered.append(one)
    telling.offered(event, offered, now=now)
    return offered


def _note(action: str, registration: Registration, event: Event, now: datetime) -> None:
    audit.record(
        HOUSE,
        action,
        registration,
        subject=registration.person_id,
        place=event.place.path,
        now=now,
    )
