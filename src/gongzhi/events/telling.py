"""Who is told of what happened to an event, or to their place in it (要告诉谁), in the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gongzhi.accounts.models import User
from gongzhi.directory.models import Person
from gongzhi.outbox import services as outbox
from gongzhi.shared.messages import Kind
from gongzhi.shared.permissions import HOUSE, Actor

from . import messages, offers
from .judging import say_moment, say_span
from .models import Event, Registration

Status = Registration.Status
_RESULT = {
    Status.SEATED: "报上了",
    Status.WAITING: "报满了，在排队",
    Status.ENTERED: "等抽签",
}


def everybody(event: Event) -> list[Registration]:
    """Return whose people must hear of a change of the event: seated, offered, waiting, entered (都要知道的人)."""
    return list(
        event.registrations.filter(status__in=Registration.LIVE)
        .select_related("person")
        .order_by("number")
    )


def ways_to(person: Person, channel: str, by: Actor) -> outbox.Ways:
    """Find out how a person hears of what comes of registering, before the event is held (怎么告诉本人)."""
    own = channel == Registration.Channel.SELF
    kind = messages.REGISTERED if own else messages.REGISTERED_FOR_YOU
    # Whoever registers themselves stands here with their account: it need not be looked for.
    here = isinstance(by, User) and by.belongs_to_one and by.person_id == person.pk
    return outbox.ways_to([by if here else person], kind)  # type: ignore[list-item]


def registered(
    event: Event, registration: Registration, ways: outbox.Ways, *, now: datetime
) -> None:
    """Tell a person what came of registering (报名的结果); by name who was registered by somebody else."""
    outbox.send(
        by=HOUSE,
        to=ways,
        kind=ways.kind,
        words=_words(event) | _result(event, registration),
        about=_about(event),
        key=f"events.registered:{registration.pk}:{registration.number}",
        now=now,
    )


def offered(event: Event, registrations: Iterable[Registration], *, now: datetime) -> None:
    """Tell each that a seat is kept for them, and until when (轮到您了)."""
    for one in registrations:
        outbox.send(
            by=HOUSE,
            to=one.person,
            kind=messages.SEAT_OFFERED,
            words=_words(event) | {"until": say_moment(one.offer_until or event.starts_at)},
            about=offers.address_of(one),
            key=f"events.seat-offered:{one.pk}:{one.number}",
            now=now,
        )


def expired(event: Event, registrations: Iterable[Registration], *, now: datetime) -> None:
    """Tell each that the seat kept for them went on (座位给了下一位)."""
    _all(event, registrations, messages.OFFER_EXPIRED, f"{now.timestamp():.0f}", now)


def drawn(event: Event, registrations: Iterable[Registration], *, now: datetime) -> None:
    """Tell each what the lots said (抽签的结果)."""
    for one in registrations:
        outbox.send(
            by=HOUSE,
            to=one.person,
            kind=messages.DRAWN,
            words=_words(event) | _result(event, one),
            about=_about(event),
            key=f"events.drawn:{one.pk}",
            now=now,
        )


def moved(event: Event, *, now: datetime) -> None:
    """Tell everybody on the list the new time and place (改期了)."""
    _all(event, everybody(event), messages.EVENT_MOVED, str(event.revision), now)


def cancelled(event: Event, *, now: datetime) -> None:
    """Tell everybody on the list not to come (取消了)."""
    _all(event, everybody(event), messages.EVENT_CANCELLED, "", now)


def reminded(event: Event, registrations: Iterable[Registration], *, now: datetime) -> None:
    """Remind each who has a seat, once for a day of the event (前一天的提醒)."""
    _all(event, registrations, messages.REMINDER, f"{event.day:%Y%m%d}", now)


def _all(
    event: Event, registrations: Iterable[Registration], kind: Kind, part: str, now: datetime
) -> None:
    people = [one.person for one in registrations]
    if people:
        outbox.send_to_many(
            by=HOUSE,
            to=people,
            kind=kind,
            words=_words(event),
            about=_about(event),
            key=f"{kind.key}:{event.pk}:{part}",
            now=now,
        )


def _words(event: Event) -> dict[str, object]:
    return {
        "title": event.title,
        "when": say_span(event),
        "place": f"{event.place}{event.address}",
        "why": event.why.rstrip("。"),
        "phone": event.phone or "12345",
    }


def _result(event: Event, registration: Registration) -> dict[str, object]:
    status = Status(registration.status)
    detail = ""
    if status == Status.SEATED:
        detail = f"到场报六位号{registration.spoken_code}就行。"
    elif status == Status.WAITING and registration.turn_reason:
        detail = f"{registration.turn_reason}，有人来不了就按次序问。"
    elif status == Status.WAITING:
        detail = "有人来不了就按次序问，轮到您会告诉您。"
    elif event.draw_at:
        detail = f"{say_moment(event.draw_at)}抽签，抽完告诉您。"
    return {"result": _RESULT.get(status, status.label), "detail": detail}


def _about(event: Event) -> str:
    return f"/events/{event.pk}/"
