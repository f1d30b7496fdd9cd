"""The house test's eye: which books' columns did a deed write, and which did it mark?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Any

from django.db import connection

from gongzhi.shared import measures
from gongzhi.shared.measures import Book

from . import services

_COLUMN = re.compile(r'"(\w+)"\."(\w+)"')
_WRITE = re.compile(
    r'\s*(INSERT|UPDATE|DELETE)(?: OR IGNORE)?(?: INTO| FROM)? "(\w+)"'
    r"(?: SET (.*?)(?= WHERE |$))?",
    re.S,
)
_SET = re.compile(r'"(\w+)" = ')


@cache
def columns_of(book: Book) -> frozenset[tuple[str, str]]:
    """Return every (table, column) that the book's figures are counted from, read off its own SQL."""
    queryset = book.columns(book.between(date(2000, 1, 1), date(2000, 2, 1)))
    tables = {alias: join.table_name for alias, join in queryset.query.alias_map.items()}
    found = _COLUMN.findall(str(queryset.query))
    return frozenset((tables[alias], column) for alias, column in found if column != "id")


@contextmanager
def every_change_is_marked(books: Iterable[Book] | None = None) -> Iterator[None]:
    """
    Fail when the block wrote a column that a figure is counted from and marked nothing for it.

    Run it around every deed (an autouse fixture): it watches all books with cells unless told which.
    """
    watched = [b for b in (measures.books() if books is None else books) if b.cells]
    written: dict[Book, str] = {}
    marked: set[Book] = set()

    def eye(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)  # what the database refused changed nothing
        if watched and (write := _WRITE.match(sql)):
            kind, table, assigned = write.groups()
            for book in watched:
                own = {column for t, column in columns_of(book) if t == table}
                base = book.records().model._meta.db_table
                if kind == "UPDATE":
                    hit = own & set(_SET.findall(assigned or ""))
                else:  # a row that comes or goes counts where rows are counted, not where they are looked up
                    hit = own if kind == "DELETE" or table == base else set()
                if hit:
                    written.setdefault(book, f"{kind} {table}（{'、'.join(sorted(hit))}）")
        return done

    def noting(book: Book, **named: Any) -> None:
        marked.add(book)
        mark(book, **named)

    mark, services.mark = services.mark, noting
    try:
        with connection.execute_wrapper(eye):
            yield
    finally:
        services.mark = mark
    for book, what in written.items():
        assert book in marked, (
            f"{what} changes figures of “{book.key}”; "
            f"call figures.mark(…, holders=[…]) in the deed that does it"
        )
