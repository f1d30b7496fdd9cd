"""Records as a workbook or as csv, row by row: a register of 88,107 people is never held in memory."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import IO

from xlsxwriter import Workbook

from gongzhi.shared.listings import Listing, Shown

from .records import reading, words_of

CHUNK = 2000
_NUMBER = re.compile(r"-?\d{1,3}(,?\d{3})*(\.\d+)?")


class Numbers(StrEnum):
    """How personal numbers are written in an export (号码怎么写)."""

    MASKED = "masked"
    NONE = "none"
    FULL = "full"

    @property
    def label(self) -> str:
        return {"masked": "遮住中间几位", "none": "不带号码", "full": "完整号码"}[self]


def columns_for(listing: Listing, numbers: Numbers) -> tuple[Shown, ...]:
    """Return the columns that an export holds; without numbers those that have a full form are left out."""
    return tuple(c for c in listing.columns if numbers != Numbers.NONE or c.full is None)


def cells(
    listing: Listing, columns: Sequence[Shown], rows: Iterable[tuple], numbers: Numbers
) -> Iterator[list[str | float]]:
    """Yield the plain cells of each row: numbers as numbers where the column counts something, else text."""
    takes, full = reading(listing).takes, numbers == Numbers.FULL
    plan = [(c, takes[c.key]) for c in columns]
    for row in rows:
        out: list[str | float] = []
        for column, at in plan:
            text = words_of(column, at, row, full=full)
            if column.number and _NUMBER.fullmatch(text):
                number = Decimal(text.replace(",", ""))
                out.append(int(number) if number == number.to_integral() else float(number))
            else:
                out.append(text)
        yield out


def workbook(
    *,
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str | float]],
    notes: Sequence[tuple[str, str]],
    footer: str,
) -> IO[bytes]:
    """Write a workbook with the records and a sheet 说明 into an unnamed file, and return it at its beginning."""
    made = tempfile.TemporaryFile()  # noqa: SIM115  (whoever sends it closes it)
    # constant_memory sends each finished row to disk; nothing typed becomes a formula or a link.
    book = Workbook(
        made,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    bold = book.add_format({"bold": True, "bg_color": "#f5f0e6", "bottom": 1})
    whole = book.add_format({"num_format": "#,##0.##"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", "", title)[:31] or "记录")
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{footer.replace('&', '&&')[:180]}&R第&P页，共&N页")
    sheet.set_column(0, len(heads) - 1, 18)
    for at, head in enumerate(heads):
        sheet.write_string(0, at, head, bold)
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, at, value)
            else:
                sheet.write_number(number, at, value, whole)
    about = book.add_worksheet("说明")
    about.set_column(0, 0, 14)
    about.set_column(1, 1, 90)
    for number, (name, text) in enumerate(notes):
        about.write_string(number, 0, name, bold)
        about.write_string(number, 1, text, wrap)
    book.close()
    made.seek(0)
    return made
