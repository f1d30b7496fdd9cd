from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gongzhi.figures import queries, services
from gongzhi.figures.models import Book, Cell, Mark
from gongzhi.places import services as places
from gongzhi.places import testing as make
from gongzhi.shared.permissions import HOUSE

from .bookroom import deeds
from .bookroom.books import HEAVY, STOCK
from .bookroom.models import Gathering, Office, Presence
from .bookroom.testing import make_small

pytestmark = pytest.mark.django_db
ALL, PEOPLE, *_ = HEAVY
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)
YEAR = date(2026, 1, 1), date(2027, 1, 1)


def test_nobody_is_counted_twice_over_months_roles_or_places():
    small = make_small(people=0)
    person = deeds.Someone.objects.create()
    for gathering in small.gatherings:
        deeds.check_in(gathering, person)
        deeds.check_in(gathering, person, role="steward")

    table = queries.grid([ALL, PEOPLE], [small.county.pk, small.towns[0].pk], *YEAR)

    assert table[ALL.key, small.county.pk] == 24
    assert table[PEOPLE.key, small.county.pk] == table[PEOPLE.key, small.towns[0].pk] == 1


def test_two_people_who_turn_out_to_be_one_are_one_and_can_be_two_again():
    small = make_small(people=2)
    first, second = small.people
    deeds.check_in(small.gatherings[0], first)
    deeds.check_in(small.gatherings[1], second)
    where = small.county.pk

    counted = [queries.value(PEOPLE, where, *YEAR)]
    deeds.merge(first, second)
    counted.append(queries.value(PEOPLE, where, *YEAR))
    deeds.merge(first, None)
    counted.append(queries.value(PEOPLE, where, *YEAR))

    assert counted == [2, 1, 2]


def test_a_village_that_moves_counts_with_its_old_town_as_then_and_with_the_new_one_as_now():
    small = make_small()
    village, old, new = small.villages[0], *small.towns
    before = queries.grid([ALL], [old.pk, new.pk], *YEAR)
    in_village = queries.value(ALL, village.pk, *YEAR)
    late = queries.value(ALL, village.pk, date(2026, 4, 1), date(2027, 1, 1))

    places.move_place(by=HOUSE, place=village, parent=new, effective_on=date(2026, 4, 20), now=NOW)

    then = queries.grid([ALL], [old.pk, new.pk], *YEAR)
    now = queries.grid([ALL], [old.pk, new.pk], *YEAR, as_now=True)
    assert late > 0
    assert then == {
        (ALL.key, old.pk): before[ALL.key, old.pk] - late,
        (ALL.key, new.pk): before[ALL.key, new.pk] + late,
    }
    assert now[ALL.key, new.pk] == before[ALL.key, new.pk] + in_village


def test_a_park_counts_each_person_and_record_once_however_its_places_overlap():
    small = make_small()
    park = make.make_park("淮州新城", over=(small.towns[0], small.villages[0], small.villages[1]))
    extra = Gathering.objects.create(place=park, day=date(2026, 3, 3))
    deeds.check_in(extra, small.people[0])

    said = queries.grid(HEAVY, [park.pk], *YEAR)

    for m in HEAVY:
        assert said[m.key, park.pk] == queries.live(m, queries.records(m, park.pk, *YEAR))
    assert queries.value(ALL, small.county.pk, *YEAR) == Presence.objects.count()


def test_a_changed_definition_counts_everything_anew():
    small = make_small()
    queries.value(ALL, small.county.pk, *YEAR)
    right = Cell.objects.count()
    Book.objects.update(definition="an older program")
    Cell.objects.all().delete()

    queries.value(ALL, small.county.pk, *YEAR)

    assert Cell.objects.count() == right


def test_a_book_that_stops_keeping_cells_is_forgotten():
    small = make_small()
    queries.value(ALL, small.county.pk, *YEAR)
    deeds.check_in(small.gatherings[0], small.people[0])

    services.retire_books([])

    assert (Cell.objects.count(), Mark.objects.count(), Book.objects.count()) == (0, 0, 0)


def test_a_dashboard_of_cells_takes_five_statements(django_assert_max_num_queries):
    small = make_small()
    asked = [small.county.pk, *(t.pk for t in small.towns), *(v.pk for v in small.villages)]
    queries.grid(HEAVY, asked, *YEAR)

    with django_assert_max_num_queries(4):
        queries.grid(HEAVY, asked, *YEAR)
    with django_assert_max_num_queries(3):
        queries.trend(PEOPLE, small.county.pk, range(2026 * 12, 2027 * 12))
    with django_assert_max_num_queries(1 + len(STOCK)):
        queries.stock_grid(STOCK, asked, TODAY)


def test_a_stock_figure_drops_out_on_its_day():
    small = make_small()
    village, person = small.villages[0], small.people[0]
    for since, until in ((date(2021, 6, 1), date(2026, 6, 1)), (date(2026, 5, 1), None)):
        Office.objects.create(place=village, person=person, since=since, until=until)
    days = [date(2021, 5, 31), date(2021, 6, 1), date(2026, 5, 31), date(2026, 6, 1)]
    offices, officers = STOCK

    assert [queries.stock(offices, small.county.pk, d) for d in days] == [0, 1, 2, 1]
    assert [queries.stock(officers, small.towns[0].pk, d) for d in days] == [0, 1, 1, 1]
    assert list(queries.stock_trend(offices, village.pk, days).values()) == [0, 1, 2, 1]


def test_the_second_opinion_names_what_differs():
    small = make_small()
    queries.value(ALL, small.county.pk, *YEAR)
    assert queries.verify(TODAY, measures=[*HEAVY, *STOCK]) == []

    Cell.objects.filter(place=small.villages[0], month=2026 * 12, facet="").update(records=99)

    faults = queries.verify(TODAY, measures=HEAVY)
    assert (
        str(faults[0]) == "bookroom.presences（单元条数） 青溪社区 2026-01：读出来是99，逐条数是6"
    )
    assert {f.place for f in faults} == {"青溪社区"}


def test_the_second_opinion_finds_missing_and_surplus_cells_and_other_people():
    small = make_small()
    queries.value(ALL, small.county.pk, *YEAR)
    cells = Cell.objects.filter(place=small.villages[0], month=2026 * 12)
    gone, kept = cells.get(facet=""), cells.get(facet="role=steward")
    kept.subjects = services.BitMap([9_001, 9_002, 9_003]).serialize()
    kept.save()
    gone.delete()

    parts = {f.part for f in queries.verify(TODAY, measures=HEAVY)}

    assert {"缺单元", "单元里是另一些人"} <= parts


@pytest.mark.parametrize("measure", [ALL, PEOPLE])
def test_a_figure_that_lies_ready_is_read_with_one_statement(
    measure, django_assert_max_num_queries
):
    small = make_small()
    town = small.towns[0].pk
    counted = queries.grid([measure], [town], *YEAR)[measure.key, town]

    # On PostgreSQL it goes past Django's cursor and is not even counted.
    with django_assert_max_num_queries(1):
        read = queries.value(measure, town, *YEAR)

    assert read == counted > 0


def test_a_figure_that_lay_ready_is_not_believed_after_a_deed_a_move_or_another_rule():
    small = make_small()
    village, old, new = small.villages[0], *small.towns
    before = queries.value(ALL, old.pk, *YEAR)
    in_village = queries.value(ALL, village.pk, *YEAR)

    late = deeds.Someone.objects.create()
    deeds.check_in(Gathering.objects.filter(place=village).first(), late)
    after_deed = queries.value(ALL, old.pk, *YEAR)
    places.move_place(by=HOUSE, place=village, parent=new, effective_on=YEAR[0], now=NOW)
    after_move = queries.value(ALL, old.pk, *YEAR)
    Book.objects.update(definition="counted by another rule")
    Cell.objects.update(records=0)
    after_rule = queries.value(ALL, old.pk, *YEAR)

    assert after_deed == before + 1
    assert after_move == after_rule == before - in_village


def test_all_stock_of_one_table_is_counted_with_one_look_at_it(django_assert_num_queries):
    small = make_small()
    offices, *_ = STOCK
    for place in small.villages[:3]:
        Office.objects.create(place=place, person=small.people[0], since=date(2026, 1, 1))
    later = replace(
        offices, key="bookroom.since-june", of=replace(offices.of, since="since", until="")
    )
    where = [small.county.pk, *(t.pk for t in small.towns)]
    alone = {m.key: queries.stock(m, small.county.pk, TODAY) for m in (offices, later)}

    with django_assert_num_queries(2):  # one for the tree
        table = queries.stock_grid([offices, later], where, TODAY)
    with django_assert_num_queries(2):
        one = queries.stock_grid([offices, later], where[:1], TODAY)

    assert {m.key: table[m.key, where[0]] for m in (offices, later)} == alone
    assert {key: n for (key, _), n in one.items()} == alone
    assert sum(table[offices.key, p] for p in where[1:]) == table[offices.key, where[0]] == 3
