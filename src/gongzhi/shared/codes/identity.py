"""公民身份号码, GB 11643-1999: 6 digits of a place, 8 of the birth day, 3 in sequence, 1 check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np

from gongzhi.shared.faults import BadValue, Fault

from .bulk import characters
from .typed import LOST_DIGITS, lost_digits, not_a_digit, squeeze, wrong_length

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# GB/T 2260, and 81, 82, 83 on the residence permits of Hong Kong, Macao and Taiwan residents.
_PROVINCE_CODES = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83"
)
_PROVINCES = frozenset(_PROVINCE_CODES.split())
_FIRST_YEAR = 1900
_NO_ORIGINAL = "照证件原件改；拿不到原件就清空，按姓名、出生年月和村社登记"

Sex = Literal["male", "female"]


def normalize_id(text: str) -> str:
    """Return the number half-width, X in capitals, without spaces; not yet checked (规整)."""
    # The multiplication sign and the Cyrillic letter stand for X on many keyboards.
    return squeeze(text).replace("×", "X").replace("\u0425", "X")


def id_check_character(first17: str) -> str:
    """Return the 18th character for the *first17* digits (校验码)."""
    return _CHECKS[sum(int(c) * w for c, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def make_id_number(county: str, birth: date, sequence: int) -> str:
    """Return a valid number for invented people (生成示例号码); an odd *sequence* is a man's."""
    first17 = f"{county}{birth:%Y%m%d}{sequence:03d}"
    return first17 + id_check_character(first17)


def id_faults(text: str, on: date) -> Fault | None:
    """Return what is wrong with a 公民身份号码 on the day *on* and how to mend it, or None."""
    if lost_digits(text):
        return LOST_DIGITS
    number = normalize_id(text)
    if not number:
        return Fault("没有填身份证号", "照证件填18位")
    if len(number) != 18:
        return _length_fault(number)
    return _character_fault(number) or _birth_fault(number, on) or _check_fault(number)


def _length_fault(number: str) -> Fault:
    # 居民身份证法 (2011): the first-generation card with 15 digits ended on 2013-01-01.
    if len(number) == 15 and number.isdigit():
        return Fault("这是15位的老号码，2013年起已经停用", "照现在的身份证填18位")
    return wrong_length("身份证号", len(number), 18)


def _character_fault(number: str) -> Fault | None:
    if fault := not_a_digit(number[:17]):
        return Fault(fault.wrong, _NO_ORIGINAL)
    last = number[17]
    if last not in _CHECKS:
        kind = "字母" if last.isascii() else ""
        return Fault(f"最后一位是{kind}{last}。身份证号的最后一位只能是数字或X", _NO_ORIGINAL)
    if number[:2] not in _PROVINCES:
        return Fault(f"开头的{number[:2]}不是任何省的代码", _NO_ORIGINAL)
    return None


def _birth_fault(number: str, on: date) -> Fault | None:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        birth = date(year, month, day)
    except ValueError:
        return Fault(f"第7到14位写的出生日期{number[6:14]}不存在", _NO_ORIGINAL)
    if birth > on:
        like = f"，像是{year - 100}年写错" if year - 100 <= on.year else ""
        return Fault(f"出生年份{year}年在今天之后{like}", "照证件原件改第7到10位")
    if year < _FIRST_YEAR:
        return Fault(f"出生年份{year}年太早，世纪写错了", "照证件原件改第7到10位")
    return None


def _check_fault(number: str) -> Fault | None:
    # The right character is not told: it would invite mending the wrong place.
    if number[17] != id_check_character(number[:17]):
        return Fault("校验码对不上，18位里有一位写错了", _NO_ORIGINAL)
    return None


def require_id(text: str, on: date) -> str:
    """
    Return the number as it is kept (规整后的号码).

    :raises BadValue: it is not valid; says what is wrong and how to mend it.
    """
    if fault := id_faults(text, on):
        raise BadValue(fault.wrong, fault.mend)
    return normalize_id(text)


def birth_of(number: str) -> date:
    """Return the day of birth that a valid *number* tells (出生日期)."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> Sex:
    """Return the sex that a valid *number* tells: an odd 17th digit is a man's (性别)."""
    return "male" if int(number[16]) % 2 else "female"


_DIGITS = np.full(128, -1, dtype=np.int32)
_DIGITS[48:58] = np.arange(10)
_PROVINCE_OK = np.zeros(100, dtype=bool)
_PROVINCE_OK[[int(p) for p in _PROVINCES]] = True
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_CHECK_LETTERS = np.frombuffer(_CHECKS.encode(), dtype=np.uint8)


def id_numbers_ok(texts: Sequence[str], on: date) -> np.ndarray:
    """Return for each text whether `id_faults` finds nothing; for bulk import."""
    ok = np.zeros(len(texts), dtype=bool)
    plain, letters = characters(texts, 18)
    ok[plain] = _good(letters, on)
    # What is not plainly good may still be good as typed: a small x, full-width digits, spaces.
    for i in np.flatnonzero(~ok).tolist():
        ok[i] = id_faults(texts[i], on) is None
    return ok


def _good(letters: np.ndarray, on: date) -> np.ndarray:
    digits = _DIGITS[letters[:, :17]]
    good = (digits >= 0).all(axis=1)
    digits[~good] = 0
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good &= _PROVINCE_OK[digits[:, 0] * 10 + digits[:, 1]]
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (year >= _FIRST_YEAR)
    good &= day <= _MONTH_DAYS[np.minimum(month, 12)] - ((month == 2) & ~leap)
    good &= year * 10_000 + month * 100 + day <= on.year * 10_000 + on.month * 100 + on.day
    return good & (letters[:, 17] == _CHECK_LETTERS[digits @ np.array(_WEIGHTS) % 11])
