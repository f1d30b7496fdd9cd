from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from gongzhi.figures import queries
from gongzhi.places.models import Place

from .bookroom import deeds
from .bookroom.books import HEAVY
from .bookroom.models import Gathering, Presence
from .bookroom.testing import make_small

TODAY = date(2026, 11, 23)
YEAR = date(2026, 1, 1), date(2027, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_reads_their_own_deed_and_nothing_goes_stale():
    small = make_small(months=4)

    def write(number: int) -> list[tuple[int, int]]:
        # Everybody has a village of their own to read, and meddles with what the others see from above.
        own, seen = small.villages[number], []
        try:
            gathering = Gathering.objects.create(place=own, day=date(2026, 1 + number, 9))
            before = queries.value(HEAVY[0], own.pk, *YEAR)
            for n, person in enumerate(small.people[:8]):
                deeds.check_in(gathering, person)
                seen.append((queries.value(HEAVY[0], own.pk, *YEAR), before + n + 1))
                if n % 3 == 2:
                    deeds.merge(person, small.people[11])
                if n == 5:
                    deeds.move_gathering(gathering, day=date(2026, 2 + number, 9))
        finally:
            connection.close()
        return seen

    def read(_: int) -> None:
        try:
            for _ in range(20):
                places = list(Place.objects.values_list("pk", flat=True))
                queries.grid(HEAVY, places, *YEAR)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, n) for n in range(4)]
        readers = [pool.submit(read, n) for n in range(2)]
        for done in readers:
            done.result()
        for said, expected in (pair for done in writers for pair in done.result()):
            assert said == expected

    assert Presence.objects.count() == queries.value(HEAVY[0], small.county.pk, *YEAR)
    assert queries.verify(TODAY, measures=HEAVY) == []
