from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.codes import make_id_number
from gongzhi.shared.personal import has_id_number, has_mobile

DAY = date(2026, 11, 25)
FULL_WIDTH = {ord(str(n)): 0xFF10 + n for n in range(10)}
NUMBER = make_id_number("510121", date(1968, 4, 26), 12)


@pytest.mark.parametrize(
    "text",
    [
        f"我的身份证{NUMBER}被人登记了",
        f"号码：{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}",
        NUMBER.translate(FULL_WIDTH),
    ],
)
def test_an_id_number_is_found_however_it_is_written(text):
    assert has_id_number(text, DAY)


@pytest.mark.parametrize(
    "text",
    ["金委社治〔2026〕12号", "123456789012345678", "1234567890123456789012", "没有号码", ""],
)
def test_other_digits_are_no_id_number(text):
    assert not has_id_number(text, DAY)


@pytest.mark.parametrize(
    "text",
    [
        "打13800002076找我",
        "138 0000 2076",
        "138-0000-2076",
        "+8613800002076",
        "13800002076".translate(FULL_WIDTH),
    ],
)
def test_a_mobile_is_found_however_it_is_written(text):
    assert has_mobile(text)


@pytest.mark.parametrize(
    "text", ["028-84921000", "请打12345", "花了138000元", "2026年11月25日", "编号2026-0012", ""]
)
def test_a_landline_a_date_and_an_amount_are_no_mobile(text):
    assert not has_mobile(text)


@given(
    st.dates(date(1930, 1, 1), date(2020, 12, 31)),
    st.integers(1, 999),
    st.text("甲乙丙丁，。 \n", max_size=5),
    st.text("甲乙丙丁，。 \n", max_size=5),
)
def test_every_valid_number_is_found_between_any_words(birth, sequence, before, after):
    assert has_id_number(f"{before}{make_id_number('510121', birth, sequence)}{after}", DAY)
