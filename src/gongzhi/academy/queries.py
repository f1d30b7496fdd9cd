"""Questions about schools, classes, who learns, how far they are, who may teach and whom they taught."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files

from django.db.models import Count, Max, Min, Prefetch, Q, QuerySet

from gongzhi.directory.models import Person
from gongzhi.events.models import Attendance, Event, Feedback, Quota, Registration
from gongzhi.places import queries as places
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor

from . import rules
from .models import (
    ClassRun,
    Completion,
    Course,
    Leave,
    Material,
    Plan,
    School,
    Session,
    Trainer,
    Work,
)

PAGE = 50
Status = Event.Status


def packaged(name: str) -> list[dict[str, str]]:
    """Return the rows of a file that comes with the program: `schools` or `plans` (随带的数据)."""
    text = files("gongzhi.academy").joinpath(f"data/{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def county_path() -> str:
    """Return the path of the county: plans and courses are the county's (县)."""
    return places.county().path


def names() -> dict[str, str]:
    """Return the names of plans by key, for the pages of events (计划名称)."""
    return dict(Plan.objects.values_list("key", "name"))


# --- schools and classes --------------------------------------------------------------------------


def schools() -> list[School]:
    """Return the schools with their plans and the courses that are given (学苑、计划和课程)."""
    courses = Course.objects.filter(ended_on=None).order_by("pk")
    plans = Plan.objects.filter(ended_on=None).prefetch_related(
        Prefetch("courses", queryset=courses)
    )
    return list(
        School.objects.prefetch_related(Prefetch("plans", queryset=plans.order_by("pk"))).order_by(
            "pk"
        )
    )


def classes(by: Actor) -> QuerySet[ClassRun]:
    """Return the classes of one's places, those that go on first, with their first and last day (班)."""
    return (
        rules.SEE.among(ClassRun.objects.all(), by)
        .select_related("course__plan__school", "series__place", "trainer")
        .annotate(
            first=Min("sessions__event__day"),
            last=Max("sessions__event__day"),
            count=Count("sessions", distinct=True),
            completed=Count("completions", filter=Q(completions__revoked_at=None), distinct=True),
        )
        .order_by("-closed_at", "-pk")
    )


def class_seen_by(by: Actor, pk: int) -> ClassRun | None:
    """Return a class that *by* may look at (一个班)."""
    return classes(by).filter(pk=pk).first()


def sessions_of(run: ClassRun) -> list[Session]:
    """Return the sessions of a class in their order (每次课)."""
    return list(run.sessions.select_related("event__place").order_by("number"))


def open_to_register(now: datetime, limit: int = 12) -> list[ClassRun]:
    """Return the classes that take learners, the next to begin first, with `first` their first event (正在招的班)."""
    found = (
        Session.objects.filter(
            number=1,
            event__status=Status.PUBLISHED,
            event__is_public=True,
            event__starts_at__gt=now,
            class_run__closed_at=None,
        )
        .select_related("event__place", "class_run__series", "class_run__course__plan__school")
        .order_by("event__starts_at", "pk")[:limit]
    )
    runs = []
    for session in found:
        session.class_run.begins = session.event  # type: ignore[attr-defined]
        runs.append(session.class_run)
    return runs


# --- who learns, and how far they are -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One person at one session (到课表的一格): 到, 假, 缺, or — when it has not been held."""

    session: Session
    mark: str
    attendance: int | None = None

    @property
    def letter(self) -> str:
        """The letter of its look: y came, l on leave, a absent, f to come."""
        return {"到": "y", "假": "l", "缺": "a"}.get(self.mark, "f")


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner of a class with what they came to and what is missing (学员)."""

    person: Person
    where: str
    cells: list[Cell]
    came: int
    minutes: int
    has_work: bool
    completion: Completion | None
    missing: str
    can_still: bool

    @property
    def is_enough(self) -> bool:
        """Whether they may complete now (够结业)."""
        return not self.missing


def learner_ids(run: ClassRun) -> QuerySet[Person]:
    """
    Return who learns in a class (学员): a seat at its first session, or a part in any.

    Somebody merged into another record counts as that record.
    """
    events_of = run.sessions.values("event_id")
    first = run.sessions.filter(number=1).values("event_id")
    seated = Registration.objects.filter(
        event__in=first, status__in=Registration.HOLDS_SEAT
    ).values("person_id")
    came = (
        Attendance.objects.standing()
        .filter(event__in=events_of, as_participant=True)
        .values("person_id")
    )
    either = Q(pk__in=seated) | Q(pk__in=came)
    merged = Person.objects.filter(either, merged_into__isnull=False).values("merged_into_id")
    return Person.objects.filter(either & Q(merged_into__isnull=True) | Q(pk__in=merged))


@dataclass(frozen=True, slots=True)
class Tally:
    """How a class stands (这个班): people, and the 人次 that came of those that were due."""

    learners: int
    came: int
    due: int
    enough: int
    one_short: int
    completed: int
    held: int


def tally_of(learners: Iterable[Learner], sessions: Iterable[Session], now: datetime) -> Tally:
    """Return how a class stands (这个班)."""
    learners, held = list(learners), sum(s.event.starts_at <= now for s in sessions)
    return Tally(
        learners=len(learners),
        came=sum(le.came for le in learners),
        due=len(learners) * held,
        enough=sum(le.is_enough for le in learners),
        one_short=sum("还差1次课" in le.missing for le in learners),
        completed=sum(le.completion is not None for le in learners),
        held=held,
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a class's attendance (到课表), with how the whole class stands."""

    sessions: list[Session]
    learners: list[Learner]
    totals: list[int | None]
    next: str
    tally: Tally
    works: int


def sheet_of(run: ClassRun, now: datetime, *, after: str = "", limit: int = PAGE) -> Sheet:
    """Return the attendance of a class, learners by place (到课表); *after* is the learner to go on behind."""
    sessions = sessions_of(run)
    everybody = _learners(run, sessions, _people(run), now)
    keys = [str(one.person.pk) for one in everybody]
    start = keys.index(after) + 1 if after in keys else 0
    learners = everybody[start : start + limit]
    totals = [
        None if s.event.starts_at > now else sum(le.cells[i].mark == "到" for le in learners)
        for i, s in enumerate(sessions)
    ]
    return Sheet(
        sessions,
        learners,
        totals,
        keys[start + limit - 1] if start + limit < len(everybody) else "",
        tally_of(everybody, sessions, now),
        sum(one.has_work for one in everybody),
    )


def _people(run: ClassRun) -> list[Person]:
    # A class holds some dozens: its page needs them all to say how it stands.
    return list(learner_ids(run).select_related("place").order_by("place__sort_key", "pk"))


def learners_of(run: ClassRun, now: datetime) -> list[Learner]:
    """Return every learner of a class with how far they are (全部学员)."""
    return _learners(run, sessions_of(run), _people(run), now)


def learner(run: ClassRun, person: Person, now: datetime) -> Learner | None:
    """Return one learner of a class, None when they are none (一个学员)."""
    found = list(learner_ids(run).filter(pk=person.pk).select_related("place"))
    return _learners(run, sessions_of(run), found, now)[0] if found else None


def _learners(
    run: ClassRun, sessions: list[Session], people: list[Person], now: datetime
) -> list[Learner]:
    stand = {p.pk: p.pk for p in people}
    for pk, head in Person.objects.filter(merged_into__in=list(stand)).values_list(
        "pk", "merged_into_id"
    ):
        stand[pk] = head
    came: dict[tuple[int, int], tuple[int, int]] = {}
    for pk, event, who, minutes in (
        Attendance.objects.standing()
        .filter(event__in=[s.event_id for s in sessions], person__in=stand, as_participant=True)
        .values_list("pk", "event_id", "person_id", "minutes")
    ):
        came[event, stand[who]] = (pk, minutes)
    leaves = {
        (session, stand[who])
        for session, who in Leave.objects.filter(
            session__in=sessions, person__in=stand, withdrawn_at=None
        ).values_list("session_id", "person_id")
    }
    works = {
        stand[p] for p in run.works.filter(person__in=stand).values_list("person_id", flat=True)
    }
    completions = {
        stand[c.person_id]: c for c in run.completions.filter(person__in=stand, revoked_at=None)
    }
    lookup = places.PlaceLookup()
    left = sum(s.event.starts_at > now for s in sessions)
    found = []
    for person in people:
        cells = [_cell(s, person.pk, came, leaves, now) for s in sessions]
        times = sum(c.mark == "到" for c in cells)
        minutes = sum(m for (_, p), (_, m) in came.items() if p == person.pk)
        has_work = person.pk in works
        lacking = run.sessions_wanted - times
        missing = [f"还差{lacking}次课"] if lacking > 0 else []
        if run.work and not has_work:
            missing.append(f"还没交{run.work}")
        found.append(
            Learner(
                person,
                lookup.spoken(person.place_id),
                cells,
                times,
                minutes,
                has_work,
                completions.get(person.pk),
                "，".join(missing),
                lacking <= left,
            )
        )
    return found


def _cell(
    session: Session,
    person: int,
    came: Mapping[tuple[int, int], tuple[int, int]],
    leaves: set[tuple[int, int]],
    now: datetime,
) -> Cell:
    if (there := came.get((session.event_id, person))) is not None:
        return Cell(session, "到", there[0])
    if (session.pk, person) in leaves:
        return Cell(session, "假")
    return Cell(session, "—" if session.event.starts_at > now else "缺")


def quotas_of(run: ClassRun) -> QuerySet[Quota]:
    """Return the seats kept for towns (各镇街的名额)."""
    return (
        Quota.objects.filter(event__session__class_run=run)
        .select_related("place", "organization")
        .order_by("place__sort_key", "pk")
    )


def feedback_of(run: ClassRun, limit: int = 20) -> tuple[int, list[Feedback]]:
    """Return how many said what they thought, and the latest words (课后评价): for those who teach, never a score."""
    found = list(
        Feedback.objects.filter(attendance__event__session__class_run=run).order_by(
            "-given_at", "-pk"
        )
    )
    return len(found), [one for one in found if one.words][:limit]


def materials_of(course: Course) -> QuerySet[Material]:
    """Return the papers of a course that are not taken down (学习资料)."""
    return course.materials.filter(withdrawn_at=None).order_by("pk")


def line_of(run: ClassRun) -> int:
    """Return how many wait for a seat in a class (排队的人数)."""
    return Registration.objects.filter(
        event__session__class_run=run,
        event__session__number=1,
        status=Registration.Status.WAITING,
    ).count()


def own_classes(person: Person, now: datetime) -> list[Completion]:
    """Return what somebody completed, the latest first (我的结业)."""
    group = Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk))
    return list(
        Completion.objects.filter(person__in=group, revoked_at=None)
        .select_related("class_run__series", "class_run__course__plan")
        .order_by("-completed_on", "-pk")
    )


def certificate(number: str, code: str) -> Completion | None:
    """Return the completion behind a certificate's number and code (核验结业证)."""
    return (
        Completion.objects.filter(number=number, code=code)
        .select_related("class_run__series", "class_run__course__plan__school")
        .first()
    )


# --- who may teach --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing somebody must have done to teach (条件), and how far they are."""

    label: str
    have: int
    want: int
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether there is enough of it (够了)."""
        return self.have >= self.want


def requirements_of(person: Person, day: date) -> list[Requirement]:
    """
    Return what it takes to teach and how far *person* is (讲师的条件): computed from records, nothing is typed.

    Thresholds are dated rules (academy.trainer-*).
    """
    group = list(Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk)))
    completed = Completion.objects.filter(
        person__in=group, revoked_at=None, class_run__course__plan__trains_trainers=True
    ).count()
    helped = (
        Attendance.objects.standing()
        .filter(person__in=group, as_trainer=True, event__day__lte=day)
        .values("event_id")
        .distinct()
        .count()
    )
    return [
        Requirement(
            "学完讲师培训", completed, rule("academy.trainer-completions", day).number, "个班"
        ),
        Requirement("上台讲过", helped, rule("academy.trainer-sessions", day).number, "次课"),
    ]


def trainers(by: Actor) -> QuerySet[Trainer]:
    """Return who teaches or learns to, by place (讲师)."""
    return (
        rules.SEE_TRAINERS.among(Trainer.objects.filter(left_on=None), by)
        .select_related("person__place", "taught_by__person")
        .order_by("person__place__sort_key", "pk")
    )


def qualified(day: date) -> QuerySet[Trainer]:
    """Return who may teach on *day* (在任讲师)."""
    return Trainer.objects.filter(
        left_on=None, qualified_on__lte=day, qualified_until__gt=day
    ).select_related("person__place")


@dataclass(frozen=True, slots=True)
class Branch:
    """Somebody in the chain of trainers (TOT链): how many they taught, and who of them teaches in turn."""

    trainer: Trainer
    taught: int
    beneath: list[Branch]

    @property
    def reach(self) -> int:
        """How many the whole branch taught: 人, each counted once for each trainer who taught them."""
        return self.taught + sum(b.reach for b in self.beneath)


def chain(day: date) -> list[Branch]:
    """
    Return the trees of trainers: who taught whom, down to those who teach nobody yet (TOT链).

    `taught` counts distinct people who completed a class the trainer led.
    """
    found = list(
        Trainer.objects.filter(entered_on__lte=day)
        .select_related("person__place")
        .order_by("entered_on", "pk")
    )
    taught = dict(
        Completion.objects.filter(
            revoked_at=None, completed_on__lte=day, class_run__trainer__isnull=False
        )
        .values_list("class_run__trainer_id")
        .annotate(n=Count("person_id", distinct=True))
    )
    under: dict[int | None, list[Trainer]] = {}
    for one in found:
        under.setdefault(one.taught_by_id, []).append(one)

    def grown(parent: int | None, depth: int) -> list[Branch]:
        # Nobody was taught by somebody who came later, so the tree ends; the depth is a second lock.
        if depth > 30:
            return []
        return [
            Branch(one, taught.get(one.person_id, 0), grown(one.pk, depth + 1))
            for one in under.get(parent, ())
        ]

    return grown(None, 0)


def trainer_who_taught(person: Person) -> Trainer | None:
    """Return the trainer of the class of trainers that *person* completed first (谁带的)."""
    group = Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk))
    first = (
        Completion.objects.filter(
            person__in=group,
            revoked_at=None,
            class_run__course__plan__trains_trainers=True,
            class_run__trainer__isnull=False,
        )
        .order_by("completed_on", "pk")
        .select_related("class_run")
        .first()
    )
    if first is None:
        return None
    return (
        Trainer.objects.filter(person=first.class_run.trainer_id).exclude(person=person.pk).first()
    )


def taught_in(trainer: Trainer) -> QuerySet[ClassRun]:
    """Return the classes a trainer led, the latest first (带过的班)."""
    return (
        ClassRun.objects.filter(trainer=trainer.person_id)
        .select_related("series", "course__plan")
        .annotate(
            completed=Count("completions", filter=Q(completions__revoked_at=None), distinct=True)
        )
        .order_by("-pk")
    )


def works_of(run: ClassRun) -> QuerySet[Work]:
    """Return what was handed in (收到的作业)."""
    return run.works.select_related("person").order_by("-received_on", "-pk")


def ending_soon(by: Actor, now: datetime) -> QuerySet[ClassRun]:
    """Return the classes whose last session is over and that nobody closed (等着办结业的班)."""
    return (
        rules.RUN.among(ClassRun.objects.filter(closed_at=None), by)
        .annotate(last=Max("sessions__event__ends_at"))
        .filter(last__lt=now)
        .select_related("series")
        .order_by("last", "pk")
    )


def material_name(digest: str) -> str:
    """Return the name of a paper in the store."""
    return f"materials/{digest[:2]}/{digest}"
