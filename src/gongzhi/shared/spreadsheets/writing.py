"""Writing spreadsheets: one row in memory, templates with drop-downs, no formula from data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, BinaryIO, Literal

from gongzhi.shared.calendar import local
from gongzhi.shared.money import Money

from .guards import column_letters

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | bool | date | datetime | Money | None

_LONGEST_TEXT = 32_767  # characters in a cell of an xlsx
_INLINE_LIST = 255  # characters of a drop-down's list kept beside the cell
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_FONT = {"font_name": "宋体", "font_size": 11}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column to write (列): *choices* make a drop-down, *hint* says how to fill it."""

    title: str
    kind: Literal["text", "number", "money", "date"] = "text"
    width: int = 14
    hint: str = ""
    example: str = ""
    required: bool = False
    choices: Sequence[str] = ()


def stream_rows(
    target: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    kind: Literal["xlsx", "csv"] = "xlsx",
    sheet: str = "名单",
) -> int:
    """
    Write a header and *rows* to *target*, one row in memory, and return how many rows (导出).

    Texts stay texts: what begins with = + - @ can never run as a formula on the reader's computer.
    """
    if kind == "csv":
        count = -1  # the header
        for line in csv_lines(columns, rows):
            target.write(line)
            count += 1
        return count
    with _workbook(target, constant_memory=True) as book:
        page = book.add_worksheet(sheet)
        formats = _formats(book)
        _write_header(page, columns, formats)
        count = 0
        for count, row in enumerate(rows, 1):
            for index, value in enumerate(row):
                _write(page, count, index, value, formats)
    return count


def _workbook(target: BinaryIO, *, constant_memory: bool) -> Workbook:
    from xlsxwriter import Workbook  # 20 MiB that only those who write need

    return Workbook(
        target,
        {
            "constant_memory": constant_memory,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )


def _formats(book: Workbook) -> dict:
    return {
        "header": book.add_format({**_FONT, "bold": True, "bottom": 1}),
        "required": book.add_format({**_FONT, "bold": True, "bottom": 1, "font_color": "#A8123A"}),
        "text": book.add_format({**_FONT, "num_format": "@"}),
        "number": book.add_format({**_FONT, "num_format": "#,##0"}),
        "money": book.add_format({**_FONT, "num_format": "#,##0.00"}),
        "date": book.add_format({**_FONT, "num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({**_FONT, "num_format": "yyyy-mm-dd hh:mm"}),
        "note": book.add_format({**_FONT, "text_wrap": True, "valign": "top"}),
    }


def _write_header(page: Worksheet, columns: Sequence[Column], formats: dict) -> None:
    for index, column in enumerate(columns):
        page.set_column(index, index, column.width, formats[column.kind])
        form = formats["required" if column.required else "header"]
        page.write_string(0, index, column.title, form)
    page.freeze_panes(1, 1)


def _write(page: Worksheet, row: int, index: int, value: Cell, formats: dict) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, index, _yes_no(value), formats["text"])
    elif isinstance(value, Money):
        page.write_number(row, index, value.fen / 100, formats["money"])
    elif isinstance(value, datetime):
        page.write_datetime(row, index, local(value).replace(tzinfo=None), formats["moment"])
    elif isinstance(value, date):
        page.write_datetime(row, index, value, formats["date"])
    elif isinstance(value, int | float):
        page.write_number(row, index, value, formats["number"] if value == int(value) else None)
    else:
        page.write_string(row, index, str(value)[:_LONGEST_TEXT], formats["text"])


def _yes_no(value: bool) -> str:
    return "是" if value else "否"


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a csv in UTF-8 with the mark Excel needs, line by line; the header first (逐行导出)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([_harmless(column.title) for column in columns])
    yield _taken(buffer)
    for row in rows:
        writer.writerow([_as_text(value) for value in row])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    line = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return line


def _as_text(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _yes_no(value)
    if isinstance(value, Money):
        return f"{value.fen / 100:.2f}"
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return value
    return _harmless(str(value))


def _harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate; `read_text` takes it away."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def write_template(
    target: BinaryIO, columns: Sequence[Column], *, sheet: str, rows: int = 2_000
) -> None:
    """
    Write an empty form to fill in (模板): titles, text formats that keep codes whole, drop-downs
    for *rows* rows, and a second sheet that says how to fill each column.
    """
    with _workbook(target, constant_memory=False) as book:
        page = book.add_worksheet(sheet)
        formats = _formats(book)
        _write_header(page, columns, formats)
        _explain(book, columns, formats)
        lists = None
        for index, column in enumerate(columns):
            if not column.choices:
                continue
            source: Sequence[str] | str = list(column.choices)
            if sum(map(len, column.choices)) + len(column.choices) > _INLINE_LIST:
                if lists is None:
                    lists = book.add_worksheet("选项")
                    lists.hide()
                lists.write_column(0, index, column.choices)
                letters = column_letters(index + 1)
                source = f"=选项!${letters}$1:${letters}${len(column.choices)}"
            page.data_validation(1, index, rows, index, _drop_down(column, source))


def _drop_down(column: Column, source: Sequence[str] | str) -> dict:
    return {
        "validate": "list",
        "source": source,
        "error_title": "不在选项里",
        "error_message": f"“{column.title}”请从下拉选项里选一个。"[:255],
        "error_type": "warning",
    }


def _explain(book: Workbook, columns: Sequence[Column], formats: dict) -> None:
    page = book.add_worksheet("填写说明")
    head = ("列名", "必填", "怎么填", "例子")
    for index, (title, width) in enumerate(zip(head, (18, 8, 50, 26), strict=True)):
        page.set_column(index, index, width)
        page.write_string(0, index, title, formats["header"])
    for row, column in enumerate(columns, 1):
        page.write_string(row, 0, column.title, formats["note"])
        page.write_string(row, 1, _yes_no(column.required), formats["note"])
        page.write_string(row, 2, column.hint, formats["note"])
        page.write_string(row, 3, column.example, formats["note"])
