"""On which days a plan falls (计划落在哪些天): pure dates, no database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gongzhi.shared.calendar import LOCAL, holiday_of
from gongzhi.shared.text import normalize

from .models import Plan

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
WEEKDAYS = "一二三四五六日"
NTH = {1: "第一个", 2: "第二个", 3: "第三个", 4: "第四个", -1: "最后一个"}


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often something happens, between two days, both included (多久一次)."""

    every: str
    weekday: int
    first: date
    last: date
    nth: int = 1
    skips_holidays: bool = False

    def days(self) -> Iterator[date]:
        """Yield the days in their order; a holiday skipped is not made up for."""
        for day in self._monthly() if self.every == Plan.Rhythm.MONTHLY else self._weekly():
            if not (self.skips_holidays and holiday_of(day)):
                yield day

    def words(self) -> str:
        """Return the rhythm as people say it: `每月最后一个星期日`."""
        weekday = f"星期{WEEKDAYS[self.weekday]}"
        if self.every == Plan.Rhythm.MONTHLY:
            return f"每月{NTH[self.nth]}{weekday}"
        return f"{'隔周' if self.every == Plan.Rhythm.FORTNIGHTLY else '每'}{weekday}"

    def _weekly(self) -> Iterator[date]:
        day = self.first + _DAY * ((self.weekday - self.first.weekday()) % 7)
        while day <= self.last:
            yield day
            day += _WEEK * (2 if self.every == Plan.Rhythm.FORTNIGHTLY else 1)

    def _monthly(self) -> Iterator[date]:
        month = date(self.first.year, self.first.month, 1)
        while month <= self.last:
            following = (month + timedelta(days=32)).replace(day=1)
            if self.nth > 0:
                day = month + _DAY * ((self.weekday - month.weekday()) % 7) + _WEEK * (self.nth - 1)
            else:
                end = following - _DAY
                day = end - _DAY * ((end.weekday() - self.weekday) % 7)
            if self.first <= day <= self.last:
                yield day
            month = following


def span_of(day: date, begins: time, minutes: int) -> tuple[datetime, datetime]:
    """Return when something of *minutes* that begins at a local hour of *day* starts and ends (起止时间)."""
    starts = datetime.combine(day, begins, tzinfo=LOCAL)
    return starts, starts + timedelta(minutes=minutes)


def fitting(title: str, most: int = 80) -> str:
    """Return *title* in the width of its column (标题)."""
    return normalize(title)[:most]
