"""Makers of courses, classes, learners and trainers, for tests and for the demonstration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from gongzhi.directory.models import Person
from gongzhi.directory.testing import make_person
from gongzhi.events import services as events
from gongzhi.events.testing import NOW, make_attendance, make_registration
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE

from . import services
from .models import ClassRun, Completion, Course, Plan, Trainer

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def make_course(
    title: str = "怎样开好一次坝坝会", *, plan: str = "partner", wanted: int = 2, work: str = ""
) -> Course:
    """Return a course of a plan that comes with the program."""
    make_county()
    services.set_up_schools(by=HOUSE, now=NOW)
    of = Plan.objects.get(key=plan)
    found = Course.objects.filter(plan=of, title=title).first()
    return found or services.found_course(
        by=HOUSE, plan=of, title=title, sessions_wanted=wanted, work=work, now=NOW
    )


def make_class(
    course: Course | None = None,
    *,
    place: Place | None = None,
    sessions: int = 3,
    capacity: int | None = None,
    trainer: Person | None = None,
    quotas: Mapping[int, int] | None = None,
    releases_on: date | None = None,
    now: datetime = NOW,
    is_published: bool = True,
) -> ClassRun:
    """Return a published class: one session a week of two hours, the first a week from *now*."""
    first = now + 7 * DAY
    run = services.open_class(
        by=HOUSE,
        course=course or make_course(),
        place=place or make_village(),
        address="县支持中心二楼",
        times=[(first + 7 * n * DAY, first + 7 * n * DAY + 2 * HOUR) for n in range(sessions)],
        capacity=capacity,
        trainer=trainer,
        quotas=quotas,
        releases_on=releases_on,
        now=now,
    )
    if is_published:
        events.publish_series(by=HOUSE, series=run.series, now=now)
    return run


def make_learner(
    run: ClassRun,
    name: str = "罗玉芳",
    *,
    came: Sequence[int] = (),
    person: Person | None = None,
    now: datetime = NOW,
) -> Person:
    """Return somebody with a seat in a class who came to the sessions numbered in *came*."""
    sessions = list(run.sessions.select_related("event__place").order_by("number"))
    person = person or make_person(name, place=sessions[0].event.place)
    make_registration(sessions[0].event, person, now=now)
    for session in sessions:
        if session.number in came:
            make_attendance(session.event, person)
    return person


def make_completion(
    run: ClassRun | None = None, name: str = "罗玉芳", *, person: Person | None = None
) -> Completion:
    """Return somebody's completion of a class they came to as often as it takes."""
    run = run or make_class()
    person = make_learner(run, name, came=range(1, run.sessions_wanted + 1), person=person)
    return services.complete_learner(by=HOUSE, run=run, person=person, now=after(run))


def make_trainer(name: str = "何秀英", *, subject: str = "开坝坝会") -> Trainer:
    """Return somebody who learns to teach."""
    return services.enter_trainer(
        by=HOUSE, person=make_person(name, place=make_village()), subject=subject, now=NOW
    )


def after(run: ClassRun) -> datetime:
    """Return an hour after the last session of a class."""
    return max(s.event.ends_at for s in run.sessions.select_related("event")) + HOUR
