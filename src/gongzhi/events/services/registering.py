"""Registering for an event, waiting, being offered a seat, and leaving again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from gongzhi.audit import services as audit
from gongzhi.directory import queries as directory
from gongzhi.directory import services as people
from gongzhi.directory.models import Organization, Person
from gongzhi.events import judging, rules, telling, tickets
from gongzhi.events.judging import Seats, say_moment
from gongzhi.events.line import hand_on, lapse
from gongzhi.events.models import Answer, Event, Question, Quota, Registration
from gongzhi.events.states import REGISTRATION_MOVES
from gongzhi.places.models import Place
from gongzhi.shared.calendar import local, today
from gongzhi.shared.codes import require_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import HOUSE, Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import key, normalize

Status, Channel = Registration.Status, Registration.Channel
# What registering never asks of an event: the row is read while fifty people wait for it.
_NOT_ASKED = (
    *("kind", "topic", "summary", "programme", "series", "venue", "host", "was_at", "is_public"),
    *("is_step_free", "takes_calls", "draw_seed", "draw_promise", "is_held", "reminded_at"),
    *("revision", "note", "created_at", "created_by", "closed_at", "tokens"),
)


class AlreadyRegistered(Refused):
    code = "events.already-registered"
    message = "{name}已经报过“{title}”了，现在{state}，不用再报。"


class NoSeatLeft(Refused):
    code = "events.no-seat-left"
    message = "“{title}”报满了，这一场不排队。请看看别的场次。"


class ConsentWanted(Unacceptable):
    code = "events.consent-wanted"
    message = "替{name}报名要写明本人怎么同意的。请写一句，例如“11月23日当面问过，愿意来”。"
    field = "consent"


class FamilyEnough(Refused):
    code = "events.family-enough"
    message = "您在这一场已经替{count}位家人报了名，最多{most}位。还有人要来，请他们自己报，或找社区代报。"


class PersonErased(Refused):
    code = "events.person-erased"
    message = "这一位已经按本人要求注销，不能报名。本人愿意回来的，请先重新登记。"


class NotComingFor(Refused):
    code = "events.not-coming-for"
    message = "{name}不在“{organization}”的队伍里，不能用留给它的名额。请找这家组织的负责人报，或者按个人报名。"


class OfferOver(Refused):
    code = "events.offer-over"
    message = "座位给您留到{until}，已经过了，给了下一位。还想来就再报一次，排在最后。"


class NothingOffered(Refused):
    code = "events.nothing-offered"
    message = "这条报名现在是“{state}”，没有等您答复的座位。请刷新页面看看。"


class EventBegun(Refused):
    code = "events.event-begun"
    message = "“{title}”{when}已经开始，报名不能再{what}了。来不了也没关系，不用办。"


class NobodyWaits(Refused):
    code = "events.not-in-line"
    message = "{name}不在排队，不用往前挪。请刷新页面看看。"


class TurnReasonMissing(Unacceptable):
    code = "events.turn-reason-missing"
    message = "往前挪要写明理由，排队的人都看得到。请写一句，例如“腿脚不便，优先”。"
    field = "reason"


class NothingToKeep(Refused):
    code = "events.nothing-to-keep"
    message = "这条报名不用再定：没有改期，或者您已经答过了。"


@transaction.atomic
def introduce(
    *,
    by: Actor,
    name: str,
    phone: str,
    place: Place,
    now: datetime,
    birth_year: int | None = None,
) -> Person:
    """
    Find or enter whoever gives a phone and a name (报一下您是谁), so that they can register without an account.

    A phone serves a family: the name tells who of them it is. The caller has proved the phone by a code, or is a
    clerk or a member of the family who takes the call.

    :raises BadValue: it is no mobile number.
    :raises NameMissing, KnownElsewhere
    """
    rules.allow_anyone(by)
    phone = require_phone(phone)
    for person in directory.people_with_phone(phone):
        if key(person.name) == key(name):
            return person
    # The house enters them: whoever registers for an event keeps no register, and reads none.
    person = people.register_person(
        by=HOUSE, name=name, place=place, phone=phone, birth_year=birth_year, now=now
    )
    audit.record(
        by, "events.person-introduced", person, subject=person.pk, place=place.path, now=now
    )
    return person


@transaction.atomic
def register(
    *,
    by: Actor,
    event: Event,
    person: Person,
    now: datetime,
    answers: Mapping[int, str] | None = None,
    organization: Organization | None = None,
    guardian: str = "",
    guardian_phone: str = "",
    accepts_tight: bool = False,
) -> Registration:
    """
    Give a person a seat at an event, or a place on its waiting list, or in its lottery (本人报名).

    `answers` are by question id; `organization` is whom they come for; `accepts_tight` says that a narrow gap to
    another event is fine.

    :raises PermissionDenied: *by* is somebody else: see `enter_for`.
    :raises RegistrationClosed, AlreadyRegistered, NoSeatLeft, TimeTaken, TightSchedule
    :raises BirthWanted, TooYoungOrOld, GuardianWanted, AnswerWanted, NotComingFor, PersonErased
    """
    rules.require_oneself(by, person.pk)
    return _enter(
        by=by,
        event=event,
        person=person,
        now=now,
        answers=answers or {},
        organization=organization,
        guardian=guardian,
        guardian_phone=guardian_phone,
        accepts_tight=accepts_tight,
        channel=Channel.SELF,
        consent="",
    )


@transaction.atomic
def enter_for(
    *,
    by: Actor,
    event: Event,
    person: Person,
    consent: str,
    now: datetime,
    channel: str = Channel.FAMILY,
    answers: Mapping[int, str] | None = None,
    organization: Organization | None = None,
    guardian: str = "",
    guardian_phone: str = "",
    accepts_tight: bool = False,
) -> Registration:
    """
    Register somebody else with their consent noted (代报名): a member of the family, or staff for a resident.

    Staff say how it came: CLERK, COUNTER or PAPER; whoever is not staff registers as family, a dated number at most.

    :raises PermissionDenied: *by* is nobody in particular.
    :raises ConsentWanted, FamilyEnough, and whatever stops `register`
    """
    rules.require_enter(by, event, person)
    consent = normalize(consent)[:120]
    if not consent:
        raise ConsentWanted(name=person.name)
    channel = Channel(channel)
    if channel in (Channel.SELF, Channel.WALK_IN) or not rules.serves(by, event, person):
        channel = Channel.FAMILY
    return _enter(
        by=by,
        event=event,
        person=person,
        now=now,
        answers=answers or {},
        organization=organization,
        guardian=guardian,
        guardian_phone=guardian_phone,
        accepts_tight=accepts_tight,
        channel=channel,
        consent=consent,
    )


def _enter(
    *,
    by: Actor,
    event: Event,
    person: Person,
    now: datetime,
    answers: Mapping[int, str],
    organization: Organization | None,
    guardian: str,
    guardian_phone: str,
    accepts_tight: bool,
    channel: str,
    consent: str,
) -> Registration:
    # The person first, then the event: somebody who presses at two events at once cannot get two seats at one time.
    person = judging.hold_person(person.standing_id)
    if person.erased_at:
        raise PersonErased
    # Everybody waits for the event: what is only about this person is asked before it is held.
    around, ways = judging.mine_around(event, person), telling.ways_to(person, channel, by)
    event, seen = _hold(event), event
    if _live_at(around, event) or (event.starts_at, event.ends_at) != (
        seen.starts_at,
        seen.ends_at,
    ):
        around = judging.mine_around(
            event, person
        )  # their offer lapsed, or the event moved meanwhile
    # The door holds the event alone: it may have let them in since they were asked about.
    mine = list(event.registrations.filter(Q(person=person) | Q(person__merged_into=person)))
    own = next((one for one in mine if one.person_id == person.pk), None)
    judging.judge_open(event, now)
    judging.judge_age(event, person)
    guardian = normalize(guardian)[:40]
    judging.judge_guardian(event, person, guardian)
    said = judging.judge_answers(event, answers)
    if organization is not None and not rules.comes_for(by, organization, person):
        raise NotComingFor(name=person.name, organization=organization.name)
    if live := next((one for one in mine if one.status in Registration.LIVE), None):
        raise AlreadyRegistered(
            name=person.name, title=event.title, state=live.get_status_display()
        )
    judging.judge_time(event, person, around, accepts_tight=accepts_tight)
    if channel == Channel.FAMILY:
        _judge_family(by, event)
    seats = Seats.of(event)
    status: str = Status.ENTERED
    quota: Quota | None = None
    if not event.draws_lots:
        status, quota = _place(seats, person, organization, now)
    event.last_number += 1
    registration = own or Registration(event=event, person=person)
    if own is not None:
        REGISTRATION_MOVES.require(own.status, status)
    registration.status, registration.quota = status, quota
    registration.number = registration.turn = event.last_number
    registration.turn_reason = ""
    registration.registered_at = registration.changed_at = now
    registration.offered_at = None
    registration.is_asked_again = False
    registration.channel, registration.consent = channel, consent
    registration.registered_by_id = by.pk
    registration.guardian = guardian
    registration.guardian_phone = (
        require_phone(guardian_phone) if guardian and guardian_phone.strip() else ""
    )
    registration.organization = organization
    registration.token = tickets.new_token()
    registration.code = tickets.spoken_code(event.pk, event.last_number)
    registration.save()
    seats.keep()
    if event.has_questions:
        _keep_answers(registration, said)
    audit.record(
        by,
        "events.registered",
        registration,
        subject=person.pk,
        changes={"场次": ["", event.title], "结果": ["", Status(status).label]},
        reason=consent,
        place=event.place.path,
        now=now,
    )
    telling.registered(event, registration, ways, now=now)
    return registration


def _hold(event: Event) -> Event:
    """Hold an event, with the place that is known of it already."""
    held = Event.objects.select_for_update(no_key=True).defer(*_NOT_ASKED).get(pk=event.pk)
    if held.place_id == event.place_id:
        held.place = event.place
    return held


def _live_at(around: Iterable[Registration], event: Event) -> Registration | None:
    """Return what of these is a seat, an offer or a place in line at *event* itself."""
    return next(
        (r for r in around if r.event_id == event.pk and r.status in Registration.LIVE), None
    )


def _place(
    seats: Seats, person: Person, organization: Organization | None, now: datetime
) -> tuple[str, Quota | None]:
    """Return a seat for somebody who comes now, or the end of the line. :raises NoSeatLeft"""
    event = seats.event
    path = person.place.path if seats.quotas else ""
    whose = (path, organization.pk if organization else None)
    found, quota = seats.find(*whose)
    if not found and lapse(seats, now):
        # What just lapsed belongs to those who waited before; only what they leave is for newcomers.
        hand_on(seats, now)
        found, quota = seats.find(*whose)
    if found:
        seats.take(quota)
        return Status.SEATED, quota
    if not event.has_waiting_list:
        raise NoSeatLeft(title=event.title)
    return Status.WAITING, None


def _judge_family(by: Actor, event: Event) -> None:
    """:raises FamilyEnough: *by* registered as many others here as one resident may."""
    most = rule("events.family-most", event.day).number
    entered = event.registrations.filter(
        registered_by=by.pk, channel=Channel.FAMILY, status__in=Registration.LIVE
    )
    if by.pk is not None and entered.count() >= most:
        raise FamilyEnough(count=most, most=most)


def _keep_answers(registration: Registration, said: list[tuple[Question, str]]) -> None:
    registration.answers.all().delete()
    Answer.objects.bulk_create(
        Answer(registration=registration, question=question, value=value)
        for question, value in said
    )


# --- answering an offer ---------------------------------------------------------------------------


def _held(registration: Registration) -> tuple[Seats, Registration]:
    """Hold the event of a registration, then read the registration as it stands now."""
    event = Event.objects.lock(registration.event_id)
    found = Registration.objects.get(pk=registration.pk)
    found.event = event
    return Seats.of(event), found


def _move(registration: Registration, status: str, now: datetime) -> dict[str, list[str]]:
    REGISTRATION_MOVES.require(registration.status, status)
    changes = {"状态": [Status(registration.status).label, Status(status).label]}
    registration.status, registration.changed_at = status, now
    registration.offer_until = None
    registration.save(update_fields=["status", "changed_at", "offer_until", "quota"])
    return changes


@transaction.atomic
def confirm_offer(
    *, by: Actor, registration: Registration, now: datetime, accepts_tight: bool = False
) -> Registration:
    """
    Take the seat that was offered (我要去).

    :raises PermissionDenied: *by* is neither the person, nor registered them, nor runs the event.
    :raises OfferOver: the seat went on to the next person.
    :raises TimeTaken, TightSchedule: the person goes elsewhere meanwhile.
    :raises NothingOffered
    """
    rules.require_answer(by, registration)
    person = judging.hold_person(registration.person.standing_id)
    _, registration = _held(registration)
    event = registration.event
    # The worker may come a moment later: what lapsed is lapsed all the same.
    if registration.offer_until is not None and registration.offer_until <= now:
        raise OfferOver(until=say_moment(registration.offer_until))
    if registration.status != Status.OFFERED:
        raise NothingOffered(state=registration.get_status_display())
    around = judging.mine_around(event, person)
    judging.judge_time(event, person, around, accepts_tight=accepts_tight)
    changes = _move(registration, Status.SEATED, now)
    _record(by, "events.offer-confirmed", registration, changes, now)
    return registration


@transaction.atomic
def decline_offer(*, by: Actor, registration: Registration, now: datetime) -> Registration:
    """
    Leave the seat that was offered to the next person (让给下一位).

    :raises PermissionDenied: *by* is neither the person, nor registered them, nor runs the event.
    :raises MoveNotAllowed: nothing is offered.
    """
    rules.require_answer(by, registration)
    seats, registration = _held(registration)
    REGISTRATION_MOVES.require(registration.status, Status.DECLINED)
    if lapse(seats, now):
        registration.refresh_from_db(fields=["status", "quota"])
    if registration.status == Status.OFFERED:
        seats.give_back(registration)
        registration.quota = None
        changes = _move(registration, Status.DECLINED, now)
    else:
        changes = {}  # it lapsed this moment: nothing is left to leave
    hand_on(seats, now)
    seats.keep()
    _record(by, "events.offer-declined", registration, changes, now)
    return registration


@transaction.atomic
def expire_offers(*, by: Actor, now: datetime) -> int:
    """
    End every offer whose time is over and hand its seat on (轮到了没答复的，给下一位); run by the worker each minute.

    :raises PermissionDenied: *by* is not the house.
    """
    rules.PLAN.require_at(by, "/")
    due = Registration.objects.filter(
        offer_until__lte=now, event__status=Event.Status.PUBLISHED
    ).order_by("event_id")
    over = 0
    for pk in list(due.values_list("event_id", flat=True).distinct()):
        seats = Seats.of(Event.objects.lock(pk))
        lapsed = lapse(seats, now)
        hand_on(seats, now)
        seats.keep()
        over += len(lapsed)
    if over:
        audit.record(by, "events.offers-expired", changes={"到时间的": [None, over]}, now=now)
    return over


@transaction.atomic
def cancel_registration(*, by: Actor, registration: Registration, now: datetime) -> Registration:
    """
    Give up a seat, a place in line or in the lottery (取消报名); the seat is offered to the next person at once.

    :raises PermissionDenied: *by* is neither the person, nor registered them, nor runs the event.
    :raises EventBegun: it has begun.
    :raises MoveNotAllowed: it is over already.
    """
    rules.require_answer(by, registration)
    seats, registration = _held(registration)
    event = registration.event
    REGISTRATION_MOVES.require(registration.status, Status.CANCELLED)
    if event.starts_at <= now:
        raise EventBegun(title=event.title, when=say_moment(event.starts_at), what="取消")
    if lapse(seats, now):
        registration.refresh_from_db(fields=["status", "quota"])
    if registration.status in Registration.HOLDS_SEAT:
        seats.give_back(registration)
    changes = {}
    if registration.status != Status.EXPIRED:
        registration.quota = None
        changes = _move(registration, Status.CANCELLED, now)
    hand_on(seats, now)
    seats.keep()
    _record(by, "events.registration-cancelled", registration, changes, now)
    return registration


@transaction.atomic
def keep_after_move(*, by: Actor, registration: Registration, now: datetime) -> Registration:
    """
    Say that one comes on the new day too (新日子我也去); who does not cancels.

    :raises PermissionDenied: *by* is neither the person, nor registered them, nor runs the event.
    :raises NothingToKeep: the event did not move, or it was said before.
    """
    rules.require_answer(by, registration)
    _, registration = _held(registration)
    if not registration.is_asked_again or registration.status != Status.SEATED:
        raise NothingToKeep
    registration.is_asked_again, registration.changed_at = False, now
    registration.save(update_fields=["is_asked_again", "changed_at"])
    _record(by, "events.kept-after-move", registration, {}, now)
    return registration


@transaction.atomic
def put_ahead(*, by: Actor, registration: Registration, reason: str, now: datetime) -> Registration:
    """
    Let somebody who waits be served first, for a reason that everybody in line reads (往前挪).

    :raises PermissionDenied: *by* does not run the event.
    :raises TurnReasonMissing, NobodyWaits
    """
    rules.PLAN.require(by, registration.event)
    _, registration = _held(registration)
    reason = normalize(reason)[:120]
    if not reason:
        raise TurnReasonMissing
    if registration.status != Status.WAITING:
        raise NobodyWaits(name=registration.person.name)
    first = (
        registration.event.registrations.filter(status=Status.WAITING)
        .order_by("turn", "number")
        .values_list("turn", flat=True)[0]
    )
    registration.turn, registration.turn_reason = first - 1, reason
    registration.changed_at = now
    registration.save(update_fields=["turn", "turn_reason", "changed_at"])
    _record(by, "events.put-ahead", registration, {"为什么": ["", reason]}, now)
    return registration


@transaction.atomic
def remind_tomorrow(*, by: Actor, now: datetime) -> int:
    """
    Remind everybody who has a seat at one of tomorrow's events, once (前一天的提醒), and return of how many events.

    Run by the worker each minute; it does something from the dated hour of the evening on.

    :raises PermissionDenied: *by* is not the house.
    """
    rules.PLAN.require_at(by, "/")
    if local(now).hour < rule("events.reminder-hour", today(now)).number:
        return 0
    tomorrow = today(now) + timedelta(days=1)
    events = list(
        Event.objects.filter(
            day=tomorrow,
            status=Event.Status.PUBLISHED,
            last_number__gt=0,
            reminded_at__isnull=True,
        )
        .select_related("place")
        .order_by("pk")
    )
    for event in events:
        seated = event.registrations.filter(status=Status.SEATED).select_related("person")
        telling.reminded(event, seated, now=now)
    Event.objects.filter(pk__in=[e.pk for e in events]).update(reminded_at=now)
    if events:
        audit.record(by, "events.reminded", changes={"明天的场次": [None, len(events)]}, now=now)
    return len(events)


@transaction.atomic
def forget_details(*, by: Actor, now: datetime) -> int:
    """
    Delete what was only asked for an event some days after it (删掉报名时答的), and return of how many registrations.

    Answers, guardians and their phones go; that somebody registered and came stays. Run by the worker each day.

    :raises PermissionDenied: *by* is not the house.
    """
    rules.PLAN.require_at(by, "/")
    before = today(now) - timedelta(days=rule("events.forget-days", today(now)).number)
    old = Registration.objects.filter(event__day__lt=before)
    answers = Answer.objects.filter(registration__in=old)
    touched = set(answers.values_list("registration_id", flat=True))
    guarded = old.exclude(guardian="")
    touched |= set(guarded.values_list("pk", flat=True))
    answers.delete()
    guarded.update(guardian="", guardian_phone="")
    if touched:
        audit.record(
            by, "events.details-forgotten", changes={"报名": [None, len(touched)]}, now=now
        )
    return len(touched)


def _record(
    by: Actor,
    action: str,
    registration: Registration,
    changes: Mapping[str, object],
    now: datetime,
) -> None:
    audit.record(
        by,
        action,
        registration,
        subject=registration.person_id,
        changes=changes,
        place=registration.event.place.path,
        now=now,
    )
