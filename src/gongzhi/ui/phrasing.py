"""How figures, money and dates are written in Chinese text; templates use these as filters."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

NOTHING = "—"
MINUS = "−"  # the real minus sign, as wide as the plus
PHRASE = re.compile(r"[^，。；：！？、]+[，。；：！？、]*[”’）》」』]*|[，。；：！？、]+")

Number = int | float | Decimal | Fraction


def phrases(text: str) -> str | SafeString:
    """Split a long title at its punctuation, so that lines break between phrases (按意群断行)."""
    pieces = PHRASE.findall(str(text))
    if len(pieces) < 2 or "".join(pieces) != str(text):
        return str(text)
    return format_html_join("", '<span class="ph">{}</span>', ((piece,) for piece in pieces))


def thousands(value: Number | None) -> str:
    """Return 88,107 for 88107 (千分位); nothing gives a dash."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / value.denominator
    return f"{value:,}".replace("-", MINUS)


def _two_places(value: int, unit: int, *, plus: str = "") -> str:
    whole, part = divmod((abs(value) * 200 + unit) // (2 * unit), 100)
    sign = (plus if value > 0 else MINUS) if value and (whole or part) else ""
    return f"{sign}{whole:,}.{part:02}"


def yuan(fen: int | None) -> str:
    """Return fen as yuan with two decimals (元): 1641954 → 16,419.54, with a minus below zero."""
    return NOTHING if fen is None else _two_places(fen, 100)


def signed_yuan(fen: int | None) -> str:
    """Return fen as yuan with its direction (收支): + for what came in, − for what went out."""
    return NOTHING if fen is None else _two_places(fen, 100, plus="+")


def wan(fen: int | None) -> str:
    """Return fen as ten thousand yuan with two decimals, half up (万元): 3200000 → 3.20."""
    return NOTHING if fen is None else _two_places(fen, 1_000_000)


def percent1(ratio: Number | None) -> str:
    """Return a ratio as a percentage with one decimal, half up (百分比): 213/560 → 38.0%."""
    if ratio is None:
        return NOTHING
    exact = Fraction(str(ratio)) if isinstance(ratio, float) else Fraction(ratio)
    points = Decimal(exact.numerator * 100) / exact.denominator
    rounded = points.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{rounded:,}%".replace("-", MINUS)


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def day(value: date | datetime | None) -> str:
    """Return 2026年11月23日 (日期)."""
    if not value:
        return ""
    value = _local(value)
    return f"{value.year}年{value.month}月{value.day}日"


def day_short(value: date | datetime | None) -> str:
    """Return 11月23日, for dates of the current year (短日期)."""
    if not value:
        return ""
    value = _local(value)
    return f"{value.month}月{value.day}日"


def moment(value: datetime | None) -> str:
    """Return 11月23日 15:40, in Asia/Shanghai (时刻)."""
    if not value:
        return ""
    value = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{value.month}月{value.day}日 {value.hour}:{value.minute:02}"


def left_days(until: date | datetime | None, today: date) -> str:
    """Return how many days *today* is from *until* in words (期限): 还剩97天, 今天到期, 逾期3天."""
    if not until:
        return ""
    until = _local(until)
    last = until.date() if isinstance(until, datetime) else until
    left = (last - today).days
    if left == 0:
        return "今天到期"
    return f"还剩{left}天" if left > 0 else f"逾期{-left}天"
