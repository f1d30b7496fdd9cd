"""
Marks and cells: a deed marks in its transaction, whoever reads first recounts.

These functions are called by deeds and by readings; they are no deeds themselves and leave no line of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F, Max, Min
from django.db.models.expressions import Expression
from pyroaring import BitMap

from gongzhi.places import trees
from gongzhi.places.models import TreeChange, TreeVersion
from gongzhi.places.trees import History, Tree
from gongzhi.shared import measures
from gongzhi.shared.measures import Book
from gongzhi.shared.periods import first_of, month_of

from .models import Book as Row
from .models import Cell, Mark

Count = tuple[int, int, BitMap]  # records, total, subjects
NOTHING: Count = (0, 0, BitMap())


@cache
def row_of(book: Book) -> int:
    """Return the id of the book's row: made from its key, so that marking needs no look-up (31 bits)."""
    return int.from_bytes(sha256(book.key.encode()).digest()[:4]) >> 1


@cache
def definition_of(book: Book) -> str:
    """Return the hash of the book's own SQL (口径的摘要)."""
    return book.definition


# --- marking -----------------------------------------------------------------------------------


def mark(book: Book, *, holders: Iterable[int] = (), pairs: Iterable[tuple[int, int]] = ()) -> None:
    """
    Note in the caller's transaction what must be counted anew (待重算); nothing for a book that is counted live.

    Name the *holders* where the book has one: their place and day are looked up when recounting, so that a
    deed which moves an event meanwhile cannot leave the note at the wrong door. Pairs (place, month) are for
    facts that say it themselves, and for where a holder was before it moved: lock it FOR UPDATE first.
    """
    if not book.cells:
        return
    row = row_of(book)
    Mark.objects.bulk_create(
        [
            *(Mark(book_id=row, holder_id=h, month=Mark.AT_HOLDER) for h in set(holders)),
            *(Mark(book_id=row, place_id=p, month=m) for p, m in set(pairs)),
        ],
        batch_size=5000,
    )


def mark_people(people: Iterable[int], *, books: Iterable[Book] | None = None) -> None:
    """
    Mark every record of these people in every book that follows merge pointers (合并、拆分的人).

    Such a book says so in its subject: `Coalesce("person__merged_into_id", "person_id")`. Name everybody
    whose pointer changes; whoever they point to has no other records for it.
    """
    ids = list(people)
    for book in measures.books() if books is None else books:
        for person in _people_in(book):
            touched = book.records().filter(**{f"{person}__in": ids})
            if book.holder:
                mark(book, holders=touched.values_list(book.holder, flat=True).distinct())
            else:
                where = touched.values_list(book.place, book.day).distinct()
                mark(book, pairs={(place, month_of(day)) for place, day in where})


def _people_in(book: Book) -> set[str]:
    """Return the look-ups from the record to a person whose merge pointer the book's subject reads."""
    return {
        name.removesuffix("_id").removesuffix("__merged_into")
        for name in _names_in(book.subject)
        if name.removesuffix("_id").endswith("__merged_into")
    }


def _names_in(expression: object) -> Iterable[str]:
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, F):
        yield str(expression.name)  # type: ignore[attr-defined]  # not in the stubs
    elif isinstance(expression, Expression):
        for source in expression.get_source_expressions():
            yield from _names_in(source)


# --- recounting --------------------------------------------------------------------------------


def refresh(book: Book) -> int:
    """
    Recount every cell of *book* that is marked now; return how many (place, month) pairs were recounted.

    One transaction a month, so that a long recount can be killed at any moment and goes on where it stopped.
    The order inside matters: lock, then take the marks, then read the tree and the facts, each with a newer
    snapshot (READ COMMITTED). A job that imports calls this at its end, else the first reader waits.
    """
    if not book.cells:
        return 0
    done, row = 0, row_of(book)
    with transaction.atomic():
        _hold(book)
        _find_places(book, row)
        if Mark.objects.filter(book_id=row, month=Mark.ALL).exists():
            _spread(book, row)
    waiting = Mark.objects.filter(book_id=row, month__gt=0).order_by("month")
    for month in list(waiting.values_list("month", flat=True).distinct()):
        with transaction.atomic():
            Row.objects.select_for_update().get(pk=row)
            if marked := _take(row, month):
                _recount(book, row, month, marked)
                done += len(marked)
    return done


def rebuild(book: Book) -> int:
    """Count everything anew (全部重算): mark all, then refresh; killed midway, any reading goes on with it."""
    Mark.objects.create(book_id=row_of(book))
    return refresh(book)


def retire_books(books: Iterable[Book] | None = None) -> None:
    """Forget the cells of books that no longer keep any, so that one that keeps them again starts anew."""
    kept = [row_of(b) for b in (measures.books() if books is None else books) if b.cells]
    with transaction.atomic():
        Mark.objects.exclude(book_id__in=kept).delete()
        Cell.objects.exclude(book__in=kept).delete()
        Row.objects.exclude(pk__in=kept).delete()


def _hold(book: Book) -> None:
    """Lock the book's row; a new or changed definition, and moves of places, become marks."""
    row, definition = row_of(book), definition_of(book)
    _, is_new = Row.objects.get_or_create(
        pk=row, defaults={"key": book.key, "definition": definition}
    )
    held = Row.objects.select_for_update().get(pk=row)
    number = TreeVersion.objects.values_list("number", flat=True).first() or 0
    if is_new or held.definition != definition:
        Mark.objects.create(book_id=row)
    elif held.tree_version != number:
        _heed_moves(held, number)
    if is_new or held.definition != definition or held.tree_version != number:
        Row.objects.filter(pk=row).update(definition=definition, tree_version=number)


def _heed_moves(held: Row, number: int) -> None:
    """Mark whole months from the first one in which the tree changed since the cells last heard of it."""
    first = TreeChange.objects.filter(version__gt=held.tree_version, version__lte=number).aggregate(
        first=Min("since")
    )["first"]
    if first is not None:
        months = Cell.objects.filter(book=held, month__gte=first).order_by()
        Mark.objects.bulk_create(
            Mark(book_id=held.pk, month=m)
            for m in months.values_list("month", flat=True).distinct()
        )


def _take(row: int, month: int, column: str = "place_id") -> set[int]:
    table = Mark._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE book_id = %s AND month = %s RETURNING {column}",
            [row, month],
        )
        return {value for (value,) in cursor.fetchall()}


def _find_places(book: Book, row: int) -> None:
    """Turn marks on holders into marks on the places and months they are in now."""
    if book.holder and (holders := _take(row, Mark.AT_HOLDER, "holder_id")):
        pairs = {(place, month_of(day)) for place, day in _held_by(book, sorted(holders))}
        Mark.objects.bulk_create(
            [Mark(book_id=row, place_id=p, month=m) for p, m in pairs], batch_size=5000
        )


def _held_by(book: Book, holders: list[int]) -> Iterable[tuple]:
    # An import of years names more holders than one statement can take.
    for at in range(0, len(holders), 10_000):
        yield from book.held_by(holders[at : at + 10_000])


def _spread(book: Book, row: int) -> None:
    """Turn the mark on everything into one mark for each month that has records or cells."""
    _take(row, Mark.ALL)
    days = book.records().aggregate(first=Min(book.day), last=Max(book.day))
    months = set(
        Cell.objects.filter(book=row).order_by().values_list("month", flat=True).distinct()
    )
    if days["first"]:
        months.update(range(month_of(days["first"]), month_of(days["last"]) + 1))
    Mark.objects.bulk_create([Mark(book_id=row, month=m) for m in months])


def _recount(book: Book, row: int, month: int, marked: set[int]) -> None:
    tree = trees.history().at(month)
    whole = Mark.ALL in marked
    stations = set(tree.kept) if whole else {tree.station(p) for p in marked}
    own = _count_own(book, month, tree, None if whole else stations)
    cells = {}
    if whole:
        Cell.objects.filter(book=row, month=month).delete()
    else:
        cells = _cells(row, month, place__in=stations)
    changed = defaultdict(set)
    for place, facet in own.keys() | cells.keys():
        if own.get((place, facet), NOTHING) != _own_of(cells.get((place, facet))):
            changed[facet].add(place)
    dirty = {facet: places.union(*map(tree.above, places)) for facet, places in changed.items()}
    if dirty and not whole:
        near = set().union(*dirty.values())
        near |= {c for p in near for c in tree.stations_under(p)}
        cells |= _cells(row, month, place__in=near, facet__in=list(dirty))
    made: dict[tuple[int, str], tuple] = {}
    gone = []
    for facet, places in dirty.items():
        for place in sorted(places, key=tree.depth, reverse=True):
            key = place, facet
            mine = own.get(key, NOTHING) if place in stations else _own_of(cells.get(key))
            below = []
            for child in tree.stations_under(place):
                at = child, facet
                part = made.get(at) or (NOTHING if child in places else _all_of(cells.get(at)))
                if part[0]:
                    below.append(part)
            if below:
                people = BitMap.union(mine[2], *(b[2] for b in below))
                records, total = (mine[n] + sum(b[n] for b in below) for n in (0, 1))
                made[key] = records, total, people, mine
            elif mine[0]:
                made[key] = *mine, None
            elif key in cells:
                gone.append(cells[key][0])
    if gone:
        Cell.objects.filter(pk__in=gone).delete()
    _write(row, month, made, fresh=whole)


def _cells(row: int, month: int, **which: Any) -> dict[tuple[int, str], tuple]:
    found = Cell.objects.filter(book=row, month=month, **which).values_list(
        "pk",
        "place_id",
        "facet",
        "records",
        "total",
        "subjects",
        "own_records",
        "own_total",
        "own_subjects",
    )
    return {(c[1], c[2]): c for c in found}


def _all_of(cell: tuple | None) -> Count:
    return NOTHING if cell is None else (cell[3], cell[4], BitMap.deserialize(cell[5]))


def _own_of(cell: tuple | None) -> Count:
    if cell is None or cell[6] is None:
        return _all_of(cell)
    return cell[6], cell[7], BitMap.deserialize(cell[8])


def _count_own(
    book: Book, month: int, tree: Tree, stations: set[int] | None
) -> dict[tuple[int, str], Count]:
    """Count what happened in the catchment of these stations, the whole and each facet, with one statement."""
    places = None if stations is None else [p for s in stations for p in tree.catchment(s)]
    rows = list(book.columns(book.between(first_of(month), first_of(month + 1), places)))
    return count_rows(book, rows, tree) if rows else {}


def count_rows(book: Book, rows: list[tuple], tree: Tree) -> dict[tuple[int, str], Count]:
    """Add up rows of `Book.columns` by station and facet."""
    columns = list(zip(*rows, strict=True))
    station = {p: tree.station(p) for p in set(columns[0])}
    place = np.fromiter(map(station.__getitem__, columns[0]), np.int64, len(rows))
    at = 1
    subject = amount = None
    if book.subject is not None:
        subject, at = np.array(columns[at], dtype=np.uint32), at + 1
    if book.amount:
        amount, at = np.array(columns[at], dtype=np.int64), at + 1
    found: dict[tuple[int, str], Count] = {}
    for name, column in [("", None), *zip(book.facets, columns[at:], strict=True)]:
        values, group = [""], place
        if column is not None:
            values = sorted(set(map(str, column)))
            number = {value: i for i, value in enumerate(values)}
            group = place * len(values) + np.fromiter(
                (number[str(value)] for value in column), np.int64, len(rows)
            )
        order = np.argsort(group, kind="stable")
        ordered = group[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        ends = np.r_[starts[1:], len(order)]
        totals = np.zeros(len(starts), np.int64)
        if amount is not None:
            totals = np.add.reduceat(amount[order], starts)
        people = None if subject is None else subject[order]
        for g, start, end, total in zip(
            ordered[starts].tolist(), starts.tolist(), ends.tolist(), totals.tolist(), strict=True
        ):
            where, value = divmod(g, len(values))
            found[where, f"{name}={values[value]}" if name else ""] = (
                end - start,
                total,
                BitMap() if people is None else BitMap(people[start:end]),
            )
    return found


UPSERT = [
    "records",
    "total",
    "people",
    "subjects",
    "own_records",
    "own_total",
    "own_subjects",
]
_COLUMNS = ["book_id", "place_id", "month", "facet", *UPSERT]


def _write(row: int, month: int, made: dict, *, fresh: bool) -> None:
    cells = [
        Cell(
            book_id=row,
            place_id=place,
            month=month,
            facet=facet,
            records=records,
            total=total,
            people=len(people),
            subjects=people.serialize(),
            own_records=own and own[0],
            own_total=own and own[1],
            own_subjects=own and own[2].serialize(),
        )
        for (place, facet), (records, total, people, own) in made.items()
    ]
    if fresh:
        _pour(cells)
    else:
        Cell.objects.bulk_create(
            cells,
            update_conflicts=True,
            unique_fields=["book", "month", "place", "facet"],
            update_fields=UPSERT,
        )


def _pour(cells: list[Cell]) -> None:
    """Write many new cells at once: COPY where there is one."""
    rows = [tuple(getattr(cell, name) for name in _COLUMNS) for cell in cells]
    table, names = Cell._meta.db_table, ",".join(_COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for values in rows:
                    copy.write_row(values)
        else:
            marks = ",".join(["%s"] * len(_COLUMNS))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def freshen(books: Iterable[Book]) -> History:
    """Recount what is marked in these books and return the tree; one small statement when nothing is (读前重算)."""
    heavy = {row_of(b): b for b in books if b.cells}
    if not heavy:
        return trees.history()
    fresh, stamp = _look(heavy)
    if stale := heavy.keys() - fresh:
        for row in sorted(stale):
            refresh(heavy[row])
        return trees.history()
    return trees.history(stamp)


def _look(heavy: Mapping[int, Book]) -> tuple[set[int], str]:
    """Return which books have nothing to recount, and the stamp of the network, from one statement."""
    # Written by hand and asked at every reading: the ORM takes longer to write it than the database to answer.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v.stamp, b.id, b.definition FROM {TreeVersion._meta.db_table} v"
            f" LEFT JOIN {Row._meta.db_table} b ON b.tree_version = v.number"
            f" AND b.id IN ({','.join(map(str, heavy))})"
            f" AND NOT EXISTS (SELECT 1 FROM {Mark._meta.db_table} m WHERE m.book_id = b.id)"
            " WHERE v.id = 1"
        )
        rows = cursor.fetchall()
    fresh = {row for _, row, definition in rows if row and definition == definition_of(heavy[row])}
    return fresh, rows[0][0] if rows else ""


@cache
def untouched(book: Book) -> str:
    """
    Return an SQL expression that is the stamp of the network if nothing of *book* is to be recounted, else NULL.

    So a reading may ask in one statement for a cell and for whether it may be believed. Its one parameter is
    the book's definition.
    """
    row = row_of(book)
    return (
        f"(SELECT v.stamp FROM {TreeVersion._meta.db_table} v"
        f" JOIN {Row._meta.db_table} b ON b.tree_version = v.number"
        f" WHERE v.id = 1 AND b.id = {row} AND b.definition = %s AND NOT EXISTS"
        f" (SELECT 1 FROM {Mark._meta.db_table} m WHERE m.book_id = {row}))"
    )
