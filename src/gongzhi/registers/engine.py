"""
Reading a file by what a register declares, without writing anything: which column is what, which
row is good.

Works on whole chunks, column by column, so that a reader can check 2,000 numbers at once.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from typing import Any

from django.conf import settings

from gongzhi.shared import spreadsheets
from gongzhi.shared.codes import mask_id
from gongzhi.shared.refusals import Refused
from gongzhi.shared.registers import Column, Fault, Register
from gongzhi.shared.spreadsheets import Chunk, Table, header_key, read_text

CHUNK = 2_500  # rows that are written together
HIDDEN = ("S2", "S3")
WRONG, MEND = "哪里不对", "怎么改"
NUMBERING = ("序号", "行号", "编号", "No", "No.")

_LONG_NUMBER = re.compile(r"\d[\dXx]{6,}")
_LOST_DIGITS = re.compile(r"\d\.\d{1,6}E\+\d\d")


def opened(data: bytes, name: str, register: Register, sheet: str = "") -> Table:
    """
    Open a file far enough to know its header (打开文件): the sheet asked for, or the first that
    looks like *register*.

    :raises SheetRefused: it cannot be read; the sentence says why and how to mend it.
    """
    known = [title for c in register.columns for title in (c.label, *c.aliases)]
    book = spreadsheets.open_sheets(data, name, most_bytes=settings.GONGZHI_UPLOAD_LIMIT)
    return book.table(sheet, known) if sheet in book.names else book.find_table(known)


@dataclass(kw_only=True)
class Recognized:
    """
    One column of the file (认出的列): `key` is empty when it is not taken; `how` says how it was
    recognized.
    """

    label: str
    key: str
    how: str
    example: str = ""

    SAME = "same"
    ALIAS = "alias"
    CHOSEN = "chosen"
    ASK = "ask"
    UNWANTED = "unwanted"
    LEFT = "left"
    OURS = "ours"
    NUMBER = "number"


def recognize(register: Register, titles: Sequence[str]) -> list[Recognized]:
    """
    Tell for each title of a file which column of *register* it is (认列); a second one of a kind
    is asked about.
    """
    known: dict[str, tuple[str, str]] = {}
    for column in register.columns:
        for alias in column.aliases:
            known.setdefault(header_key(alias), (column.key, Recognized.ALIAS))
    known |= {header_key(c.label): (c.key, Recognized.SAME) for c in register.columns}
    unwanted = {header_key(title) for title in register.unwanted}
    found: list[Recognized] = []
    taken: set[str] = set()
    for title in titles:
        plain = header_key(title)
        key, how = known.get(plain, ("", Recognized.ASK))
        if title in (WRONG, MEND):
            key, how = "", Recognized.OURS
        elif not key and title in NUMBERING:
            how = Recognized.NUMBER
        elif plain in unwanted:
            key, how = "", Recognized.UNWANTED
        elif key in taken:
            key, how = "", Recognized.ASK
        if key:
            taken.add(key)
        found.append(Recognized(label=title[:60], key=key, how=how))
    return found


def missing(register: Register, keys: Sequence[str]) -> list[str]:
    """
    Return the labels of the columns that *register* cannot do without and the file has not
    (缺的列).
    """
    return [c.label for c in register.columns if c.required and c.key not in keys]


def add_examples(register: Register, columns: Sequence[Recognized], table: Table) -> None:
    """
    Put into each column up to two of its first values, masked as its data class asks (例子).

    :raises EmptySheet: there is no row below the header.
    """
    rows = next(table.chunks(20)).rows
    by_key = {c.key: c for c in register.columns}
    for place, column in enumerate(columns):
        if column.how == Recognized.UNWANTED:
            column.example = "（不显示）"
            continue
        seen = dict.fromkeys(
            shown(by_key.get(column.key), row[place]) for row in rows if not blank(row[place])
        )
        column.example = "、".join(list(seen)[:2])[:80]


def blank(value: Any) -> bool:
    """Tell whether a cell holds nothing (空格子)."""
    return value is None or (isinstance(value, str) and not value.strip())


def typed(value: Any) -> str:
    """Return what a cell says, as a person would write it (填的是)."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        whole_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return f"{value:%Y-%m-%d}" if whole_day else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float) and value.is_integer():
        # Past 15 digits a spreadsheet has lost some: shown the way it shows them.
        return str(int(value)) if abs(value) < 1e15 else f"{value:.5E}"
    return str(value)


def shown(column: Column | None, value: Any) -> str:
    """Return what a page may show of a cell: personal numbers with only their ends (遮住)."""
    text = typed(value)
    if column is None:
        return _LONG_NUMBER.sub(lambda found: mask_id(found[0]), text)[:80]
    if column.personal in HIDDEN and not _LOST_DIGITS.fullmatch(text):
        return (column.mask or _ends)(text)[:80]
    return text[:80]


def _ends(text: str) -> str:
    keep = min(3, len(text) // 4)
    return text[:keep] + "*" * (len(text) - 2 * keep) + text[len(text) - keep :]


@dataclass(kw_only=True)
class Found:
    """One fault with the row it is in, ready to be kept (错处)."""

    row: int
    column: str
    typed: str
    kind: str
    wrong: str
    mend: str
    suggested: str = ""


@dataclass(kw_only=True)
class Changed:
    """What one row would change, ready to be kept (前后对照): [column, before, after], masked."""

    row: int
    named: str
    pairs: list[list[str]]


@dataclass(kw_only=True)
class Judged:
    """
    What one chunk of a file comes to (看过的一批): counts, faults, what changed rows would change,
    and the rows that would be written.
    """

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    faulty: int = 0
    faults: list[Found] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    ready: dict[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def to_write(self) -> int:
        """Return how many rows of the chunk would be written."""
        return self.new + self.changed

    def count(self, other: Judged) -> None:
        """Add the counts of another chunk."""
        self.rows += other.rows
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.faulty += other.faulty


def replace(chunk: Chunk, replacements: Iterable[Sequence[Any]]) -> None:
    """Put in what somebody chose for a whole column: [column, as typed, as meant] (整列改写)."""
    for column, said, meant in replacements:
        for row in chunk.rows:
            if typed(row[column]) == said:
                row[column] = meant


def judge(register: Register, context: Any, columns: Sequence[Recognized], chunk: Chunk) -> Judged:
    """
    Read and judge one chunk (看一遍).

    What a column's reader finds wrong takes the row out, before the register judges the rest
    against each
    other and against the database.
    """
    count = len(chunk.rows)
    place = {c.key: i for i, c in enumerate(columns) if c.key}
    cells: list[tuple] = list(zip(*chunk.rows, strict=True))
    rows: dict[str, Sequence[Any]] = {}
    faults: dict[int, list[tuple[Column | None, Fault]]] = {}
    if chunk.faults:
        for position, number in enumerate(chunk.numbers):
            if broken := chunk.faults.get(number):
                found = Fault(kind="行列对不齐", wrong=broken.wrong, mend=broken.mend)
                faults[position] = [(None, found)]
    for column in register.columns:
        raw = cells[place[column.key]] if column.key in place else (None,) * count
        rows[column.key], wrong = _read(column, raw, context)
        for position, fault in wrong.items():
            faults.setdefault(position, []).append((column, fault))

    kept: Sequence[int] = range(count)
    if faults:
        good = [i not in faults for i in range(count)]
        kept = list(compress(kept, good))
        rows = {key: list(compress(values, good)) for key, values in rows.items()}
    rows["row"] = [chunk.numbers[i] for i in kept]
    verdict = register.judge(rows, context)
    by_key = {c.key: c for c in register.columns}
    for position, several in verdict.faults.items():
        faults[kept[position]] = [(by_key.get(f.column), f) for f in several]

    write = sorted([*verdict.new, *verdict.changed])
    return Judged(
        rows=count,
        new=len(verdict.new),
        changed=len(verdict.changed),
        same=len(verdict.same),
        faulty=len(faults),
        faults=[
            _found(chunk, position, column, fault, columns, place)
            for position in sorted(faults)
            for column, fault in faults[position]
        ],
        changes=[
            _changed(register, chunk, kept[position], pairs, place)
            for position, pairs in sorted(verdict.changes.items())
        ],
        ready=rows
        if len(write) == len(kept)
        else {key: [values[i] for i in write] for key, values in rows.items()},
    )


def _found(
    chunk: Chunk,
    position: int,
    column: Column | None,
    fault: Fault,
    columns: Sequence[Recognized],
    place: Mapping[str, int],
) -> Found:
    at = place.get(column.key) if column else None
    # Only what a page may show whole can be mended on the page.
    near = getattr(fault, "near", ()) if column and column.personal not in HIDDEN else ()
    named = columns[at].label if at is not None else column.label if column else ""
    return Found(
        row=chunk.numbers[position],
        column=named[:60],
        typed=shown(column, chunk.rows[position][at]) if at is not None else "",
        kind=fault.kind[:40],
        wrong=fault.wrong[:300],
        mend=fault.mend[:300],
        suggested=near[0][:80] if near and at is not None else "",
    )


def _changed(
    register: Register,
    chunk: Chunk,
    position: int,
    pairs: Mapping[str, tuple[str, str]],
    place: Mapping[str, int],
) -> Changed:
    columns = {c.key: c for c in register.columns}
    at = place.get(register.named)
    return Changed(
        row=chunk.numbers[position],
        named=shown(columns[register.named], chunk.rows[position][at]) if at is not None else "",
        pairs=[
            [columns[key].label, shown(columns[key], before), shown(columns[key], after)]
            for key, (before, after) in pairs.items()
        ],
    )


def _read(
    column: Column, raw: Sequence[Any], context: Any
) -> tuple[Sequence[Any], Mapping[int, Fault]]:
    if column.read is not None:
        values, faults = column.read(raw, context)
    else:
        values, faults = _texts(column, raw)
    if column.required and (gaps := [i for i, v in enumerate(raw) if blank(v)]):
        empty = Fault(
            kind="没有填",
            wrong=f"没有填{column.label}",
            mend=f"填上{column.label}" + (f"，例如“{column.example}”" if column.example else ""),
        )
        faults = dict.fromkeys(gaps, empty) | dict(faults)
    return values, faults


def _texts(column: Column, raw: Sequence[Any]) -> tuple[list[str], dict[int, Fault]]:
    values, faults = [], {}
    for position, value in enumerate(raw):
        try:
            values.append(read_text(value) or "")
        except Refused as refusal:
            values.append("")
            wrong, _, mend = str(refusal).removesuffix("。").partition("。")
            faults[position] = Fault(kind=column.label, wrong=wrong, mend=mend)
    return values, faults


def faulty_workbook(
    table: Table, faults: Iterable[tuple[int, str, str, str]], *, sheet: str
) -> bytes:
    """
    Return the rows that must be mended, in the file's own columns, with what is wrong beside
    them (要改的行).

    Mending this file and bringing it in again works: the two columns that were added are known
    and not taken.
    """
    said: dict[int, tuple[list[str], list[str]]] = {}
    for row, column, wrong, mend in faults:
        wrongs, mends = said.setdefault(row, ([], []))
        wrongs.append(f"{column}：{wrong}" if column else wrong)
        mends.append(mend)
    taken = [i for i, title in enumerate(table.titles) if title not in (WRONG, MEND)]
    columns = [spreadsheets.Column(title=table.titles[i]) for i in taken]
    columns += [spreadsheets.Column(title=title, width=48) for title in (WRONG, MEND)]
    rows = (
        (*(row[i] for i in taken), "；".join(said[number][0]), "；".join(said[number][1]))
        for chunk in table.chunks()
        for number, row in zip(chunk.numbers, chunk.rows, strict=True)
        if number in said
    )
    target = io.BytesIO()
    spreadsheets.stream_rows(target, columns, rows, sheet=sheet)
    return target.getvalue()


def template(register: Register) -> bytes:
    """Return an empty form of *register* with drop-downs and instructions (模板)."""
    columns = [
        spreadsheets.Column(
            title=c.label,
            width=max(12, 2 * len(c.label) + 4),
            hint=c.hint,
            example=c.example,
            required=c.required,
            choices=c.choices,
        )
        for c in register.columns
    ]
    target = io.BytesIO()
    spreadsheets.write_template(target, columns, sheet=register.label)
    return target.getvalue()


def packed(kept: Any) -> str:
    """Return plain JSON as text, to be sealed (装箱)."""
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def unpacked(kept: Any) -> Any:
    """Return what `packed` put away, from the sealed field it lies in (开箱)."""
    return json.loads(kept.open())
