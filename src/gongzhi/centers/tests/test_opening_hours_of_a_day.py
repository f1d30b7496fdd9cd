"""The timetable alone: no database."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.centers.timetable import (
    HALVES,
    DayHours,
    Timetable,
    clock,
    free,
    half_of,
    nearest,
    span,
)
from gongzhi.shared.calendar import LOCAL

WEEK = {day: ((18, 24), (28, 35)) for day in range(5)} | {5: ((19, 24),)}
OPENED = date(2020, 6, 1)
TABLE = Timetable(opened_on=OPENED, weeks=((OPENED, WEEK),))
WEDNESDAY = date(2026, 11, 25)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("text", "half"),
    [("9:00", 18), ("09:30", 19), ("9：30", 19), ("24:00", 48), ("0:00", 0)],
)
def test_a_half_hour_is_read_and_written_as_people_say_it(text, half):
    assert half_of(text) == half
    assert half_of(clock(half)) == half


@pytest.mark.parametrize("text", ["", "9", "9:15", "25:00", "24:30", "-1:00", "九点"])
def test_what_is_no_half_hour_is_not_read(text):
    assert half_of(text) is None


def test_an_ordinary_day_keeps_the_usual_hours():
    hours = TABLE.on(WEDNESDAY)

    assert hours.label == "9:00–12:00、14:00–17:30"
    assert hours.holds(18, 24)
    assert not hours.holds(22, 29), "nobody sits through the lunch break"


def test_a_day_of_the_week_without_hours_is_closed():
    assert TABLE.on(date(2026, 11, 29)).label == "不开门"


def test_a_statutory_holiday_is_closed_and_says_which_it_is():
    # 2026-10-01 to 10-07: 国庆节.
    hours = TABLE.on(date(2026, 10, 1))

    assert hours.stretches == ()
    assert hours.note == "国庆节放假"


def test_a_center_may_stay_open_on_holidays():
    table = Timetable(opened_on=OPENED, weeks=TABLE.weeks, rests_on_holidays=False)

    assert table.on(date(2026, 10, 1)).stretches == WEEK[3]


def test_a_saturday_worked_for_a_holiday_keeps_its_own_hours_and_a_sunday_keeps_mondays():
    # 2026-10-10 (Saturday) and 2026-09-20 (Sunday) are worked for 国庆节.
    assert TABLE.on(date(2026, 10, 10)).stretches == WEEK[5]
    sunday = TABLE.on(date(2026, 9, 20))
    assert sunday.stretches == WEEK[0]
    assert sunday.note == "调休上班，按星期一的时间"


def test_a_year_without_a_published_notice_keeps_the_week():
    assert TABLE.on(date(2035, 10, 1)).stretches == WEEK[0]


def test_a_special_day_goes_before_holidays_and_the_week():
    special = {date(2026, 10, 1): (((20, 30),), "国庆开放日")}
    table = Timetable(opened_on=OPENED, weeks=TABLE.weeks, special=special)

    assert table.on(date(2026, 10, 1)).label == "10:00–15:00"
    assert table.on(date(2026, 10, 1)).note == "国庆开放日"


def test_a_new_week_holds_from_its_day_on():
    table = Timetable(
        opened_on=OPENED, weeks=((OPENED, WEEK), (date(2026, 12, 1), {1: ((16, 40),)}))
    )

    assert table.on(date(2026, 11, 30)).stretches == WEEK[0]
    assert table.on(date(2026, 12, 1)).stretches == ((16, 40),)
    assert table.on(date(2026, 12, 2)).stretches == ()


def test_nothing_is_open_before_the_first_day_and_from_the_last_on():
    table = Timetable(opened_on=OPENED, closed_on=WEDNESDAY, weeks=TABLE.weeks)

    assert table.on(OPENED - timedelta(days=1)).note == "还没有开门"
    assert table.on(WEDNESDAY).note == "已经关闭"


@pytest.mark.parametrize(
    ("moment", "is_open", "words"),
    [
        (at(WEDNESDAY, 8, 59), False, "现在没开门，9:00开门"),
        (at(WEDNESDAY, 9), True, "现在开着，12:00关门"),
        (at(WEDNESDAY, 12), False, "现在没开门，14:00开门"),
        (at(WEDNESDAY, 17, 29), True, "现在开着，17:30关门"),
        (at(WEDNESDAY, 17, 30), False, "现在没开门，明天9:00开门"),
        (at(date(2026, 11, 28), 12), False, "现在没开门，11月30日（星期一）9:00开门"),
        (at(date(2026, 10, 1), 10), False, "今天国庆节放假，10月8日（星期四）9:00开门"),
    ],
)
def test_the_page_says_whether_the_doors_are_open_now(moment, is_open, words):
    standing = TABLE.standing(moment)

    assert (standing.is_open, standing.words) == (is_open, words)


def test_a_center_without_hours_asks_people_to_call_first():
    empty = Timetable(opened_on=OPENED)

    assert empty.standing(at(WEDNESDAY, 10)).words.endswith("来之前请先打电话")


def test_what_is_taken_and_what_has_passed_is_not_free():
    hours = DayHours(day=WEDNESDAY, stretches=((18, 24), (28, 35)))

    assert free(hours, {20, 21}) == ((18, 20), (22, 24), (28, 35))
    assert free(hours, {20, 21}, not_before=23) == ((23, 24), (28, 35))


def test_stretches_on_both_sides_of_a_break_stay_two():
    hours = DayHours(day=WEDNESDAY, stretches=((18, 24), (24, 30)))

    assert free(hours, set()) == ((18, 24), (24, 30))


def test_the_nearest_free_time_is_the_closest_hour_of_the_first_day_that_fits():
    days = [(WEDNESDAY, ((18, 19),)), (WEDNESDAY + timedelta(days=1), ((18, 24), (28, 35)))]

    assert nearest(days, 26, 4) == (WEDNESDAY + timedelta(days=1), (28, 32))
    assert nearest(days, 23, 2) == (WEDNESDAY + timedelta(days=1), (22, 24))
    assert nearest(days, 20, 9) is None


halves = st.integers(0, HALVES - 1)


@given(st.sets(halves), st.sets(halves), halves)
def test_free_time_is_open_time_without_what_is_taken(open_halves, taken, not_before):
    hours = DayHours(day=WEDNESDAY, stretches=tuple((h, h + 1) for h in sorted(open_halves)))

    found = [h for begins, ends in free(hours, taken, not_before) for h in range(begins, ends)]

    assert found == sorted(h for h in open_halves - taken if h >= not_before)


@given(st.sets(halves, min_size=1), halves, st.integers(1, 6))
def test_the_nearest_time_lies_within_free_time_and_nothing_free_is_nearer(open_halves, wanted, n):
    hours = DayHours(day=WEDNESDAY, stretches=_joined(open_halves))
    stretches = free(hours, set())

    found = nearest([(WEDNESDAY, stretches)], wanted, n)

    possible = [b for b in range(HALVES) if all(h in open_halves for h in range(b, b + n))]
    if found is None:
        assert not possible
    else:
        begins, ends = found[1]
        assert ends - begins == n
        assert begins in possible
        assert abs(begins - wanted) == min(abs(b - wanted) for b in possible), span(found[1])


def _joined(open_halves):
    joined: list[tuple[int, int]] = []
    for half in sorted(open_halves):
        if joined and joined[-1][1] == half:
            joined[-1] = (joined[-1][0], half + 1)
        else:
            joined.append((half, half + 1))
    return tuple(joined)
