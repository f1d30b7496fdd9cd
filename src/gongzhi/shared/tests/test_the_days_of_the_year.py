from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.shared import almanac

# The days of 2026 in the handbook, read in the official calendar.
TERMS_2026 = (
    "01-05 01-20 02-04 02-18 03-05 03-20 04-05 04-20 05-05 05-21 06-05 06-21"
    " 07-07 07-23 08-07 08-23 09-07 09-23 10-08 10-23 11-07 11-22 12-07 12-22"
)


def in_words(year: int, *keys: str) -> list[str]:
    return [f"{almanac.days_of(year)[key]:%m-%d}" for key in keys]


def test_the_24_terms_of_2026_are_those_of_the_official_calendar():
    terms = [k for k, o in almanac.OCCASIONS.items() if o.sort is almanac.Sort.TERM]

    assert " ".join(in_words(2026, *terms)) == TERMS_2026


def test_a_term_before_midnight_in_utc_8_keeps_its_day():
    # 雨水 2026 falls on 18 February 23:51 at UTC+8: an hour further east it is already the 19th.
    assert almanac.days_of(2026)["yushui"] == date(2026, 2, 18)


def test_the_festivals_of_2026_follow_the_moon():
    assert in_words(
        2026, "chunjie", "yuanxiao", "duanwu", "qixi", "zhongyuan", "zhongqiu", "chongyang"
    ) == ["02-17", "03-03", "06-19", "08-19", "08-27", "09-25", "10-18"]
    assert in_words(2027, "laba") == ["01-15"]


@pytest.mark.parametrize(
    ("year", "spring", "autumn"), [(2026, "03-25", "09-21"), (2027, "03-20", "09-26")]
)
def test_sheri_is_the_fifth_wu_day_after_the_term(year, spring, autumn):
    assert in_words(year, "chunshe", "qiushe") == [spring, autumn]


@settings(max_examples=25)
@given(st.integers(1950, 2090))
def test_every_year_has_24_terms_about_fifteen_days_apart(year):
    days = almanac.days_of(year)
    terms = [days[k] for k, o in almanac.OCCASIONS.items() if o.sort is almanac.Sort.TERM]

    assert len(terms) == 24
    assert terms == sorted(terms)
    assert all(14 <= (b - a).days <= 17 for a, b in pairwise(terms))
    assert {day.year for day in days.values()} == {year}


@settings(max_examples=25)
@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(1, 400))
def test_what_is_coming_lies_in_its_days_and_in_order(since, length):
    found = [day for day, _ in almanac.coming(since, since + timedelta(days=length))]

    assert found == sorted(found)
    assert all(since <= day < since + timedelta(days=length) for day in found)


def test_a_day_is_said_in_the_lunar_calendar():
    assert almanac.lunar_words(date(2026, 10, 18)) == "九月初九"
