import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.ui import phrasing

FEN = st.integers(-(10**15), 10**15)


def back(words):
    return Decimal(words.replace(",", "").replace("−", "-").replace("+", ""))


@given(FEN)
def test_yuan_are_exact_to_the_fen(fen):
    words = phrasing.yuan(fen)
    assert back(words) * 100 == fen
    assert re.fullmatch(r"−?\d{1,3}(,\d{3})*\.\d\d", words)


@given(FEN)
def test_the_direction_of_money_is_always_written(fen):
    words = phrasing.signed_yuan(fen)
    assert back(words) * 100 == fen
    assert words[0] == ("+" if fen > 0 else "−" if fen < 0 else "0")


@given(FEN)
def test_ten_thousands_are_rounded_half_up_never_further(fen):
    off = Fraction(back(phrasing.wan(fen))) * 1_000_000 - fen
    assert abs(off) <= 5_000
    assert off != -5_000 if fen > 0 else off != 5_000 if fen < 0 else off == 0


@given(FEN, FEN)
def test_a_larger_amount_never_looks_smaller(one, other):
    low, high = sorted((one, other))
    assert back(phrasing.wan(low)) <= back(phrasing.wan(high))


@pytest.mark.parametrize(
    ("fen", "words"),
    [(3_200_000, "3.20"), (143_800_000, "143.80"), (-4_999, "0.00"), (5_000, "0.01"), (None, "—")],
)
def test_wan_reads_as_the_design_has_it(fen, words):
    assert phrasing.wan(fen) == words


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_the_same_from_a_fraction_and_a_float(part, whole):
    words = phrasing.percent1(Fraction(part, whole))
    assert abs(
        Decimal(words.rstrip("%").replace(",", "")) - Decimal(part * 100) / whole
    ) <= Decimal("0.0501")


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (213 / 560, "38.0%"),
        (0.125, "12.5%"),
        (1, "100.0%"),
        (0, "0.0%"),
        (0.0005, "0.1%"),
        (-0.021, "−2.1%"),
        (None, "—"),
    ],
)
def test_a_percentage_has_one_decimal(ratio, words):
    assert phrasing.percent1(ratio) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (88107, "88,107"),
        (0, "0"),
        (-1204, "−1,204"),
        (Decimal("31.6"), "31.6"),
        (None, "—"),
        ("", "—"),
    ],
)
def test_thousands_are_parted(value, words):
    assert phrasing.thousands(value) == words


def test_a_moment_is_told_in_shanghai():
    late = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
    assert phrasing.moment(late) == "11月23日 0:05"
    assert phrasing.day(late) == "2026年11月23日"
    assert phrasing.day_short(date(2026, 3, 5)) == "3月5日"
    assert phrasing.day(None) == phrasing.moment(None) == phrasing.day_short(None) == ""


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (date(2027, 2, 28), "还剩97天"),
        (date(2026, 11, 23), "今天到期"),
        (date(2026, 11, 20), "逾期3天"),
        (None, ""),
    ],
)
def test_days_left_are_words(until, words):
    assert phrasing.left_days(until, date(2026, 11, 23)) == words


def test_a_long_title_breaks_between_phrases():
    title = phrasing.phrases("3号院口袋花园改造方案，您看行不行？")
    assert (
        title
        == '<span class="ph">3号院口袋花园改造方案，</span><span class="ph">您看行不行？</span>'
    )
    assert isinstance(title, SafeString)
    assert phrasing.phrases("县域总览") == "县域总览"


@given(st.text(alphabet="好的，。；：！？、”’）<&1a", max_size=30))
def test_breaking_a_title_loses_and_adds_nothing(text):
    from html import unescape

    shown = phrasing.phrases(text)
    bare = unescape(re.sub(r"</?span[^>]*>", "", shown)) if isinstance(shown, SafeString) else shown
    assert bare == text
