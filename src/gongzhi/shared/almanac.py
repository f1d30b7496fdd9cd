"""
The days a village lives by: the 24 solar terms, festivals of the lunar calendar, civic days, 社日.

Computed for the meridian of UTC+8 from the sun and the moon, never read from a table of dates: a table ends, and
a term near midnight falls on another day elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache, lru_cache

from lunar_python import Lunar, Solar

# Days run through the ten stems without a break: every tenth is a 戊 day, 25 March 2026 among them.
_WU = date(2026, 3, 25).toordinal() % 10


class Sort(Enum):
    """What sort of day it is (日子的类别)."""

    TERM = "节气"
    FESTIVAL = "传统节日"
    SHE = "社日"
    CIVIC = "纪念日"


@dataclass(frozen=True, slots=True)
class Occasion:
    """A day of the year that people know by name (日子): `key` for addresses and rows, `label` in Chinese."""

    key: str
    label: str
    sort: Sort


_TERMS = {
    "xiaohan": "小寒",
    "dahan": "大寒",
    "lichun": "立春",
    "yushui": "雨水",
    "jingzhe": "惊蛰",
    "chunfen": "春分",
    "qingming": "清明",
    "guyu": "谷雨",
    "lixia": "立夏",
    "xiaoman": "小满",
    "mangzhong": "芒种",
    "xiazhi": "夏至",
    "xiaoshu": "小暑",
    "dashu": "大暑",
    "liqiu": "立秋",
    "chushu": "处暑",
    "bailu": "白露",
    "qiufen": "秋分",
    "hanlu": "寒露",
    "shuangjiang": "霜降",
    "lidong": "立冬",
    "xiaoxue": "小雪",
    "daxue": "大雪",
    "dongzhi": "冬至",
}
# Lunar month and day. 除夕 is the eve of 春节, because the last month has 29 or 30 days.
_FESTIVALS = {
    "chunjie": ("春节", 1, 1),
    "yuanxiao": ("元宵", 1, 15),
    "duanwu": ("端午", 5, 5),
    "qixi": ("七夕", 7, 7),
    "zhongyuan": ("中元", 7, 15),
    "zhongqiu": ("中秋", 8, 15),
    "chongyang": ("重阳", 9, 9),
    "laba": ("腊八", 12, 8),
}
# 学雷锋纪念日 (1963), 中华慈善日 (慈善法第7条), 国际志愿者日 (UN A/RES/40/212).
_CIVIC = {
    "lei-feng": ("学雷锋纪念日", 3, 5),
    "charity": ("中华慈善日", 9, 5),
    "volunteers": ("国际志愿者日", 12, 5),
}
OCCASIONS: dict[str, Occasion] = {
    one.key: one
    for one in (
        *(Occasion(key, label, Sort.TERM) for key, label in _TERMS.items()),
        *(Occasion(key, label, Sort.FESTIVAL) for key, (label, _, _) in _FESTIVALS.items()),
        Occasion("chunshe", "春社", Sort.SHE),
        Occasion("qiushe", "秋社", Sort.SHE),
        *(Occasion(key, label, Sort.CIVIC) for key, (label, _, _) in _CIVIC.items()),
    )
}


@cache
def days_of(year: int) -> dict[str, date]:
    """
    Return the day of each occasion that falls into the calendar year *year*, in their order (全年的日子).

    腊八 falls into January: a year may have it twice or not at all, and then the later one is given or none. Days
    are those of UTC+8.
    """
    found: dict[str, date] = {}
    terms = _terms(year)
    found |= terms
    for lunar_year in (year - 1, year):  # outside: the library keeps only the last year it computed
        for key, (_, month, day) in _FESTIVALS.items():
            at = _lunar(lunar_year, month, day)
            if at.year == year:
                found[key] = at
    found["chunshe"] = _fifth_wu_after(terms["lichun"])
    found["qiushe"] = _fifth_wu_after(terms["liqiu"])
    found |= {key: date(year, month, day) for key, (_, month, day) in _CIVIC.items()}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def coming(since: date, until: date) -> list[tuple[date, Occasion]]:
    """Return the occasions of the days [since, until), in their order (一段时间里的日子)."""
    return [
        (day, OCCASIONS[key])
        for year in range(since.year, until.year + 1)
        for key, day in days_of(year).items()
        if since <= day < until
    ]


@lru_cache(maxsize=1024)
def lunar_words(day: date) -> str:
    """Return *day* in the lunar calendar as people say it (农历): `九月初九`."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return f"{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}"


def _terms(year: int) -> dict[str, date]:
    # The table of a date holds the terms from 冬至 before its lunar new year on; summer lies within the year.
    table = Lunar.fromYmd(year, 6, 1).getJieQiTable()
    days = {}
    for key, label in _TERMS.items():
        for name in (label, *_LATER.get(key, ())):
            at = table[name]
            if at.getYear() == year:
                days[key] = date(at.getYear(), at.getMonth(), at.getDay())
    return days


# The library names a term that the table holds twice in pinyin: the last one of the year before, the first of the next.
_LATER = {"dongzhi": ("DONG_ZHI",), "daxue": ("DA_XUE",), "xiaohan": ("XIAO_HAN",)}


def _lunar(year: int, month: int, day: int) -> date:
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _fifth_wu_after(day: date) -> date:
    """社日: the fifth 戊 day after 立春 or 立秋; a 戊 day of the term itself is the first (历代通例)."""
    return day + timedelta(days=(_WU - day.toordinal()) % 10 + 40)
