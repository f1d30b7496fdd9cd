"""
The rows behind a figure: which they are, in which order, and as finished HTML.

A page reads one `values_list` and formats it, no model objects and no template work per cell. It moves by
keyset over (official order of the place, number of the record): page 900 costs what page 1 costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from gongzhi.figures import queries as figures
from gongzhi.places import trees
from gongzhi.places.models import Place
from gongzhi.places.trees import History, Tree
from gongzhi.shared.listings import Listing, Shown
from gongzhi.shared.measures import Holding, Measure
from gongzhi.shared.periods import Period, month_of
from gongzhi.shared.permissions import Actor, Permission

PAGE = 50
# A search that finds no more than this is sorted by itself; a wider one is met while walking in order.
FEW = 2000
LONG, NOWRAP = 24, ' class="nowrap"'  # a text of more characters may break over lines
MARK = 987_654_321  # stands for the number of a record while its address is resolved


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where a page ends (翻到哪里): after this place and record."""

    sort_key: str
    pk: int

    def __str__(self) -> str:
        return f"{self.sort_key}.{self.pk}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """Return the cursor that *text* writes, or None when it writes none."""
        sort_key, dot, pk = text.rpartition(".")
        if not dot or not pk.isdecimal() or not (sort_key == "" or sort_key.isdecimal()):
            return None
        return cls(sort_key=sort_key[:40], pk=min(int(pk[:18]), 2**62))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    What somebody asks to see (要看什么): a listing, the figure it stands behind, a place, and what narrows it.

    A figure that is held rather than counted up (存量) is asked on the period's last day. `as_now` asks by
    today's tree.
    """

    listing: Listing
    place: Place
    period: Period
    today: date
    measure: Measure | None = None
    as_now: bool = False
    chosen: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    ticked: tuple[int, ...] = ()

    @property
    def on(self) -> date:
        """Return the day that stands for the whole period: its last, but never a day to come."""
        return max(min(self.period.last, self.today), self.period.since)

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything narrows the rows further than the figure does."""
        return bool(self.chosen or self.words or self.ticked)

    def query(self, **changes: Any) -> str:
        """Return the query string that asks this again, with *changes*; None leaves a part out."""
        parts: dict[str, Any] = {"place": self.place.pk}
        if self.measure:
            parts["measure"] = self.measure.key
        if self.period.days > 1:
            parts["period"] = str(self.period)
        elif self.on != self.today:
            parts["on"] = self.on.isoformat()
        if self.as_now:
            parts["as"] = "now"
        parts |= self.chosen
        if self.words:
            parts["q"] = self.words
        parts |= changes
        return urlencode({k: v for k, v in parts.items() if v is not None}, doseq=True)


def behind(asked: Asked, by: Actor, history: History | None = None) -> QuerySet:
    """Return the rows behind the figure, or of the whole listing, at the place: those that *by* may see."""
    listing, history = asked.listing, history or trees.history()
    if asked.measure is None:
        rows = listing.everything(asked.on) if listing.everything else listing.records()
    else:
        rows = counted(asked.measure, asked.period, asked.on)
        model = listing.records().model
        if rows.model is not model:
            subject = asked.measure.of.subject
            assert isinstance(subject, str)  # noqa: S101  (another model is listed by its key)
            rows = listing.records().filter(pk__in=rows.order_by().values(subject))
    rows, scope = _at(rows, listing, asked, history)
    if listing.permission is None or _holds_over(listing.permission, by, scope, history.now()):
        return rows
    return listing.permission.among(rows, by)


def counted(measure: Measure, period: Period, on: date) -> QuerySet:
    """Return the records that *measure* counts in the whole county: those of the period, or that hold on a day."""
    of = measure.of
    rows = of.on(on) if isinstance(of, Holding) else of.between(period.since, period.until)
    if measure.facet:
        name, _, value = measure.facet.partition("=")
        rows = rows.filter(**{name: value})
    return rows


def _at(
    rows: QuerySet, listing: Listing, asked: Asked, history: History
) -> tuple[QuerySet, frozenset[int]]:
    """Narrow *rows* to the place: by a stretch of the official order where the tree is today's, else by place ids."""
    now = history.now()
    scope = now.beneath(asked.place.pk)
    if asked.measure is not None and not asked.as_now and history.at(month_of(asked.on)) is not now:
        scope = history.at(month_of(asked.on)).beneath(asked.place.pk)
    if len(scope) == len(now.parent) and scope == now.parent.keys():
        return rows, scope
    place = listing.place
    if scope == now.subtree(asked.place.pk):
        # One stretch of an index. An IN list of places makes SQLite sort the whole subtree for one page.
        return rows.filter(_stretch(f"{place}__sort_key", asked.place.sort_key)), scope
    return rows.filter(**{f"{place}__in": scope}), scope


def _stretch(lookup: str, prefix: str) -> Q:
    """Return the keys that begin with *prefix*: digits only, so that text order is the same on both databases."""
    after = str(int(prefix) + 1).zfill(len(prefix))
    within = Q(**{f"{lookup}__gte": prefix})
    return within & Q(**{f"{lookup}__lt": after}) if len(after) == len(prefix) else within


def _holds_over(permission: Permission, by: Actor, scope: Iterable[int], tree: Tree) -> bool:
    """Tell whether *by* holds *permission* over every place in *scope*: then nothing is left to filter."""
    held: set[int] = set()
    for path in permission.paths(by):
        if path == "/":
            return True
        held |= tree.subtree(int(path.rstrip("/").rpartition("/")[2]))
    return held.issuperset(scope)


def narrowed(rows: QuerySet, asked: Asked) -> QuerySet:
    """Return *rows* narrowed by the filters, the search box and the ticks."""
    listing = asked.listing
    for choice in listing.filters:
        if value := asked.chosen.get(choice.key):
            rows = choice.narrow(rows, value, asked.on)
    if asked.words and listing.find:
        found = listing.find(rows, asked.words)
        few = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
        rows = found if len(few) > FEW else rows.filter(pk__in=few)
    if asked.ticked:
        rows = rows.filter(pk__in=asked.ticked)
    return rows


def tally(rows: QuerySet, measure: Measure | None) -> int:
    """Count *rows* the way *measure* counts them: what must agree with the figure above the list."""
    rows = rows.order_by()
    return rows.count() if measure is None else figures.live(measure, rows)


def said(asked: Asked) -> list[str]:
    """Return in words what narrows the rows: for prints, exports and the audit line."""
    words = []
    for choice in asked.listing.filters:
        if value := asked.chosen.get(choice.key):
            words.append(f"{choice.label}：{dict(choice.choices()).get(value, value)}")
    if asked.words:
        words.append(f"{asked.listing.find_label}含“{asked.words}”")
    if asked.ticked:
        words.append(f"勾选的{len(asked.ticked)}条")
    return words


def in_order(rows: QuerySet, listing: Listing) -> QuerySet:
    """Return all *rows* as the tuples that cells are made from, in the official order of places."""
    key = f"{listing.place}__sort_key"
    return (
        rows.filter(**{f"{key}__gte": ""}).order_by(key, "pk").values_list(*reading(listing).fields)
    )


@dataclass(frozen=True, kw_only=True)
class Page:
    """Fifty rows and where the neighbors begin (一页)."""

    rows: Sequence[tuple]
    before: Cursor | None
    after: Cursor | None


def page(
    rows: QuerySet,
    listing: Listing,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE,
) -> Page:
    """Return the *size* rows that follow *after* or lead up to *before*, in the official order of places."""
    key, columns = f"{listing.place}__sort_key", reading(listing).fields
    back = before is not None
    cursor = before if back else after
    side, order = ("lt", (f"-{key}", "-pk")) if back else ("gt", (key, "pk"))
    found: list[tuple] = []
    if cursor is not None:
        # Two questions that an index answers, where one with OR would be a scan.
        rest = rows.filter(**{key: cursor.sort_key, f"pk__{side}": cursor.pk})
        found = list(rest.order_by(order[1]).values_list(*columns)[: size + 1])
    if len(found) <= size:
        # The bound also tells SQLite to walk the places in order instead of sorting the records.
        onward = (
            rows.filter(**{f"{key}__{side}": cursor.sort_key})
            if cursor
            else rows.filter(**{f"{key}__gte": ""})
        )
        found += onward.order_by(*order).values_list(*columns)[: size + 1 - len(found)]
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    if not found:
        return Page(rows=(), before=None, after=None)
    first, last = (Cursor(sort_key=r[1], pk=r[0]) for r in (found[0], found[-1]))
    has_before = more if back else cursor is not None
    has_after = True if back else more
    return Page(rows=found, before=first if has_before else None, after=last if has_after else None)


@dataclass(frozen=True)
class Reading:
    """How the columns of a listing are read from one row (读法): each field once, and who takes which."""

    fields: tuple[Any, ...]
    takes: Mapping[str, tuple[int, ...]]


@cache
def reading(listing: Listing) -> Reading:
    """Return what to read for the columns of *listing*; a row begins with its number and its place's order."""
    first = ("pk", f"{listing.place}__sort_key")
    fields = dict.fromkeys([*first, *(f for column in listing.columns for f in column.fields)])
    at = {name: number for number, name in enumerate(fields)}
    return Reading(tuple(fields), {c.key: tuple(at[f] for f in c.fields) for c in listing.columns})


def words_of(column: Shown, takes: tuple[int, ...], row: tuple, *, full: bool = False) -> str:
    """Return the plain words of one cell; *full* gives what an export in full may hold."""
    make: Callable[..., str] = column.full if full and column.full else column.text
    return make(*(row[i] for i in takes))


@cache
def _address(listing: Listing) -> tuple[str, str] | None:
    """Return what stands before and after the number in the address of a record's page, resolved once."""
    if listing.opens is None:
        return None
    before, number, after = listing.opens(MARK).partition(str(MARK))
    assert number, f"{listing.key}: the address of a record says its number"  # noqa: S101
    return escape(before), escape(after)


def rows_html(listing: Listing, rows: Sequence[tuple], *, form: str = "") -> str:
    """Return the `<tr>`s of a page: `cell` gives HTML, `text` is escaped; *form* is what the ticks belong to."""
    takes = reading(listing).takes
    head, *rest = (c for c in listing.columns if c.wide)
    plan = [(takes[c.key], c.cell, c.text, c.number) for c in rest]
    head_takes, opens, out = takes[head.key], _address(listing), []
    for row in rows:
        given = [row[i] for i in head_takes]
        name = head.text(*given)
        html = head.cell(*given) if head.cell else escape(name)
        if opens and "<a " not in html:
            # The words before the first tag are the name; what follows is said under it.
            said, tag, under = html.partition("<")
            html = f'<a href="{opens[0]}{row[0]}{opens[1]}">{said}</a>{tag}{under}'
        out.append("<tr>")
        if form:
            out.append(
                f'<td><input type="checkbox" form="{form}" name="pk" value="{row[0]}"'
                f' aria-label="选中{escape(name)}"></td>'
            )
        out.append(f'<th scope="row" class="nowrap">{html}</th>')
        for indexes, cell, text, number in plan:
            given = [row[i] for i in indexes]
            html = cell(*given) if cell else escape(text(*given))
            kind = ' class="n"' if number else "" if len(html) > LONG and not cell else NOWRAP
            out.append(f"<td{kind}>{html}</td>")
        out.append("</tr>\n")
    return "".join(out)
