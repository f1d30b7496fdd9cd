"""Amounts in the characters of cheques and vouchers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.money import Money

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
SECTIONS = {"万": 10**4, "亿": 10**8, "兆": 10**12, "京": 10**16}


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1_000, "壹拾元整"),
        (100_520, "壹仟零伍元贰角整"),
        (4_800_550, "肆万捌仟零伍元伍角整"),
        (10_000_000, "壹拾万元整"),
        (100_000_100, "壹佰万零壹元整"),
        (1_000_000_000_00, "壹拾亿元整"),
        (10_001_000_00, "壹仟万零壹仟元整"),
        (-12_345, "负壹佰贰拾叁元肆角伍分"),
    ],
)
def test_an_amount_is_written_in_capitals(fen, said):
    assert Money(fen).capitals() == said


@given(st.integers(0, 10**17))
def test_what_is_written_reads_back_as_the_same_amount(fen):
    yuan, _, small = Money(fen).capitals().rpartition("元")
    total = section = digit = 0
    for character in yuan:
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in UNITS:
            section, digit = section + digit * UNITS[character], 0
        else:
            total += (section + digit) * SECTIONS[character]
            section = digit = 0
    total = (total + section + digit) * 100
    digit = 0
    for character in small:
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in "角分":
            total += digit * (10 if character == "角" else 1)

    assert total == fen
