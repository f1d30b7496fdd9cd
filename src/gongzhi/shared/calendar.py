"""Working days and the local day. The next year's holidays are published each November."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from .dated import rule
from .refusals import Refused

LOCAL = ZoneInfo("Asia/Shanghai")
OFFICE_CLOSES = time(18, 0)
_DAY = timedelta(days=1)


class YearNotPublished(Refused):
    code = "shared.year-not-published"
    message = (
        "还没有{year}年的放假调休安排，算不出工作日。"
        "国务院办公厅每年11月公布下一年的安排，请管理员升级 chinese-calendar 软件包后再试。"
    )


def local(moment: datetime) -> datetime:
    """
    Return *moment* in the time of the county, Asia/Shanghai (当地时间).

    :raises ValueError: *moment* is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("give an aware datetime")
    return moment.astimezone(LOCAL)


def today(now: datetime) -> date:
    """Return the local day of *now* (今天)."""
    return local(now).date()


def known_until() -> date:
    """Return the last day whose holidays are known (放假安排装到哪一天)."""
    return date(max(chinese_calendar.constants.holidays).year, 12, 31)


def year_wanting(now: datetime) -> int | None:
    """
    Return the year whose holidays have to be installed by now, None when there is time (该装哪一年的放假安排).

    Clocks that run into it count Monday to Friday meanwhile: wrong around the holidays.
    """
    day = today(now)
    ahead = rule("calendar.warn-days-ahead", day).number
    until = known_until()
    return until.year + 1 if day + ahead * _DAY > until else None


def is_working_day(day: date, *, guess: bool = False) -> bool:
    """
    Tell whether offices work on *day*: weekdays and 调休 days that are not holidays (工作日).

    *guess* takes Monday to Friday in a year whose notice is not out, for clocks that must start
    anyway.

    :raises YearNotPublished: the holidays of that year are not known and *guess* is not set.
    """
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError as error:
        if guess:
            return day.weekday() < 5
        raise YearNotPublished(year=day.year) from error


def add_working_days(moment: datetime, days: int, *, guess: bool = False) -> datetime:
    """
    Return 18:00 local time of the *days*-th working day after the day of *moment* (办理时限).

    The day of *moment* itself does not count, whatever its hour; clocks end when offices close.

    :raises YearNotPublished: the count runs into a year whose holidays are not known.
    :raises ValueError: *days* is less than one.
    """
    if days < 1:
        raise ValueError("count at least one working day")
    day = today(moment)
    while days:
        day += _DAY
        days -= is_working_day(day, guess=guess)
    return datetime.combine(day, OFFICE_CLOSES, tzinfo=LOCAL)


def working_days_between(start: date, end: date, *, guess: bool = False) -> int:
    """
    Return how many working days lie after *start* up to and with *end* (剩余工作日).

    Backwards the count is negative.

    :raises YearNotPublished: the count runs into a year whose holidays are not known.
    """
    if end < start:
        return -working_days_between(end, start, guess=guess)
    span = (end - start).days
    return sum(is_working_day(start + _DAY * n, guess=guess) for n in range(1, span + 1))


def holiday_of(day: date) -> str:
    """
    Return which statutory holiday *day* belongs to, empty when to none (法定节假日): `Spring Festival`.

    Plain weekends are none. In a year whose notice is not out nothing is known, and nothing is skipped.
    """
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    return str(name) if is_off and name else ""
