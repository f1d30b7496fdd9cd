"""The value in one cell, in all the ways a spreadsheet holds it; a blank cell is None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from gongzhi.shared.codes.typed import LOST_DIGITS, lost_digits
from gongzhi.shared.faults import BadValue
from gongzhi.shared.money import Money, parse_yuan
from gongzhi.shared.text import normalize

Raw = str | int | float | bool | date | datetime | time | timedelta | None

# Numbers in a sheet carry 15 significant digits; a longer one has lost its last digits.
_EXACT = 10**15
_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial numbers, from 1900-03-01 on
_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")


class CellError(str):
    """What stands in a cell whose formula failed (`#REF!`), or has no result (empty)."""

    __slots__ = ()


def _refuse_error(value: str) -> None:
    what = f"公式出错（{value}）" if value else "公式没有结果"
    raise BadValue(f"这一格的{what}", "填上算好的值，或者复制后“选择性粘贴”为数值")


def read_text(value: Raw) -> str | None:
    """
    Return the cell as clean text (文本): whole numbers without `.0`, days as `2025-03-01`.

    :raises BadValue: the formula in the cell has no result.
    """
    if type(value) is str:
        return _text(value)
    if value is None:
        return None
    if isinstance(value, CellError):
        _refuse_error(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return str(value)


def _text(value: str) -> str | None:
    text = normalize(value)
    if not text:
        return None
    if text[0] in "#'=":
        if text in _ERRORS:
            _refuse_error(text)
        # ="5101…" and '5101… are how people keep a spreadsheet from calculating with a code.
        text = text.removeprefix("'").strip()
        if len(text) > 2 and text.startswith('="') and text.endswith('"'):
            text = text[2:-1].strip()
    return text or None


def read_digits(value: Raw) -> str | None:
    """
    Return a number that is a name (证件号、手机号、信用代码) as text, when no digit of it is lost.

    :raises BadValue: the spreadsheet has turned it into a number and dropped its last digits.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) >= _EXACT or value != int(value):
            raise BadValue(LOST_DIGITS.wrong, LOST_DIGITS.mend)
        return str(int(value))
    text = read_text(value)
    if text and lost_digits(text):
        raise BadValue(LOST_DIGITS.wrong, LOST_DIGITS.mend)
    return text


def read_integer(value: Raw, *, least: int = 0, most: int = 10**12) -> int | None:
    """
    Return a whole number (整数): `1,204`, `12人`, 12.0.

    :raises BadValue: it is no whole number between *least* and *most*.
    """
    text = read_text(value)
    if text is None:
        return None
    found = re.fullmatch(
        r"([-−+]?)(\d{1,18}|\d{1,3}(?:[,，]\d{3})+)(?:\.0+)?\s*[个人名家支户次年]?", text
    )
    if not found:
        raise BadValue(f"“{text[:20]}”不是整数", "只填数字，例如1204")
    number = int(re.sub("[,，]", "", found[2]))
    number = -number if found[1] in ("-", "−") else number
    if not least <= number <= most:
        raise BadValue(f"{number}不在{least}到{most}之间", "看看是不是填错了列或多写了位数")
    return number


_YES = ("是", "有", "对", "真", "y", "yes", "true", "1", "√", "✓", "✔", "已", "已确认")
_NO = (
    "否",
    "无",
    "没有",
    "不",
    "不是",
    "假",
    "n",
    "no",
    "false",
    "0",
    "×",
    "x",
    "✗",
    "未",
    "未确认",
)


def read_yes_no(value: Raw) -> bool | None:
    """
    Return yes or no (是否): 是/否, 有/无, √/×, Y/N, 1/0.

    :raises BadValue: it is neither.
    """
    text = read_text(value)
    if text is None:
        return None
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue(f"“{text[:20]}”看不出是还是否", "填“是”或“否”")


def read_money(value: Raw) -> Money | None:
    """
    Return an amount in 元 (金额): 1234.5, `1,234.50元`, `3.2万元`.

    :raises BadValue: it is not an amount, or has parts of a fen.
    """
    if type(value) is float or type(value) is int:
        # Sums that a spreadsheet made carry noise in the 16th digit: 0.1 + 0.2.
        return parse_yuan(float(f"{value:.15g}"))
    text = read_text(value)
    return None if text is None else parse_yuan(text)


@dataclass(frozen=True, order=True, slots=True)
class PartialDate:
    """A day of which perhaps only the month or year is known (日期): *day* is its first."""

    day: date
    precision: Literal["day", "month", "year"] = "day"

    def __str__(self) -> str:
        """`2025年3月1日`, `2025年3月` or `2025年`."""
        text = f"{self.day.year}年"
        if self.precision != "year":
            text += f"{self.day.month}月"
        return text + f"{self.day.day}日" if self.precision == "day" else text


_SEPARATED = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2})?\s*[日号]?)?"
    r"(?:[T\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_RUN_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_YEAR_ONLY = re.compile(r"(\d{4})年?")
_HOW = "写成2025-03-01，只知道月份就写2025年3月"
_EARLIEST = 1800


def read_day(value: Raw, on: date, *, future: bool = False) -> PartialDate | None:
    """
    Return the day in a cell in any way a spreadsheet or a person writes it (日期).

    Taken are dates and times, serial numbers, `2025-3-1`, `2025.3.1`, `2025/3/1`, `20250301`,
    `2025年3月1日`, and with less precision `1975-11`, `1975年11月`, `197511`, `1975年`. *on* is
    today; days after it are refused unless *future*.

    :raises BadValue: it is no day, can be read in two ways, or lies after *on*.
    """
    if type(value) is datetime:
        found = PartialDate(value.date())
    elif type(value) is date:
        found = PartialDate(value)
    elif type(value) is float or type(value) is int:
        found = _from_number(value)
    else:
        text = read_text(value)
        if text is None:
            return None
        found = _from_text(text)
    if not future and found.day > on:
        raise BadValue(_after_today(found, on), _mend_future(found, on))
    return found


def _after_today(found: PartialDate, on: date) -> str:
    if found.day.year - 100 <= on.year < found.day.year:
        return f"日期在今天之后，像是{found.day.year - 100}年写错"
    return "日期在今天之后"


def _mend_future(found: PartialDate, on: date) -> str:
    if found.precision == "day" and found.day.year > on.year:
        earlier = _made(found.day.year - 100, found.day.month, found.day.day)
        if earlier and earlier <= on:
            return f"改成{earlier}，或照证件改"
    return f"填{on}或更早的日期"


def _from_number(number: float) -> PartialDate:
    """Read a number: a year, `YYYYMM`, `YYYYMMDD`, or a serial day that lost its format."""
    if number == int(number):
        whole = int(number)
        if whole >= 100_000 or _EARLIEST <= whole <= 2200:
            return _from_text(str(whole))
    elif 1900 <= number < 2200:
        return _from_decimal(number)
    if 10_000 <= number < 100_000:
        return PartialDate(_EPOCH + timedelta(days=int(number)))
    raise BadValue("看不出是哪一天", _HOW)


def _from_decimal(number: float) -> PartialDate:
    """Read 2025.3 as March; 2025.1 may have been 2025.10 before the sheet dropped the zero."""
    year, _, month = f"{number:.2f}".rstrip("0").partition(".")
    if month == "1":
        raise BadValue(f"{year}.1可能是1月，也可能是10月", f"写成{year}年1月或{year}年10月")
    return _from_text(f"{year}.{month}")


@lru_cache(maxsize=65_536)
def _from_text(text: str) -> PartialDate:
    text = text.rstrip("。.")
    found = _SEPARATED.fullmatch(text) or _RUN_TOGETHER.fullmatch(text)
    if found:
        year, month, day = found.groups()
        made = _made(int(year), int(month), int(day or 1))
        if made:
            return PartialDate(made, "day" if day else "month")
        raise BadValue(f"没有“{text[:20]}”这一天", _HOW)
    if found := _YEAR_ONLY.fullmatch(text):
        made = _made(int(found[1]), 1, 1)
        if made:
            return PartialDate(made, "year")
    raise BadValue("看不出是哪一天", _HOW)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _EARLIEST else None
    except ValueError:
        return None
