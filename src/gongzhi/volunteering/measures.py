"""The figures of volunteer service: 人次, 人数, 时长, and how much of it was not scanned."""

from __future__ import annotations

from typing import Any

from gongzhi.shared.measures import Counts, Measure, Ratio

from .books import SERVICES

_TIMES = "一个人参加一次志愿服务、有核过的时长，算1人次；没有核的、没有认的、两条登记并成一人重复的不算。"
_PEOPLE = "有核过的志愿服务时长的不同的人，一个人去几次都算1人；上级的人数是去掉重复以后的，不等于下级相加。"
_TIME = (
    "按到场和离场的时间算，路上不算；同一个人重叠的时间只算一次，一天最多算8小时；更正另记一笔。"
    "照纸面签到表补记的要另一个人核过才算。"
)
_SAID: dict[str, Any] = {
    "of": SERVICES,
    "public": True,
    "listing": "volunteering.services",
    "appraisal": False,
}

MEASURES = (
    Measure(
        key="volunteering.services",
        label="志愿服务人次",
        unit="人次",
        rule=_TIMES,
        counts=Counts.RECORDS,
        icon="hand",
        **_SAID,
    ),
    Measure(
        key="volunteering.people",
        label="志愿服务人数",
        unit="人",
        rule=_PEOPLE,
        counts=Counts.SUBJECTS,
        icon="users",
        **_SAID,
    ),
    Measure(
        key="volunteering.minutes",
        label="志愿服务时长",
        unit="分钟",
        rule=_TIME,
        counts=Counts.TOTAL,
        beside=("volunteering.typed-minutes", "volunteering.imported-minutes"),
        icon="clock",
        **_SAID,
    ),
    Measure(
        key="volunteering.typed-minutes",
        label="其中补记的时长",
        unit="分钟",
        rule="没有扫码、照纸面签到表补记并由另一个人核过的时长；已经含在志愿服务时长里。",
        counts=Counts.TOTAL,
        facet="source=typed",
        icon="edit",
        **_SAID,
    ),
    Measure(
        key="volunteering.imported-minutes",
        label="其中别的系统来的时长",
        unit="分钟",
        rule="从别的系统导入的时长；已经含在志愿服务时长里。",
        counts=Counts.TOTAL,
        facet="source=imported",
        icon="dl",
        **_SAID,
    ),
    Ratio(
        key="volunteering.typed-share",
        label="补记的占多少",
        rule="补记的时长除以志愿服务时长。高了要看看为什么没有扫码。",
        numerator="volunteering.typed-minutes",
        denominator="volunteering.minutes",
        public=True,
        icon="edit",
    ),
)
