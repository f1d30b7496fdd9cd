"""What people really type where a number is asked: full-width digits, spaces, dashes."""

from __future__ import annotations

import re

from gongzhi.shared.faults import Fault
from gongzhi.shared.text import normalize

# Hyphens and dashes of all widths, dots, spaces, and the apostrophe that keeps Excel from counting.
_LOOSE = re.compile(r"[\s\-\u2010-\u2015\u2212_.·'’`]+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,3}")
_LOOKALIKES = {"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}

LOST_DIGITS = Fault("Excel把号码变成了科学计数，后几位已经丢了", "把这一列设成“文本”，再照原件重填")


def squeeze(text: str) -> str:
    """Return *text* in half-width capitals without spaces, dashes and dots (号码规整)."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _LOOSE.sub("", normalize(text)).upper()


def lost_digits(text: str) -> bool:
    """Tell whether *text* is a long number that a spreadsheet wrote as 5.10121E+17."""
    return bool(_SCIENTIFIC.fullmatch(normalize(text)))


def not_a_digit(text: str) -> Fault | None:
    """Name the first character of *text* that is not a digit, and the digit it resembles."""
    for place, char in enumerate(text, 1):
        if not ("0" <= char <= "9"):
            like = _LOOKALIKES.get(char)
            guess = f"，像是数字{like}" if like else ""
            kind = "字母" if char.isascii() and char.isalpha() else ""
            return Fault(f"第{place}位是{kind}“{char}”，这里只能是数字{guess}", "照原件改")
    return None


def wrong_length(what: str, length: int, wanted: int) -> Fault:
    """Say by how many characters *what* is too short or too long."""
    off = f"少{wanted - length}位" if length < wanted else f"多{length - wanted}位"
    return Fault(f"{what}{off}，应当是{wanted}位", "照原件补齐" if length < wanted else "照原件改")
