"""When a center's doors are open, and what is free: half-hours of a day as whole numbers, no database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import chinese_calendar

from gongzhi.shared.calendar import LOCAL, local

DAY = timedelta(days=1)
HALVES = 48  # half-hours of a day; 18 is 9:00, 48 is midnight at its end
LOOK_AHEAD = 14  # days in which the next opening or the nearest free time is looked for
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")

_APART = re.compile(r"[、，,；;\s]+")
_RANGE = re.compile(r"[-–—~～至到]+")

Stretch = tuple[int, int]  # half-open [from, until) in half-hours


def clock(half: int) -> str:
    """Return the half-hour *half* as people say it: `9:00`, `17:30`, `24:00`."""
    return f"{half // 2}:{half % 2 * 30:02d}"


def span(stretch: Stretch) -> str:
    """Return a stretch as `9:00–17:30`."""
    return f"{clock(stretch[0])}–{clock(stretch[1])}"


def week_in_words(week: Mapping[int, Iterable[Stretch]]) -> list[tuple[str, str]]:
    """Return a week as few lines: (星期一到星期五, 9:00–17:30), (星期六, 9:30–12:00), (星期日, 不开门)."""
    lines: list[tuple[int, int, str]] = []
    for day in range(7):
        hours = "、".join(map(span, week.get(day, ()))) or "不开门"
        if lines and lines[-1][2] == hours:
            lines[-1] = (lines[-1][0], day, hours)
        else:
            lines.append((day, day, hours))
    return [
        (
            WEEKDAYS[a] if a == b else f"{WEEKDAYS[a]}{'、' if b == a + 1 else '到'}{WEEKDAYS[b]}",
            hours,
        )
        for a, b, hours in lines
    ]


def half_of(text: str) -> int | None:
    """Read `9:00`, `09:30` or `24:00` as a half-hour; None when it is not one."""
    hours, colon, minutes = text.strip().replace("：", ":").partition(":")
    if not (colon and hours.isascii() and hours.isdigit() and minutes in ("00", "30")):
        return None
    half = int(hours) * 2 + (minutes == "30")
    return half if half <= HALVES else None


def stretches_of(text: str) -> tuple[Stretch, ...] | None:
    """
    Read the hours of a day as people write them, `9:00–12:00、14:00–17:30`; nothing written is no hours.

    None when it cannot be read: not a range, or not on the half-hour.
    """
    found: list[Stretch] = []
    for piece in _APART.split(text.strip()):
        if piece:
            ends = [half_of(end) for end in _RANGE.split(piece.strip())]
            if len(ends) != 2 or ends[0] is None or ends[1] is None:
                return None
            found.append((ends[0], ends[1]))
    return tuple(found)


def moment(day: date, half: int) -> datetime:
    """Return the moment at which the half-hour *half* of *day* begins."""
    return datetime.combine(day, time(), tzinfo=LOCAL) + timedelta(minutes=30 * half)


def half_at(now: datetime) -> int:
    """Return the half-hour of its day in which *now* lies."""
    here = local(now)
    return here.hour * 2 + here.minute // 30


def short_day(day: date) -> str:
    """Return `11月25日（星期三）`."""
    return f"{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def holiday(day: date) -> tuple[bool, str]:
    """
    Return (rests, name): (True, 国庆节) on a statutory holiday, (False, 国庆节) on a day worked for one
    (调休), (False, "") on any other day and in a year whose notice is not out.
    """
    try:
        rests, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False, ""
    return (rests, chinese_calendar.Holiday(name).chinese) if name else (False, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    """The opening hours of one day, and why they differ from the usual ones (一天的开放时间)."""

    day: date
    stretches: tuple[Stretch, ...] = ()
    note: str = ""

    def holds(self, begins: int, ends: int) -> bool:
        """Tell whether [begins, ends) lies within one opening stretch."""
        return any(opens <= begins and ends <= closes for opens, closes in self.stretches)

    @property
    def label(self) -> str:
        """The hours in words: `9:00–12:00、14:00–17:30`, or 不开门."""
        return "、".join(map(span, self.stretches)) or "不开门"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether the doors are open at a moment, and until or from when (现在开门吗)."""

    is_open: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """
    The usual weeks of a center from their days on, and its special days (开放时间).

    `weeks` are (since, {weekday: stretches}), oldest first; `special` maps a day to (stretches, note).
    """

    opened_on: date
    closed_on: date | None = None
    rests_on_holidays: bool = True
    weeks: tuple[tuple[date, Mapping[int, tuple[Stretch, ...]]], ...] = ()
    special: Mapping[date, tuple[tuple[Stretch, ...], str]] = field(default_factory=dict)

    def week(self, day: date) -> Mapping[int, tuple[Stretch, ...]]:
        """Return the usual week in force on *day*."""
        return next((week for since, week in reversed(self.weeks) if since <= day), {})

    def on(self, day: date) -> DayHours:
        """
        Return the hours of *day*: the special day first, then holidays, then the usual week.

        A day worked for a holiday (调休上班) that is no usual opening day keeps Monday's hours.
        """
        if day < self.opened_on:
            return DayHours(day=day, note="还没有开门")
        if self.closed_on is not None and day >= self.closed_on:
            return DayHours(day=day, note="已经关闭")
        if day in self.special:
            stretches, note = self.special[day]
            return DayHours(day=day, stretches=stretches, note=note)
        rests, name = holiday(day)
        if rests and self.rests_on_holidays:
            return DayHours(day=day, note=f"{name}放假")
        week = self.week(day)
        usual = week.get(day.weekday(), ())
        if name and not rests and not usual:
            return DayHours(day=day, stretches=week.get(0, ()), note="调休上班，按星期一的时间")
        return DayHours(day=day, stretches=usual)

    def days(self, since: date, until: date) -> Iterable[DayHours]:
        """Yield the hours of each day of [since, until)."""
        while since < until:
            yield self.on(since)
            since += DAY

    def standing(self, now: datetime) -> Standing:
        """Tell whether the doors are open at *now*, with the words of the page."""
        today, minute = local(now).date(), local(now).hour * 60 + local(now).minute
        hours = self.on(today)
        for opens, closes in hours.stretches:
            if opens * 30 <= minute < closes * 30:
                return Standing(is_open=True, words=f"现在开着，{clock(closes)}关门")
        why = f"今天{hours.note}" if hours.note and not hours.stretches else "现在没开门"
        for opens, _ in hours.stretches:
            if minute < opens * 30:
                return Standing(is_open=False, words=f"{why}，{clock(opens)}开门")
        for ahead in self.days(today + DAY, today + DAY * LOOK_AHEAD):
            if ahead.stretches:
                when = "明天" if ahead.day == today + DAY else short_day(ahead.day)
                return Standing(
                    is_open=False, words=f"{why}，{when}{clock(ahead.stretches[0][0])}开门"
                )
        return Standing(is_open=False, words=f"{why}，近两周都不开门，来之前请先打电话")


def free(hours: DayHours, taken: Collection[int], not_before: int = 0) -> tuple[Stretch, ...]:
    """Return the free stretches of a day: opening hours without the half-hours *taken* and those passed."""
    found: list[Stretch] = []
    for opens, closes in hours.stretches:
        for half in range(max(opens, not_before), closes):
            if half in taken:
                continue
            if found and found[-1][1] == half and half != opens:
                found[-1] = (found[-1][0], half + 1)
            else:
                found.append((half, half + 1))
    return tuple(found)


def nearest(
    free_by_day: Iterable[tuple[date, tuple[Stretch, ...]]], wanted: int, length: int
) -> tuple[date, Stretch] | None:
    """
    Return the free time of *length* half-hours nearest to the hour *wanted* on the first day that has one.

    None when no day has.
    """
    for day, stretches in free_by_day:
        starts = [
            min(max(wanted, begins), ends - length)
            for begins, ends in stretches
            if ends - begins >= length
        ]
        if starts:
            start = min(starts, key=lambda begins: (abs(begins - wanted), begins))
            return day, (start, start + length)
    return None
