"""
How a figure is counted: it is the aggregate of its own drill-down, live; a heavy book is read from cells.

`since` is the first day, `until` the day after the last. "As then" (the default) asks the tree as it was in
each month, "as now" the tree of today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import Count, F, Model, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncMonth
from pyroaring import BitMap

from gongzhi.figures import services
from gongzhi.figures.models import Cell
from gongzhi.places import trees
from gongzhi.places.trees import History, Tree
from gongzhi.shared import measures as declared
from gongzhi.shared.measures import Book, Counts, Holding, Measure, Ratio
from gongzhi.shared.periods import first_of, month_of

_DAY = timedelta(days=1)


# --- one figure --------------------------------------------------------------------------------


def value(measure: Measure, place: int, since: date, until: date, *, as_now: bool = False) -> int:
    """
    Return the figure of [since, until) for *place* and all in it (指标值).

    A stock figure is that of the last day; a park's figure that of the places it wholly lies over.
    """
    if not as_now and isinstance(measure.of, Book) and measure.of.cells:
        found = _at_a_glance(measure, measure.of, place, since, until)
        if found is not None:
            return found
    return grid([measure], [place], since, until, as_now=as_now)[measure.key, place]


def _at_a_glance(measure: Measure, book: Book, place: int, since: date, until: date) -> int | None:
    """
    Return a figure that one row of cells holds, with one statement; None when it takes more than that.

    The tree is the one last read. The statement says whether it still stands and whether the cells are counted,
    and nothing it says is used when they are not.
    """
    seen = trees.held()
    if seen is None or since.day != 1 or until.day != 1 or since >= until:
        return None
    stamp, history = seen
    first, after = month_of(since), month_of(until)
    for *_, tree in history.stretches(first, after):
        if place not in tree.kept or place in tree.links:
            return None
    people = measure.counts == Counts.SUBJECTS
    column = "subjects" if people else f"SUM({measure.counts.value})"
    rows = _fetch(
        f"SELECT {services.untouched(book)}, {column} FROM {Cell._meta.db_table}"  # noqa: S608
        f" WHERE book_id = {services.row_of(book)} AND place_id = {place} AND facet = %s"
        f" AND month >= {first} AND month < {after}",
        [services.definition_of(book), measure.facet],
    )
    if not rows or rows[0][0] != stamp:
        return None
    if people:
        return len(BitMap.union(*(BitMap.deserialize(bitmap) for _, bitmap in rows)))
    return int(rows[0][1] or 0)


def stock(measure: Measure, place: int, day: date, *, as_now: bool = False) -> int:
    """Return how many hold on one day (存量)."""
    return value(measure, place, day, day + _DAY, as_now=as_now)


def ratio(
    share: Ratio, place: int, since: date, until: date, *, as_now: bool = False
) -> tuple[int, int]:
    """Return numerator and denominator of a share for *place* (比率)."""
    return ratio_grid(share, [place], since, until, as_now=as_now)[place]


def records(
    measure: Measure, place: int, since: date, until: date, *, as_now: bool = False
) -> QuerySet:
    """Return the very records that the figure counts (下钻); those of a stock figure hold on the last day."""
    history = trees.history()
    if isinstance(measure.of, Holding):
        day = until - _DAY
        tree = history.now() if as_now else history.at(month_of(day))
        return _part(measure, measure.of.on(day, _within(tree, tree.beneath(place))))
    stretches = list(_stretches(history, since, until, as_now=as_now))
    if len({tree.beneath(place) for *_, tree in stretches}) == 1:
        tree = stretches[0][2]
        within = _within(tree, tree.beneath(place))
        return _part(measure, measure.of.between(since, until, within))
    book, found = measure.of, Q(pk__in=[])
    for start, stop, tree in stretches:
        found |= Q(
            **{
                f"{book.day}__gte": start,
                f"{book.day}__lt": stop,
                f"{book.place}__in": list(tree.beneath(place)),
            }
        )
    return _part(measure, book.records().filter(found))


def live(measure: Measure, queryset: QuerySet) -> int:
    """Count *queryset* in the database: what the drill-down page says above its list."""
    match measure.counts:
        case Counts.RECORDS:
            return queryset.count()
        case Counts.TOTAL:
            return queryset.aggregate(total=Sum(_amount(measure)))["total"] or 0
        case Counts.SUBJECTS:
            return queryset.aggregate(n=Count(_subject(measure), distinct=True))["n"]


def _part(measure: Measure, queryset: QuerySet) -> QuerySet:
    if measure.facet:
        name, _, wanted = measure.facet.partition("=")
        queryset = queryset.filter(**{name: wanted})
    return queryset


def _subject(measure: Measure) -> Combinable:
    """Return what is counted once; a record without a declared subject is its own."""
    subject = measure.of.subject or "pk"
    return F(subject) if isinstance(subject, str) else subject


def _amount(measure: Measure) -> str:
    return _book(measure).amount or ""


def _book(measure: Measure) -> Book:
    return cast(Book, measure.of)


def _within(tree: Tree, places: Iterable[int]) -> list[int] | None:
    """Return the places to ask for, None when that is everything: then the database need not look at them."""
    wanted = list(places)
    return None if len(wanted) == len(tree.parent) else wanted


def _stretches(
    history: History, since: date, until: date, *, as_now: bool
) -> Iterator[tuple[date, date, Tree]]:
    """Yield (since, until, tree) for each stretch of days in which the asked tree stood still."""
    if as_now or since >= until:
        yield since, until, history.now()
        return
    for start, stop, tree in history.stretches(month_of(since), month_of(until - _DAY) + 1):
        yield max(since, first_of(start)), min(until, first_of(stop)), tree


# --- many figures ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sum:
    """What the parts of one figure add up to: numbers are added, people united."""

    number: int = 0
    people: list[BitMap] = field(default_factory=list)

    def add(self, measure: Measure, queryset: QuerySet) -> None:
        """Add what *queryset* counts, wherever it lies."""
        if measure.counts == Counts.SUBJECTS and not _counts_rows(measure):
            rows = queryset.annotate(_subject=_subject(measure))
            self.people.append(BitMap(rows.values_list("_subject", flat=True).distinct()))
        else:
            self.number += live(measure, queryset)

    def result(self) -> int:
        return self.number + (len(BitMap.union(*self.people)) if self.people else 0)


_Sums = dict[tuple[str, int], _Sum]


def grid(
    measures: Iterable[Measure],
    places: Iterable[int],
    since: date,
    until: date,
    *,
    as_now: bool = False,
) -> dict[tuple[str, int], int]:
    """
    Return {(measure key, place): figure of [since, until)}: a dashboard in few statements (指标表).

    Two statements for all cells of a stretch in which the tree stood still, one for all stock that is kept in
    one table, one for each other measure. Distinct people stay exact, however the places overlap.
    """
    measures, places = list(measures), list(dict.fromkeys(places))
    sums: _Sums = {(m.key, p): _Sum() for m in measures for p in places}
    heavy = [m for m in measures if isinstance(m.of, Book) and m.of.cells]
    history = services.freshen(map(_book, heavy))
    stock = [m for m in measures if isinstance(m.of, Holding)]
    if stock:
        day = until - _DAY
        tree = history.now() if as_now else history.at(month_of(day))
        _add_stock(sums, stock, _Reach(tree, places), day)
    for m in measures:
        if isinstance(m.of, Book) and not m.of.cells:
            _add_live(sums, m, places, since, until, history, as_now=as_now)
    if heavy:
        first, after = month_of(since) + (since.day > 1), month_of(until)
        edges = [(since, until)]
        if first < after:
            _add_cells(sums, heavy, places, first, after, history, as_now=as_now)
            edges = [(since, first_of(first)), (first_of(after), until)]
        for start, stop in edges:
            if start < stop:
                for m in heavy:
                    _add_live(sums, m, places, start, stop, history, as_now=as_now)
    return {at: found.result() for at, found in sums.items()}


def stock_grid(
    measures: Iterable[Measure], places: Iterable[int], day: date, *, as_now: bool = False
) -> dict[tuple[str, int], int]:
    """Return {(measure key, place): stock on *day*}, one statement a measure, rolled up with the tree (存量表)."""
    return grid(measures, places, day, day + _DAY, as_now=as_now)


def ratio_grid(
    share: Ratio, places: Iterable[int], since: date, until: date, *, as_now: bool = False
) -> dict[int, tuple[int, int]]:
    """Return {place: (numerator, denominator)} (比率表)."""
    parts = [cast(Measure, declared.measures()[k]) for k in (share.numerator, share.denominator)]
    places = list(places)
    found = grid(parts, places, since, until, as_now=as_now)
    return {p: (found[share.numerator, p], found[share.denominator, p]) for p in places}


class _Reach:
    """Which places of a tree are asked for, and for which of them each place of the tree counts (范围)."""

    def __init__(self, tree: Tree, places: Sequence[int]) -> None:
        self.only = places[0] if len(places) == 1 else None
        self.owners: Mapping[int, Sequence[int]] = {}
        if self.only is not None:
            # One place counts everything in it: nothing has to be told apart, and no table of owners is made.
            self.inside = _within(tree, tree.beneath(self.only))
        else:
            self.owners = _owners(tree, places)
            self.inside = _within(tree, self.owners)

    @classmethod
    def of(cls, owners: Mapping[int, Sequence[int]]) -> _Reach:
        """Return the reach of places of which it is already known what they count for."""
        found = cls.__new__(cls)
        found.only, found.owners, found.inside = None, owners, list(owners)
        return found


def _add_stock(sums: _Sums, measures: Iterable[Measure], reach: _Reach, day: date) -> None:
    """Add what holds on *day*; what is counted row by row in one table, with one look at that table."""
    by_table: dict[tuple[type[Model], str], list[tuple[Measure, QuerySet]]] = defaultdict(list)
    for m in measures:
        rows = _part(m, cast(Holding, m.of).on(day)).order_by()
        if _counts_rows(m) and len(rows.query.alias_map) <= 1:
            by_table[rows.model, m.of.place].append((m, rows))
        else:
            _roll_up(sums, m, _at(rows, m, reach), reach)
    for (model, _), some in by_table.items():
        if len(some) == 1:
            [(m, rows)] = some
            _roll_up(sums, m, _at(rows, m, reach), reach)
            continue
        # The condition of each measure moves from the statement into its count. It speaks of this table alone,
        # by the name that every statement gives it.
        wanted: dict[str, Any] = {
            f"_{n}": Count("pk", filter=cast(Any, rows.query.where))
            for n, (_, rows) in enumerate(some)
        }
        rows = _at(model._default_manager.order_by(), some[0][0], reach)
        if reach.only is not None:
            for (m, _), number in zip(some, rows.aggregate(**wanted).values(), strict=True):
                sums[m.key, reach.only].number += number
            continue
        for place, *numbers in rows.values_list(some[0][0].of.place).annotate(**wanted):
            for owner in reach.owners[place]:
                for (m, _), number in zip(some, numbers, strict=True):
                    sums[m.key, owner].number += number


def _at(rows: QuerySet, measure: Measure, reach: _Reach) -> QuerySet:
    return (
        rows if reach.inside is None else rows.filter(**{f"{measure.of.place}__in": reach.inside})
    )


def _counts_rows(measure: Measure) -> bool:
    """Tell whether each row counts once: nobody is told apart and nothing is added up."""
    return measure.counts == Counts.RECORDS or (
        measure.counts == Counts.SUBJECTS and measure.of.subject in (None, "pk")
    )


def _add_live(
    sums: _Sums,
    measure: Measure,
    places: list[int],
    since: date,
    until: date,
    history: History,
    *,
    as_now: bool,
) -> None:
    for start, stop, tree in _stretches(history, since, until, as_now=as_now):
        reach = _Reach(tree, places)
        _roll_up(sums, measure, _book(measure).between(start, stop, reach.inside), reach)


def _owners(tree: Tree, places: Iterable[int]) -> dict[int, list[int]]:
    """Return for each place of the tree the asked *places* that it counts for."""
    owners: dict[int, list[int]] = defaultdict(list)
    for place in places:
        for part in tree.beneath(place):
            owners[part].append(place)
    return owners


def _roll_up(sums: _Sums, measure: Measure, queryset: QuerySet, reach: _Reach) -> None:
    """Add what *queryset* counts at each place to every asked place that it lies in, with one statement."""
    at, queryset = measure.of.place, _part(measure, queryset).order_by()
    if reach.only is not None:
        sums[measure.key, reach.only].add(measure, queryset)
    elif measure.counts == Counts.SUBJECTS and not _counts_rows(measure):
        found: dict[int, list[int]] = defaultdict(list)
        rows = queryset.annotate(_subject=_subject(measure)).values_list(at, "_subject").distinct()
        for place, subject in rows:
            found[place].append(subject)
        for place, subjects in found.items():
            people = BitMap(subjects)
            for owner in reach.owners[place]:
                sums[measure.key, owner].people.append(people)
    else:
        total = measure.counts == Counts.TOTAL
        added = Sum(_amount(measure)) if total else Count("pk")
        for place, number in queryset.values_list(at).annotate(_number=added):
            for owner in reach.owners[place]:
                sums[measure.key, owner].number += number or 0


@dataclass(slots=True)
class _Cover:
    """What makes up the asked places in the cells of one tree: for each part, the asked places it counts for."""

    whole: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    own: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    live: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, tree: Tree, place: int, wanted: frozenset[int]) -> None:
        """
        Cover *wanted* with cells of *tree*: whole subtrees, own parts, and what no cell holds alone.

        Parks, courtyards and "as now" are this one case: whatever set of places is asked, the tree is walked
        down until a cell lies wholly inside.
        """
        if place in tree.kept and wanted == tree.subtree(place):
            self.whole[place].append(place)
            return
        queue = [p for p, above in tree.parent.items() if above is None]
        while queue:
            station = queue.pop()
            subtree = tree.subtree(station)
            if subtree <= wanted:
                self.whole[station].append(place)
            elif not subtree.isdisjoint(wanted):
                mine = tree.catchment(station)
                inside = wanted.intersection(mine)
                if len(inside) == len(mine):
                    self.own[station].append(place)
                else:
                    for part in inside:
                        self.live[part].append(place)
                queue += tree.stations_under(station)


def _add_cells(
    sums: _Sums,
    measures: Sequence[Measure],
    places: list[int],
    first: int,
    after: int,
    history: History,
    *,
    as_now: bool,
) -> None:
    for start, stop, tree in history.stretches(first, after):
        asked, cover = history.now() if as_now else tree, _Cover()
        for place in places:
            cover.add(tree, place, asked.beneath(place))
        for owners, own in ((cover.whole, False), (cover.own, True)):
            if owners:
                _add_numbers(sums, measures, owners, start, stop, own=own)
                _add_people(sums, measures, owners, start, stop, own=own)
        if cover.live:
            reach = _Reach.of(cover.live)
            for m in measures:
                rows = _book(m).between(first_of(start), first_of(stop), list(cover.live))
                _roll_up(sums, m, rows, reach)


def _add_numbers(
    sums: _Sums,
    measures: Iterable[Measure],
    owners: Mapping[int, list[int]],
    start: int,
    stop: int,
    *,
    own: bool,
) -> None:
    numbers = [m for m in measures if m.counts != Counts.SUBJECTS]
    if not numbers:
        return
    wanted = _wanted(numbers)
    added = [f"SUM({_column(name, own=own)})" for name in ("records", "total")]
    rows = _cells(wanted, owners, start, stop, added, "GROUP BY book_id, place_id, facet")
    for book, place, facet, count, total in rows:
        for m in wanted.get((book, facet), ()):
            for owner in owners[place]:
                sums[m.key, owner].number += int(count if m.counts == Counts.RECORDS else total)


def _add_people(
    sums: _Sums,
    measures: Iterable[Measure],
    owners: Mapping[int, list[int]],
    start: int,
    stop: int,
    *,
    own: bool,
) -> None:
    counted = [m for m in measures if m.counts == Counts.SUBJECTS]
    if not counted:
        return
    wanted = _wanted(counted)
    rows = _cells(wanted, owners, start, stop, [_column("subjects", own=own)])
    for book, place, facet, subjects in rows:
        if at := wanted.get((book, facet)):
            people = BitMap.deserialize(subjects)
            for m in at:
                for owner in owners[place]:
                    sums[m.key, owner].people.append(people)


def _wanted(measures: Iterable[Measure]) -> dict[tuple[int, str], list[Measure]]:
    """Return the measures by what their cells are kept under."""
    wanted: dict[tuple[int, str], list[Measure]] = defaultdict(list)
    for m in measures:
        wanted[services.row_of(m.of), m.facet].append(m)
    return dict(wanted)


def _column(name: str, *, own: bool) -> str:
    # Where nothing keeps cells beneath, the own part is all and not written twice.
    return f"COALESCE(own_{name}, {name})" if own else name


def _cells(
    wanted: Iterable[tuple[int, str]],
    places: Iterable[int],
    start: int,
    stop: int,
    columns: Iterable[str],
    ending: str = "",
) -> list[tuple]:
    """Return (book, place, facet, *columns) of the cells of these months, with a statement written by hand."""
    # The ORM takes four times as long to write this as the database to answer it.
    books, facets = {book for book, _ in wanted}, {facet for _, facet in wanted}
    return _fetch(
        f"SELECT book_id, place_id, facet, {','.join(columns)}"  # noqa: S608  (our own numbers)
        f" FROM {Cell._meta.db_table} WHERE book_id IN ({','.join(map(str, books))})"
        f" AND place_id IN ({','.join(map(str, places))}) AND month >= {start}"
        f" AND month < {stop} AND facet IN ({','.join(['%s'] * len(facets))}) {ending}",
        list(facets),
    )


def _fetch(statement: str, params: list[str]) -> list[tuple]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall()
    import psycopg

    # Bitmaps as bytes: Django's cursor asks for text, and writing and reading hexadecimal takes twice as long.
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, params, binary=True).fetchall()


# --- in the course of time ---------------------------------------------------------------------


def trend(
    measure: Measure,
    place: int,
    months: range,
    *,
    as_now: bool = False,
    today: date | None = None,
) -> dict[int, int]:
    """
    Return one figure a month, 0 where there is nothing (趋势); months are whole numbers.

    A stock figure is that of each month's last day, or of *today* in the month that is not over. Distinct
    people of months must never be added up.
    """
    if isinstance(measure.of, Holding):
        days = {month: first_of(month + 1) - _DAY for month in months}
        if today is not None:
            days = {month: min(day, today) for month, day in days.items()}
        stock_on = stock_trend(measure, place, days.values(), as_now=as_now)
        return {month: stock_on[day] for month, day in days.items()}
    if not months:
        return {}
    book = measure.of
    history, found = services.freshen([book]), dict.fromkeys(months, 0)
    for start, stop, tree in history.stretches(months.start, months.stop):
        wanted = (history.now() if as_now else tree).beneath(place)
        if book.cells and place in tree.kept and wanted == tree.subtree(place):
            # No bitmap is read: a month's people are written beside it.
            column = {Counts.RECORDS: "records", Counts.TOTAL: "total", Counts.SUBJECTS: "people"}
            columns = ["month", column[measure.counts]]
            for *_, month, number in _cells(_wanted([measure]), [place], start, stop, columns):
                found[month] = number
        elif book.cells:
            for month in range(start, stop):
                first, after = first_of(month), first_of(month + 1)
                found[month] = value(measure, place, first, after, as_now=as_now)
        else:
            rows = book.between(first_of(start), first_of(stop), _within(tree, wanted))
            rows = _part(measure, rows).order_by().annotate(_month=TruncMonth(book.day))
            added = {
                Counts.RECORDS: lambda: Count("pk"),
                Counts.TOTAL: lambda: Sum(book.amount),
                Counts.SUBJECTS: lambda: Count(_subject(measure), distinct=True),
            }[measure.counts]()
            for day, number in rows.values_list("_month").annotate(_number=added):
                found[month_of(day)] = number or 0
    return found


def stock_trend(
    measure: Measure, place: int, days: Iterable[date], *, as_now: bool = False
) -> dict[date, int]:
    """Return the stock on each of *days* (存量走势): one statement for each stretch in which the tree stood still."""
    history, holding = trees.history(), cast(Holding, measure.of)
    by_tree: dict[int, tuple[Tree, list[date]]] = {}
    for day in sorted(set(days)):
        tree = history.now() if as_now else history.at(month_of(day))
        by_tree.setdefault(id(tree), (tree, []))[1].append(day)
    found: dict[date, int] = {}
    for tree, stretch in by_tree.values():
        rows = _part(measure, _held_within(holding, stretch[0], stretch[-1])).order_by()
        if (within := _within(tree, tree.beneath(place))) is not None:
            rows = rows.filter(**{f"{holding.place}__in": within})
        span = (F(holding.since), F(holding.until) if holding.until else F(holding.since))
        rows = rows.annotate(_since=span[0], _until=span[1])
        if measure.counts == Counts.SUBJECTS and holding.subject != "pk":
            held = rows.annotate(_subject=_subject(measure)).values_list(
                "_since", "_until", "_subject"
            )
            subjects: dict[date, set] = {day: set() for day in stretch}
            for since, until, subject in held:
                for day in _days_within(stretch, since, until, ends=bool(holding.until)):
                    subjects[day].add(subject)
            found |= {day: len(who) for day, who in subjects.items()}
        else:
            found |= dict.fromkeys(stretch, 0)
            for since, until, number in rows.values_list("_since", "_until").annotate(
                _number=Count("pk")
            ):
                for day in _days_within(stretch, since, until, ends=bool(holding.until)):
                    found[day] += number
    return found


def _held_within(holding: Holding, first: date, last: date) -> QuerySet:
    """Return what holds on some day from *first* to *last*."""
    held = Q(**{f"{holding.since}__lte": last})
    if holding.until:
        held &= Q(**{f"{holding.until}__gt": first}) | Q(**{f"{holding.until}__isnull": True})
    return holding.records().filter(held)


def _days_within(
    days: list[date], since: date, until: date | None, *, ends: bool
) -> Iterator[date]:
    for day in days:
        if since <= day and (not ends or until is None or day < until):
            yield day
