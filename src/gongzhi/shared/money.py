"""Money as an integer number of 分 (fen): it adds up, and 元 appears only where people read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .faults import BadValue
from .text import normalize

MOST_FEN = 2**63 - 1  # what a BigIntegerField holds
_MINUS = "−"
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = {"": 1, "元": 1, "块": 1, "万": 10_000, "万元": 10_000, "亿": 10**8, "亿元": 10**8}
_YUAN = re.compile(
    r"(?P<minus>[-−])?(?:人民币|rmb|cny)?[¥￥]?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?P<part>\.\d+)?(?P<unit>万元|亿元|元|块|万|亿)?(?:整|人民币)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in 分 (金额): never a float, never rounded silently."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"fen is an integer, not {self.fen!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen) if isinstance(other, Money) else NotImplemented

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen) if isinstance(other, Money) else NotImplemented

    def __neg__(self) -> Money:
        return Money(-self.fen)

    def __mul__(self, times: int) -> Money:
        return Money(self.fen * times) if type(times) is int else NotImplemented

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.fen != 0

    def __str__(self) -> str:
        return self.yuan()

    @classmethod
    def sum(cls, amounts: Iterable[Money]) -> Money:
        """Return what *amounts* add up to; none add up to nothing (合计)."""
        return cls(sum(amount.fen for amount in amounts))

    def split(self, parts: int | Sequence[int]) -> list[Money]:
        """
        Divide into equal *parts*, or by weights; the parts add up to the whole (分摊).

        What is left over goes fen by fen to the largest remainders, the earlier part first.

        :raises ValueError: there is no part, a weight is negative, or all weights are zero.
        """
        weights = [1] * parts if isinstance(parts, int) else list(parts)
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("split into at least one part, by weights that are not negative")
        size, sign = abs(self.fen), -1 if self.fen < 0 else 1
        shares = [size * weight // whole for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(size * weights[i] % whole))
        for i in by_remainder[: size - sum(shares)]:
            shares[i] += 1
        return [Money(sign * share) for share in shares]

    def yuan(self, *, sign: bool = False) -> str:
        """Return the amount in 元 for ledgers, `16,419.54`; *sign* puts + before what comes in."""
        whole, rest = divmod(abs(self.fen), 100)
        return f"{self._sign(sign)}{whole:,}.{rest:02d}"

    def wan(self, places: int = 2) -> str:
        """Return the amount in 万元 for summaries, `3.20万元`, rounded half away from zero."""
        step = Decimal(1).scaleb(-places)
        wan = (Decimal(abs(self.fen)) / 1_000_000).quantize(step, rounding=ROUND_HALF_UP)
        return f"{_MINUS if self.fen < 0 and wan else ''}{wan:,}万元"

    def capitals(self) -> str:
        """Return the amount in the characters of cheques and vouchers (大写金额): 壹仟零伍元贰角整."""
        whole, rest = divmod(abs(self.fen), 100)
        jiao, fen = divmod(rest, 10)
        said = (_section_words(whole) + "元") if whole else ""
        if not rest:
            said = (said or "零元") + "整"
        else:
            if jiao:
                said += _DIGITS[jiao] + "角"
            elif whole:
                said += "零"
            said += _DIGITS[fen] + "分" if fen else "整"
        return ("负" if self.fen < 0 else "") + said

    def _sign(self, plus: bool) -> str:
        return _MINUS if self.fen < 0 else "+" if plus and self.fen > 0 else ""


def _section_words(number: int) -> str:
    """Write a whole number in capitals: sections of four digits, one 零 for any run of noughts inside."""
    said, gap = "", False
    for power in range((len(str(number)) - 1) // 4, -1, -1):
        section = number // 10_000**power % 10_000
        for place in range(3, -1, -1):
            digit = section // 10**place % 10
            if digit:
                said += (
                    ("零" if gap and said else "") + _DIGITS[digit] + ("", "拾", "佰", "仟")[place]
                )
            gap = not digit and bool(said)
        said += ("", "万", "亿", "兆", "京")[power] if section else ""
    return said


def parse_yuan(value: str | int | float | Decimal) -> Money:
    """
    Read an amount as people write it (金额): `1,234.50 元`, `3.2万元`, or a number from a cell.

    :raises BadValue: it is not an amount, has parts of a fen, or is too large to keep.
    """
    if isinstance(value, str):
        yuan = _written(value)
    elif isinstance(value, bool):
        raise BadValue("这里应当是金额，填的是“是”或“否”", "填数字，例如1234.50")
    else:
        # repr of a float is the shortest text that reads back as the same number: 1234.5.
        yuan = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return _exact(yuan)


def _written(text: str) -> Decimal:
    compact = normalize(text).replace(" ", "").replace("，", ",")
    if not compact:
        raise BadValue("没有填金额", "填数字，例如1234.50")
    found = _YUAN.fullmatch(compact)
    if not found:
        raise BadValue(
            f"“{text.strip()[:20]}”不是金额", "只填数字，例如1234.50、1,234.50元或3.2万元"
        )
    number = Decimal(found["digits"].replace(",", "") + (found["part"] or ""))
    yuan = number * _UNITS[found["unit"] or ""]
    return -yuan if found["minus"] else yuan


def _exact(yuan: Decimal) -> Money:
    if not yuan.is_finite():
        raise BadValue("这里应当是金额，填的不是数", "填数字，例如1234.50")
    if abs(yuan) * 100 > MOST_FEN:
        raise BadValue(
            "金额大得不合常理", "看看是不是把号码填进了金额这一格，再填数字，例如1234.50"
        )
    fen = yuan * 100
    if fen != int(fen):
        raise BadValue(f"金额{yuan.normalize():f}元精确到了分以下", "最多写两位小数，例如1234.50")
    return Money(int(fen))
