from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared.faults import BadValue
from gongzhi.shared.money import Money
from gongzhi.shared.spreadsheets import (
    CellError,
    PartialDate,
    read_day,
    read_digits,
    read_integer,
    read_money,
    read_text,
    read_yes_no,
)
from gongzhi.shared.testing import wide

TODAY = date(2026, 11, 25)
READERS = [
    read_text,
    read_digits,
    read_integer,
    read_yes_no,
    read_money,
    lambda value: read_day(value, TODAY),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("blank", [None, "", "  ", "\u3000", "\u200b", "'"])
def test_a_blank_cell_is_nothing_to_every_reader(read, blank):
    assert read(blank) is None


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("broken", "says"),
    [(CellError("#REF!"), "公式出错（#REF!）"), (CellError(""), "公式没有结果"), ("#N/A", "#N/A")],
)
def test_a_failed_formula_is_refused_by_every_reader(read, broken, says):
    with pytest.raises(BadValue, match=says):
        read(broken)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" 张桂兰　", "张桂兰"),
        (13800000000.0, "13800000000"),
        (3.5, "3.5"),
        (12, "12"),
        (True, "是"),
        (False, "否"),
        (date(2025, 3, 1), "2025-03-01"),
        (datetime(2025, 3, 1), "2025-03-01"),  # noqa: DTZ001
        (datetime(2025, 3, 1, 9, 30), "2025-03-01 09:30:00"),  # noqa: DTZ001
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        ('="510121"', "510121"),
        ("'=1+1", "=1+1"),
        ("#1楼", "#1楼"),
        ("=SUM", "=SUM"),
        ('="半截', '="半截'),
        ('="', '="'),
        (1e20, "1e+20"),
    ],
)
def test_text_is_read_whatever_the_cell_became(value, text):
    assert read_text(value) == text


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (13800000000.0, "13800000000"),
        (510121, "510121"),
        ("510121195001011426", "510121195001011426"),
        ("'0012", "0012"),
        ('="0012"', "0012"),
        (True, "是"),
    ],
)
def test_a_number_that_is_a_name_keeps_its_digits(value, digits):
    assert read_digits(value) == digits


@pytest.mark.parametrize("value", [510121195001011426.0, 5.10121e17, "5.10121E+17", 10**17, 1.5])
def test_a_number_that_lost_its_digits_is_refused(value):
    with pytest.raises(BadValue, match="科学计数，后几位已经丢了"):
        read_digits(value)


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_are_read_from_cells_and_from_text(number):
    for typed in (
        number,
        float(number),
        str(number),
        f"{number:,}",
        f" {number}.0 ",
        f"{number}人",
    ):
        assert read_integer(typed, least=-(10**12)) == number


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("约三十", "不是整数"),
        (3.5, "不是整数"),
        ("1,23", "不是整数"),
        (True, "不是整数"),
        (-1, "-1不在0到1000000000000之间"),
        (10**13, "不在0到"),
    ],
)
def test_what_is_no_whole_number_is_refused(value, says):
    with pytest.raises(BadValue, match=says):
        read_integer(value)


def test_a_true_minus_and_full_width_digits_are_a_number():
    assert read_integer("−12", least=-100) == -12
    assert read_integer(wide("1,204") + "人") == 1204


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        *[(yes, True) for yes in ("是", "√", "Y", 1.0, True, "有")],
        *[(no, False) for no in ("否", "×", "n", 0, False, "无")],
    ],
)
def test_yes_and_no_have_many_forms(value, answer):
    assert read_yes_no(value) is answer


def test_maybe_is_neither_yes_nor_no():
    with pytest.raises(BadValue, match="“也许”看不出是还是否"):
        read_yes_no("也许")


@pytest.mark.parametrize(
    ("value", "fen"),
    [
        (1234.5, 123_450),
        (12, 1_200),
        (0.1 + 0.2, 30),
        ("3.2万元", 3_200_000),
        ("1,234.50", 123_450),
    ],
)
def test_money_is_read_from_numbers_and_text(value, fen):
    assert read_money(value) == Money(fen)


@pytest.mark.parametrize("value", [0.125, True, "不知道", date(2025, 3, 1)])
def test_what_is_no_money_is_refused(value):
    with pytest.raises(BadValue):
        read_money(value)


@pytest.mark.parametrize(
    "value",
    [
        date(2025, 3, 1),
        datetime(2025, 3, 1, 9, 30),  # noqa: DTZ001
        45717,
        45717.0,
        45717.4,
        "2025-03-01",
        "2025-3-1",
        "2025.3.1",
        "2025/3/1",
        "2025年3月1日",
        "2025年3月1号",
        "2025年 3月 1日",
        "20250301",
        20250301.0,
        "2025-03-01 09:30:00",
        "2025-03-01T09:30",
        wide("2025.3.1"),
        "2025.3.1。",
        "'2025-03-01",
    ],
)
def test_a_day_is_read_in_every_way_it_is_written(value):
    assert read_day(value, TODAY) == PartialDate(date(2025, 3, 1))


@pytest.mark.parametrize(
    ("value", "first", "precision", "said"),
    [
        ("1975-11", date(1975, 11, 1), "month", "1975年11月"),
        ("1975年11月", date(1975, 11, 1), "month", "1975年11月"),
        ("1975.11", date(1975, 11, 1), "month", "1975年11月"),
        ("197511", date(1975, 11, 1), "month", "1975年11月"),
        (197511, date(1975, 11, 1), "month", "1975年11月"),
        (1975.11, date(1975, 11, 1), "month", "1975年11月"),
        (2025.3, date(2025, 3, 1), "month", "2025年3月"),
        ("1975年", date(1975, 1, 1), "year", "1975年"),
        (1975.0, date(1975, 1, 1), "year", "1975年"),
        ("1975-11-23", date(1975, 11, 23), "day", "1975年11月23日"),
    ],
)
def test_what_is_known_of_a_day_is_kept_and_no_more(value, first, precision, said):
    found = read_day(value, TODAY)

    assert found == PartialDate(first, precision)
    assert str(found) == said


@given(st.dates(date(1900, 3, 1), TODAY))
def test_every_form_of_a_day_reads_back_the_same(day):
    serial = (day - date(1899, 12, 30)).days
    forms = [day, day.isoformat(), f"{day:%Y%m%d}", f"{day.year}.{day.month}.{day.day}"]
    if serial >= 10_000:
        forms.append(float(serial))
    for form in forms:
        assert read_day(form, TODAY) == PartialDate(day)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("去年春天", "看不出是哪一天"),
        ("68.4.26", "看不出是哪一天"),
        ("2025-13-01", "没有“2025-13-01”这一天"),
        ("2025-02-30", "没有“2025-02-30”这一天"),
        ("20251301", "没有“20251301”这一天"),
        ("0068-04-26", "没有"),
        ("0000年", "看不出"),
        (2025.1, "可能是1月，也可能是10月"),
        (3456, "看不出"),
        (1.5, "看不出"),
        (-5.0, "看不出"),
        (200_000.5, "看不出"),
        (10**20, "看不出"),
        (True, "看不出"),
        (time(9, 30), "看不出"),
        ("2091/3/5", "日期在今天之后，像是1991年写错"),
        (date(2026, 11, 26), "日期在今天之后"),
        ("2200-01-01", "日期在今天之后"),
    ],
)
def test_what_is_no_day_or_lies_ahead_is_refused(value, says):
    with pytest.raises(BadValue, match=says):
        read_day(value, TODAY)


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("2091-03-05", "改成1991-03-05，或照证件改"),
        ("2091-03", "填2026-11-25或更早的日期"),
        ("2026-12-01", "填2026-11-25或更早的日期"),
        ("2096-02-29", "改成1996-02-29，或照证件改"),
        ("2126-12-01", "填2026-11-25或更早的日期"),
        ("2000-02-29", None),
    ],
)
def test_a_day_ahead_is_mended_with_the_year_meant(value, mend):
    if mend is None:
        assert read_day(value, TODAY) is not None
        return
    with pytest.raises(BadValue) as refused:
        read_day(value, TODAY)

    assert refused.value.fault.mend == mend


def test_a_century_back_that_has_no_such_day_is_not_suggested():
    with pytest.raises(BadValue) as refused:
        read_day("2000-02-29", date(1999, 12, 31))

    assert refused.value.fault.mend == "填1999-12-31或更早的日期"


def test_days_ahead_are_taken_where_they_are_allowed():
    assert read_day("2027-02-28", TODAY, future=True) == PartialDate(date(2027, 2, 28))
