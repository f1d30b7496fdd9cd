from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.calendar import LOCAL
from gongzhi.volunteering.hours import Claim, credits, say_hours

START = datetime(2026, 11, 29, tzinfo=LOCAL)
DAY = date(2026, 11, 29)


class NoCap(dict):
    def __missing__(self, day):
        return 10**6


def claim(key, begins, ends):
    at, until = START + timedelta(minutes=begins), START + timedelta(minutes=ends)
    return Claim(key=key, day=at.date(), begins_at=at, ends_at=until, minutes=ends - begins)


def hours(*stretches, cap=10**6):
    found = credits([claim(k, b * 60, e * 60) for k, (b, e) in enumerate(stretches)], Capped(cap))
    return [found[k].minutes / 60 for k in range(len(stretches))]


class Capped(dict):
    def __init__(self, cap):
        self.cap = cap

    def __missing__(self, day):
        return self.cap


def test_nine_to_eleven_and_ten_to_twelve_are_three_hours():
    assert hours((9, 11), (10, 12)) == [2, 1]


def test_what_lies_within_another_adds_nothing():
    assert hours((9, 12), (10, 11)) == [3, 0]


def test_stretches_that_touch_both_count():
    assert hours((9, 10), (10, 11)) == [1, 1]


def test_a_day_counts_to_its_cap():
    assert hours((8, 13), (14, 19), cap=480) == [5, 3]


def test_what_was_left_out_is_said():
    found = credits([claim(0, 540, 660), claim(1, 600, 720)], Capped(150))
    assert found[1].reason == "和另一次重叠的60分钟只算一次，超过一天最多的30分钟不算"
    assert found[0].reason == "按到场和离场的时间算"


stretches = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 600)).map(lambda p: (p[0], p[0] + p[1])),
    max_size=8,
)


@given(stretches)
def test_the_minutes_are_those_of_the_union(parts):
    found = credits([claim(k, b, e) for k, (b, e) in enumerate(parts)], NoCap())

    served = {minute for begins, ends in parts for minute in range(begins, ends)}
    assert sum(c.minutes for c in found.values()) == len(served)


@given(stretches, st.randoms(use_true_random=False))
def test_the_order_in_which_they_were_noted_does_not_matter(parts, random):
    claims = [claim(k, b, e) for k, (b, e) in enumerate(parts)]
    shuffled = random.sample(claims, len(claims))
    assert credits(claims, NoCap()) == credits(shuffled, NoCap())


@given(stretches, st.integers(0, 500))
def test_no_day_holds_more_than_its_cap_and_nothing_is_lost_unsaid(parts, cap):
    claims = [claim(k, b, e) for k, (b, e) in enumerate(parts)]
    found = credits(claims, Capped(cap))
    for day in {c.day for c in claims}:
        assert sum(found[c.key].minutes for c in claims if c.day == day) <= cap
    for c in claims:
        got = found[c.key]
        assert got.minutes + got.overlap + got.over_cap == c.minutes
        assert min(got.minutes, got.overlap, got.over_cap) >= 0


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0.0"), (90, "1.5"), (95, "1.6"), (60000, "1,000.0")]
)
def test_minutes_are_said_as_hours(minutes, said):
    assert say_hours(minutes) == said
