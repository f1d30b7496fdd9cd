"""Whatever is moved and merged in whatever order: path, order and tree agree, and the past stays as it was."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.places import queries, services, testing, trees
from gongzhi.places.models import Place
from gongzhi.shared.periods import first_of
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
FIRST = 2025 * 12
numbers = st.integers(0, 40)
changes = st.lists(st.tuples(st.integers(0, 4), numbers, numbers, st.integers(0, 21)), max_size=25)


def build() -> list[Place]:
    county = testing.make_county()
    towns = [testing.make_town(name) for name in ("赵镇街道", "官仓街道", "栖贤街道")]
    villages = [
        testing.make_village(f"青溪{n}村", town=town) for n, town in enumerate([*towns, *towns])
    ]
    yards = [testing.make_courtyard(f"{n}号院", village=v) for n, v in enumerate(villages[:4])]
    return [county, *towns, *villages, *yards]


def change(places: list[Place], deed: int, a: int, b: int, month: int) -> None:
    place, other = places[a % len(places)], places[b % len(places)]
    on = first_of(FIRST + month).replace(day=1 + b % 28)
    match deed:
        case 0 | 1 | 2:
            services.move_place(by=HOUSE, place=place, parent=other, effective_on=on, now=NOW)
        case 3:
            services.merge_places(by=HOUSE, place=place, into=other, effective_on=on, now=NOW)
        case 4:
            code = f"{place.code[:-3]}{100 + b:03}" if place.level <= 3 and b % 2 else ""
            services.rename_place(
                by=HOUSE, place=place, name=f"新地{a}", code=code, effective_on=on, now=NOW
            )


def depth_first(tree: trees.Tree, place: int) -> list[int]:
    found = [place]
    for child in tree.children.get(place, ()):
        found += depth_first(tree, child)
    return found


def as_then(places: list[Place], before: int) -> list:
    """Return all that can be asked about the months before *before*."""
    days = [first_of(month) for month in range(FIRST, before)]
    return [
        (day, dict(trees.on(day).parent), queries.names_on([p.pk for p in places], day))
        for day in days
    ]


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=changes)
def test_path_order_and_tree_agree_and_the_past_stays_as_it_was(changes):
    with transaction.atomic():
        places = build()
        for deed, a, b, month in changes:
            before = as_then(places, FIRST + month)
            try:
                with transaction.atomic():
                    change(places, deed, a, b, month)
            except Refused:
                pass
            assert as_then(places, FIRST + month) == before

        tree, rows = trees.now(), list(Place.objects.order_by("sort_key"))
        assert [p.path for p in rows] == [tree.path(p.pk) for p in rows]
        assert [p.pk for p in rows] == depth_first(tree, places[0].pk)
        # What stands here was told by rows only: read anew, it is the same.
        trees._held = None
        assert trees.now().parent == tree.parent
        assert all(trees.on(date(2025, 1, 1)).subtree(p.pk) for p in rows)
        transaction.set_rollback(True)
