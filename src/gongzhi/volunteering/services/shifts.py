"""Asking for volunteers, insuring them before what is risky, and taking a shift."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Membership, Person, Team
from gongzhi.events import services as events
from gongzhi.events.models import Kind, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize
from gongzhi.volunteering import queries, rules
from gongzhi.volunteering.models import Agreement, Half, Profile, Reach, Shift, Skill


class RisksUntold(Unacceptable):
    code = "volunteering.risks-untold"
    message = (
        "可能有人身危险的服务要先说清风险和怎么防，没有写就不能招人（志愿服务条例第12条）。请写上。"
    )
    field = "risks"


class NotInsured(Refused):
    code = "volunteering.not-insured"
    message = "“{title}”可能有人身危险，{day}那天没有有效的保险，按志愿服务条例第17条不能开展。请先买好保险并登记保单。"


class InsuranceUnclear(Unacceptable):
    code = "volunteering.insurance-unclear"
    message = "{wrong}，保险没有记上。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class TeamEnded(Refused):
    code = "volunteering.team-ended"
    message = "{team}已经解散，不能再招人。请换一支志愿队，或者以社区的名义招。"


class RisksUnheard(Unacceptable):
    code = "volunteering.risks-unheard"
    message = "这个岗位可能有危险，没有确认看过风险就不能接。请看完“有什么风险”，再勾上。"
    field = "was_told_risks"


class TeamOnly(Refused):
    code = "volunteering.team-only"
    message = "“{title}”只招{team}的队员，{name}不在队里。请先入队，或者看看别的岗位。"


class CompanionWanted(Unacceptable):
    code = "volunteering.companion-wanted"
    message = (
        "{name}不满{age}岁，要有一位成年人陪着一起参加。请先让陪同的大人接这个岗位，再选他（她）。"
    )
    field = "companion"


class NotAnAdult(Unacceptable):
    code = "volunteering.not-an-adult"
    message = "{name}{why}，不能当陪同的成年人。请换一位已经接了这个岗位的大人。"
    field = "companion"


class ProfileUnclear(Unacceptable):
    code = "volunteering.profile-unclear"
    message = "选的内容不在列出来的里面，所以没有存。请刷新页面重新选。"
    field = "skills"


@transaction.atomic
def open_shift(
    *,
    by: Actor,
    title: str,
    place: Place,
    starts_at: datetime,
    ends_at: datetime,
    address: str,
    now: datetime,
    skill: str = Skill.ANY,
    team: Team | None = None,
    is_team_only: bool = False,
    is_risky: bool = False,
    risks: str = "",
    **details: Any,
) -> Shift:
    """
    Ask for volunteers (招志愿者): an event of the kind 志愿服务 in draft, and what it needs.

    Who is younger than the dated rule comes with an adult; a shift takes them when `min_age` says so.
    `details` are what `events.create_event` takes.

    :raises PermissionDenied: *by* plans no events there.
    :raises RisksUntold, TeamEnded, EventUnclear
    """
    risks = normalize(risks)[:300]
    if is_risky and not risks:
        raise RisksUntold
    if team is not None:
        if team.ended_on is not None:
            raise TeamEnded(team=team.name)
        details.setdefault("host", team.organization)
    age = rule("volunteers.companion-under-age", today(starts_at)).number
    if details.get("min_age") is None:
        details["min_age"] = age
    # The general page of events asks neither about risks nor about a companion: such shifts are taken here.
    details["is_public"] = not (is_risky or is_team_only or details["min_age"] < age)
    details["guardian_under"] = rule("people.adult-age", today(starts_at)).number
    event = events.create_event(
        by=by,
        kind=Kind.SERVICE,
        title=title,
        place=place,
        starts_at=starts_at,
        ends_at=ends_at,
        address=address,
        now=now,
        **details,
    )
    shift = Shift.objects.create(
        event=event,
        skill=Skill(skill),
        team=team,
        is_team_only=bool(is_team_only and team),
        is_risky=is_risky,
        risks=risks if is_risky else "",
    )
    rules.RUN.require(by, shift)
    audit.record(
        by,
        "volunteering.shift-opened",
        shift,
        changes={"岗位": ["", event.title], "要会什么": ["", shift.get_skill_display()]},
        place=place.path,
        now=now,
    )
    return shift


@transaction.atomic
def note_insurance(
    *,
    by: Actor,
    shift: Shift,
    insurer: str,
    policy_number: str,
    since: date,
    until: date,
    now: datetime,
) -> Shift:
    """
    Note the insurance of those who serve at a shift (记保险), *until* not included.

    :raises PermissionDenied: *by* runs no shifts there.
    :raises InsuranceUnclear: something is missing, or it does not hold on the day.
    """
    rules.RUN.require(by, shift)
    shift = _held(shift)
    insurer, policy_number = normalize(insurer)[:60], normalize(policy_number)[:40]
    if not insurer or not policy_number:
        raise InsuranceUnclear(
            wrong="承保单位和保单号要都填", mend="请照保单填", field="policy_number"
        )
    if not since <= shift.event.day < until:
        raise InsuranceUnclear(
            wrong=f"保险从{say_day(since)}到{say_day(until)}前，不含服务那天{say_day(shift.event.day)}",
            mend="请核对保单上的起止日期",
            field="until",
        )
    shift.insurer, shift.policy_number = insurer, policy_number
    shift.insured_since, shift.insured_until = since, until
    shift.save(update_fields=["insurer", "policy_number", "insured_since", "insured_until"])
    audit.record(
        by,
        "volunteering.insurance-noted",
        shift,
        changes={"承保单位": ["", insurer], "止（不含）": ["", say_day(until)]},
        place=shift.event.place.path,
        now=now,
    )
    return shift


@transaction.atomic
def publish_shift(*, by: Actor, shift: Shift, now: datetime) -> Shift:
    """
    Let everybody see a shift and take it (发布岗位); what is risky only when it is insured.

    :raises PermissionDenied: *by* runs no shifts there.
    :raises NotInsured, and whatever stops `events.publish_event`
    """
    rules.RUN.require(by, shift)
    shift = _held(shift)
    _insured(shift)
    events.publish_event(by=by, event=shift.event, now=now)
    audit.record(by, "volunteering.shift-published", shift, place=shift.event.place.path, now=now)
    return shift


@transaction.atomic
def take_shift(
    *,
    by: Actor,
    shift: Shift,
    person: Person,
    now: datetime,
    was_told_risks: bool = False,
    companion: Person | None = None,
    guardian: str = "",
    guardian_phone: str = "",
    consent: str = "",
    channel: str = Registration.Channel.CLERK,
    accepts_tight: bool = False,
) -> Registration:
    """
    Take a shift (接岗位), or wait in its line; by oneself, or by staff and family with the consent noted.

    :raises RisksUnheard, NotInsured, TeamOnly, CompanionWanted, NotAnAdult
    :raises PermissionDenied, and whatever stops `events.register`: full, too young, another shift then
    """
    shift = Shift.objects.select_related("event__place", "team").get(pk=shift.pk)
    event, oneself = shift.event, rules.is_oneself(by, person.pk)
    _insured(shift)
    if shift.is_risky and not was_told_risks:
        raise RisksUnheard
    if shift.is_team_only and shift.team and not _is_member(shift.team, person):
        raise TeamOnly(title=event.title, team=shift.team.name, name=person.name)
    companion = _companion(shift, person, companion)
    given: dict[str, Any] = {
        "by": by,
        "event": event,
        "person": person,
        "guardian": guardian,
        "guardian_phone": guardian_phone,
        "accepts_tight": accepts_tight,
        "now": now,
    }
    if not oneself:
        given |= {"consent": consent, "channel": channel}
    registration = (events.register if oneself else events.enter_for)(**given)
    Agreement.objects.update_or_create(
        registration=registration,
        defaults={
            "was_told_risks": was_told_risks,
            "companion": companion,
            "agreed_at": now,
        },
    )
    audit.record(
        by,
        "volunteering.shift-taken",
        registration,
        subject=person.pk,
        changes={"岗位": ["", event.title], "状态": ["", registration.get_status_display()]},
        place=event.place.path,
        now=now,
    )
    return registration


@transaction.atomic
def keep_profile(
    *,
    by: Actor,
    person: Person,
    skills: Iterable[str],
    free: Iterable[str],
    reach: str,
    wants_stars: bool,
    now: datetime,
) -> Profile:
    """
    Say what one can do, when and how near (我能帮什么), and whether one wants to see stars at all.

    :raises PermissionDenied: *by* is somebody else.
    :raises ProfileUnclear: something chosen is none of ours.
    """
    rules.require_oneself(by, person.pk)
    person = Person.objects.hold(person.pk)
    skills, free = sorted(set(skills) - {Skill.ANY}), sorted(set(free))
    known = {f"{day}-{half}" for day in range(7) for half in Half.values}
    if not set(skills) <= set(Skill.values) or not set(free) <= known or reach not in Reach.values:
        raise ProfileUnclear
    profile, _ = Profile.objects.update_or_create(
        person=person,
        defaults={
            "skills": skills,
            "free": free,
            "reach": reach,
            "wants_stars": wants_stars,
            "changed_at": now,
        },
    )
    audit.record(
        by,
        "volunteering.profile-kept",
        profile,
        subject=person.pk,
        place=person.place.path,
        now=now,
    )
    return profile


def _held(shift: Shift) -> Shift:
    related = Shift.objects.select_related("event__place", "team")
    return related.select_for_update(of=("self",)).get(pk=shift.pk)


def _insured(shift: Shift) -> None:
    """:raises NotInsured: it is risky and no insurance holds that day (志愿服务条例第17条)."""
    if not shift.is_risky or shift.is_insured:
        return
    if rule("volunteers.insurance-before-risk", shift.event.day).is_confirmed:
        raise NotInsured(title=shift.event.title, day=say_day(shift.event.day))


def _is_member(team: Team, person: Person) -> bool:
    return Membership.objects.filter(
        team=team, person__in=queries.group_of(person), left_on__isnull=True
    ).exists()


def _companion(shift: Shift, person: Person, companion: Person | None) -> Person | None:
    """Return the adult with whom a minor comes: somebody else, grown up, who took the same shift."""
    event = shift.event
    age = rule("volunteers.companion-under-age", event.day).number
    if queries.age_on(person, event.day) >= age:
        return None
    if companion is None or companion.pk == person.pk:
        raise CompanionWanted(name=person.name, age=age)
    if queries.age_on(companion, event.day) < rule("people.adult-age", event.day).number:
        raise NotAnAdult(name=companion.name, why="还没有成年")
    if not event.registrations.filter(
        person__in=queries.group_of(companion), status__in=Registration.HOLDS_SEAT
    ).exists():
        raise NotAnAdult(name=companion.name, why="没有接这个岗位")
    return companion
