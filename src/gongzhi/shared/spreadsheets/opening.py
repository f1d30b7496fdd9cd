"""Opening a spreadsheet and reading the one table in it: its header, then its rows in chunks."""

from __future__ import annotations

import codecs
import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from gongzhi.shared.faults import Fault
from gongzhi.shared.text import key

from . import guards
from .cells import Raw
from .guards import MOST_COLUMNS, MOST_ROWS, Broken, Kind, cell_name
from .refused import (
    Damaged,
    EmptySheet,
    MergedCells,
    NoHeader,
    NoSuchSheet,
    NulBytes,
    TooManyColumns,
    TooManyRows,
    UnclosedQuote,
    UnknownEncoding,
)

Row = list[Any]  # of Raw

HEADER_WITHIN = 10  # rows
CHUNK = 2_000  # rows
_BLOCK = 2**20
_NOTE = re.compile(r"[(（\[【].*?[)）\]】]|[*\uff0a:：]")


def header_key(title: object) -> str:
    """Return a column title for comparing (表头比对): without `*`, `（必填）`, space and case."""
    return key(_NOTE.sub("", str(title)))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a table (一批行): blank rows are left out, all are as wide as the header."""

    numbers: list[int]
    """The number of each row as the person sees it in the spreadsheet."""
    rows: list[Row]
    faults: dict[int, Fault] = field(default_factory=dict)
    """Rows, by number, that do not lie under the header; their cells are not to be trusted."""

    def column(self, index: int) -> Row:
        """Return the cells of one column, counted from zero."""
        return [row[index] for row in self.rows]


class Table:
    """One sheet whose header was found (表): `titles` in `header_row`, data below it."""

    def __init__(self, source: _Sheet, header_row: int, titles: list[str], others: list[str]):
        self._source = source
        self.name = source.name
        self.header_row = header_row
        self.titles = titles
        self.other_sheets = others
        self.last_row = source.last_row

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """
        Yield the rows below the header, *size* of them at a time.

        :raises EmptySheet: there is not one.
        :raises UnclosedQuote, TooManyRows: the text file breaks off on the way.
        """
        is_empty = True
        rows = self._source.rows()
        for _ in islice(rows, self.header_row):
            pass
        number = self.header_row
        while some := list(islice(rows, size)):
            chunk = self._chunk(some, number)
            number += len(some)
            if chunk.rows:
                is_empty = False
                yield chunk
        if is_empty:
            raise EmptySheet(sheet=self.name)

    def _chunk(self, some: list[Row], before: int) -> Chunk:
        width = len(self.titles)
        chunk = Chunk([], [])
        for number, row in enumerate(some, before + 1):
            if not any(row) and all(_is_blank(cell) for cell in row):
                continue
            if len(row) > width:
                if self._source.is_text and not all(map(_is_blank, row[width:])):
                    chunk.faults[number] = Fault(
                        f"这一行有{len(row)}格，表头只有{width}格，多半是内容里有分隔用的逗号",
                        "给带逗号的内容加上双引号，或者另存为xlsx",
                    )
                del row[width:]
            elif len(row) < width:
                row += [""] * (width - len(row))
            if all(map(_is_blank, row)) and number not in chunk.faults:
                continue
            chunk.numbers.append(number)
            chunk.rows.append(row)
        return chunk


def _is_blank(cell: Raw) -> bool:
    return type(cell) is str and not cell.strip()


class _Sheet(ABC):
    """A sheet as a stream of rows, and what is known before reading it."""

    name: str
    is_text = False
    last_row: int | None = None

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield the rows from the first on, blank ones too."""

    def check_below(self, header_row: int) -> None:  # noqa: B027 — a text cannot merge cells
        """:raises MergedCells: cells below the header are merged."""

    def find_header(self, aliases: Collection[str], least: int) -> tuple[int, list[str]] | None:
        """Return the row that names most of *aliases*, if it names *least*, and its titles."""
        best, found = 0, None
        for number, row in enumerate(islice(self.rows(), HEADER_WITHIN), 1):
            named = len({header_key(cell) for cell in row} & set(aliases))
            if named > best:
                best, found = named, (number, _titles(row))
        return found if best >= least else None


def _titles(row: Row) -> list[str]:
    titles = ["" if _is_blank(cell) else str(cell).strip() for cell in row]
    while not titles[-1]:
        titles.pop()
    return titles


class _GridSheet(_Sheet):
    """A sheet of an xlsx, xls or ods, held by the reader and turned into rows one by one."""

    def __init__(self, sheet: CalamineSheet, broken: Broken) -> None:
        self._sheet = sheet
        self._broken = broken
        self.name = sheet.name
        # The reader gives every row from the first on, but begins at the first column in use.
        self._first_column = sheet.start[1] + 1 if sheet.start else 1
        end = sheet.end
        self.last_row = end[0] + 1 if end else 0

    def rows(self) -> Iterator[Row]:
        broken = {row for row, _ in self._broken}
        for number, row in enumerate(self._sheet.iter_rows(), 1):
            if number in broken:
                for index, cell in enumerate(row):
                    row[index] = self._broken.get((number, self._first_column + index), cell)
            yield row

    def check_below(self, header_row: int) -> None:
        merged = [
            f"{cell_name(top + 1, left + 1)}:{cell_name(bottom + 1, right + 1)}"
            for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or []
            if bottom >= header_row and (top, left) != (bottom, right)
        ]
        if merged:
            more = "等" if len(merged) > 3 else ""
            raise MergedCells(sheet=self.name, ranges="、".join(merged[:3]) + more)


class _TextSheet(_Sheet):
    """A csv or tab-separated file, read line by line."""

    is_text = True

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self.name = name

    @cached_property
    def delimiter(self) -> str:
        """Whichever of comma, tab and semicolon the first lines have most of, outside quotes."""
        self._text.seek(0)
        head = re.sub(r'"[^"]*"', "", "".join(islice(self._text, 2 * HEADER_WITHIN)))
        return max(",\t;", key=head.count)

    def rows(self) -> Iterator[Row]:
        number = 0
        try:
            reader = csv.reader(self._text, delimiter=self.delimiter)
            self._text.seek(0)
            for row in reader:
                number += 1
                if len(row) > MOST_COLUMNS and any(cell.strip() for cell in row[MOST_COLUMNS:]):
                    raise TooManyColumns(sheet=self.name, cell=cell_name(number, len(row)))
                if number > MOST_ROWS:
                    raise TooManyRows(sheet=self.name, cell=cell_name(number, 1))
                yield row
        except csv.Error as error:
            raise UnclosedQuote(row=number + 1) from error


def encoding_of(stream: BinaryIO) -> str:
    """
    Return in which encoding *stream* is text: UTF-8, UTF-16 with a mark, or GB18030 (文字编码).

    :raises NulBytes: there are NUL characters in it.
    :raises UnknownEncoding: it is none of the three.
    """
    stream.seek(0)
    head = stream.read(4)
    is_marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    names = ["utf-16"] if is_marked else ["utf-8-sig", "gb18030"]
    for name in names:
        if _decodes(stream, name):
            return name
    raise UnknownEncoding


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while block := stream.read(_BLOCK):
            if "\0" in decoder.decode(block):
                raise NulBytes
    except UnicodeDecodeError:
        return False
    return True


class Workbook:
    """An open spreadsheet (工作簿); use it in a `with`."""

    def __init__(self, stream: BinaryIO, kind: Kind, filename: str) -> None:
        self._stream = stream
        self.kind = kind
        self.encoding = ""
        self._book: CalamineWorkbook | None = None
        self._parts: dict[str, str] = {}
        if kind == "text":
            self.encoding = encoding_of(stream)
            # A character cut off at the very end shows as � in its cell and does not fail the file.
            self._text = io.TextIOWrapper(stream, self.encoding, errors="replace", newline="")
            self.names = [Path(filename).stem or "表格"]
        else:
            self._check()
            stream.seek(0)
            with _damage_said():
                self._book = CalamineWorkbook.from_filelike(stream)
            self.names = [
                sheet.name
                for sheet in self._book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
                and sheet.visible == SheetVisibleEnum.Visible
            ]

    def _check(self) -> None:
        if self.kind == "xls":
            guards.probe_xls(self._stream)
            return
        with guards.archive(self._stream) as box:
            if self.kind == "ods":
                guards.walk_ods(box)
            else:
                guards.check_common_parts(box)
                self._parts = guards.sheet_parts(box)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give its memory back."""
        if self._book:
            self._book.close()
        self._stream.close()

    def find_table(self, aliases: Collection[str], least: int = 2) -> Table:
        """
        Return the first visible sheet with a header among its first ten rows (找表头).

        *aliases* are all titles that columns may have; a row is the header when it names *least*.

        :raises NoHeader: no sheet has one.
        :raises EmptySheet: there is nothing at all in the file.
        :raises MergedCells, TooManyColumns, TooManyRows, BrokenFormulas: the table cannot be read.
        """
        known = {header_key(alias) for alias in aliases}
        is_empty = True
        for name in self.names:
            sheet = self._sheet(name)
            if found := sheet.find_header(known, least):
                return self._table(sheet, *found)
            is_empty = is_empty and not any(map(any, islice(sheet.rows(), HEADER_WITHIN)))
        if is_empty:
            raise EmptySheet(sheet=self.names[0] if self.names else "")
        raise NoHeader(wanted="、".join(list(aliases)[:3]))

    def table(self, name: str, aliases: Collection[str], least: int = 2) -> Table:
        """
        Return the sheet *name* that somebody chose, header found.

        :raises NoSuchSheet: there is no such visible sheet; else as `find_table`.
        """
        if name not in self.names:
            raise NoSuchSheet(sheet=name[:40], names="、".join(self.names))
        sheet = self._sheet(name)
        if found := sheet.find_header({header_key(alias) for alias in aliases}, least):
            return self._table(sheet, *found)
        if not any(map(any, islice(sheet.rows(), HEADER_WITHIN))):
            raise EmptySheet(sheet=name)
        raise NoHeader(wanted="、".join(list(aliases)[:3]))

    def _table(self, sheet: _Sheet, header_row: int, titles: list[str]) -> Table:
        sheet.check_below(header_row)
        others = [name for name in self.names if name != sheet.name]
        return Table(sheet, header_row, titles, others)

    def _sheet(self, name: str) -> _Sheet:
        if self._book is None:
            return _TextSheet(self._text, name)
        broken: Broken = {}
        if self.kind == "xlsx":
            with guards.archive(self._stream) as box:
                broken = guards.walk_sheet(box, self._parts.get(name, ""), name)
        with _damage_said():
            return _GridSheet(self._book.get_sheet_by_name(name), broken)


@contextmanager
def _damage_said() -> Iterator[None]:
    """:raises Damaged: the reader fails, or panics, which has no exception class to catch."""
    try:
        yield
    except CalamineError as error:
        raise Damaged from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise Damaged from error
        raise


def open_sheets(source: str | Path | bytes, filename: str, *, most_bytes: int) -> Workbook:
    """
    Open a spreadsheet: xlsx, xls, ods, or text in UTF-8, UTF-16 or GB18030 (打开表格).

    *source* is a path or the content itself; *filename* is only for showing. Nothing is unpacked
    before its size is checked; the reader holds one sheet at a time, rows are made in chunks.

    :raises SheetRefused: one of its kinds says why the file cannot be read.
    """
    stream: BinaryIO = (
        io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115
    )  # the workbook closes it
    try:
        guards.check_size(stream.seek(0, io.SEEK_END), most_bytes)
        stream.seek(0)
        return Workbook(stream, guards.kind_of(stream), filename)
    except BaseException:
        stream.close()
        raise
