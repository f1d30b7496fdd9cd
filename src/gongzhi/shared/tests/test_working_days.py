from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.calendar import (
    LOCAL,
    YearNotPublished,
    add_working_days,
    is_working_day,
    local,
    today,
    working_days_between,
)

known = st.dates(date(2019, 3, 1), date(2025, 10, 31))


def span(*bounds):
    first, last = (date(2026, *b) for b in bounds)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@pytest.mark.parametrize("day", [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)])
def test_weekends_of_2026_that_are_worked(day):
    assert date(2026, *day).weekday() >= 5
    assert is_working_day(date(2026, *day))


@pytest.mark.parametrize(
    "off",
    [
        span((1, 1), (1, 3)),
        span((2, 15), (2, 23)),
        span((4, 4), (4, 6)),
        span((5, 1), (5, 5)),
        span((6, 19), (6, 21)),
        span((9, 25), (9, 27)),
        span((10, 1), (10, 7)),
    ],
)
def test_holidays_of_2026_are_off(off):
    assert not any(map(is_working_day, off))


def test_a_year_that_is_not_published_is_refused_by_name():
    with pytest.raises(YearNotPublished, match=r"2099年的放假调休安排.*升级"):
        is_working_day(date(2099, 1, 5))


def test_a_clock_that_must_start_anyway_takes_monday_to_friday():
    monday, sunday = date(2099, 1, 5), date(2099, 1, 4)

    assert is_working_day(monday, guess=True)
    assert not is_working_day(sunday, guess=True)
    late = datetime(2099, 1, 2, 12, tzinfo=LOCAL)  # a Friday
    assert add_working_days(late, 1, guess=True) == datetime(2099, 1, 5, 18, tzinfo=LOCAL)


def test_five_working_days_skip_the_national_holiday():
    asked = datetime(2026, 9, 29, 15, 20, tzinfo=LOCAL)  # a Tuesday

    assert add_working_days(asked, 5) == datetime(2026, 10, 11 + 1, 18, tzinfo=LOCAL)


@given(known, st.times(), st.integers(1, 30))
def test_the_clock_ends_at_six_on_the_day_that_makes_the_number_full(day, hour, number):
    asked = datetime.combine(day, hour.replace(tzinfo=None), tzinfo=LOCAL)

    due = add_working_days(asked, number)

    assert due.timetz() == time(18, tzinfo=LOCAL)
    assert is_working_day(due.date())
    assert working_days_between(day, due.date()) == number


@given(known, st.integers(-60, 60))
def test_counting_backwards_is_the_opposite_number(one, days):
    other = one + timedelta(days=days)
    assert working_days_between(one, other) == -working_days_between(other, one)


def test_today_is_the_day_in_the_county_not_in_greenwich():
    assert today(datetime(2026, 11, 25, 16, 30, tzinfo=UTC)) == date(2026, 11, 26)


def test_a_moment_without_a_zone_and_a_count_of_nothing_are_mistakes():
    with pytest.raises(ValueError, match="aware"):
        local(datetime(2026, 11, 25))  # noqa: DTZ001
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(datetime(2026, 11, 25, tzinfo=UTC), 0)
