"""
How a room declares a list of records: what a figure opens, what is filtered, printed and exported.

One generic page (`indicators:records`) and one export serve every listing; a room only declares
columns (`listings.py`, name `LISTINGS`). A page reads one `values_list` and formats it: no model objects,
no template work per cell, so that a list is as fast at page 900 as at page 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet

from .permissions import Permission
from .rooms import declared


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    One column of a listing (列): `fields` are read, `text` makes the words, `cell` the HTML when it is more
    than the escaped words.

    A field may be an expression (a `Subquery` on `OuterRef("pk")`): it is read with `values_list` for the rows
    of the page only.
    `full` makes the unmasked words for an export that asked for them (reason given, audited); `number` aligns right.
    """

    key: str
    label: str
    fields: tuple[Any, ...]
    text: Callable[..., str] = lambda value: "" if value is None else str(value)
    cell: Callable[..., str] | None = None
    full: Callable[..., str] | None = None
    number: bool = False
    wide: bool = True  # False: left out on the page, kept in the export


@dataclass(frozen=True, kw_only=True)
class Choice:
    """
    A filter with fixed choices (筛选): `narrow(queryset, value, on)` keeps the chosen rows.

    Unknown values are ignored.
    """

    key: str
    label: str
    choices: Callable[[], tuple[tuple[str, str], ...]]
    narrow: Callable[[QuerySet, str, date], QuerySet]


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing:
    """
    Records of one kind, scoped by permission, in the official order of places (清单).

    `place` is the look-up to the Place (its `sort_key` orders the list); `find(queryset, words)` narrows by the
    search box; `name` is the column that stays in sight; `opens(pk)` the address of a record's own page.
    """

    key: str
    label: str
    unit: str
    records: Callable[[], QuerySet]
    columns: tuple[Shown, ...]
    permission: Permission | None
    place: str = "place"
    filters: tuple[Choice, ...] = ()
    find: Callable[[QuerySet, str], QuerySet] | None = None
    find_label: str = "名称"
    opens: Callable[[Any], str] | None = None
    note: str = ""
    personal: bool = False  # holds S2/S3 columns: exporting asks a reason
    everything: Callable[[date], Any] | None = None


@cache
def listings() -> dict[str, Listing]:
    """Return all declared listings by key."""
    return {x.key: x for x in declared("listings", "LISTINGS")}


def moment_day(value: datetime | date | None) -> str:
    """Return 2026年11月23日, empty for nothing."""
    if value is None:
        return ""
    return f"{value.year}年{value.month}月{value.day}日"
