"""At the door: who arrived, who left, how many came without a name, what people thought of it (到场登记)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.events import rules, tickets
from gongzhi.events.books import ATTENDANCES
from gongzhi.events.judging import Seats, say_moment, say_span
from gongzhi.events.minutes import minutes_of
from gongzhi.events.models import (
    Attendance,
    Event,
    Feedback,
    Headcount,
    Registration,
    ScanFault,
)
from gongzhi.figures import services as figures
from gongzhi.shared.calendar import local
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

Channel, Fault, Status = Attendance.Channel, ScanFault.Fault, Registration.Status
ROLES = ("participant", "volunteer", "trainer")
PARTICIPANT = frozenset({"participant"})


class CodeReused(Refused):
    code = "events.code-reused"
    message = "{name}{when}已经到了，这个码只算一次。请让下一位来。"


class CodeUnknown(Refused):
    code = "events.code-unknown"
    message = "没有这个码，没有登记。请再念一遍，或者改报姓名。"


class CodeForeign(Refused):
    code = "events.code-foreign"
    message = "这是{when}“{title}”的码，这一场不能用。请打开这一场的码，或者改报姓名。"


class CodeCancelled(Refused):
    code = "events.code-cancelled"
    message = "{name}的报名{state}，这个码不能用。请按没报名的改报姓名。"


class TooEarly(Refused):
    code = "events.too-early"
    message = "“{title}”{when}开始，提前{minutes}分钟才登记到场。请先坐坐，到时候再来。"


class DoorClosed(Refused):
    code = "events.door-closed"
    message = "“{title}”{why}，不能再扫码登记。漏了的，请工作人员照纸单补。"


class VenueCodeStale(Refused):
    code = "events.venue-code-stale"
    message = "现场的码换过了，没有登记。请对着现场的屏幕再扫一次。"


class NoWalkIns(Refused):
    code = "events.no-walk-ins"
    message = "{name}没有报“{title}”，这一场要先报名。请找门口的工作人员看看有没有空位。"


class HouseFull(Refused):
    code = "events.house-full"
    message = "“{title}”坐满了，没有报名的先等一等。请找门口的工作人员看看有没有空位。"


class NotThere(Refused):
    code = "events.not-there"
    message = "{name}没有登记到场，不能登记离场。请先登记到场。"


class VoidReasonMissing(Unacceptable):
    code = "events.void-reason-missing"
    message = "没有写为什么撤掉。请写一句，例如“按错了人”。"
    field = "reason"


class HeadcountUnclear(Unacceptable):
    code = "events.headcount-unclear"
    message = "人数要填1到5000的整数，没有人就不用记。请改了再存。"
    field = "people"


class NotAmongThem(Refused):
    code = "events.not-among-them"
    message = "没有您到场的登记，不能评价这一场。到了没登上的，请让工作人员补登。"


class FeedbackClosed(Refused):
    code = "events.feedback-closed"
    message = "活动结束后{days}天内可以评价，现在过了。有话说，请走投诉建议。"


class RatingUnclear(Unacceptable):
    code = "events.rating-unclear"
    message = "没有选几分。请在1到5分里选一个，写不写话都行。"
    field = "rating"


@dataclass(frozen=True, kw_only=True)
class Scan:
    """
    What came of a code or a name at the door (登记结果): `refusal` says why not, and has been noted already.

    A refused code must be remembered, so the deed ends well and hands the refusal back instead of raising it.
    """

    attendance: Attendance | None = None
    registration: Registration | None = None
    refusal: Refused | None = None
    is_walk_in: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """
    That somebody arrived, as a device or a paper list noted it (一条到场): a code, a registration or a person.

    `ref` is the device's own name for the line, handed back beside what came of it.
    """

    arrived_at: datetime
    token: str = ""
    code: str = ""
    person: int | None = None
    left_at: datetime | None = None
    roles: Collection[str] = PARTICIPANT
    ref: str = ""


@dataclass(kw_only=True)
class Union:
    """What came of many facts (同步结果): how many are new, known already, and refused with a sentence by `ref`."""

    new: int = 0
    known: int = 0
    refused: dict[str, Refused] = field(default_factory=dict)


# --- one at a time --------------------------------------------------------------------------------


@transaction.atomic
def check_in(
    *,
    by: Actor,
    event: Event,
    channel: str,
    now: datetime,
    person: Person | None = None,
    code: str = "",
    scanned_at: datetime | None = None,
    roles: Collection[str] = PARTICIPANT,
) -> Scan:
    """
    Note that somebody arrived (到场登记): by the code they show or say, by name, or themselves by the venue's code.

    VENUE_QR: *person* is *by*, `code` what the venue showed at `scanned_at`. OWN_QR and CODE: `code` is the
    person's own. NAME and PAPER: *person*, who need not have registered. A code that cannot be taken is noted and
    the refusal handed back in `Scan.refusal`.

    :raises PermissionDenied: *by* neither keeps the door nor stands before it.
    """
    if channel == Channel.VENUE_QR and person is not None:
        rules.require_oneself(by, person.pk)
    else:
        rules.CHECK_IN.require(by, event)
    event = Event.objects.lock(event.pk)
    registration = None
    refusal = _judge_door(event, now, is_scan=channel not in (Channel.NAME, Channel.PAPER))
    fault: str = Fault.EARLY if isinstance(refusal, TooEarly) else Fault.LATE
    if refusal is None and channel == Channel.VENUE_QR:
        at = scanned_at or now
        if not (now - tickets.grace(now) <= at <= now and tickets.fits_venue(event.pk, code, at)):
            refusal, fault = VenueCodeStale(), Fault.STALE
    elif refusal is None and channel in (Channel.OWN_QR, Channel.CODE):
        registration, refusal, fault = _read_code(event, code, channel)
        if registration is not None:
            person = registration.person
    if refusal is not None:
        _refused(by, event, fault, channel, registration, now)
        return Scan(refusal=refusal, registration=registration)
    if person is None:
        raise TypeError("say who arrived")
    person = _standing(person)
    known = _attendance_of(event, person)
    if known is not None and known.voided_at is None and set(roles) <= _roles_of(known):
        refusal = CodeReused(name=person.name, when=_clock(known.arrived_at))
        _refused(by, event, Fault.REUSED, channel, registration, now)
        return Scan(refusal=refusal, registration=registration, attendance=known)
    seats = Seats.of(event)
    registration = registration or _registration_of(event, person)
    is_walk_in = registration is None or registration.status not in Registration.HOLDS_SEAT
    if is_walk_in:
        refusal = _judge_walk_in(seats, person, channel, roles)
        if refusal is not None:
            return Scan(refusal=refusal, registration=registration)
    registration = _seat(by, seats, person, registration, now)
    attendance = _arrived(by, event, person, now, None, roles, channel, now, known)
    _note_held(event)
    figures.mark(ATTENDANCES, holders=[event.pk])
    audit.record(
        by,
        "events.checked-in",
        attendance,
        subject=person.pk,
        changes={"场次": ["", event.title], "怎么登的": ["", Channel(channel).label]},
        place=event.place.path,
        now=now,
    )
    return Scan(attendance=attendance, registration=registration, is_walk_in=is_walk_in)


@transaction.atomic
def check_out(*, by: Actor, event: Event, person: Person, now: datetime) -> Attendance:
    """
    Note that somebody left (离场): the minutes end here.

    :raises PermissionDenied: *by* neither keeps the door nor is that person.
    :raises NotThere: they did not arrive.
    """
    if not rules.is_oneself(by, person.pk):
        rules.CHECK_IN.require(by, event)
    event = Event.objects.lock(event.pk)
    person = _standing(person)
    attendance = _attendance_of(event, person)
    if attendance is None or attendance.voided_at is not None:
        raise NotThere(name=person.name)
    attendance.left_at = max(now, attendance.arrived_at)
    attendance.minutes = minutes_of(event, attendance.arrived_at, attendance.left_at)
    attendance.save(update_fields=["left_at", "minutes"])
    figures.mark(ATTENDANCES, holders=[event.pk])
    audit.record(
        by, "events.checked-out", attendance, subject=person.pk, place=event.place.path, now=now
    )
    return attendance


@transaction.atomic
def void_attendance(*, by: Actor, attendance: Attendance, reason: str, now: datetime) -> Attendance:
    """
    Take back an arrival that was noted by mistake, with a reason (撤掉); it stays on record and counts no more.

    :raises PermissionDenied: *by* does not keep the door.
    :raises VoidReasonMissing
    """
    rules.CHECK_IN.require(by, attendance.event)
    event = Event.objects.lock(attendance.event_id)
    reason = normalize(reason)[:120]
    if not reason:
        raise VoidReasonMissing
    attendance = Attendance.objects.get(pk=attendance.pk)
    attendance.voided_at, attendance.void_reason = now, reason
    attendance.save(update_fields=["voided_at", "void_reason"])
    _note_held(event)
    figures.mark(ATTENDANCES, holders=[event.pk])
    audit.record(
        by,
        "events.attendance-voided",
        attendance,
        subject=attendance.person_id,
        reason=reason,
        place=event.place.path,
        now=now,
    )
    return attendance


# --- many at once ---------------------------------------------------------------------------------


@transaction.atomic
def check_in_many(
    *, by: Actor, event: Event, facts: Sequence[Fact], channel: str, now: datetime
) -> Union:
    """
    Add facts that a device noted without a network, or that a paper list holds (同步、照纸单补录).

    A union: the same people from two devices, in any order, once or twice, give the same facts, each with the
    earliest arrival, the latest leaving and every role anybody noted. What cannot be taken is noted and handed
    back by its `ref`; the rest stands.

    :raises PermissionDenied: *by* does not keep the door.
    """
    rules.CHECK_IN.require(by, event)
    event = Event.objects.lock(event.pk)
    result = Union()
    refusal = _judge_door(event, now, is_scan=False)
    if refusal is not None:
        result.refused = {f.ref: refusal for f in facts}
        return result
    resolved = _resolve(by, event, facts, channel, now, result)
    _add(by, event, resolved, channel, now, result)
    _note_held(event)
    figures.mark(ATTENDANCES, holders=[event.pk])
    audit.record(
        by,
        "events.facts-added",
        event,
        changes={
            "怎么登的": ["", Channel(channel).label],
            "新到场": [None, result.new],
            "早就登过": [None, result.known],
            "没收": [None, len(result.refused)],
        },
        place=event.place.path,
        now=now,
    )
    return result


def _resolve(
    by: Actor,
    event: Event,
    facts: Sequence[Fact],
    channel: str,
    now: datetime,
    result: Union,
) -> dict[int, list[Fact]]:
    """Return the facts by the record that stands for each person; refuse the codes that are not of this event."""
    tokens = {f.token for f in facts if f.token}
    by_token = {
        r.token: r
        for r in Registration.objects.filter(token__in=tokens).select_related("event", "person")
    }
    codes = {tickets.read_spoken(f.code) for f in facts if f.code}
    by_code = {
        r.code: r
        for r in event.registrations.filter(code__in=codes).select_related("event", "person")
    }
    heads = dict(
        Person.objects.filter(pk__in={f.person for f in facts if f.person}).values_list(
            "pk", "merged_into_id"
        )
    )
    found: dict[int, list[Fact]] = {}
    faults = []
    for fact in facts:
        if fact.person in heads:
            found.setdefault(heads[fact.person] or fact.person, []).append(fact)
            continue
        one = (
            by_token.get(fact.token) if fact.token else by_code.get(tickets.read_spoken(fact.code))
        )
        refusal, fault = _judge_code(event, one)
        if refusal is not None or one is None:
            result.refused[fact.ref] = refusal or CodeUnknown()
            mine = one if one is not None and one.event_id == event.pk else None
            faults.append(_fault(by, event, fault, channel, mine, now))
        else:
            found.setdefault(one.person.standing_id, []).append(fact)
    ScanFault.objects.bulk_create(faults, batch_size=500)
    return found


def _add(
    by: Actor,
    event: Event,
    facts: dict[int, list[Fact]],
    channel: str,
    now: datetime,
    result: Union,
) -> None:
    """Write the facts of each person as one: earliest arrival, latest leaving, every role."""
    known: dict[int, Attendance] = {}
    for one in Attendance.objects.filter(event=event).select_related("person").order_by("-pk"):
        if one.person_id in facts or one.person.merged_into_id in facts:
            known[one.person.standing_id] = one
    fresh: list[Attendance] = []
    changed: list[Attendance] = []
    for person, said in facts.items():
        arrived = min(f.arrived_at for f in said)
        left = max((f.left_at for f in said if f.left_at), default=None)
        roles = {role for f in said for role in f.roles}
        found = known.get(person)
        if found is None:
            one = Attendance(event=event, person_id=person, arrived_at=arrived, channel=channel)
            one.as_participant = one.as_volunteer = one.as_trainer = False
            one.recorded_by_id, one.recorded_at = by.pk, now
            fresh.append(one)
        else:
            one = found
            changed.append(one)
        _unite(event, one, arrived, left, roles)
    Attendance.objects.bulk_create(fresh, batch_size=500)
    Attendance.objects.bulk_update(
        changed,
        [*_ROLE_FIELDS, "arrived_at", "left_at", "minutes", "voided_at", "void_reason"],
        batch_size=500,
    )
    result.new, result.known = len(fresh), sum(map(len, facts.values())) - len(fresh)


_ROLE_FIELDS = tuple(f"as_{role}" for role in ROLES)


def _unite(
    event: Event,
    one: Attendance,
    arrived: datetime,
    left: datetime | None,
    roles: Iterable[str],
) -> None:
    one.arrived_at = min(one.arrived_at, arrived)
    if left is not None:
        one.left_at = max(left, one.left_at or left, one.arrived_at)
    for role in roles:
        setattr(one, f"as_{role}", True)
    one.voided_at, one.void_reason = None, ""
    one.minutes = minutes_of(event, one.arrived_at, one.left_at)


# --- without a name -------------------------------------------------------------------------------


@transaction.atomic
def count_anonymous(*, by: Actor, event: Event, people: int, now: datetime) -> Headcount:
    """
    Note how many came without giving a name (没留名的人数): a number kept apart, never added to 人次.

    The number of the whole event: a later one takes the place of the one before.

    :raises PermissionDenied: *by* does not keep the door.
    :raises HeadcountUnclear
    """
    rules.CHECK_IN.require(by, event)
    event = Event.objects.lock(event.pk)
    refusal = _judge_door(event, now, is_scan=False)
    if refusal is not None:
        raise refusal
    if not 1 <= people <= 5000:
        raise HeadcountUnclear
    event.headcounts.filter(voided_at__isnull=True).update(voided_at=now)
    made = Headcount.objects.create(
        event=event, people=people, recorded_by_id=by.pk, recorded_at=now
    )
    _note_held(event)
    audit.record(
        by,
        "events.headcount-noted",
        event,
        changes={"没留名的": [None, people]},
        place=event.place.path,
        now=now,
    )
    return made


@transaction.atomic
def give_feedback(
    *, by: Actor, attendance: Attendance, rating: int, words: str = "", now: datetime
) -> Feedback:
    """
    Say what one thought of an event one was at (评价); nameless to everybody but the house, and can be said anew.

    :raises PermissionDenied: *by* is somebody else.
    :raises NotAmongThem, FeedbackClosed, RatingUnclear
    """
    rules.require_oneself(by, attendance.person_id)
    attendance = (
        Attendance.objects.select_for_update(no_key=True, of=("self",))
        .select_related("event__place")
        .get(pk=attendance.pk)
    )
    event = attendance.event
    days = rule("events.feedback-days", event.day).number
    if attendance.voided_at is not None:
        raise NotAmongThem
    if now > event.ends_at + timedelta(days=days):
        raise FeedbackClosed(days=days)
    if rating not in range(1, 6):
        raise RatingUnclear
    feedback, _ = Feedback.objects.update_or_create(
        attendance=attendance,
        defaults={"rating": rating, "words": words.strip()[:500], "given_at": now},
    )
    audit.record(
        by,
        "events.feedback-given",
        event,
        subject=attendance.person_id,
        place=event.place.path,
        now=now,
    )
    return feedback


# --- steps ----------------------------------------------------------------------------------------


def _judge_door(event: Event, now: datetime, *, is_scan: bool) -> Refused | None:
    """Return why nobody can be noted at this hour; paper and names may be typed in after the event was closed."""
    before = rule("events.check-in-opens-minutes", event.day).number
    after = rule("events.check-in-closes-minutes", event.day).number
    if event.status == Event.Status.DRAFT:
        return DoorClosed(title=event.title, why="还没有发布")
    if event.status == Event.Status.CANCELLED:
        return DoorClosed(title=event.title, why="取消了")
    if now < event.starts_at - timedelta(minutes=before):
        return TooEarly(title=event.title, when=say_moment(event.starts_at), minutes=before)
    if is_scan and event.status == Event.Status.CLOSED:
        return DoorClosed(title=event.title, why="已经散场收尾")
    if is_scan and now > event.ends_at + timedelta(minutes=after):
        return DoorClosed(title=event.title, why=f"{say_moment(event.ends_at)}就结束了")
    return None


def _read_code(
    event: Event, code: str, channel: str
) -> tuple[Registration | None, Refused | None, str]:
    found = Registration.objects.select_related("event", "person")
    if channel == Channel.OWN_QR:
        one = found.filter(token=code.strip()).first() if code.strip() else None
    else:
        one = found.filter(event=event, code=tickets.read_spoken(code)).first()
    refusal, fault = _judge_code(event, one)
    if one is not None and one.event_id != event.pk:
        one = None  # whose code it is at another event is no business of this door
    return one, refusal, fault


def _judge_code(event: Event, one: Registration | None) -> tuple[Refused | None, str]:
    if one is None:
        return CodeUnknown(), Fault.UNKNOWN
    if one.event_id != event.pk:
        return CodeForeign(when=say_span(one.event), title=one.event.title), Fault.FOREIGN
    if one.status not in Registration.LIVE:
        refusal = CodeCancelled(name=one.person.name, state=one.get_status_display())
        return refusal, Fault.CANCELLED
    return None, Fault.UNKNOWN


def _refused(
    by: Actor,
    event: Event,
    fault: str,
    channel: str,
    registration: Registration | None,
    now: datetime,
) -> None:
    _fault(by, event, fault, channel, registration, now).save(force_insert=True)
    audit.record(
        by,
        "events.code-refused",
        event,
        changes={"为什么没收": ["", Fault(fault).label]},
        place=event.place.path,
        now=now,
    )


def _fault(
    by: Actor,
    event: Event,
    fault: str,
    channel: str,
    registration: Registration | None,
    now: datetime,
) -> ScanFault:
    return ScanFault(
        event=event,
        fault=fault,
        channel=channel,
        registration=registration,
        scanned_by_id=by.pk,
        scanned_at=now,
    )


def _standing(person: Person) -> Person:
    if person.merged_into_id is None:
        return person
    return Person.objects.select_related("place").get(pk=person.standing_id)


def _attendance_of(event: Event, person: Person) -> Attendance | None:
    """Return the fact about this person, under whichever of the records that stand for them."""
    mine = Attendance.objects.filter(event=event)
    own = mine.filter(person=person) | mine.filter(person__merged_into=person)
    return own.order_by("pk").first()


def _registration_of(event: Event, person: Person) -> Registration | None:
    mine = event.registrations.all()
    own = mine.filter(person=person) | mine.filter(person__merged_into=person)
    rows = sorted(own, key=lambda r: (r.status not in Registration.HOLDS_SEAT, r.pk))
    return rows[0] if rows else None


def _judge_walk_in(
    seats: Seats, person: Person, channel: str, roles: Collection[str]
) -> Refused | None:
    """Return why somebody without a seat cannot sign in alone; staff at the door note facts as they are."""
    event = seats.event
    if channel != Channel.VENUE_QR or not set(roles) <= PARTICIPANT:
        return None
    if event.takes_registrations and not event.takes_walk_ins:
        return NoWalkIns(name=person.name, title=event.title)
    if not seats.find(person.place.path, None)[0]:
        return HouseFull(title=event.title)
    return None


def _seat(
    by: Actor,
    seats: Seats,
    person: Person,
    registration: Registration | None,
    now: datetime,
) -> Registration | None:
    """Give whoever is there the free seat they sit on: an offer is taken, a wait is over; no seat, no row."""
    event = seats.event
    if registration is not None and registration.status == Status.OFFERED:
        registration.status, registration.offer_until = Status.SEATED, None
        registration.changed_at = now
        registration.save(update_fields=["status", "offer_until", "changed_at"])
    elif registration is not None and registration.status in (Status.WAITING, Status.ENTERED):
        found, quota = seats.find(person.place.path, registration.organization_id)
        if found:
            seats.take(quota)
            registration.status, registration.quota = Status.SEATED, quota
            registration.changed_at = now
            registration.save(update_fields=["status", "quota", "changed_at"])
            seats.keep()
    elif registration is None and event.takes_registrations:
        found, quota = seats.find(person.place.path, None)
        if found:
            seats.take(quota)
            event.last_number += 1
            registration = Registration.objects.create(
                event=event,
                person=person,
                status=Status.SEATED,
                number=event.last_number,
                turn=event.last_number,
                registered_at=now,
                changed_at=now,
                channel=Registration.Channel.WALK_IN,
                registered_by_id=by.pk,
                quota=quota,
                token=tickets.new_token(),
                code=tickets.spoken_code(event.pk, event.last_number),
            )
            seats.keep()
    return registration


def _arrived(
    by: Actor,
    event: Event,
    person: Person,
    arrived_at: datetime,
    left_at: datetime | None,
    roles: Collection[str],
    channel: str,
    now: datetime,
    known: Attendance | None,
) -> Attendance:
    if known is None:
        known = Attendance(event=event, person=person, arrived_at=arrived_at, channel=channel)
        known.as_participant = known.as_volunteer = known.as_trainer = False
        known.recorded_by_id, known.recorded_at = by.pk, now
    _unite(event, known, arrived_at, left_at, roles)
    known.save()
    return known


def _roles_of(one: Attendance) -> set[str]:
    return {role for role in ROLES if getattr(one, f"as_{role}")}


def _note_held(event: Event) -> None:
    """Note whether anybody was there: what nobody came to is no 场次."""
    held = (
        Attendance.objects.filter(event=event, voided_at__isnull=True).exists()
        or event.headcounts.filter(voided_at__isnull=True).exists()
    )
    if held != event.is_held:
        event.is_held = held
        event.save(update_fields=["is_held"])


def _clock(moment: datetime) -> str:
    at = local(moment)
    return f"{at.hour}:{at.minute:02d}"
