from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.faults import BadValue
from gongzhi.shared.money import Money, parse_yuan
from gongzhi.shared.testing import wide

amounts = st.integers(-(10**15), 10**15).map(Money)


@given(amounts, st.integers(1, 50))
def test_equal_parts_add_up_and_differ_by_a_fen_at_most(whole, parts):
    shares = whole.split(parts)

    assert Money.sum(shares) == whole
    assert len(shares) == parts
    assert max(shares).fen - min(shares).fen <= 1


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_parts_by_weight_add_up_and_nothing_goes_to_nobody(whole, weights):
    shares = whole.split(weights)

    assert Money.sum(shares) == whole
    assert all(not share for share, weight in zip(shares, weights, strict=True) if not weight)


def test_the_fen_left_over_goes_to_the_largest_remainder_the_earlier_first():
    assert Money(100).split(3) == [Money(34), Money(33), Money(33)]
    assert Money(-100).split(3) == [Money(-34), Money(-33), Money(-33)]
    assert Money(100).split([1, 5, 0]) == [Money(17), Money(83), Money(0)]


@pytest.mark.parametrize("parts", [0, [], [0, 0], [3, -1]])
def test_there_is_no_splitting_among_nobody(parts):
    with pytest.raises(ValueError, match="at least one part"):
        Money(1).split(parts)


@given(amounts, amounts)
def test_adding_and_taking_away_are_each_others_undoing(one, other):
    assert one + other - other == one
    assert one - other == -(other - one)
    assert one * 3 == 3 * one == one + one + one
    assert (one < other) == (one.fen < other.fen)
    assert bool(one) == (one.fen != 0)


def test_money_takes_no_floats_and_no_bare_numbers():
    with pytest.raises(TypeError):
        Money(1.5)  # type: ignore[arg-type]
    for deed in (lambda m: m + 1, lambda m: m - 1, lambda m: m * 1.5):
        with pytest.raises(TypeError):
            deed(Money(1))


@pytest.mark.parametrize(
    ("fen", "yuan", "wan"),
    [
        (1_641_954, "16,419.54", "1.64万元"),
        (3_200_000, "32,000.00", "3.20万元"),
        (-5, "−0.05", "0.00万元"),
        (-3_205_000, "−32,050.00", "−3.21万元"),
        (0, "0.00", "0.00万元"),
        (800_000_000_000, "8,000,000,000.00", "800,000.00万元"),
    ],
)
def test_amounts_are_written_as_the_ledger_and_the_summary_want_them(fen, yuan, wan):
    assert Money(fen).yuan() == str(Money(fen)) == yuan
    assert Money(fen).wan() == wan


def test_a_sign_is_written_when_asked_and_charts_take_one_place():
    assert Money(150).yuan(sign=True) == "+1.50"
    assert Money(-150).yuan(sign=True) == "−1.50"
    assert Money(0).yuan(sign=True) == "0.00"
    assert Money(143_800_000).wan(1) == "143.8万元"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("1,234.50 元", 123_450),
        ("¥1234.5", 123_450),
        ("￥" + wide("1234.5"), 123_450),
        ("3.2万元", 3_200_000),
        ("3.2 万", 3_200_000),
        ("0.00001万元", 10),
        ("1.2亿元", 12_000_000_000),
        ("人民币800万元整", 800_000_000),
        ("-12.30", -1_230),
        ("−12.30", -1_230),
        ("0", 0),
        (1234.5, 123_450),
        (12, 1_200),
        (Decimal("0.01"), 1),
    ],
)
def test_amounts_are_read_as_people_write_them(typed, fen):
    assert parse_yuan(typed) == Money(fen)


@given(amounts)
def test_what_the_ledger_writes_reads_back_the_same(amount):
    assert parse_yuan(amount.yuan()) == amount


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1.234", "分以下"),
        (0.001, "分以下"),
        ("0.0000001万元", "分以下"),
        ("", "没有填"),
        ("约三千", "不是金额"),
        ("1,23", "不是金额"),
        (True, "是"),
        (float("nan"), "不是数"),
        (float("inf"), "不是数"),
        ("510121195001011234", "大得不合常理"),
        (1e300, "大得不合常理"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(typed, says):
    with pytest.raises(BadValue, match=says) as refused:
        parse_yuan(typed)

    assert str(refused.value).endswith("。")
