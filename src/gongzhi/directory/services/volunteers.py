"""Registrations as a volunteer: by oneself or by proxy, confirmed, disputed, answered, ended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from gongzhi.audit import services as audit
from gongzhi.directory import queries, rules
from gongzhi.directory.models import Dispute, Ending, Membership, Person, Source, Volunteer
from gongzhi.places.models import Place
from gongzhi.shared.calendar import add_working_days, today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

from .people import Erased

Registration = Volunteer | Membership


class AlreadyVolunteer(Refused):
    code = "directory.already-volunteer"
    message = "{name}已经登记为志愿者（{number}），不用再登一遍。要改内容请打开那一条更正。"


class ConsentWanted(Unacceptable):
    code = "directory.consent-wanted"
    message = (
        "替别人登记要写明本人怎么同意的，没有写就是“被志愿”。请写一句，例如“11月23日当面同意”。"
    )
    field = "consent"


class GuardianWanted(Unacceptable):
    code = "directory.guardian-wanted"
    message = "{name}不满{age}岁，要监护人同意才能登记。请写明是哪位监护人、怎么同意的。"
    field = "guardian"


class RegisteredAhead(Unacceptable):
    code = "directory.registered-ahead"
    message = "登记日期{day}在今天之后。请填已经到了的日期。"
    field = "registered_on"


class NotLive(Refused):
    code = "directory.registration-over"
    message = "这条登记已在{day}退出，不用再办。请刷新页面看看。"


class AlreadyConfirmed(Refused):
    code = "directory.already-confirmed"
    message = "这条登记您已在{day}认过，不用再认。"


class WhyEnd(Unacceptable):
    code = "directory.why-end"
    message = "替别人退出要写明理由和依据，本人看得到。请写一句，例如“本人打电话要求”。"
    field = "reason"


class NothingSaid(Unacceptable):
    code = "directory.nothing-said"
    message = "没有写哪里不对，没法核对。请选一项，或者用一句话写明实际是怎样。"
    field = "text"


class AlreadyDisputed(Refused):
    code = "directory.already-disputed"
    message = "这条登记已经提过异议，正在核对，最晚{day}答复。请等答复，或者打电话补充。"


class AnswerWanted(Unacceptable):
    code = "directory.answer-wanted"
    message = "没有写答复。请写明核对的结果和理由，本人看得到。"
    field = "answer"


class AlreadyAnswered(Refused):
    code = "directory.already-answered"
    message = "这条异议已在{day}答复过。请刷新页面看看。"


@transaction.atomic
def register_volunteer(
    *,
    by: Actor,
    person: Person,
    now: datetime,
    place: Place | None = None,
    consent: str = "",
    guardian: str = "",
    national_number: str = "",
    registered_on: date | None = None,
) -> Volunteer:
    """
    Register somebody as a volunteer (登记志愿者): themselves, or by a clerk who notes the consent (代办).

    What people register for themselves counts as confirmed by them on that day.

    :raises PermissionDenied: *by* is neither the person nor keeps people there.
    :raises ConsentWanted, GuardianWanted, RegisteredAhead, Erased
    :raises AlreadyVolunteer: a registration of theirs holds.
    """
    rules.require_oneself_or(by, person.pk, rules.KEEP_PEOPLE, person)
    oneself = rules.is_oneself(by, person.pk)
    person = Person.objects.hold(person.pk)
    place = place or person.place
    if not oneself:
        rules.KEEP_PEOPLE.require_at(by, place.path)
    if person.erased_at:
        raise Erased
    consent, guardian = normalize(consent), normalize(guardian)
    if not oneself and not consent:
        raise ConsentWanted
    registered_on = registered_on or today(now)
    if registered_on > today(now):
        raise RegisteredAhead(day=say_day(registered_on))
    _guarded(person, guardian, today(now))
    if held := queries.live_volunteer(queries.group_of(person)):
        raise AlreadyVolunteer(name=person.name, number=held.number)
    try:
        with transaction.atomic():
            volunteer = Volunteer.objects.create(
                person=person,
                place=place,
                source=Source.SELF if oneself else Source.PROXY,
                consent="；".join(filter(None, (consent, guardian and f"监护人：{guardian}")))[
                    :120
                ],
                national_number=normalize(national_number)[:30],
                registered_on=registered_on,
                confirmed_on=today(now) if oneself else None,
            )
    except IntegrityError as error:
        held = queries.live_volunteer([person.pk])
        raise AlreadyVolunteer(name=person.name, number=held.number if held else "") from error
    audit.record(
        by,
        "directory.volunteer-registered",
        volunteer,
        subject=person.pk,
        place=place.path,
        changes={"登记来源": ["", volunteer.get_source_display()]},
        reason=volunteer.consent,
        now=now,
    )
    return volunteer


@transaction.atomic
def confirm_registration(*, by: Actor, registration: Registration, now: datetime) -> Registration:
    """
    Say of a registration that somebody else made: yes, I want this (是我愿意的，本人确认).

    :raises PermissionDenied: *by* is not the person registered.
    :raises NotLive, AlreadyConfirmed
    """
    rules.require_oneself(by, registration.person_id)
    registration = _locked(registration)
    if registration.confirmed_on:
        raise AlreadyConfirmed(day=say_day(registration.confirmed_on))
    registration.confirmed_on = today(now)
    registration.save(update_fields=["confirmed_on"])
    audit.record(
        by,
        "directory.registration-confirmed",
        registration,
        subject=registration.person_id,
        place=_place_of(registration).path,
        changes={"本人确认": ["", say_day(registration.confirmed_on)]},
        now=now,
    )
    return registration


@transaction.atomic
def end_registration(
    *, by: Actor, registration: Registration, now: datetime, reason: str = ""
) -> Registration:
    """
    End a registration as a volunteer or in a team (退出): at once and without approval for the person.

    A keeper who does it for somebody says why. It is not deleted: counts of the past still hold.

    :raises PermissionDenied: *by* is neither the person nor keeps this register.
    :raises NotLive, WhyEnd
    """
    rules.require_oneself_or(by, registration.person_id, *_kept_by(registration))
    oneself = rules.is_oneself(by, registration.person_id)
    registration = _locked(registration)
    reason = normalize(reason)[:120]
    if not oneself and not reason:
        raise WhyEnd
    _end(registration, today(now), Ending.SELF if oneself else Ending.STAFF, reason)
    audit.record(
        by,
        "directory.registration-ended",
        registration,
        subject=registration.person_id,
        place=_place_of(registration).path,
        changes={"退出": ["", say_day(today(now))]},
        reason=reason,
        now=now,
    )
    return registration


@transaction.atomic
def dispute_registration(
    *, by: Actor, registration: Registration, text: str, now: datetime
) -> Dispute:
    """
    Say what is wrong with a registration in one's name (哪里不对), to be answered within working days.

    :raises PermissionDenied: *by* is neither the person nor keeps this register (at a counter).
    :raises NothingSaid, AlreadyDisputed
    """
    rules.require_oneself_or(by, registration.person_id, *_kept_by(registration))
    kind = type(registration)
    registration = kind.objects.select_for_update().get(pk=registration.pk)
    text = normalize(text)[:300]
    if not text:
        raise NothingSaid
    which = {"volunteer" if kind is Volunteer else "membership": registration}
    if waiting := Dispute.objects.filter(**which, state=Dispute.State.OPEN).first():
        raise AlreadyDisputed(day=say_day(today(waiting.due_at)))
    days = rule("suggestions.reply-working-days", today(now)).number
    dispute = Dispute.objects.create(
        person_id=registration.person_id,
        place=_place_of(registration),
        text=text,
        raised_at=now,
        due_at=add_working_days(now, days, guess=True),
        **which,
    )
    audit.record(
        by,
        "directory.registration-disputed",
        dispute,
        subject=registration.person_id,
        place=dispute.place.path,
        now=now,
    )
    return dispute


@transaction.atomic
def answer_dispute(
    *,
    by: Actor,
    dispute: Dispute,
    upheld: bool,
    answer: str,
    now: datetime,
    ends: bool = False,
) -> Dispute:
    """
    Answer what somebody said is wrong with a registration (答复异议); *ends* ends the registration as well.

    :raises PermissionDenied: *by* does not answer disputes there.
    :raises AlreadyAnswered, AnswerWanted
    """
    rules.ANSWER_DISPUTES.require(by, dispute)
    dispute = (
        Dispute.objects.select_for_update(of=("self",))
        .select_related("volunteer", "membership", "place")
        .get(pk=dispute.pk)
    )
    if dispute.state != Dispute.State.OPEN:
        raise AlreadyAnswered(day=say_day(today(dispute.answered_at or now)))
    answer = normalize(answer)[:300]
    if not answer:
        raise AnswerWanted
    dispute.state = Dispute.State.UPHELD if upheld else Dispute.State.DECLINED
    dispute.answer, dispute.answered_at = answer, now
    dispute.save(update_fields=["state", "answer", "answered_at"])
    registration = dispute.volunteer or dispute.membership
    ended = False
    if upheld and ends and registration is not None and _ended_on(registration) is None:
        ended = True
        _end(_locked(registration), today(now), Ending.STAFF, "本人提出异议，核对属实")
    audit.record(
        by,
        "directory.dispute-answered",
        dispute,
        subject=dispute.person_id,
        place=dispute.place.path,
        changes={
            "结果": ["", dispute.get_state_display()],
            "登记": ["", "已退出" if ended else "保留"],
        },
        now=now,
    )
    return dispute


def _guarded(person: Person, guardian: str, day: date) -> None:
    """:raises GuardianWanted: the person is under the age of the dated rule (个保法第31条)."""
    age = rule("volunteers.guardian-consent-under-age", day).number
    if guardian or person.birth_year is None:
        return
    born = person.birth_on or date(person.birth_year, 12, 31)
    if queries.add_years(born, age) > day:
        raise GuardianWanted(name=person.name, age=age)


def _locked(registration: Registration) -> Registration:
    """Return the registration, held. :raises NotLive: it ended."""
    held = type(registration).objects.select_for_update().get(pk=registration.pk)
    if day := _ended_on(held):
        raise NotLive(day=say_day(day))
    return held


def _ended_on(registration: Registration) -> date | None:
    return registration.ended_on if isinstance(registration, Volunteer) else registration.left_on


def _end(registration: Registration, day: date, how: str, why: str) -> None:
    if isinstance(registration, Volunteer):
        # A registration dated ahead of its end (imported the same day) ends on the day it began.
        registration.ended_on = max(day, registration.registered_on)
        registration.ended_how, registration.ended_reason = how, why
        registration.save(update_fields=["ended_on", "ended_how", "ended_reason"])
    else:
        registration.left_on = max(day, registration.joined_on)
        registration.left_how, registration.left_reason = how, why
        registration.save(update_fields=["left_on", "left_how", "left_reason"])


def _place_of(registration: Registration) -> Place:
    if isinstance(registration, Volunteer):
        return registration.place
    return registration.team.place


def _kept_by(registration: Registration) -> tuple:
    """Return who may act for the person: the permission and what it is held over."""
    if isinstance(registration, Volunteer):
        return rules.KEEP_PEOPLE, registration
    return rules.KEEP_TEAMS, registration.team
