"""
Rules that change: each value with the days it holds, where it comes from and how sure we are of it.

The rows are data (`data/rules.csv`), never literals in code. Confidence is the handbook's mark:
`✔` the primary text was read, `✓s` a secondary page, `practice` common practice, `unsure` not
confirmed.
A rule that is not ✔ warns and may be overridden with a reason; it does not block.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from .refusals import Refused

CONFIDENCES = ("✔", "✓s", "practice", "unsure")


class RuleUnknown(LookupError):
    """A rule key that no row has: a mistake in the program, not in what somebody typed."""


class RuleNotCovered(Refused):
    code = "shared.rule-not-covered"
    message = (
        "规则“{key}”没有{day}适用的数值，这件事现在算不出来。"
        "请管理员在规则表里补上这一天适用的一行，写明出处。"
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of a rule and the days it holds, both ends included (规则)."""

    key: str
    value: str
    valid_from: date
    valid_to: date | None
    source: str
    confidence: str
    note: str

    @property
    def number(self) -> int:
        """The value as a whole number: days, minutes, years, pieces, as the key says."""
        return int(self.value)

    @property
    def words(self) -> tuple[str, ...]:
        """The value as a list of words, in their order."""
        return tuple(self.value.split())

    @property
    def is_confirmed(self) -> bool:
        """Whether the primary text was read: only such a rule may block."""
        return self.confidence == "✔"

    def in_year(self, year: int) -> date:
        """Return the day of *year* that a value of the form `03-31` names (每年的期限)."""
        return date.fromisoformat(f"{year:04d}-{self.value}")

    def holds_on(self, day: date) -> bool:
        """Tell whether this row is in force on *day*."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def rule(key: str, on: date) -> Rule:
    """
    Return the rule *key* as it stands on the day *on* (当日规则).

    :raises RuleUnknown: no row has this key.
    :raises RuleNotCovered: no row of this key holds on that day.
    """
    rows = all_rules().get(key)
    if rows is None:
        raise RuleUnknown(f"no rule {key!r} in data/rules.csv")
    for row in rows:
        if row.holds_on(on):
            return row
    raise RuleNotCovered(key=key, day=on.isoformat())


@cache
def all_rules() -> dict[str, tuple[Rule, ...]]:
    """Return every row by its key, in the order of the table; for the generated reference."""
    rows: dict[str, tuple[Rule, ...]] = {}
    table = files(__package__).joinpath("data", "rules.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        key = row["rule_key"]
        rows[key] = (*rows.get(key, ()), _read(row))
    return rows


def _read(row: dict[str, str]) -> Rule:
    return Rule(
        key=row["rule_key"],
        value=row["value"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        source=row["source"],
        confidence=row["confidence"],
        note=row["note"],
    )
