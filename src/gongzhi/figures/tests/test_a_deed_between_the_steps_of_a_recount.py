"""A deed of somebody else falls between any two statements of a recount: nothing is ever stale."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from gongzhi.figures import queries, services
from gongzhi.figures.models import Book, Mark
from gongzhi.places import services as places
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

from .bookroom import deeds
from .bookroom.books import HEAVY, PRESENCES
from .bookroom.models import Gathering, Presence
from .bookroom.testing import Small, make_small

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)


class Interruption:
    """Lets somebody else's deed happen just before statement number *at* of whoever it is wrapped around."""

    def __init__(self, at: int, deed, pool: ThreadPoolExecutor) -> None:
        self.at, self.deed, self.pool, self.number, self.done = at, deed, pool, 0, None

    def __call__(self, execute, sql, params, many, context):
        if self.number == self.at:
            self.done = self.pool.submit(self.in_thread)
            # SQLite has one writer: there the deed waits until this transaction is over.
            if connection.vendor != "sqlite" or not connection.in_atomic_block:
                self.done.result(timeout=20)
        self.number += 1
        return execute(sql, params, many, context)

    def in_thread(self) -> None:
        try:
            self.deed()
        except Refused:
            pass  # the place is there already: also an answer
        finally:
            connection.close()


def deeds_of(small: Small, turn: int) -> dict:
    gathering = small.gatherings[turn % 3]
    return {
        "check in": lambda: deeds.check_in(gathering, small.people[turn % 12], minutes=turn),
        "void": lambda: deeds.void(
            Presence.objects.filter(gathering=gathering, is_void=False).earliest("pk")
        ),
        "move": lambda: deeds.move_gathering(
            Gathering.objects.get(pk=gathering.pk),
            place=small.villages[turn % 4],
            day=date(2026, 1 + turn % 3, 3),
        ),
        "move place": lambda: places.move_place(
            by=HOUSE,
            place=small.villages[turn % 4],
            parent=small.towns[turn // 4 % 2],
            effective_on=date(2026, 2, 1),
            now=NOW,
        ),
        "merge": lambda: deeds.merge(small.people[1 + turn % 5], small.people[0]),
    }


def stale(small: Small, deed: str, at: int, refresh) -> int:
    """Mark something, recount it with *deed* falling in, and return how many figures are wrong after a reading."""
    deeds.check_in(small.gatherings[at % 3], small.people[at % 12], role="steward")
    with ThreadPoolExecutor(1) as pool:
        interruption = Interruption(at, deeds_of(small, at)[deed], pool)
        with connection.execute_wrapper(interruption):
            refresh(PRESENCES)
        if interruption.done is not None:
            interruption.done.result(timeout=20)
    queries.value(HEAVY[0], small.county.pk, date(2026, 1, 1), date(2027, 1, 1))
    return len(queries.verify(TODAY, measures=HEAVY[:2]))


def steps() -> range:
    """Return every statement of a recount; on SQLite only those between its transactions matter, so a few do."""
    return range(0, 26, 5 if connection.vendor == "sqlite" else 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["check in", "void", "move", "move place", "merge"])
def test_a_deed_that_falls_between_two_statements_is_counted_by_the_next_reading(deed):
    small = make_small(months=3)
    services.refresh(PRESENCES)

    assert {at: stale(small, deed, at, services.refresh) for at in steps()} == dict.fromkeys(
        steps(), 0
    )


def facts_before_marks(book) -> None:
    """Recount in the wrong order, as a careless refactoring would: the facts are read, then the marks are taken."""
    row = services.row_of(book)
    with transaction.atomic():
        services._hold(book)
        services._find_places(book, row)
        months = set(Mark.objects.filter(book_id=row, month__gt=0).values_list("month", flat=True))
    for month in sorted(months):
        with transaction.atomic():
            Book.objects.select_for_update().get(pk=row)
            marked = set(
                Mark.objects.filter(book_id=row, month=month).values_list("place_id", flat=True)
            )
            services._recount(book, row, month, marked)
            services._find_places(book, row)
            services._take(row, month)


@pytest.mark.django_db(transaction=True)
def test_the_script_finds_a_recount_that_takes_its_marks_too_late():
    small = make_small(months=3)
    services.refresh(PRESENCES)

    wrong = sum(stale(small, "check in", at, facts_before_marks) for at in steps())

    # SQLite has one writer: there is no between.
    assert (wrong > 0) == (connection.vendor != "sqlite")
