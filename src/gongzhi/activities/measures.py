"""The figures of the brands that come with the program: 场次, 人次, 人数, each opening its own records."""

from __future__ import annotations

from typing import Any

from gongzhi.events.books import ATTENDANCES, SESSIONS
from gongzhi.shared.measures import Counts, Measure

from .queries import packaged


def _of(key: str, name: str) -> tuple[Measure, ...]:
    said: dict[str, Any] = {"public": True, "appraisal": False, "icon": "cal"}
    came: dict[str, Any] = {
        **said,
        "of": ATTENDANCES,
        "facet": f"event__topic={key}",
        "listing": "events.attendances",
    }
    return (
        Measure(
            key=f"activities.{key}-sessions",
            label=f"{name}场次",
            unit="场",
            rule=f"只数“{name}”：在时段里开始、有人到场的场次；取消的、没有人来的不算。",
            of=SESSIONS,
            counts=Counts.RECORDS,
            facet=f"topic={key}",
            listing="events.events",
            **said,
        ),
        Measure(
            key=f"activities.{key}-attendances",
            label=f"{name}人次",
            unit="人次",
            rule=f"只数“{name}”：一个人到一场算1人次；排队、取消、没来的不算，没留名的另数。",
            counts=Counts.RECORDS,
            **came,
        ),
        Measure(
            key=f"activities.{key}-people",
            label=f"{name}人数",
            unit="人",
            rule=f"只数“{name}”：到过场的不同的人，来几场都算1人；上级的人数去掉了重复，不等于下级相加。",
            counts=Counts.SUBJECTS,
            **came,
        ),
    )


MEASURES = tuple(m for row in packaged() for m in _of(row["key"], row["name"]))
