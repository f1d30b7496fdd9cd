"""
Reading the cells of a register, one column of a chunk at a time (读格子).

What is plainly good is found by one regular expression or one table look-up a value, or by numpy for
the whole chunk; only the rest goes through the slow, kind reading that can say what is wrong.
Days come out as ISO texts, `1968-04` when only the month is known: plain JSON, as both databases take it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from gongzhi.shared import codes
from gongzhi.shared.faults import BadValue
from gongzhi.shared.faults import Fault as Finding
from gongzhi.shared.registers import Fault
from gongzhi.shared.spreadsheets import read_day, read_digits, read_money, read_text
from gongzhi.shared.text import normalize

Read = tuple[Sequence[Any], Mapping[int, Fault]]
Reader = Callable[[Sequence[Any], Any], Read]

HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff][\u3400-\u9fff\U00020000-\U0003ffff·]*")
_FOREIGN_NAME = re.compile(r"[A-Za-z][A-Za-z .'’\-]*")
_ANY_DOT = re.compile(r"\s*[·•‧・．.]\s*")


def _plain(text: str) -> str:
    return text.rstrip("。")


def fault(kind: str, finding: Finding | BadValue) -> Fault:
    """Return what a shared reader found wrong as a fault of one *kind* (错处)."""
    if isinstance(finding, BadValue):
        finding = finding.fault
    return Fault(kind=kind, wrong=_plain(finding.wrong), mend=_plain(finding.mend))


def _others(values: Sequence[Any], plain: Callable[[str], Any]) -> list[int]:
    """Return where the values are that are not plainly good texts."""
    if set(map(type, values)) <= _TEXT:
        return [i for i, value in enumerate(values) if not plain(value)]
    return [i for i, value in enumerate(values) if type(value) is not str or not plain(value)]


_TEXT = {str}
_EARLIEST = date(1900, 1, 1)


def texts(label: str, limit: int) -> Reader:
    """Return a reader of free texts of at most *limit* characters (文字)."""
    plain = re.compile(rf"[\u4e00-\u9fff0-9A-Za-z]{{0,{limit}}}").fullmatch

    def read(values: Sequence[Any], context: Any) -> Read:
        others = _others(values, plain)
        if not others:
            return values, {}
        found, faults = list(values), {}
        for i in others:
            try:
                found[i] = text = read_text(values[i]) or ""
            except BadValue as error:
                found[i], faults[i] = "", fault(label, error)
                continue
            if len(text) > limit:
                faults[i] = Fault(
                    kind=label,
                    wrong=f"{label}有{len(text)}个字，最多{limit}个字",
                    mend="写短一些；看看是不是填错了列",
                )
        return found, faults

    return read


def names(values: Sequence[Any], context: Any) -> Read:
    """Read names of people (姓名): Han characters, or letters for people from abroad."""
    others = _others(values, HAN_NAME.fullmatch)
    if not others:
        return values, {}
    found, faults = list(values), {}
    for i in others:
        found[i], wrong = _name(values[i])
        if wrong:
            faults[i] = wrong
    return found, faults


def _name(value: Any) -> tuple[str, Fault | None]:
    try:
        text = read_text(value) or ""
    except BadValue as error:
        return "", fault("姓名", error)
    if not text:
        return "", None  # whether it may be empty is the column's matter
    text = _ANY_DOT.sub("·", text) if not text.isascii() else text
    text = text.replace(" ", "") if _NAME.fullmatch(text.replace(" ", "")) else text
    if len(text) > 40:
        return text, Fault(
            kind="姓名", wrong=f"姓名有{len(text)}个字", mend="看看是不是填错了列，最多40个字"
        )
    if _NAME.fullmatch(text):
        if len(text) < 2:
            return text, Fault(kind="姓名", wrong="姓名只有一个字", mend="照证件填全名")
        return text, None
    if _FOREIGN_NAME.fullmatch(text):
        return text, None
    strange = next(c for c in text if not (_NAME.fullmatch(c) or c in "·"))
    return text, Fault(
        kind="姓名",
        wrong=f"姓名里有“{strange}”，名字里不会有这个",
        mend="只填姓名，称呼、数字和说明请去掉",
    )


def _numbers(
    kind: str, plain: str, good: Callable, faults_of: Callable, normal: Callable
) -> Reader:
    """
    Return a reader of official numbers (号码): the whole chunk is checked at once.

    What fails, or is not written *plain*, is looked at singly.
    """
    is_plain = re.compile(plain).fullmatch

    def read(values: Sequence[Any], context: Any) -> Read:
        found, faults = list(values), {}
        if not set(map(type, values)) <= _TEXT:
            for i, value in enumerate(values):
                if type(value) is not str:
                    try:
                        found[i] = read_digits(value) or ""
                    except BadValue as error:
                        found[i], faults[i] = "", fault(kind, error)
        given = [i for i, text in enumerate(found) if text]
        texts = [text for text in found if text]
        others = {i for i, text in zip(given, texts, strict=True) if not is_plain(text)}
        others.update(given[at] for at in np.flatnonzero(~good(texts, context)))
        for i in sorted(others):
            found[i], wrong = _number(found[i], kind, faults_of, normal, context)
            if wrong:
                faults[i] = wrong
        return found, faults

    return read


def _number(
    text: str, kind: str, faults_of: Callable, normal: Callable, context: Any
) -> tuple[str, Fault | None]:
    try:
        text = read_text(text) or ""  # ="5101…" and '5101… are taken out of their wrapping
    except BadValue as error:
        return "", fault(kind, error)
    if not text or (wrong := faults_of(text, context)) is None:
        return normal(text), None
    return text, fault(kind, wrong)


id_numbers = _numbers(
    "身份证号",
    r"\d{17}[\dX]",
    lambda found, context: codes.id_numbers_ok(found, context.on),
    lambda text, context: codes.id_faults(text, context.on),
    codes.normalize_id,
)
phones = _numbers(
    "手机号",
    r"1\d{10}",
    lambda found, context: codes.phones_ok(found),
    lambda text, context: codes.phone_faults(text),
    codes.normalize_phone,
)
usccs = _numbers(
    "信用代码",
    r"[0-9A-Z]{18}",
    lambda found, context: codes.usccs_ok(found),
    lambda text, context: codes.uscc_faults(text),
    codes.normalize_uscc,
)


def contacts(values: Sequence[Any], context: Any) -> Read:
    """Read numbers under which an organization answers (联系电话): a mobile or a landline."""
    found, faults = phones(values, context)
    kept, wrong = list(found), dict(faults)
    for i in faults:
        text = normalize(str(values[i] or ""))
        digits = re.sub(r"[\s\-—转()（）]", "", text)
        if re.fullmatch(r"0\d{9,17}|\d{7,8}", digits):
            kept[i] = text[:20]
            del wrong[i]
    return kept, wrong


def days(kind: str, *, whole: bool, future: bool = False) -> Reader:
    """Return a reader of days (日期); *whole* asks for the day, else a month or a year will do."""

    def read(values: Sequence[Any], context: Any) -> Read:
        known = context.days.setdefault((kind, whole), {"": "", None: ""})
        found, faults = list(map(known.get, values)), {}
        if None in found:
            for i, answer in enumerate(found):
                value = values[i]
                if answer is None and type(value) is date and _EARLIEST <= value <= context.on:
                    found[i] = known[value] = value.isoformat()
                elif answer is None:
                    text, wrong = _day(values[i], context.on, kind, whole, future)
                    found[i] = text
                    if wrong:
                        faults[i] = wrong
                    else:
                        known[values[i]] = text
        return found, faults

    return read


def _day(value: Any, on: date, kind: str, whole: bool, future: bool) -> tuple[str, Fault | None]:
    try:
        read = read_day(value, on, future=future)
    except BadValue as error:
        return "", fault("日期", error)
    if read is None:
        return "", None
    day = read.day
    if day.year < 1900:
        return "", Fault(kind="日期", wrong=f"{day.year}年太早", mend="看看年份是不是写错了")
    if read.precision == "day":
        return day.isoformat(), None
    if not whole:
        return (f"{day:%Y-%m}" if read.precision == "month" else f"{day:%Y}"), None
    # A month or a year is taken as its first day: what counts on a day needs one.
    return day.isoformat(), None


def months_are_days(text: str) -> date | None:
    """Return the first day of an ISO text of a day, month or year; None for nothing."""
    if not text:
        return None
    return date.fromisoformat(f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"[:10])


def one_of(kind: str, words: Mapping[str, str], *, say: str = "") -> Reader:
    """Return a reader of a few fixed words: *words* maps what people write to what is kept (选项)."""
    shown = say or "、".join(dict.fromkeys(words))

    known: dict[str | None, str] = {word: kept for word, kept in words.items()}
    known[""] = known[None] = words.get("", "")

    def read(values: Sequence[Any], context: Any) -> Read:
        found, faults = list(map(known.get, values)), {}
        if None in found:
            for i, kept in enumerate(found):
                if kept is None:
                    found[i], wrong = _word(values[i], words, kind, shown)
                    if wrong:
                        faults[i] = wrong
        return found, faults

    return read


def _word(value: Any, words: Mapping[str, str], kind: str, shown: str) -> tuple[str, Fault | None]:
    try:
        text = read_text(value) or ""
    except BadValue as error:
        return "", fault(kind, error)
    if not text:
        return words.get("", ""), None
    kept = words.get(text.upper(), words.get(text))
    if kept is None:
        return "", Fault(kind=kind, wrong=f"不认得“{text[:20]}”", mend=f"填{shown}里的一个")
    return kept, None


def years(values: Sequence[Any], context: Any) -> Read:
    """Read calendar years (年度): `2025`, `2025年`, `2025年度`."""
    found: list[int] = []
    faults: dict[int, Fault] = {}
    for i, value in enumerate(values):
        text = str(int(value)) if type(value) is float and value.is_integer() else value
        if isinstance(text, date | datetime):
            text = str(text.year)
        match = re.fullmatch(r"\s*(\d{4})\s*(?:年度?)?\s*", normalize(str(text or "")))
        year = int(match[1]) if match else 0
        if match and 1990 <= year <= context.on.year:
            found.append(year)
            continue
        found.append(0)
        if text not in (None, ""):
            faults[i] = Fault(
                kind="年度",
                wrong=f"“{str(text)[:20]}”不是已经到了的年度",
                mend=f"填1990到{context.on.year}之间的年份，例如{context.on.year - 1}",
            )
    return found, faults


def amounts(values: Sequence[Any], context: Any) -> Read:
    """Read amounts in 元 as whole 分 (金额); None where nothing is given."""
    found: list[int | None] = []
    faults: dict[int, Fault] = {}
    for i, value in enumerate(values):
        try:
            money = read_money(value)
        except BadValue as error:
            found.append(None)
            faults[i] = fault("金额", error)
            continue
        if money is not None and money.fen < 0:
            faults[i] = Fault(kind="金额", wrong="收入是负数", mend="填收入，不是盈亏；没有收入填0")
        found.append(money.fen if money is not None else None)
    return found, faults
