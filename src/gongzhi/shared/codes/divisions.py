"""
行政区划代码: 6 digits of the county (GB/T 2260) + 3 of the town (GB/T 10114) + 3 of the village.

The ranges that tell the kinds apart are those of 统计用区划代码和城乡划分代码编制规则.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gongzhi.shared.faults import BadValue

from .typed import lost_digits, squeeze

Level = Literal["province", "city", "county", "town", "village"]

_LEVELS: dict[int, Level] = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
_LABELS = {"province": "省", "city": "市", "county": "县", "town": "镇街", "village": "村社"}
_LENGTHS = tuple(_LEVELS)


@dataclass(frozen=True, order=True, slots=True)
class Division:
    """One place by its official code without padding (行政区划): `510121` is a county."""

    code: str

    @property
    def level(self) -> Level:
        return _LEVELS[len(self.code)]

    @property
    def label(self) -> str:
        """The level in Chinese: 省, 市, 县, 镇街, 村社."""
        return _LABELS[self.level]

    @property
    def county(self) -> str | None:
        """The six digits of the county, None above it."""
        return self._up_to(6)

    @property
    def town(self) -> str | None:
        """The nine digits of the town, None above it."""
        return self._up_to(9)

    @property
    def village(self) -> str | None:
        """The twelve digits of the village or community, None above it."""
        return self._up_to(12)

    @property
    def parent(self) -> Division | None:
        """The place one level up: a fact of the code, not of the tree as it stands."""
        at = _LENGTHS.index(len(self.code))
        return Division(self.code[: _LENGTHS[at - 1]]) if at else None

    @property
    def padded(self) -> str:
        """The code as registers write it, filled with zeros to twelve digits."""
        return self.code.ljust(12, "0")

    @property
    def town_kind(self) -> str | None:
        """街道, 镇, 乡 or 类似乡镇 (政企合一 and the like), by the three digits of the town."""
        return _kind(self.town, ((100, "街道"), (200, "镇"), (400, "乡"), (1000, "类似乡镇")))

    @property
    def village_kind(self) -> str | None:
        """居委会 or 村委会 by the three digits of the village; from 400 on similar ones (类似)."""
        kinds = ((200, "居委会"), (400, "村委会"), (500, "类似居委会"), (1000, "类似村委会"))
        return _kind(self.village, kinds)

    def is_within(self, other: Division) -> bool:
        """Tell whether this place lies in *other*, or is it, by the code alone."""
        return self.code.startswith(other.code)

    def __str__(self) -> str:
        return self.code

    def _up_to(self, length: int) -> str | None:
        return self.code[:length] if len(self.code) >= length else None


def _kind(code: str | None, ends: tuple[tuple[int, str], ...]) -> str | None:
    if code is None:
        return None
    number = int(code[-3:])
    return next(kind for end, kind in ends if number < end)


def parse_division(text: str) -> Division:
    """
    Read a code of 2, 4, 6, 9 or 12 digits, dropping zeros that only pad it (行政区划代码).

    :raises BadValue: it is not such a code.
    """
    if lost_digits(text):
        raise BadValue("Excel把代码变成了科学计数，后几位已经丢了", "把这一列设成“文本”，再重填")
    code = squeeze(text)
    if not (code.isascii() and code.isdigit()):
        raise BadValue("行政区划代码只能是数字", "县填6位，镇街填9位，村社填12位，例如510121001001")
    if len(code) not in _LEVELS:
        raise BadValue(
            f"行政区划代码有{len(code)}位，位数不对",
            "县填6位，镇街填9位，村社填12位，例如510121001001",
        )
    code = _without_padding(code)
    if not code:
        raise BadValue("行政区划代码不能全是0", "县填6位，镇街填9位，村社填12位，例如510121001001")
    return Division(code)


def _without_padding(code: str) -> str:
    # 441900 (东莞) is a city and yet has towns of its own: only what ends the code is padding.
    for at, length in reversed(tuple(enumerate(_LENGTHS))):
        if len(code) == length and not code[_LENGTHS[at - 1] if at else 0 :].strip("0"):
            code = code[: _LENGTHS[at - 1] if at else 0]
    return code
