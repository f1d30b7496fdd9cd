"""What the page at the door knows: the list a device keeps, the facts it brings back (到场登记)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone, polite_name
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.text import pinyin, pinyin_initials

from . import rules, services
from .models import Attendance, Event, Registration
from .showing import say_clock

Channel = Attendance.Channel
SEX = {Person.Sex.MALE: "male", Person.Sex.FEMALE: "female"}
HOW = {"qr": Channel.OWN_QR, "code": Channel.CODE, "name": Channel.NAME}
MOST = 1000  # facts in one parcel


def called(person: Person) -> str:
    """Return how the door names somebody (称呼): 王先生, or the masked name."""
    return polite_name(person.name, SEX.get(Person.Sex(person.sex), ""))


def tail(person: Person) -> str:
    """Return the last four digits of somebody's phone, which tell two people apart (尾号)."""
    return person.phone.masked(mask_phone)[-4:] if person.phone else ""


def salt_of(event: Event) -> str:
    """Return what codes of this event are hashed with, so that no device keeps a code (盐)."""
    return fingerprint(f"events.door:{event.pk}")


def hashed(salt: str, code: str) -> str:
    """Return a code as a device keeps it; `door.js` computes the same."""
    return hashlib.sha256(f"{salt}:{code}".encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody on the list of the door, and since when they are here (名单上的一位)."""

    registration: Registration
    name: str
    tail: str
    sounds: tuple[str, str]
    here: Attendance | None


def guests_of(event: Event) -> list[Guest]:
    """Return who is registered for an event with whether they are here: two queries (名单)."""
    here = {
        one.person.standing_id: one
        for one in event.attendances.standing().select_related("person", "recorded_by")
    }
    rows = (
        event.registrations.filter(status__in=Registration.LIVE)
        .select_related("person")
        .order_by("number")
    )
    return [
        Guest(
            registration=one,
            name=called(one.person),
            tail=tail(one.person),
            sounds=(pinyin(one.person.name), pinyin_initials(one.person.name)),
            here=here.get(one.person.standing_id),
        )
        for one in rows
    ]


def found_among(guests: Iterable[Guest], words: str) -> list[Guest]:
    """Return the guests that a name, pinyin initials or the tail of a phone means (按姓名找)."""
    words = "".join(words.split()).lower()
    if not words:
        return []
    return [
        g
        for g in guests
        if words in g.registration.person.name.lower()
        or any(sound.startswith(words) for sound in g.sounds)
        or (len(words) == 4 and g.tail == words)
    ][:30]


def list_for_devices(event: Event, guests: Sequence[Guest], now: datetime) -> dict[str, Any]:
    """Return the least a device needs to work without a network: masked names, hashes of codes (带走的名单)."""
    salt = salt_of(event)
    return {
        "salt": salt,
        "at": now.isoformat(),
        "people": [
            {
                "r": g.registration.pk,
                "n": g.name,
                "t": g.tail,
                "q": hashed(salt, g.registration.token),
                "c": hashed(salt, g.registration.code),
                "h": say_clock(g.here.arrived_at) if g.here else "",
            }
            for g in guests
        ],
    }


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What came of the facts a device brought: how many are new or known, and why some were not taken (同步结果)."""

    new: int
    known: int
    refused: Mapping[str, str]


def bring(*, by: Actor, event: Event, given: Sequence[Any], now: datetime) -> Brought:
    """
    Add what a device noted (传上去): one at once as the door's own deed, what was kept without a network as a union.

    :raises PermissionDenied: *by* does not keep the door.
    """
    facts = [_fact(one, now) for one in given[:MOST] if isinstance(one, dict)]
    people = dict(
        event.registrations.filter(pk__in=[f["registration"] for f in facts]).values_list(
            "pk", "person_id"
        )
    )
    if len(facts) == 1 and facts[0]["live"]:
        return _one(by, event, facts[0], people.get(facts[0]["registration"]), now)
    united = services.check_in_many(
        by=by,
        event=event,
        channel=Channel.OFFLINE,
        facts=[
            services.Fact(
                arrived_at=f["at"],
                token=f["token"],
                code=f["code"],
                person=people.get(f["registration"]),
                ref=f["ref"],
            )
            for f in facts
        ],
        now=now,
    )
    return Brought(
        new=united.new,
        known=united.known,
        refused={ref: str(why) for ref, why in united.refused.items()},
    )


def _one(
    by: Actor, event: Event, fact: Mapping[str, Any], person: int | None, now: datetime
) -> Brought:
    scan = services.check_in(
        by=by,
        event=event,
        channel=HOW[fact["how"]]
        if not person
        else Channel.NAME
        if fact["how"] == "name"
        else HOW[fact["how"]],
        person=Person.objects.select_related("place").filter(pk=person).first() if person else None,
        code=fact["token"] or fact["code"],
        now=now,
    )
    if isinstance(scan.refusal, services.CodeReused):
        return Brought(new=0, known=1, refused={})
    refused = {fact["ref"]: str(scan.refusal)} if scan.refusal else {}
    return Brought(new=0 if scan.refusal else 1, known=0, refused=refused)


def _fact(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Read one fact as a device sent it; a clock that is wrong counts as now."""
    try:
        at = datetime.fromisoformat(str(given.get("at", "")))
    except ValueError:
        at = now
    if at.tzinfo is None or not now - timedelta(days=3) <= at <= now:
        at = now
    registration = given.get("registration")
    how = str(given.get("how", ""))
    return {
        "ref": str(given.get("ref", ""))[:80],
        "how": how if how in HOW else "name",
        "token": str(given.get("token", ""))[:40],
        "code": str(given.get("code", ""))[:12],
        "registration": registration if isinstance(registration, int) else None,
        "live": given.get("live") is True,
        "at": at,
    }


def opens_at(event: Event) -> datetime:
    """Return from when on arrivals are noted (几点起登记)."""
    minutes = rule("events.check-in-opens-minutes", event.day).number
    return event.starts_at - timedelta(minutes=minutes)


def doors_of(by: Actor, now: datetime) -> list[Event]:
    """Return the events whose door *by* may keep today, the one that goes on first (今天的场次)."""
    day = today(now)
    found = rules.CHECK_IN.among(Event.objects.all(), by).filter(
        day__range=(day - timedelta(days=1), day + timedelta(days=1)),
        status__in=(Event.Status.PUBLISHED, Event.Status.CLOSED),
        ends_at__gt=now - timedelta(hours=12),
    )
    return list(found.select_related("place").order_by("starts_at", "pk")[:60])
