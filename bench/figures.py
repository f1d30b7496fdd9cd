"""
The counting engine over 2,000,000 attendances: 50,000 gatherings in 36 months, 88,107 people, the 217 places of
金堂县 with 2,000 courtyards, a park, and a village that moved in between. Everything is the same every time.

- the bare read of a roll-up table: one hand-written statement through Django's cursor on a table that somebody
  has filled with the finished numbers and bitmaps; no marks to look at, no tree, no way back to the records.
- the same read through the ORM: what a page would cost that keeps such a table as a Django model.
- the numpy recount: one statement that reads the same columns, then counts, sums and distinct people of every
  place, month and facet; nothing is written.
"""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from .both import on_both

ATTENDANCES, GATHERINGS, PEOPLE, MONTHS, COURTYARDS = 2_000_000, 50_000, 88_107, 36, 2_000
SINCE, UNTIL = date(2023, 11, 1), date(2026, 11, 1)
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ROLES = ("resident", "volunteer", "speaker", "worker")
BRANDS = tuple(f"brand-{n}" for n in range(12))


def run() -> list[dict]:
    """Measure on SQLite, and on PostgreSQL when GONGZHI_DATABASE names one; nothing is left behind."""
    return on_both("figures", settings="bench.figures_settings")


# -- in a process of its own ----------------------------------------------------------------------


def measure_all() -> list[dict]:
    """Fill the database and measure; each figure is the median of its runs, taken in turn with its rival."""
    import django

    django.setup()
    from gongzhi.figures import services
    from gongzhi.figures.tests.bookroom.books import PRESENCES

    fill()
    rebuilt = timed(lambda: services.rebuild(PRESENCES))
    recounted = timed(recount)
    rebuilds = [rebuilt, timed(lambda: services.rebuild(PRESENCES))]
    recounts = [recounted, timed(recount)]
    make_rollup()
    found = [*single_figures(), *dashboards(), *distinct_people(), *deeds_and_readers()]
    found.append(
        record(
            "全部重算",
            "s",
            statistics.median(rebuilds),
            len(rebuilds),
            floor=statistics.median(recounts),
            floor_name="numpy重数（含读库，不写）",
        )
    )
    return found


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def race(runs: int, *rivals: Callable[[], Any]) -> list[float]:
    """Return the median milliseconds of each rival; they take turns, so that a noisy moment hits all."""
    taken: list[list[float]] = [[] for _ in rivals]
    for rival in rivals:
        rival()
    for _ in range(runs):
        for rival, times in zip(rivals, taken, strict=True):
            times.append(timed(rival) * 1000)
    return [statistics.median(times) for times in taken]


def record(name: str, unit: str, ours: float, runs: int, **more: Any) -> dict:
    """Return one line of the result."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "name": name,
        "unit": unit,
        "ours": ours,
        "runs": runs,
        "peak_mib": round(peak, 1),
        **more,
    }


def fill() -> None:
    """Write the county and its attendances, in random order, the same every time."""
    import numpy as np
    from django.core.management import call_command
    from django.db import connection

    from gongzhi.figures.tests.bookroom.models import Gathering, Presence, Someone
    from gongzhi.places import services as places
    from gongzhi.places.models import Place
    from gongzhi.places.testing import make_park
    from gongzhi.shared.permissions import HOUSE

    call_command("migrate", verbosity=0)
    places.set_up_county(by=HOUSE, code="510121", now=NOW)
    villages = list(Place.objects.filter(level=Place.Level.VILLAGE).order_by("sort_key"))
    plant_courtyards(villages)
    towns = list(Place.objects.filter(level=Place.Level.TOWN).order_by("sort_key"))
    make_park("淮州新城", over=(towns[5], villages[60], villages[70]))
    places.move_place(
        by=HOUSE, place=villages[3], parent=towns[1], effective_on=date(2025, 9, 1), now=NOW
    )
    rng = np.random.default_rng(510121)
    below = np.array(Place.objects.filter(level__in=(2, 3, 4)).values_list("pk", flat=True))
    days = np.arange(np.datetime64(SINCE), np.datetime64(UNTIL)).astype(str)
    where, when = rng.choice(below, GATHERINGS), rng.choice(days, GATHERINGS)
    brand = rng.choice(BRANDS, GATHERINGS)
    pour(Someone, ["id", "name"], ((n, "张桂兰") for n in range(1, PEOPLE + 1)))
    pour(
        Gathering,
        ["id", "place_id", "day", "brand", "title"],
        (
            (n + 1, int(p), str(d), str(b), "活动")
            for n, (p, d, b) in enumerate(zip(where, when, brand, strict=True))
        ),
    )
    # Some people come often, most seldom; nobody twice to one gathering.
    drawn = (rng.beta(1, 3, ATTENDANCES * 21 // 20) * PEOPLE).astype(np.int64) + 1
    event = rng.integers(1, GATHERINGS + 1, len(drawn))
    once = np.unique(event * (PEOPLE + 1) + drawn)
    once = rng.permutation(once)[:ATTENDANCES]
    role = rng.choice(np.array(ROLES), ATTENDANCES, p=(0.8, 0.15, 0.02, 0.03))
    minutes = rng.integers(1, 24, ATTENDANCES) * 10
    pour(
        Presence,
        ["gathering_id", "person_id", "role", "minutes", "is_void"],
        zip(
            (once // (PEOPLE + 1)).tolist(),
            (once % (PEOPLE + 1)).tolist(),
            role.tolist(),
            minutes.tolist(),
            (False for _ in range(ATTENDANCES)),
            strict=True,
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plant_courtyards(villages: list) -> None:
    """Hang ten courtyards under each village."""
    from gongzhi.places.models import Parentage, Place

    made = [
        Place(
            name=f"{n}号院",
            level=Place.Level.COURTYARD,
            kind=Place.Kind.COURTYARD,
            path=village.path,
            sort_key=f"{village.sort_key}{n:04}",
        )
        for village in villages
        for n in range(1, COURTYARDS // len(villages) + 1)
    ]
    Place.objects.bulk_create(made)
    for place in made:
        place.path += f"{place.pk}/"
    Place.objects.bulk_update(made, ["path"], 300)
    per = COURTYARDS // len(villages)
    Parentage.objects.bulk_create(
        Parentage(place=place, parent=villages[n // per]) for n, place in enumerate(made)
    )


def pour(model, columns: list[str], rows) -> None:
    """Write rows as fast as the database takes them."""
    from django.db import connection, transaction

    table, names = model._meta.db_table, ",".join(columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ",".join(["?"] * len(columns))
            cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def rows_of_everything() -> list[tuple]:
    """Read (place, month, person, minutes, role, brand) of all attendances with one statement."""
    from django.db import connection

    month = (
        "CAST(strftime('%%Y', g.day) AS INT) * 12 + CAST(strftime('%%m', g.day) AS INT) - 1"
        if connection.vendor == "sqlite"
        else "(extract(year from g.day) * 12 + extract(month from g.day) - 1)::int"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT g.place_id, {month}, COALESCE(s.merged_into_id, p.person_id), p.minutes,"
            " p.role, g.brand FROM bookroom_presence p"
            " JOIN bookroom_gathering g ON g.id = p.gathering_id"
            " JOIN bookroom_someone s ON s.id = p.person_id WHERE NOT p.is_void",
            [],
        )
        return cursor.fetchall()


def recount() -> int:
    """Count every place, month and facet in numpy; return the number of cells."""
    import numpy as np

    from gongzhi.places import trees
    from gongzhi.places.models import Place

    place, month, person, minutes, role, brand = zip(*rows_of_everything(), strict=True)
    place, month = np.array(place, np.int64), np.array(month, np.int64)
    person, minutes = np.array(person, np.int64), np.array(minutes, np.int64)
    facets = [(1, np.zeros(len(place), np.int64))]
    for names, column in ((ROLES, role), (BRANDS, brand)):
        number = {name: i for i, name in enumerate(names)}
        found = np.fromiter(map(number.__getitem__, column), np.int64, len(place))
        facets.append((len(names), found))
    level_of = dict(Place.objects.values_list("pk", "level"))
    cells, first, history = 0, int(month.min()), trees.history()
    for start, stop, tree in history.stretches(first, int(month.max()) + 1):
        chosen = np.flatnonzero((month >= start) & (month < stop))
        for level in (3, 2, 1):
            above = np.zeros(max(tree.parent) + 1, np.int64)
            for p in tree.parent:
                over = tree.path(p).strip("/").split("/")
                above[p] = int(over[level - 1]) if len(over) >= level and level_of[p] < 9 else 0
            at = above[place[chosen]]
            inside = chosen[at > 0]
            at, when = at[at > 0], month[inside] - start
            for width, facet in facets:
                group = (at * (stop - start) + when) * width + facet[inside]
                counts = np.bincount(group)
                np.bincount(group, weights=minutes[inside])
                people = np.unique(group * (PEOPLE + 200) + person[inside])
                np.bincount(people // (PEOPLE + 200))
                cells += int(np.count_nonzero(counts))
    return cells


def make_rollup() -> None:
    """Fill the table of somebody who keeps nothing but finished numbers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE rollup AS SELECT place_id, month, facet, records, total, people, subjects"
            " FROM figures_cell"
        )
        cursor.execute("CREATE UNIQUE INDEX rollup_once ON rollup (place_id, facet, month)")
        cursor.execute("ANALYZE")


def bare(sql: str, params: tuple) -> list[tuple]:
    """Read the roll-up table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def asked() -> tuple:
    """Return (county, towns, villages, park) by id."""
    from gongzhi.places.models import Place

    by_level: dict[int, list[int]] = {}
    for pk, level in Place.objects.order_by("sort_key").values_list("pk", "level"):
        by_level.setdefault(level, []).append(pk)
    return by_level[1][0], by_level[2], by_level[3], by_level[9][0]


def single_figures() -> list[dict]:
    """Measure one figure as a page reads it, beside the bare read of the finished numbers."""
    from django.db.models import Sum
    from pyroaring import BitMap

    from gongzhi.figures import queries
    from gongzhi.figures.models import Cell
    from gongzhi.figures.tests.bookroom.books import HEAVY

    county, towns, *_ = asked()
    times, people = HEAVY[0], HEAVY[1]
    year = date(2025, 11, 1), UNTIL
    floor = "直读汇总表"
    found = []
    for name, m, place, span, sql, finish in (
        (
            "镇街一年的人次",
            times,
            towns[8],
            year,
            "SELECT sum(records) FROM rollup WHERE place_id = %s AND facet = ''"
            " AND month >= %s AND month < %s",
            lambda rows: rows[0][0],
        ),
        (
            "镇街36个月不同的人",
            people,
            towns[8],
            (SINCE, UNTIL),
            "SELECT subjects FROM rollup WHERE place_id = %s AND facet = ''"
            " AND month >= %s AND month < %s",
            lambda rows: len(BitMap.union(*(BitMap.deserialize(b) for (b,) in rows))),
        ),
        (
            "全县36个月不同的人",
            people,
            county,
            (SINCE, UNTIL),
            "SELECT subjects FROM rollup WHERE place_id = %s AND facet = ''"
            " AND month >= %s AND month < %s",
            lambda rows: len(BitMap.union(*(BitMap.deserialize(b) for (b,) in rows))),
        ),
    ):
        params = place, *(d.year * 12 + d.month - 1 for d in span)

        def ours(m=m, place=place, span=span):
            return queries.value(m, place, *span)

        def theirs(sql=sql, params=params, finish=finish):
            return finish(bare(sql, params))

        def through_orm(m=m, place=place, params=params):
            rows = Cell.objects.filter(
                place=place, facet="", month__gte=params[1], month__lt=params[2]
            )
            if m is times:
                return rows.aggregate(total=Sum("records"))["total"]
            bitmaps = rows.values_list("subjects", flat=True)
            return len(BitMap.union(*map(BitMap.deserialize, bitmaps)))

        assert ours() == theirs() == through_orm(), name
        mine, plain, peer = race(200, ours, theirs, through_orm)
        found.append(
            record(
                name,
                "ms",
                mine,
                200,
                floor=plain,
                floor_name=floor,
                peer=peer,
                peer_name="ORM直读",
            )
        )
    return found


def dashboards() -> list[dict]:
    """Measure 30 figures of 16 towns at once."""
    from dataclasses import replace

    from pyroaring import BitMap

    from gongzhi.figures import queries
    from gongzhi.figures.tests.bookroom.books import HEAVY, PRESENCES
    from gongzhi.shared.measures import Counts

    _, towns, *_ = asked()
    facets = ["", *(f"role={r}" for r in ROLES), *(f"gathering__brand={b}" for b in BRANDS)]
    thirty = [
        replace(HEAVY[0], key=f"{facet}.{counts}", counts=counts, facet=facet, of=PRESENCES)
        for counts in (Counts.RECORDS, Counts.SUBJECTS)
        for facet in facets
    ][:30]
    found = []
    for months in (1, 12, 36):
        since = date(2026, 11 - months, 1) if months < 11 else date(2026 - months // 12, 11, 1)
        first, after = since.year * 12 + since.month - 1, 2026 * 12 + 10
        marks = ",".join(["%s"] * len(towns))

        def ours(since=since):
            return queries.grid(thirty, towns, since, UNTIL)

        def theirs(first=first, after=after, marks=marks):
            rows = bare(
                "SELECT place_id, facet, records, subjects FROM rollup"
                f" WHERE place_id IN ({marks}) AND month >= %s AND month < %s",
                (*towns, first, after),
            )
            numbers, people = {}, {}
            for place, facet, count, subjects in rows:
                numbers[place, facet] = numbers.get((place, facet), 0) + count
                people.setdefault((place, facet), []).append(BitMap.deserialize(subjects))
            return numbers, {at: len(BitMap.union(*some)) for at, some in people.items()}

        mine, plain = race(30, ours, theirs)
        found.append(
            record(
                f"30个指标×16个镇街，{months}个月",
                "ms",
                mine,
                30,
                floor=plain,
                floor_name="直读汇总表",
            )
        )
    return found


def distinct_people() -> list[dict]:
    """Measure distinct people of many places and spans; the worst is what counts."""
    from gongzhi.figures import queries
    from gongzhi.figures.tests.bookroom.books import HEAVY
    from gongzhi.places.models import Place

    county, towns, villages, park = asked()
    courtyard = Place.objects.filter(level=Place.Level.COURTYARD).order_by("sort_key").first().pk
    worst: tuple[float, str] = (0.0, "")
    for label, place in (
        ("全县", county),
        ("镇街", towns[0]),
        ("迁入村社的镇街", towns[1]),
        ("村社", villages[100]),
        ("迁走的村社", villages[3]),
        ("园区", park),
        ("院落", courtyard),
    ):
        for months in (1, 7, 12, 36):
            start = 2026 * 12 + 10 - months
            since = date(start // 12, start % 12 + 1, 1)
            for as_now in (False, True):
                (ms,) = race(
                    20,
                    lambda place=place, since=since, as_now=as_now: queries.value(
                        HEAVY[1], place, since, UNTIL, as_now=as_now
                    ),
                )
                worst = max(worst, (ms, f"{label}{months}个月{'（按现在）' if as_now else ''}"))
    return [record(f"不同的人，最慢的一种：{worst[1]}", "ms", worst[0], 20)]


def deeds_and_readers() -> list[dict]:
    """Measure a check-in and the reading that comes right after it."""
    from gongzhi.figures import queries
    from gongzhi.figures.tests.bookroom import deeds
    from gongzhi.figures.tests.bookroom.books import HEAVY
    from gongzhi.figures.tests.bookroom.models import Gathering, Someone

    county, *_ = asked()
    gatherings = list(Gathering.objects.order_by("pk")[:100])
    someone = Someone.objects.create(pk=PEOPLE + 1, name="李建国")
    checks, reads = [], []
    for gathering in gatherings:
        checks.append(timed(lambda g=gathering: deeds.check_in(g, someone)) * 1000)
        reads.append(timed(lambda: queries.value(HEAVY[1], county, SINCE, UNTIL)) * 1000)
    return [
        record("登记到场一次（含待重算）", "ms", statistics.median(checks), len(checks)),
        record("登记后第一次读数", "ms", statistics.median(reads), len(reads)),
    ]


if __name__ == "__main__":
    print(json.dumps(measure_all(), ensure_ascii=False))
