from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.codes import (
    birth_of,
    id_check_character,
    id_faults,
    id_numbers_ok,
    make_id_number,
    normalize_id,
    require_id,
    sex_of,
)
from gongzhi.shared.faults import BadValue
from gongzhi.shared.testing import wide

TODAY = date(2026, 11, 25)

births = st.dates(date(1900, 1, 1), TODAY)
invented = st.builds(
    make_id_number, st.sampled_from(["510121", "110105", "830000"]), births, st.integers(1, 999)
)


def test_the_standards_own_example_is_valid():
    number = "11010519491231002X"

    assert id_faults(number, TODAY) is None
    assert id_check_character(number[:17]) == "X"
    assert birth_of(number) == date(1949, 12, 31)
    assert sex_of(number) == "female"


@given(births, st.integers(1, 999))
def test_an_invented_number_tells_its_birth_and_sex(birth, sequence):
    number = make_id_number("510121", birth, sequence)

    assert id_faults(number, TODAY) is None
    assert birth_of(number) == birth
    assert sex_of(number) == ("male" if sequence % 2 else "female")


@given(invented, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_found(number, place, other):
    wrong = number[:place] + other + number[place + 1 :]

    assert (id_faults(wrong, TODAY) is None) == (wrong == number)


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "'11010519491231002X",
        wide("11010519491231002X"),
        "110105-19491231-002×",
        "11010519491231002\u0425",
        "\u200b11010519491231002X\u202c",
    ],
)
def test_what_people_really_type_is_taken(typed):
    assert require_id(typed, TODAY) == normalize_id(typed) == "11010519491231002X"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "没有填"),
        ("110105491231002", "15位的老号码"),
        ("1101054912310021", "少2位"),
        ("11010549123100X", "少3位"),
        ("11010519491231002XX", "多1位"),
        ("1101O519491231002X", "第5位是字母“O”，这里只能是数字，像是数字0"),
        ("1101？519491231002X", "第5位是“？”"),
        ("11010519491231002B", "最后一位是字母B。身份证号的最后一位只能是数字或X"),
        ("11010519491231002甲", "最后一位是甲"),
        ("91010519491231002X", "开头的91不是任何省的代码"),
        ("11010519490231002X", "出生日期19490231不存在"),
        ("11010520491231002X", "出生年份2049年在今天之后，像是1949年写错"),
        ("11010529491231002X", "出生年份2949年在今天之后"),
        ("11010518491231002X", "世纪写错了"),
        ("110105194912310021", "校验码对不上"),
        ("1.10105E+17", "科学计数"),
    ],
)
def test_each_fault_is_named_with_how_to_mend_it(typed, says):
    fault = id_faults(typed, TODAY)

    assert fault is not None
    assert says in fault.wrong
    assert fault.endswith("。")
    with pytest.raises(BadValue):
        require_id(typed, TODAY)


def test_no_fault_repeats_the_number_or_gives_the_right_check_character_away():
    fault = id_faults("110105194912310021", TODAY)

    assert fault is not None
    assert "1101051949" not in fault
    assert "X" not in fault


def test_a_number_far_in_the_future_gets_no_guess_of_the_right_year():
    fault = id_faults("11010529491231002X", TODAY)

    assert fault is not None
    assert "像是" not in fault


def test_somebody_born_today_has_a_number_and_somebody_born_tomorrow_has_not():
    today, tomorrow = date(2026, 11, 25), date(2026, 11, 26)

    assert id_faults(make_id_number("510121", today, 1), TODAY) is None
    assert id_faults(make_id_number("510121", tomorrow, 1), TODAY) is not None


seventeen = st.text("0123456789", min_size=17, max_size=17)
anything = st.one_of(
    invented,
    invented.map(str.lower),
    invented.map(lambda n: n[:8]),
    seventeen.map(lambda n: n + id_check_character(n)),
    st.builds(
        lambda year, rest, order: (
            (n := f"510121{year}{rest:04d}{order:03d}") + id_check_character(n)
        ),
        st.integers(1899, 2027),
        st.integers(0, 1399),
        st.integers(1, 999),
    ),
    st.text("0123456789X ", min_size=17, max_size=19),
    st.text(max_size=20),
)


@given(st.lists(anything, max_size=20))
def test_many_at_once_agree_with_one_at_a_time(texts):
    assert id_numbers_ok(texts, TODAY).tolist() == [id_faults(t, TODAY) is None for t in texts]
