"""
The chart of accounts as dated data (会计科目表): `data/chart.csv`, with source and confidence.

`restriction` says which accounts a subject is opened as: for restricted money, for unrestricted, or one
of each (`both`). A new edition of the rules is new rows with another first day; accounts keep their code.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from .models import Account, Ledger, Restriction


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject of the chart and the days its name holds, both ends included (会计科目)."""

    ledger: Ledger
    code: str
    name: str
    kind: Account.Kind
    side: Account.Side
    section: str
    restriction: str
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str
    note: str

    @property
    def restrictions(self) -> tuple[str, ...]:
        """The restrictions that this subject is opened with, `""` for none."""
        if self.restriction == "both":
            return (Restriction.RESTRICTED, Restriction.UNRESTRICTED)
        return (self.restriction,)


@cache
def editions() -> tuple[Subject, ...]:
    """Return every row of the chart, whatever day it holds on (各版科目)."""
    table = files(__package__).joinpath("data", "chart.csv").read_text("utf-8")
    return tuple(_read(row) for row in csv.DictReader(table.splitlines()))


@cache
def chart(ledger: int, on: date) -> dict[str, Subject]:
    """Return the subjects of *ledger* as they are on a day, by code, in their order (当日科目表)."""
    held = (
        s
        for s in editions()
        if s.ledger == ledger and s.valid_from <= on and (s.valid_to is None or on <= s.valid_to)
    )
    return {s.code: s for s in sorted(held, key=lambda s: s.code)}


def title(account: Account, on: date) -> str:
    """Return what an account is called on a day: its subject's name, then its own (账户全称)."""
    subject = chart(account.ledger, on).get(account.subject)
    named = subject.name if subject else account.subject
    return f"{named}·{account.name}" if account.name else named


def in_order(accounts: Iterable[Account]) -> list[Account]:
    """Return *accounts* by subject, then by their own code."""
    return sorted(accounts, key=lambda a: (a.subject, a.code))


def _read(row: dict[str, str]) -> Subject:
    return Subject(
        ledger=Ledger[row["ledger"].upper()],
        code=row["code"],
        name=row["name"],
        kind=Account.Kind(row["kind"]),
        side=Account.Side(row["side"]),
        section=row["section"],
        restriction=row["restriction"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )
