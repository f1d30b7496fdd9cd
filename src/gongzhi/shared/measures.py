"""How a room declares a figure: next to its facts, in a file of values (`measures.py`, name `MEASURES`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable

from .rooms import declared


class Counts(StrEnum):
    """What a measure adds up (计什么)."""

    RECORDS = "records"  # 人次, 场次
    SUBJECTS = "subjects"  # 人数: distinct
    TOTAL = "total"  # 分钟, 分


@dataclass(frozen=True, kw_only=True, eq=False)
class Book:
    """
    Records that happen on a day at a place (流量).

    `place` and `day` are look-ups from the record; `holder` the related row that says where and when,
    if the record itself does not; `cells` keeps a roll-up for books too heavy to count live.
    """

    key: str
    records: Callable[[], QuerySet]
    place: str
    day: str
    holder: str = ""
    subject: str | Combinable | None = None
    amount: str | None = None
    facets: tuple[str, ...] = ()
    cells: bool = False

    def between(self, since: date, until: date, places: Iterable[int] | None = None) -> QuerySet:
        """Return the records of [since, until) at exactly *places*: cells, live figures and drill-down start here."""
        within = Q(**{f"{self.day}__gte": since, f"{self.day}__lt": until})
        if places is not None:
            within &= Q(**{f"{self.place}__in": list(places)})
        return self.records().filter(within)

    def columns(self, queryset: QuerySet) -> QuerySet:
        """Return *queryset* as (place, subject?, amount?, *facets) rows: all that figures are counted from."""
        subject = F(self.subject) if isinstance(self.subject, str) else self.subject
        extra = {"_subject": subject} if subject is not None else {}
        return queryset.annotate(**extra).values_list(
            self.place,
            *(["_subject"] if extra else []),
            *([self.amount] if self.amount else []),
            *self.facets,
        )

    def held_by(self, ids: Iterable[int]) -> QuerySet:
        """Return (place, day) of holders, whether or not any record of theirs counts."""
        cut = len(self.holder) + 2
        model = self.records().model._meta.get_field(self.holder).related_model
        return model._default_manager.filter(pk__in=ids).values_list(
            self.place[cut:], self.day[cut:]
        )

    @property
    def definition(self) -> str:
        """Return a hash of the book's own SQL: when it changes, every cell is counted anew."""
        sql = str(self.columns(self.between(date(2000, 1, 1), date(2000, 2, 1))).query)
        return hashlib.sha256(sql.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class Holding:
    """
    Records that hold from a day until another (存量).

    Counted live on dated rows, so that an expired one drops out on its day.

    `until` is exclusive; NULL means still holding.
    """

    key: str
    records: Callable[[], QuerySet]
    place: str
    since: str
    until: str = ""
    subject: str = "pk"

    def on(self, day: date, places: Iterable[int] | None = None) -> QuerySet:
        """Return the records that hold on *day* at exactly *places*."""
        held = Q(**{f"{self.since}__lte": day})
        if self.until:
            held &= Q(**{f"{self.until}__gt": day}) | Q(**{f"{self.until}__isnull": True})
        if places is not None:
            held &= Q(**{f"{self.place}__in": list(places)})
        return self.records().filter(held)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measure:
    """
    A figure somebody reads: what it is called, what it counts, who may see it (指标).

    `rule` is the counting rule printed beside it. `listing` names the declared list (`shared.listings`)
    that shows its records. `beside` names measures that must stand next to it (volunteers imported never
    stand alone). `appraisal=False` marks 不得作为考核依据.
    """

    key: str
    label: str
    unit: str
    rule: str
    of: Book | Holding
    counts: Counts
    facet: str = ""
    public: bool = False
    listing: str = ""
    beside: tuple[str, ...] = ()
    appraisal: bool = True
    icon: str = "chart"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratio:
    """A share of two measures (比率), shown with its numerator and denominator; both open their records."""

    key: str
    label: str
    rule: str
    numerator: str
    denominator: str
    unit: str = "%"
    public: bool = False
    icon: str = "chart"


@cache
def measures() -> dict[str, Measure | Ratio]:
    """Return all declared measures by key, lowest room first."""
    found = declared("measures", "MEASURES")
    by_key = {m.key: m for m in found}
    assert len(by_key) == len(found), "two measures share a key"  # noqa: S101
    return by_key


@cache
def books() -> tuple[Book, ...]:
    """Return every Book that some declared measure counts from."""
    return tuple(
        {
            id(m.of): m.of
            for m in measures().values()
            if isinstance(m, Measure) and isinstance(m.of, Book)
        }.values()
    )
