"""Numbers in free text that look like somebody's ID card or mobile phone (文字里的个人号码)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from .codes import id_faults, mask_id

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-–—_.·]+(?=[\dXx])")
_IDS = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
# As people type it: 18 characters with spaces, dashes or full-width digits among them.
_LOOSE = re.compile(r"(?<!\d)\d(?:[\s\-–—_.·]*\d){16}[\s\-–—_.·]*[\dXx\uff38\uff58](?!\d)")
_MOBILES = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")


def _squeezed(text: str) -> str:
    return _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))


def has_id_number(text: str, on: date) -> bool:
    """Tell whether *text* holds a valid citizen number, also with spaces or full-width digits in it (身份证号)."""
    return any(id_faults(found, on) is None for found in _IDS.findall(_squeezed(text)))


def has_mobile(text: str) -> bool:
    """Tell whether *text* holds a mobile number (手机号); landlines and 12345 are public."""
    return _MOBILES.search(_squeezed(text)) is not None


def without_id_numbers(text: str) -> str:
    """Return *text* with everything masked that looks like an ID number, valid or not (遮住身份证号)."""
    return _LOOSE.sub(lambda found: mask_id(_squeezed(found.group())), text)
