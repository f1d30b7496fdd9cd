"""Half-open periods of days [since, until), as people name them, and months as whole numbers."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from .refusals import Unacceptable
from .text import normalize

_DAY = timedelta(days=1)
_YEAR = r"(?P<year>(?:19|20|21)\d\d)"
_YEARS = re.compile(rf"{_YEAR}年?")
_QUARTERS = re.compile(rf"{_YEAR}(?:-?[Qq](?P<q>[1-4])|年第?(?P<han>[1-4一二三四])季度)")
_MONTHS = re.compile(rf"{_YEAR}(?:[-./](?P<m>\d\d?)|年(?P<han>\d\d?)月)")
_RANGE = re.compile(r"(.+?)(?:\.\.|至|到|~|～)(.+)")
_DATE = re.compile(rf"{_YEAR}(?:[-./](\d\d?)[-./](\d\d?)|年(\d\d?)月(\d\d?)日)")
_QUARTER_NAMES = "一二三四"


class PeriodUnclear(Unacceptable):
    code = "shared.period-unclear"
    message = (
        "看不懂“{text}”是哪段时间，所以没法计数。"
        "请写成2021、2021-Q3、2021-08或2021-01-01..2021-08-31。"
    )
    field = "period"


class PeriodBackwards(Unacceptable):
    code = "shared.period-backwards"
    message = "开始的{since}在结束的{until}之后，这段时间里没有一天。请把两个日期对调。"
    field = "period"


def month_of(day: date) -> int:
    """Return the month of *day* as a whole number, year × 12 + month − 1 (月序)."""
    return day.year * 12 + day.month - 1


def first_of(month: int) -> date:
    """Return the first day of a month given as a whole number (月初)."""
    return date(month // 12, month % 12 + 1, 1)


def say_day(day: date) -> str:
    """Return *day* as it is written for people: `2021年8月31日`."""
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True)
class Period:
    """The days from *since* up to, not including, *until* (时段)."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until <= self.since:
            raise PeriodBackwards(since=say_day(self.since), until=say_day(self.until - _DAY))

    def __contains__(self, day: date) -> bool:
        return self.since <= day < self.until

    def __and__(self, other: Period) -> Period | None:
        """Return the days that both have, None when there are none."""
        since, until = max(self.since, other.since), min(self.until, other.until)
        return Period(since, until) if since < until else None

    @property
    def last(self) -> date:
        """The last day, as people name the end (末日)."""
        return self.until - _DAY

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def is_whole_months(self) -> bool:
        return self.since.day == 1 and self.until.day == 1

    def months(self) -> range:
        """Return the months that this period touches, as whole numbers (涉及月份)."""
        return range(month_of(self.since), month_of(self.last) + 1)

    def previous(self) -> Period:
        """Return the period just before: of as many whole months, else of as many days (上期)."""
        if self.is_whole_months:
            return Period(first_of(month_of(self.since) - len(self.months())), self.since)
        return Period(self.since - timedelta(days=self.days), self.since)

    def __str__(self) -> str:
        """Write the period so that `parse_period` reads it back; for links and commands."""
        kind, year, part = self._kind()
        if kind == "year":
            return f"{year}"
        if kind == "quarter":
            return f"{year}-Q{part}"
        if kind == "month":
            return f"{year}-{part:02d}"
        return f"{self.since}..{self.last}"

    @property
    def label(self) -> str:
        """The period as a person reads it: `2021年第三季度`, `2021年1月1日至8月31日`."""
        kind, year, part = self._kind()
        if kind == "year":
            return f"{year}年"
        if kind == "quarter":
            return f"{year}年第{_QUARTER_NAMES[part - 1]}季度"
        if kind == "month":
            return f"{year}年{part}月"
        if self.days == 1:
            return say_day(self.since)
        last = say_day(self.last)
        if self.last.year == self.since.year:
            last = last.partition("年")[2]
        return f"{say_day(self.since)}至{last}"

    def _kind(self) -> tuple[str, int, int]:
        year, month = self.since.year, self.since.month
        if self.is_whole_months:
            count = len(self.months())
            if count == 1:
                return "month", year, month
            if count == 3 and month % 3 == 1:
                return "quarter", year, month // 3 + 1
            if count == 12 and month == 1:
                return "year", year, 0
        return "days", year, 0


def year(number: int) -> Period:
    """Return the whole calendar year *number* (年)."""
    return Period(date(number, 1, 1), date(number + 1, 1, 1))


def of_months(first: int, count: int) -> Period:
    """Return *count* whole months from the month *first* on."""
    return Period(first_of(first), first_of(first + count))


def twelve_months_to(day: date) -> Period:
    """Return the twelve months that end with *day* (近12个月), *day* included."""
    last_year = day.year - 1
    same = min(day.day, monthrange(last_year, day.month)[1])
    return Period(date(last_year, day.month, same) + _DAY, day + _DAY)


def parse_period(text: str) -> Period:
    """
    Read a period: `2021`, `2021-Q3`, `2021-08`, `2021-01-01..2021-08-31` (both days included), one
    day, or the same in Chinese (`2021年第三季度`, `2021年1月1日至2021年8月31日`).

    :raises PeriodUnclear: it is none of these.
    :raises PeriodBackwards: the first day lies after the last.
    """
    written = normalize(text).replace(" ", "")
    try:
        found = _named(written) or _ranged(written)
    except ValueError:
        found = None
    if found is None:
        raise PeriodUnclear(text=written[:40])
    return found


def _named(text: str) -> Period | None:
    if found := _YEARS.fullmatch(text):
        return year(int(found["year"]))
    if found := _QUARTERS.fullmatch(text):
        part = found["q"] or found["han"]
        number = int(part) if part.isascii() else _QUARTER_NAMES.index(part) + 1
        return of_months(int(found["year"]) * 12 + 3 * number - 3, 3)
    if found := _MONTHS.fullmatch(text):
        month = int(found["m"] or found["han"])
        return of_months(month_of(date(int(found["year"]), month, 1)), 1)
    return None


def _ranged(text: str) -> Period | None:
    if day := _day(text):
        return Period(day, day + _DAY)
    found = _RANGE.fullmatch(text)
    if not found:
        return None
    since, last = _end(found[1]), _end(found[2])
    return Period(since.since, last.until) if since and last else None


def _end(text: str) -> Period | None:
    if day := _day(text):
        return Period(day, day + _DAY)
    return _named(text)


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    parts = [part for part in found.groups() if part]
    return date(*map(int, parts))
