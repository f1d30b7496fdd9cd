"""Hours: counted from arrivals, typed from a paper list and approved by a second person, corrected by new entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.events.models import Attendance, Event, Registration
from gongzhi.outbox import services as outbox
from gongzhi.shared.calendar import local
from gongzhi.shared.messages import Kind
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize
from gongzhi.volunteering import messages, rules
from gongzhi.volunteering.hours import minutes_between, say_hours, whole
from gongzhi.volunteering.models import Entry, Service, Shift
from gongzhi.volunteering.reckoning import enter, hold, last_days, reckon, settle, touch

Source, State = Service.Source, Service.State
MOST = 24 * 60


class NotOver(Refused):
    code = "volunteering.not-over"
    message = "“{title}”{when}，时长要等结束以后核。请到时候再来。"


class RosterMissing(Unacceptable):
    code = "volunteering.roster-missing"
    message = (
        "没有写纸面签到表在哪里，所以没有补记。请写清楚，例如“青溪社区，11月29日签到表第1页”。"
    )
    field = "roster"


class HoursUnclear(Unacceptable):
    code = "volunteering.hours-unclear"
    message = "{wrong}，所以没有记。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class AlreadyRecorded(Refused):
    code = "volunteering.already-recorded"
    message = "{name}这一次已经有时长记录（{source}），不用再补。时长不对，请用“更正”。"


class OwnHours(Refused):
    code = "volunteering.own-hours"
    message = "不能给自己{what}时长。请找队里另一位负责人，或者社区专干来办。"


class NeedsSecond(Refused):
    code = "volunteering.needs-second"
    message = "补记的时长要另一个人、用另一种身份来核，您{why}。请找{who}核。"


class NotWaiting(Refused):
    code = "volunteering.not-waiting"
    message = "这条时长现在是“{state}”，不用再核。请刷新页面看看。"


class ReasonMissing(Unacceptable):
    code = "volunteering.reason-missing"
    message = "没有写原因，所以没有{what}。请写一句，本人看得到。"
    field = "reason"


class NothingChanges(Refused):
    code = "volunteering.nothing-changes"
    message = "更正后还是{minutes}分钟，和原来一样，所以没有记。请填对的时长。"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One line of a paper list (签到表的一行): who, from when to when."""

    person: Person
    begins_at: datetime
    ends_at: datetime


@transaction.atomic
def confirm_hours(*, by: Actor, shift: Shift, now: datetime) -> int:
    """
    Count the hours of a shift from its arrivals (核时长), and return of how many people.

    Volunteers are those noted as serving, and those who took the shift and arrived. Time that overlaps another
    service counts once, a day counts to its cap. Done again after an arrival was added or taken back, it adds
    entries for what changed and nothing else.

    :raises PermissionDenied: *by* runs no shifts there.
    :raises NotOver: the shift goes on, or never took place.
    """
    rules.CONFIRM.require(by, shift)
    shift = _ended(shift, now)
    event = shift.event
    came = _arrivals(event)
    held = hold(came)
    known = {s.person.standing_id: s for s in _services_of(event)}
    fresh, changed = [], []
    for head, attendance in came.items():
        begins = max(attendance.arrived_at, event.starts_at)
        ends = max(begins, min(attendance.left_at or event.ends_at, event.ends_at))
        one = known.pop(head, None)
        if one is None:
            one = _new(shift, held[head], Source.SCANNED, by, now)
            fresh.append(one)
        elif one.source != Source.SCANNED:
            continue
        else:
            changed.append(one)
        one.begins_at, one.ends_at = begins, ends
        one.claimed = minutes_between(begins, ends)
    for one in known.values():
        if one.source == Source.SCANNED and one.claimed:
            # The arrival was taken back: the record stays, and counts nothing.
            one.ends_at, one.claimed = one.begins_at, 0
            changed.append(one)
    Service.objects.bulk_create(fresh, batch_size=500)
    Service.objects.bulk_update(changed, ["begins_at", "ends_at", "claimed"], batch_size=500)
    touch((*fresh, *changed))
    shift.counted_at = now
    shift.save(update_fields=["counted_at"])
    people = {one.person.standing_id for one in (*fresh, *changed)}
    reckon(by, people, {event.day}, now)
    for one in Service.objects.filter(pk__in=[s.pk for s in fresh]).select_related("person"):
        _tell(by, one, messages.HOURS, "按到场和离场的时间算", now)
    audit.record(
        by,
        "volunteering.hours-confirmed",
        shift,
        changes={"新记": [None, len(fresh)], "再核": [None, len(changed)]},
        place=event.place.path,
        now=now,
    )
    return len(came)


@transaction.atomic
def type_hours(
    *, by: Actor, shift: Shift, rows: Sequence[Typed], roster: str, now: datetime
) -> list[Service]:
    """
    Type hours from the paper list of a shift (照签到表补记); they count when somebody else has approved them.

    :raises PermissionDenied: *by* runs no shifts there.
    :raises NotOver, RosterMissing, HoursUnclear, AlreadyRecorded
    :raises OwnHours: one of them is *by*.
    """
    rules.CONFIRM.require(by, shift)
    shift = _ended(shift, now)
    event, roster = shift.event, normalize(roster)[:120]
    if not roster:
        raise RosterMissing
    held = hold({row.person.standing_id for row in rows})
    known = {s.person.standing_id: s for s in _services_of(event)}
    made = []
    for row in rows:
        person = held[row.person.standing_id]
        if rules.is_oneself(by, person.pk):
            raise OwnHours(what="补记")
        if one := known.get(person.pk):
            raise AlreadyRecorded(name=person.name, source=one.get_source_display())
        begins, ends = whole(row.begins_at), whole(row.ends_at)
        if not event.starts_at <= begins < ends <= event.ends_at:
            raise HoursUnclear(
                wrong=f"{person.name}的时间不在“{event.title}”的起止时间里",
                mend="请照签到表填到场和离场的时间；路上的时间不算",
                field="begins",
            )
        one = known[person.pk] = _new(shift, person, Source.TYPED, by, now)
        one.begins_at, one.ends_at, one.roster = begins, ends, roster
        one.claimed, one.state = minutes_between(begins, ends), State.WAITING
        made.append(one)
    if not made:
        raise HoursUnclear(wrong="一个人也没有填", mend="请照签到表填上姓名和时间", field="person")
    Service.objects.bulk_create(made, batch_size=500)
    touch(made)
    audit.record(
        by,
        "volunteering.hours-typed",
        shift,
        changes={"补记": [None, len(made)], "签到表": ["", roster]},
        place=event.place.path,
        now=now,
    )
    return made


@transaction.atomic
def approve_hours(*, by: Actor, service: Service, now: datetime) -> Service:
    """
    Let typed hours count, as a second person of another role (核补记的时长).

    :raises PermissionDenied: *by* approves no hours there.
    :raises NotWaiting
    :raises NeedsSecond: *by* typed them, or acts in the same role as whoever did.
    :raises OwnHours: they are *by*'s own.
    """
    service = _decided(by, service)
    if not rules.is_second(by, service):
        same = by.pk == service.recorded_by_id
        raise NeedsSecond(
            why="就是记的人" if same else "和记的人是同一种身份",
            who="社区专干或镇街干部" if service.recorded_as in _LEADING else "镇街干部或中心的人",
        )
    service.state, service.approved_by_id, service.decided_at = State.COUNTED, by.pk, now
    service.save(update_fields=["state", "approved_by", "decided_at"])
    touch([service])
    reckon(by, {service.person.standing_id}, {service.day}, now)
    service.refresh_from_db()
    _tell(by, service, messages.HOURS, "照纸面签到表补记", now)
    _record(by, "volunteering.hours-approved", service, {"状态": ["等另一个人核", "算数"]}, "", now)
    return service


@transaction.atomic
def decline_hours(*, by: Actor, service: Service, reason: str, now: datetime) -> Service:
    """
    Do not let typed hours count, and say why (不认补记的时长).

    :raises PermissionDenied: *by* approves no hours there.
    :raises NotWaiting, ReasonMissing
    """
    service = _decided(by, service)
    reason = normalize(reason)[:200]
    if not reason:
        raise ReasonMissing(what="退回")
    service.state, service.reason, service.decided_at = State.DECLINED, reason, now
    service.save(update_fields=["state", "reason", "decided_at"])
    touch([service])
    _tell(by, service, messages.DECLINED, reason, now)
    changes = {"状态": ["等另一个人核", "没有认"]}
    _record(by, "volunteering.hours-declined", service, changes, reason, now)
    return service


@transaction.atomic
def correct_hours(
    *, by: Actor, service: Service, minutes: int, reason: str, now: datetime
) -> Service:
    """
    Correct the minutes of a service by a new entry (更正时长); what stood before stays on record.

    :raises PermissionDenied: *by* corrects no hours there.
    :raises OwnHours, NotWaiting, ReasonMissing, HoursUnclear, NothingChanges
    """
    rules.CORRECT.require(by, service)
    hold({service.person_id})
    service = _fresh(service)
    reason = normalize(reason)[:200]
    if rules.is_oneself(by, service.person_id):
        raise OwnHours(what="更正")
    if service.state != State.COUNTED:
        raise NotWaiting(state=service.get_state_display())
    if not reason:
        raise ReasonMissing(what="更正")
    if not 0 <= minutes <= MOST:
        raise HoursUnclear(
            wrong=f"一次服务不会有{minutes}分钟", mend="请填0到1440之间的整数", field="minutes"
        )
    if minutes == service.minutes:
        raise NothingChanges(minutes=minutes)
    before = last_days({service.person.standing_id})
    changes = {"时长": [f"{service.minutes}分钟", f"{minutes}分钟"]}
    entry = enter(service, Entry.Kind.CORRECTED, minutes - service.minutes, reason, by, now)
    entry.save(force_insert=True)
    service.save(update_fields=["corrected", "minutes"])
    settle({service.person.standing_id}, before, [service], now)
    _record(by, "volunteering.hours-corrected", service, changes, reason, now)
    return service


# -- steps -----------------------------------------------------------------------------------------

_LEADING = ("team_leader", "organization_manager")


def _ended(shift: Shift, now: datetime) -> Shift:
    """Hold the shift. :raises NotOver: it goes on, or was cancelled."""
    related = Shift.objects.select_related("event__place", "team")
    shift = related.select_for_update(of=("self",)).get(pk=shift.pk)
    event = shift.event
    if event.status == Event.Status.CANCELLED:
        raise NotOver(title=event.title, when="取消了")
    if event.ends_at > now:
        ends = local(event.ends_at)
        when = f"{ends.month}月{ends.day}日{ends.hour}:{ends.minute:02d}才结束"
        raise NotOver(title=event.title, when=when)
    return shift


def _arrivals(event: Event) -> dict[int, Attendance]:
    """Return who served, by the record that stands for them: noted as serving, or came to a shift they took."""
    took = {
        r.person.standing_id
        for r in event.registrations.filter(status__in=Registration.HOLDS_SEAT)
        .exclude(channel=Registration.Channel.WALK_IN)
        .select_related("person")
    }
    came = Attendance.objects.standing().filter(event=event).select_related("person")
    return {
        a.person.standing_id: a
        for a in came.order_by("-pk")
        if a.as_volunteer or a.person.standing_id in took
    }


def _services_of(event: Event) -> Iterable[Service]:
    return Service.objects.filter(event=event).select_related("person").order_by("-pk")


def _new(shift: Shift, person: Person, source: str, by: Actor, now: datetime) -> Service:
    event = shift.event
    return Service(
        key=f"event:{event.pk}:{person.pk}",
        person=person,
        event=event,
        team=shift.team,
        place=event.place,
        day=event.day,
        title=event.title,
        claimed=0,
        source=source,
        recorded_by_id=by.pk,
        recorded_as=rules.role_of(by),
        recorded_at=now,
    )


def _fresh(service: Service) -> Service:
    related = Service.objects.select_related("person", "place", "event")
    return related.select_for_update(of=("self",)).get(pk=service.pk)


def _decided(by: Actor, service: Service) -> Service:
    """Hold typed hours that wait, for *by* to decide about. :raises NotWaiting, OwnHours"""
    rules.APPROVE.require(by, service)
    hold({service.person_id})
    service = _fresh(service)
    if service.state != State.WAITING:
        raise NotWaiting(state=service.get_state_display())
    if rules.is_oneself(by, service.person_id):
        raise OwnHours(what="核")
    return service


def _tell(by: Actor, service: Service, kind: Kind, reason: str, now: datetime) -> None:
    if kind is messages.HOURS and not service.minutes:
        return
    outbox.send(
        by=by,
        to=service.person,
        kind=kind,
        words={
            "title": service.title,
            "day": say_day(service.day),
            "hours": say_hours(service.minutes),
            "reason": reason,
        },
        about="/volunteering/mine/",
        key=f"{kind.key}:{service.pk}",
        now=now,
    )


def _record(
    by: Actor,
    action: str,
    service: Service,
    changes: Mapping[str, list[str]],
    reason: str,
    now: datetime,
) -> None:
    audit.record(
        by,
        action,
        service,
        changes=changes,
        reason=reason,
        subject=service.person_id,
        place=service.place.path,
        now=now,
    )
