"""The figures of the academy: 场次, 人次, 人数 by school and plan out of attendance, completions, trainers."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Coalesce

from gongzhi.events.books import ATTENDANCES as ALL_ATTENDANCES
from gongzhi.events.books import SESSIONS as ALL_SESSIONS
from gongzhi.shared.measures import Book, Counts, Holding, Measure

from .models import Completion, Trainer
from .queries import packaged

_ONE = Coalesce("person__merged_into_id", "person_id")
_SCHOOL = "event__session__class_run__course__plan__school__key"
COMPLETIONS = Book(
    key="academy.completions",
    records=lambda: Completion.objects.filter(revoked_at=None),
    place="class_run__series__place",
    day="completed_on",
    subject=_ONE,
)
# A school's training: live, because a class and its school stand above the engine's own book.
ATTENDANCES = Book(
    key="academy.attendances",
    records=lambda: ALL_ATTENDANCES.records().filter(
        event__session__isnull=False, as_participant=True
    ),
    place="event__place",
    day="event__day",
    subject=_ONE,
    facets=(_SCHOOL,),
)
TRAINERS = Holding(
    key="academy.trainers",
    records=lambda: Trainer.objects.filter(left_on=None, qualified_on__isnull=False),
    place="person__place",
    since="qualified_on",
    until="qualified_until",
)
_TIMES = "一个人到一次课算1人次；请假、缺课、排队的不算，没留名的另数。"
_PEOPLE = "到过课的不同的人，来几次都算1人；上级的人数去掉了重复，不等于下级相加。"


def _said(**more: Any) -> dict[str, Any]:
    return {"public": True, "appraisal": False, "icon": "cap"} | more


def _plan(key: str, name: str) -> tuple[Measure, ...]:
    came = _said(of=ALL_ATTENDANCES, facet=f"event__topic={key}", listing="events.attendances")
    return (
        Measure(
            key=f"academy.{key}-sessions",
            label=f"{name}培训场次",
            unit="场",
            rule=f"只数“{name}”：在时段里开始、有人到场的课；取消的、没有人来的不算。",
            of=ALL_SESSIONS,
            counts=Counts.RECORDS,
            facet=f"topic={key}",
            listing="events.events",
            **_said(),
        ),
        Measure(
            key=f"academy.{key}-attendances",
            label=f"{name}培训人次",
            unit="人次",
            rule=f"只数“{name}”：{_TIMES}",
            counts=Counts.RECORDS,
            **came,
        ),
        Measure(
            key=f"academy.{key}-people",
            label=f"{name}培训人数",
            unit="人",
            rule=f"只数“{name}”：{_PEOPLE}",
            counts=Counts.SUBJECTS,
            **came,
        ),
    )


def _school(key: str, name: str) -> tuple[Measure, ...]:
    came = _said(of=ATTENDANCES, facet=f"{_SCHOOL}={key}", listing="events.attendances")
    return (
        Measure(
            key=f"academy.{key}-school-attendances",
            label=f"{name}培训人次",
            unit="人次",
            rule=f"只数{name}的班，来上课的：{_TIMES}",
            counts=Counts.RECORDS,
            **came,
        ),
        Measure(
            key=f"academy.{key}-school-people",
            label=f"{name}培训人数",
            unit="人",
            rule=f"只数{name}的班，来上课的：{_PEOPLE}",
            counts=Counts.SUBJECTS,
            **came,
        ),
    )


MEASURES = (
    *(m for row in packaged("plans") for m in _plan(row["key"], row["name"])),
    *(m for row in packaged("schools") for m in _school(row["key"], row["name"])),
    Measure(
        key="academy.completions",
        label="结业人次",
        unit="人次",
        rule="在时段里办了结业、没有作废的，一个人结一个班算1人次。",
        of=COMPLETIONS,
        counts=Counts.RECORDS,
        listing="academy.completions",
        **_said(),
    ),
    Measure(
        key="academy.completed-people",
        label="结业人数",
        unit="人",
        rule="在时段里结过业的不同的人，结几个班都算1人。",
        of=COMPLETIONS,
        counts=Counts.SUBJECTS,
        listing="academy.completions",
        **_said(),
    ),
    Measure(
        key="academy.trainers",
        label="在任讲师",
        unit="人",
        rule="当日认定过、没有到期、还在讲的讲师。",
        of=TRAINERS,
        counts=Counts.RECORDS,
        listing="academy.trainers",
        **_said(),
    ),
)
