"""Classes: opened with their sessions and the seats of towns, who came, who is on leave, what was handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from gongzhi.academy import queries, rules
from gongzhi.academy.models import ClassRun, Course, Leave, Plan, Session, Work
from gongzhi.audit import services as audit
from gongzhi.centers.models import Venue
from gongzhi.directory.models import Person
from gongzhi.events import services as events
from gongzhi.events.models import Attendance, Kind
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

from .setting_up import CourseEnded


class ClassUnclear(Unacceptable):
    code = "academy.class-unclear"
    message = "{wrong}，所以没有办。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class ClassClosed(Refused):
    code = "academy.class-closed"
    message = "“{title}”{day}结班了，不能再{what}。"


class NotALearner(Refused):
    code = "academy.not-a-learner"
    message = "{name}不是这个班的学员。请先替他报第1次课，或者核对姓名。"


class NotHeldYet(Refused):
    code = "academy.not-held-yet"
    message = "第{number}次课还没有开始，不能登到课。先记请假可以。"


@transaction.atomic
def open_class(
    *,
    by: Actor,
    course: Course,
    place: Place,
    address: str,
    times: Sequence[tuple[datetime, datetime]],
    now: datetime,
    capacity: int | None = None,
    trainer: Person | None = None,
    venue: Venue | None = None,
    sessions_wanted: int | None = None,
    work_due: date | None = None,
    quotas: Mapping[int, int] | None = None,
    releases_on: date | None = None,
) -> ClassRun:
    """
    Open a class (开班): its sessions as drafts, seats of towns kept until a day.

    `times` are start and end of each session; people register for the first. `quotas` maps a town's id to its
    seats, which return to everybody on `releases_on`. Published with `events.publish_series`.

    :raises PermissionDenied: *by* runs no classes at *place*.
    :raises CourseEnded: the course is given no more.
    :raises ClassUnclear: no session, a time gone by, or fewer sessions than it takes to complete.
    :raises EventUnclear, QuotaUnclear, QuotaTooLarge: as the engine of events refuses.
    """
    rules.RUN_AT.require_at(by, place.path)
    course = Course.objects.select_related("plan").get(pk=course.pk)
    # Classes of a plan are numbered one by one.
    Plan.objects.select_for_update(no_key=True).get(pk=course.plan_id)
    if course.ended_on:
        raise CourseEnded(title=course.title, what="开班")
    times = sorted(times)
    wanted = course.sessions_wanted if sessions_wanted is None else sessions_wanted
    if not times:
        raise ClassUnclear(wrong="没有写哪几次课", mend="请一行写一次，至少一次", field="times")
    if times[0][0] <= now:
        raise ClassUnclear(
            wrong=f"第1次课{say_day(today(times[0][0]))}已经过了",
            mend="请改成以后的时间",
            field="times",
        )
    if not 1 <= wanted <= len(times):
        raise ClassUnclear(
            wrong=f"要到{wanted}次课才结业，却只排了{len(times)}次",
            mend="请多排几次，或者改少要到的次数",
            field="sessions_wanted",
        )
    last = ClassRun.objects.filter(course__plan=course.plan_id).aggregate(n=Max("number"))["n"]
    number = (last or 0) + 1
    title = f"{course.plan.name}第{number}班：{course.title}"
    series = events.create_series(
        by=by, kind=Kind.TRAINING, title=title, place=place, topic=course.plan.key, now=now
    )
    made = events.plan_events(
        by=by,
        series=series,
        plans=[
            {
                "title": f"{title}（第{n}次）" if len(times) > 1 else title,
                "summary": course.syllabus,
                "starts_at": starts,
                "ends_at": ends,
                "address": address,
                "venue": venue,
                "takes_registrations": n == 1,
                "capacity": capacity if n == 1 else None,
            }
            for n, (starts, ends) in enumerate(times, 1)
        ],
        now=now,
    )
    run = ClassRun.objects.create(
        course=course,
        number=number,
        series=series,
        trainer=trainer,
        sessions_wanted=wanted,
        work=course.work,
        work_due=work_due,
        opened_at=now,
    )
    Session.objects.bulk_create(
        Session(class_run=run, number=n, event=event) for n, event in enumerate(made, 1)
    )
    for town, seats in (quotas or {}).items():
        events.add_quota(
            by=by,
            event=made[0],
            seats=seats,
            place=Place.objects.get(pk=town),
            releases_on=releases_on or made[0].day,
            now=now,
        )
    audit.record(
        by,
        "academy.class-opened",
        run,
        changes={"班": ["", title], "次数": [None, len(made)], "名额": [None, capacity]},
        place=place.path,
        now=now,
    )
    return run


def _held(run: ClassRun, what: str) -> ClassRun:
    """Hold a class that goes on. :raises ClassClosed"""
    run = (
        ClassRun.objects.select_for_update(no_key=True, of=("self",))
        .select_related("series__place", "course__plan")
        .get(pk=run.pk)
    )
    if run.closed_at:
        raise ClassClosed(title=run.title, day=say_day(today(run.closed_at)), what=what)
    return run


def _require_learner(run: ClassRun, person: Person) -> None:
    """:raises NotALearner"""
    if not queries.learner_ids(run).filter(pk=person.pk).exists():
        raise NotALearner(name=person.name)


@transaction.atomic
def mark_attendance(
    *, by: Actor, session: Session, person: Person, mark: str, reason: str, now: datetime
) -> None:
    """
    Say that a learner came, is on leave or was absent (改到课): 到, 假 or 缺, with a reason.

    :raises PermissionDenied: *by* does not run the class.
    :raises ClassClosed, NotALearner, NotHeldYet
    :raises ClassUnclear: no such mark, or no reason.
    """
    rules.RUN.require(by, session.class_run)
    run = _held(session.class_run, "改到课")
    _require_learner(run, person)
    reason = normalize(reason)[:120]
    if mark not in ("到", "假", "缺"):
        raise ClassUnclear(wrong="没有选到、假还是缺", mend="请选一个", field="mark")
    if not reason:
        raise ClassUnclear(wrong="没有写原因", mend="请写一句，例如“纸单上签了名”", field="reason")
    event = session.event
    if mark != "假" and event.starts_at > now:
        raise NotHeldYet(number=session.number)
    there = (
        Attendance.objects.standing()
        .select_related("event")
        .filter(event=event, person=person)
        .first()
    )
    Leave.objects.filter(session=session, person=person, withdrawn_at=None).update(withdrawn_at=now)
    if mark == "到" and there is None:
        facts = [events.Fact(arrived_at=event.starts_at, person=person.pk, ref="1")]
        done = events.check_in_many(
            by=by, event=event, facts=facts, channel=Attendance.Channel.PAPER, now=now
        )
        for refusal in done.refused.values():
            raise refusal
    elif mark != "到" and there is not None:
        events.void_attendance(by=by, attendance=there, reason=reason, now=now)
    if mark == "假":
        Leave.objects.create(session=session, person=person, reason=reason, noted_at=now)
    audit.record(
        by,
        "academy.attendance-marked",
        session,
        subject=person.pk,
        changes={f"第{session.number}次课": ["", mark]},
        reason=reason,
        place=run.series.place.path,
        now=now,
    )


@transaction.atomic
def receive_work(
    *, by: Actor, run: ClassRun, person: Person, title: str, received_on: date, now: datetime
) -> Work:
    """
    Note that a learner handed in what the class asks for (收作业); no mark is given.

    :raises PermissionDenied: *by* does not run the class.
    :raises ClassClosed, NotALearner
    :raises ClassUnclear: no title, or a day to come.
    """
    rules.RUN.require(by, run)
    run = _held(run, "收作业")
    _require_learner(run, person)
    title = normalize(title)
    if not title:
        raise ClassUnclear(wrong="没有写题目", mend="请写一句交的是什么", field="title")
    if received_on > today(now):
        raise ClassUnclear(wrong="收到的日子在今天以后", mend="请改日子", field="received_on")
    work, _ = Work.objects.update_or_create(
        class_run=run,
        person=person,
        defaults={"title": title[:80], "received_on": received_on, "noted_by_id": by.pk},
    )
    audit.record(
        by,
        "academy.work-received",
        work,
        subject=person.pk,
        changes={"作业": ["", work.title]},
        place=run.series.place.path,
        now=now,
    )
    return work


@transaction.atomic
def close_class(*, by: Actor, run: ClassRun, now: datetime) -> ClassRun:
    """
    Close a class (结班): what was marked stays as it is.

    :raises PermissionDenied: *by* does not run the class.
    :raises ClassClosed: it is closed.
    :raises NotHeldYet: a session is still to come.
    """
    rules.RUN.require(by, run)
    run = _held(run, "结班")
    coming = run.sessions.filter(event__starts_at__gt=now).exclude(event__status="cancelled")
    if (following := coming.order_by("number").first()) is not None:
        raise NotHeldYet(number=following.number)
    run.closed_at = now
    run.save(update_fields=["closed_at"])
    audit.record(by, "academy.class-closed", run, place=run.series.place.path, now=now)
    return run
