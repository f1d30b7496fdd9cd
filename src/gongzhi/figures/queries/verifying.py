"""The second opinion: everything counted again by brute force, on a path that shares nothing with the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.db import connection, transaction
from django.db.models import F
from pyroaring import BitMap

from gongzhi.figures import services
from gongzhi.figures.models import Cell, Mark
from gongzhi.places.models import Parentage, Place, PlaceLink
from gongzhi.shared import measures as declared
from gongzhi.shared.measures import Book, Counts, Holding, Measure, Ratio

from .counting import grid, trend

_DAY = timedelta(days=1)
MONTHS_BACK = 24  # of trends


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A figure that is not what its records say (差异)."""

    key: str
    place: str
    period: str
    said: int | None
    counted: int | None
    part: str = ""

    def __str__(self) -> str:
        part = f"（{self.part}）" if self.part else ""
        return (
            f"{self.key}{part} {self.place} {self.period}："
            f"读出来是{_spoken(self.said)}，逐条数是{_spoken(self.counted)}"
        )


def _spoken(number: int | None) -> str:
    return "没有" if number is None else str(number)


def verify(today: date, *, measures: Iterable[Measure | Ratio] | None = None) -> list[Difference]:
    """
    Count every cell and every declared measure again, record by record, and return what differs (核对).

    Measures are compared for every place: over all time, the last year, the last month, a ragged range, the
    months of the trend, and for stock on today. Nothing is mended: a difference is a fault of the program.
    """
    asked = list(declared.measures().values() if measures is None else measures)
    plain = [m for m in asked if isinstance(m, Measure)]
    books = list(dict.fromkeys(m.of for m in plain if isinstance(m.of, Book)))
    services.freshen(books)
    with transaction.atomic():
        if connection.vendor == "postgresql" and not _is_nested():
            # One moment for all statements: what happens meanwhile is not a difference.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        network = _Network()
        found: list[Difference] = []
        for book in books:
            if book.cells:
                found += _cells_differ(book, network)
        for m in plain:
            differ = _stock_differs if isinstance(m.of, Holding) else _flow_differs
            found += differ(m, network, today)
        return found


def _is_nested() -> bool:
    return bool(connection.savepoint_ids)


class _Network:
    """The tree of any month, walked up from the rows of parentage as they lie."""

    def __init__(self) -> None:
        self.name, self.level = {}, {}
        for pk, name, level in Place.objects.values_list("pk", "name", "level"):
            self.name[pk], self.level[pk] = name, level
        self.rows = defaultdict(list)
        for place, parent, since, until in Parentage.objects.values_list(
            "place_id", "parent_id", "since", "until"
        ):
            self.rows[place].append((parent, since, until))
        self.links = list(
            PlaceLink.objects.filter(is_whole=True).values_list(
                "park_id", "place_id", "since", "until"
            )
        )
        self._holders: dict[tuple[int, int], frozenset[int]] = {}

    def line(self, place: int, month: int) -> list[int]:
        """Return *place* and what stood over it in *month*, upwards."""
        found, at = [], place
        while at is not None:
            found.append(at)
            at = next(p for p, since, until in self.rows[at] if since <= month < until)
        return found

    def counting(self, place: int, month: int) -> frozenset[int]:
        """Return every place, parks too, whose figures count what happens at *place* in *month*."""
        if (place, month) not in self._holders:
            line = set(self.line(place, month))
            parks = {
                park
                for park, covered, since, until in self.links
                if covered in line
                and since.year * 12 + since.month - 1 <= month
                and (until is None or month < until.year * 12 + until.month - 1)
            }
            self._holders[place, month] = frozenset(line | parks)
        return self._holders[place, month]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _rows(of: Book | Holding, *columns: str) -> Iterator[tuple]:
    subject = of.subject or "pk"
    subject = F(subject) if isinstance(subject, str) else subject
    queryset = of.records().order_by().annotate(_who=subject)
    return queryset.values_list(of.place, *columns, "_who").iterator(chunk_size=20_000)


def _cells_differ(book: Book, network: _Network) -> Iterator[Difference]:
    """Compare every cell with a dictionary filled record by record."""
    counted: dict[tuple[int, int, str], list] = defaultdict(lambda: [0, 0, set()])
    columns = [book.day, *([book.amount] if book.amount else []), *book.facets]
    for place, day, *rest, who in _rows(book, *columns):
        month = _month(day)
        amount = rest.pop(0) if book.amount else 0
        facets = ["", *(f"{n}={v}" for n, v in zip(book.facets, rest, strict=True))]
        for station in network.line(place, month):
            if network.level[station] <= Place.Level.VILLAGE:
                for facet in facets:
                    cell = counted[station, month, facet]
                    cell[0] += 1
                    cell[1] += amount
                    if book.subject is not None:
                        cell[2].add(who)
    row = services.row_of(book)
    marks = Mark.objects.filter(book_id=row)
    if marks.filter(month__in=(Mark.ALL, Mark.AT_HOLDER)).exists():
        return  # deeds came between: the next reading recounts, the next check compares
    waiting = set(marks.values_list("month", flat=True))
    kept = Cell.objects.filter(book=row).values_list(
        "place_id", "month", "facet", "records", "total", "people", "subjects"
    )
    for place, month, facet, records, total, people, subjects in kept.iterator(chunk_size=5_000):
        count, amount, who = counted.pop((place, month, facet), (None, None, set()))
        if month in waiting:
            continue
        named = {
            "key": book.key,
            "place": network.name[place],
            "period": f"{_first(month):%Y-%m}",
        }
        for what, said, again in (
            ("条数", records, count),
            ("合计", total, amount),
            ("人数", people, len(who)),
        ):
            if said != again:
                part = "，".join(filter(None, [facet, f"单元{what}"]))
                yield Difference(**named, said=said, counted=again, part=part)
        if people == len(who) and set(BitMap.deserialize(bytes(subjects))) != who:
            yield Difference(**named, said=people, counted=len(who), part="单元里是另一些人")
    for (place, month, facet), (count, *_) in counted.items():
        if month not in waiting:
            yield Difference(
                key=book.key,
                place=network.name[place],
                period=f"{_first(month):%Y-%m}",
                said=None,
                counted=count,
                part="，".join(filter(None, [facet, "缺单元"])),
            )


def _flow_differs(m: Measure, network: _Network, today: date) -> Iterator[Difference]:
    book = cast(Book, m.of)
    spans = {
        "全部": (date(1900, 1, 1), today + _DAY),
        "上一年": (date(today.year - 1, 1, 1), date(today.year, 1, 1)),
        "上个月": (_first(_month(today) - 1), _first(_month(today))),
        "近400天": (today - timedelta(days=400), today + _DAY),
    }
    name, _, wanted = m.facet.partition("=")
    columns = [book.day, *([book.amount] if book.amount else []), *([name] if name else [])]
    months = range(_month(today) - MONTHS_BACK + 1, _month(today) + 1)
    sums: dict[tuple, list] = defaultdict(lambda: [0, 0, set()])
    for place, day, *rest, who in _rows(book, *columns):
        if name and str(rest[-1]) != wanted:
            continue
        within: list[str | int] = [
            label for label, (since, until) in spans.items() if since <= day < until
        ]
        if _month(day) in months:
            within.append(_month(day))
        for holder in network.counting(place, _month(day)):
            for span in within:
                found = sums[span, holder]
                found[0] += 1
                found[1] += rest[0] if book.amount else 0
                found[2].add(who)

    def again(span: str | int, place: int) -> int:
        count, amount, who = sums.get((span, place), (0, 0, ()))
        return {Counts.RECORDS: count, Counts.TOTAL: amount, Counts.SUBJECTS: len(who)}[m.counts]

    places = list(network.name)
    for label, (since, until) in spans.items():
        said = grid([m], places, since, until)
        yield from _compare(m, network, label, said, {p: again(label, p) for p in places})
    for place in places:
        if network.level[place] <= Place.Level.TOWN:
            line = trend(m, place, months)
            for month in months:
                said = {(m.key, place): line[month]}
                counted = {place: again(month, place)}
                yield from _compare(m, network, f"{_first(month):%Y-%m}", said, counted)


def _stock_differs(m: Measure, network: _Network, today: date) -> Iterator[Difference]:
    holding = cast(Holding, m.of)
    sums: dict[int, set] = defaultdict(set)
    columns = [holding.since, *([holding.until] if holding.until else [])]
    for number, (place, since, *until, who) in enumerate(_rows(holding, *columns)):
        if since is None or since > today or (until and until[0] and until[0] <= today):
            continue
        for holder in network.counting(place, _month(today)):
            sums[holder].add(who if m.counts == Counts.SUBJECTS else number)
    places = list(network.name)
    said = grid([m], places, today, today + _DAY)
    yield from _compare(m, network, today.isoformat(), said, {p: len(sums[p]) for p in places})


def _compare(
    m: Measure,
    network: _Network,
    period: str,
    said: dict[tuple[str, int], int],
    counted: dict[int, int],
) -> Iterator[Difference]:
    for place, number in counted.items():
        if said[m.key, place] != number:
            yield Difference(
                key=m.key,
                place=network.name[place],
                period=period,
                said=said[m.key, place],
                counted=number,
            )
