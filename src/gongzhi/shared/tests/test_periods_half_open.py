from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.periods import (
    Period,
    PeriodBackwards,
    PeriodUnclear,
    first_of,
    month_of,
    of_months,
    parse_period,
    say_day,
    twelve_months_to,
    year,
)
from gongzhi.shared.testing import wide

days = st.dates(date(1901, 1, 1), date(2190, 12, 31))


@st.composite
def periods(draw):
    if draw(st.booleans()):
        return of_months(draw(st.integers(1901 * 12, 2190 * 12)), draw(st.integers(1, 40)))
    since = draw(days)
    return Period(since, since + timedelta(days=draw(st.integers(1, 900))))


@pytest.mark.parametrize(
    ("typed", "since", "last", "label"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31), "2021年"),
        ("2021年", date(2021, 1, 1), date(2021, 12, 31), "2021年"),
        ("2021-Q3", date(2021, 7, 1), date(2021, 9, 30), "2021年第三季度"),
        ("2021q4", date(2021, 10, 1), date(2021, 12, 31), "2021年第四季度"),
        ("2021年第三季度", date(2021, 7, 1), date(2021, 9, 30), "2021年第三季度"),
        ("2021年1季度", date(2021, 1, 1), date(2021, 3, 31), "2021年第一季度"),
        ("2021-08", date(2021, 8, 1), date(2021, 8, 31), "2021年8月"),
        ("2021年8月", date(2021, 8, 1), date(2021, 8, 31), "2021年8月"),
        ("2021-01-01..2021-08-31", date(2021, 1, 1), date(2021, 8, 31), "2021年1月1日至8月31日"),
        ("2021-01..2021-08", date(2021, 1, 1), date(2021, 8, 31), "2021年1月1日至8月31日"),
        ("2021.3.5", date(2021, 3, 5), date(2021, 3, 5), "2021年3月5日"),
        (wide("2021-08"), date(2021, 8, 1), date(2021, 8, 31), "2021年8月"),
        ("2021-02..2021-04", date(2021, 2, 1), date(2021, 4, 30), "2021年2月1日至4月30日"),
        ("2021年7月1日至2022年6月30日", date(2021, 7, 1), date(2022, 6, 30), None),
    ],
)  # fmt: skip
def test_a_period_is_read_as_people_write_it(typed, since, last, label):
    period = parse_period(typed)

    assert (period.since, period.last, period.label) == (since, last, label or typed)


@given(periods())
def test_what_a_period_writes_reads_back_the_same(period):
    assert parse_period(str(period)) == period


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "去年",
        "2021-13",
        "2021-Q5",
        "2021-02-30",
        "2021-02-30..2021-03-01",
        "21-08",
        "..",
        "3021",
        "2021..去年",
        "去年..2021",
        "2021-01-01..2021-13",
    ],
)
def test_what_is_no_period_is_refused_and_told_the_forms(typed):
    with pytest.raises(PeriodUnclear, match="2021-Q3"):
        parse_period(typed)


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(PeriodBackwards, match="2021年8月31日在结束的2021年1月1日之后"):
        parse_period("2021-08-31..2021-01-01")


@given(days)
def test_months_are_whole_numbers_in_order(day):
    month = month_of(day)

    assert first_of(month) <= day < first_of(month + 1)
    assert month_of(first_of(month)) == month


@given(periods())
def test_the_months_of_a_period_are_those_of_its_days(period):
    months = period.months()

    assert months[0] == month_of(period.since)
    assert months[-1] == month_of(period.last)


@given(periods())
def test_the_period_before_ends_where_this_one_begins_and_is_as_long(period):
    before = period.previous()

    assert before.until == period.since
    if period.is_whole_months:
        assert len(before.months()) == len(period.months())
    else:
        assert before.days == period.days


def test_the_quarter_before_the_first_is_last_years_fourth():
    assert str(parse_period("2021-Q1").previous()) == "2020-Q4"
    assert str(parse_period("2021").previous()) == "2020"


@given(periods(), periods())
def test_the_days_of_both_are_those_that_lie_in_each(one, other):
    both = one & other

    assert both == other & one
    for day in {one.since, one.last, other.since, other.last}:
        assert (both is not None and day in both) == (day in one and day in other)


@pytest.mark.parametrize(
    ("day", "since"),
    [
        (date(2026, 11, 25), date(2025, 11, 26)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2025, 2, 28), date(2024, 2, 29)),
        (date(2025, 12, 31), date(2025, 1, 1)),
    ],
)
def test_twelve_months_end_with_their_day(day, since):
    period = twelve_months_to(day)

    assert (period.since, period.last) == (since, day)


def test_a_year_and_a_day_are_said_in_chinese():
    assert year(2026).label == "2026年"
    assert say_day(date(2026, 11, 5)) == "2026年11月5日"
