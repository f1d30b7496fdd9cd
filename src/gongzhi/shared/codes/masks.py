"""How personal numbers and names are shown to people who need not know them whole (脱敏)."""

from __future__ import annotations

import re

_COMPOUND_NAMES = (
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 宇文 长孙 端木 百里 南宫 西门 "
    "独孤 轩辕 呼延 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 钟离 鲜于 闾丘 司空 拓跋"
)
_COMPOUND = frozenset(_COMPOUND_NAMES.split())
_TITLES = {"male": "先生", "female": "女士"}
_AREA = re.compile(r"(?:社区|街道|小区|大道|[省市县区镇乡村路街巷])(?=[^省市县区镇乡村路街巷]*$)")
_UNIT = re.compile(
    r"[\dA-Za-z\u3007零一二三四五六七八九十百]+(?:号|栋|幢|座|单元|室|组|楼|弄|附|层|-|$)"
)


def mask_id(number: str) -> str:
    """Return `510121********1426`: the place of issue and the last four (证件号脱敏)."""
    return _ends(number, 6, 4)


def mask_phone(number: str) -> str:
    """Return `138****2076` (手机号脱敏)."""
    return _ends(number, 3, 4)


def _ends(text: str, head: int, tail: int) -> str:
    """Keep both ends of *text*; a text too short to hide anything is hidden whole."""
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)


def surname(name: str) -> str:
    """Return the family name of a Chinese *name*: two characters when it is a compound one (姓)."""
    return name[:2] if len(name) > 2 and name[:2] in _COMPOUND else name[:1]


def mask_name(name: str) -> str:
    """Return the family name and one star for each other character, `张**` (姓名脱敏)."""
    family = surname(name)
    return family + "*" * max(len(name) - len(family), 1) if name else ""


def polite_name(name: str, sex: str = "") -> str:
    """Return `王先生` or `李女士` when *sex* is `male` or `female`, else the masked name (称呼)."""
    title = _TITLES.get(sex)
    return surname(name) + title if name and title else mask_name(name)


def mask_address(address: str) -> str:
    """Return *address* down to the community or street, and `****` for the rest (地址脱敏)."""
    number = _UNIT.search(address)
    kept = address[: number.start()] if number else address
    area = _AREA.search(kept)
    if area:
        kept = kept[: area.end()]
    elif not number:
        kept = address[:6] if len(address) > 6 else ""
    return kept + "****" if address else ""
