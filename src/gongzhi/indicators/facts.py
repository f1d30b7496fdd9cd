"""The figures that the county's own case printed, beside what the records say today."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from importlib.resources import files

from gongzhi.places import queries as places
from gongzhi.shared.measures import Measure, Ratio, measures
from gongzhi.shared.periods import Period

from . import queries

# Measures of money count 分; the case prints 万元.
FEN_IN = {"万元": 1_000_000, "元": 100}
# Before any record: the case says how many there have been, not how many in a year.
BEGINNING = date(1949, 10, 1)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One figure of the case (案例里的一个数): as it was said, as it is computed, and whether they agree."""

    key: str
    label: str
    unit: str
    said: Fraction
    words: str
    at_least: bool
    measure: str
    computed: Fraction | None
    why: str

    @property
    def is_equal(self) -> bool | None:
        """Tell whether the records agree; None while there are no records to count."""
        if self.computed is None:
            return None
        return self.computed >= self.said if self.at_least else self.computed == self.said

    @property
    def verdict(self) -> str:
        return {True: "相符", False: "不符", None: "还算不出"}[self.is_equal]


def facts(
    on: date, now: datetime, *, ways: Iterable[Mapping[str, str]] | None = None
) -> Iterator[Fact]:
    """
    Yield every figure of the case, computed for the whole county on a day (逐条核对).

    One becomes computable as soon as some room declares the measure that *ways* name for it
    (`facts-measures.csv`).
    """
    known, county = measures(), None
    by_key = {row["key"]: row for row in ways or ways_to_count()}
    for row in _rows("jintang-facts.csv"):
        way = by_key[row["key"]]
        key, why = way["measure"], way["why"]
        measure = known.get(key)
        if key and measure is None:
            why = "平台没有装记这个数的那一部分"
        computed = None
        if measure is not None:
            county = county or places.county()
            found = queries.figure(measure, county, _period(measure, on), now=now)
            computed = _computed(found, measure, row["unit"])
            if computed is None:
                why = "分母是零，没有可比的"
        yield Fact(
            key=row["key"],
            label=row["label"],
            unit=row["unit"],
            said=Fraction(row["value"]),
            words=row["as_said"],
            at_least=way["compare"] == "at-least",
            measure=key,
            computed=computed,
            why=why if computed is None else "",
        )


def _period(measure: Measure | Ratio, on: date) -> Period:
    """Return what a fact is counted over: what happened, from the beginning; what holds, on the day."""
    return Period(BEGINNING if queries.is_flow(measure) else on, on + timedelta(days=1))


def _computed(figure: queries.Figure, measure: Measure | Ratio, unit: str) -> Fraction | None:
    if isinstance(measure, Ratio):
        # Exact, not as shown: 89.96% is not 90%以上.
        bottom = figure.denominator
        return Fraction(100 * (figure.numerator or 0), bottom) if bottom else None
    if figure.value is None:
        return None
    value = Fraction(figure.value)
    return value / FEN_IN[unit] if figure.unit == "分" else value


def ways_to_count() -> list[dict[str, str]]:
    """Return which measure computes which fact, or why none does yet (怎么数)."""
    return _rows("facts-measures.csv")


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("gongzhi.indicators") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
