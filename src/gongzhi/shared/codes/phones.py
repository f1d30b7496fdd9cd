"""手机号: eleven digits of the national numbering plan, beginning 13 to 19."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gongzhi.shared.faults import BadValue, Fault

from .bulk import characters
from .typed import LOST_DIGITS, lost_digits, not_a_digit, squeeze, wrong_length

_BRACKETS = re.compile(r"[()+（）\uff0b]")
_COUNTRY = re.compile(r"(?:00)?86(?=1\d{10}$)")
_LANDLINE = re.compile(r"0\d{9,11}")


def normalize_phone(text: str) -> str:
    """Return the number half-width without spaces, dashes, brackets and +86; not yet checked."""
    return _COUNTRY.sub("", squeeze(_BRACKETS.sub("", text)))


def phone_faults(text: str) -> Fault | None:
    """Return what is wrong with a mobile number and how to mend it, None when nothing is."""
    if lost_digits(text):
        return LOST_DIGITS
    number = normalize_phone(text)
    if not number:
        return Fault("没有填手机号", "填11位；没有手机可以留空")
    if fault := not_a_digit(number):
        return Fault(fault.wrong, "照实填11位数字；没有手机可以留空")
    if _LANDLINE.fullmatch(number) or len(number) in (7, 8):
        return Fault("这是座机号，收不到短信", "填手机号；没有手机可以留空")
    if len(number) != 11:
        fault = wrong_length("手机号", len(number), 11)
        mend = "补齐11位" if len(number) < 11 else "只填一个11位的号码"
        return Fault(fault.wrong, f"{mend}；没有手机可以留空")
    if number[0] != "1" or number[1] in "012":
        return Fault(
            f"手机号不会以{number[:2]}开头", "照实填13到19开头的11位号码；没有手机可以留空"
        )
    return None


def require_phone(text: str) -> str:
    """
    Return the number as it is kept (规整后的手机号).

    :raises BadValue: it is not valid; says what is wrong and how to mend it.
    """
    if fault := phone_faults(text):
        raise BadValue(fault.wrong, fault.mend)
    return normalize_phone(text)


def phones_ok(texts: Sequence[str]) -> np.ndarray:
    """Return for each text whether `phone_faults` finds nothing; for bulk import."""
    ok = np.zeros(len(texts), dtype=bool)
    plain, letters = characters(texts, 11)
    good = ((letters >= 48) & (letters <= 57)).all(axis=1)
    ok[plain] = good & (letters[:, 0] == 49) & (letters[:, 1] >= 51)
    # What is not plainly good may still be good as typed: +86, spaces, full-width digits.
    for i in np.flatnonzero(~ok).tolist():
        ok[i] = phone_faults(texts[i]) is None
    return ok
