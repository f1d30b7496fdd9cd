"""The figures of events: 场次, 人次, 人数, 时长, by place, kind and role; one rule for all of them."""

from __future__ import annotations

from typing import Any

from gongzhi.shared.measures import Counts, Measure

from .books import ATTENDANCES, HEADCOUNTS, SESSIONS
from .models import Kind

_HELD = "在时段里开始、有人到场的场次；取消的、没有人来的不算。"
_TIMES = "一个人到一场算1人次，重复登记、两条登记并成一人的只算一次；排队、取消、没来的不算，没留名的另数。"
_PEOPLE = "到过场的不同的人，一个人到几场都算1人；上级的人数是去掉重复以后的，不等于下级相加。"
_TIME = "从到场（不早于开始）到离场（不晚于结束）的分钟，没登记离场的算到散场。"
_ROLES = {"participant": "来参加的", "volunteer": "来服务的", "trainer": "来讲课的"}
_ICON = {
    Kind.ACTIVITY: "cal",
    Kind.SERVICE: "hand",
    Kind.TRAINING: "cap",
    Kind.LECTURE: "chat",
    Kind.PARTY_DAY: "flag",
    Kind.MEETING: "users",
}


def _four(key: str, label: str, icon: str, facet: str = "") -> tuple[Measure, ...]:
    """Return the four figures of all events, or of one kind."""
    only = f"只数{label}。" if facet else ""
    sessions, attendances, people, minutes = (
        f"events.{key}{what}" for what in ("sessions", "attendances", "people", "minutes")
    )
    said: dict[str, Any] = {"public": True, "appraisal": False, "icon": icon}
    came: dict[str, Any] = {**said, "of": ATTENDANCES, "listing": "events.attendances"}
    if facet:
        came["facet"] = f"event__kind={facet}"
    return (
        Measure(
            key=sessions,
            label=f"{label}场次",
            unit="场",
            rule=only + _HELD,
            of=SESSIONS,
            counts=Counts.RECORDS,
            facet=f"kind={facet}" if facet else "",
            listing="events.events",
            **said,
        ),
        Measure(
            key=attendances,
            label=f"{label}人次",
            unit="人次",
            rule=only + _TIMES,
            counts=Counts.RECORDS,
            **came,
        ),
        Measure(
            key=people,
            label=f"{label}人数",
            unit="人",
            rule=only + _PEOPLE,
            counts=Counts.SUBJECTS,
            **came,
        ),
        Measure(
            key=minutes,
            label=f"{label}时长",
            unit="分钟",
            rule=only + _TIME,
            counts=Counts.TOTAL,
            **came,
        ),
    )


def _role(role: str, label: str) -> tuple[Measure, ...]:
    """Return 人次, 人数 and 时长 of one role; somebody with two roles counts in both, so they add up to more."""
    both = f"只数{label}；一场里有两种身份的，两边都算，所以各身份相加会多过总数。"
    said: dict[str, Any] = {
        "of": ATTENDANCES,
        "facet": f"as_{role}=True",
        "listing": "events.attendances",
        "public": True,
        "appraisal": False,
        "icon": "users",
    }
    return (
        Measure(
            key=f"events.{role}-attendances",
            label=f"{label}人次",
            unit="人次",
            rule=both + _TIMES,
            counts=Counts.RECORDS,
            **said,
        ),
        Measure(
            key=f"events.{role}-people",
            label=f"{label}人数",
            unit="人",
            rule=both + _PEOPLE,
            counts=Counts.SUBJECTS,
            **said,
        ),
        Measure(
            key=f"events.{role}-minutes",
            label=f"{label}时长",
            unit="分钟",
            rule=both + _TIME,
            counts=Counts.TOTAL,
            **said,
        ),
    )


MEASURES = (
    *_four("", "全部", "cal"),
    *(
        measure
        for kind in Kind
        for measure in _four(
            f"{kind.value.replace('_', '-')}-", kind.label, _ICON[kind], kind.value
        )
    ),
    *(measure for role, label in _ROLES.items() for measure in _role(role, label)),
    Measure(
        key="events.headcount",
        label="没留名的人数",
        unit="人",
        rule="门口只记个数、没有留名字的，一场记一个数；不知道是谁，所以不并进人次和人数。",
        of=HEADCOUNTS,
        counts=Counts.TOTAL,
        public=True,
        appraisal=False,
        listing="events.headcounts",
        icon="users",
    ),
)
