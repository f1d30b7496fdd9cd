from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.audit.models import Line
from gongzhi.places import queries, services, trees
from gongzhi.places.models import Designation, Place, PlaceLink
from gongzhi.places.testing import (
    make_county,
    make_courtyard,
    make_park,
    make_town,
    make_village,
)
from gongzhi.shared.permissions import HOUSE, Role

from .people import Officer

pytestmark = pytest.mark.django_db
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "510121002009")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
MARCH = date(2026, 3, 12)


def move(place, parent, on=MARCH, **named):
    return services.move_place(
        by=HOUSE, place=place, parent=parent, effective_on=on, now=NOW, **named
    )


def merge(place, into, on=MARCH):
    return services.merge_places(by=HOUSE, place=place, into=into, effective_on=on, now=NOW)


def rename(place, name, on=MARCH, **named):
    return services.rename_place(
        by=HOUSE, place=place, name=name, effective_on=on, now=NOW, **named
    )


def link(park, place, since=MARCH, **named):
    return services.link_park(by=HOUSE, park=park, place=place, since=since, now=NOW, **named)


# --- moving ------------------------------------------------------------------------------------


def test_a_village_moves_from_the_first_of_the_month_and_the_legal_day_is_kept():
    old, new = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=old)
    yard = make_courtyard(village=village)

    move(village, new, source="金府函〔2026〕8号")

    yard.refresh_from_db()
    assert queries.parent_on(village, date(2026, 2, 28)) == old
    assert queries.parent_on(village, date(2026, 3, 1)) == new
    assert [p.name for p in queries.path_of(yard)] == ["金堂县", "官仓街道", "青溪社区", "3号院"]
    assert [p.name for p in queries.path_of(yard, on=date(2026, 2, 1))][1] == "赵镇街道"
    parentage = queries.parentages_of(village)[0]
    assert (parentage.effective_on, parentage.source) == (MARCH, "金府函〔2026〕8号")


def test_a_moved_village_takes_its_number_in_the_new_town_or_the_next_free_one():
    old, new = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=old)
    make_village("北滨社区", town=new)
    coded = make_village("红旗村", town=old)

    move(village, new)
    move(coded, new, code="510121002207")

    assert [(v.name, v.sort_key) for v in queries.children_of(new)] == [
        ("北滨社区", "002001"),
        ("青溪社区", "002002"),
        ("红旗村", "002207"),
    ]
    assert queries.designation_on(coded, date(2026, 3, 11)).code == "510121001002"
    assert queries.designation_on(coded, MARCH).code == "510121002207"


def test_a_second_move_in_the_same_month_corrects_the_first():
    first, wrong, right = make_town("赵镇街道"), make_town("官仓街道"), make_town("栖贤街道")
    village = make_village(town=first)

    move(village, wrong)
    move(village, right, on=date(2026, 3, 20))

    assert [p.parent.name for p in queries.parentages_of(village)] == ["栖贤街道", "赵镇街道"]


def test_moves_that_make_no_sense_are_refused():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    village, yard = make_village(town=town), make_courtyard()
    make_village("青溪社区", town=other)

    for place, parent, on, refusal in (
        (village, village, MARCH, services.UnderItself),
        (village, yard, MARCH, services.UnderItself),
        (town, other, MARCH, services.WrongLevel),
        (yard, town, MARCH, services.WrongLevel),
        (village, make_county(), MARCH, services.WrongLevel),
        (village, town, MARCH, services.AlreadyThere),
        (village, make_town("栖贤街道"), date(2026, 11, 24), services.NotYet),
        (village, make_town("高板街道"), date(2024, 10, 31), services.TooFarBack),
        (village, other, MARCH, services.NameTaken),
    ):
        with pytest.raises(refusal):
            move(place, parent, on)


def test_a_move_before_a_later_move_is_refused():
    town, other, third = make_town("赵镇街道"), make_town("官仓街道"), make_town("栖贤街道")
    village = make_village(town=town)
    move(village, other, date(2026, 5, 4))

    with pytest.raises(services.LaterChangeExists, match="2026年5月"):
        move(village, third, date(2026, 4, 4))


@pytest.mark.parametrize("code", ["51012100", "510121002abc", FULL_WIDTH])
def test_a_code_that_is_none_is_refused(code):
    village = make_village(town=make_town("赵镇街道"))

    with pytest.raises(services.BadCode, match="村社的区划代码是12位数字"):
        rename(village, "青溪社区", code=code)


def test_a_code_of_somebody_else_is_refused():
    town = make_town("赵镇街道")
    village, sister = make_village(town=town), make_village("北滨社区", town=town)

    with pytest.raises(services.CodeTaken, match="北滨社区"):
        rename(village, "青溪社区", code=sister.code)
    with pytest.raises(services.NoCode):
        rename(make_courtyard(), "5号院", code="510121001001")


# --- merging -----------------------------------------------------------------------------------


def test_a_merged_village_hangs_under_its_successor_and_its_courtyards_move_over():
    town = make_town("赵镇街道")
    gone, into = make_village("青溪社区", town=town), make_village("北滨社区", town=town)
    yard = make_courtyard(village=gone)

    merge(gone, into)

    for place in (gone, yard):
        place.refresh_from_db()
    assert (gone.closed_on, gone.merged_into) == (MARCH, into)
    assert yard.path.startswith(into.path)
    assert {gone.pk, yard.pk} < trees.now().beneath(into.pk)
    assert trees.on(date(2026, 2, 1)).beneath(into.pk) == {into.pk}
    assert list(queries.children_of(into)) == [yard]
    assert into.aliases.get().name == "青溪社区"
    assert queries.designation_on(gone, MARCH) is None


def test_a_merged_town_takes_its_villages_along():
    gone, into = make_town("赵镇街道"), make_town("官仓街道")
    villages = [make_village("青溪社区", town=gone), make_village("红旗村", town=into)]

    merge(gone, into)

    assert list(queries.children_of(into)) == [villages[1], villages[0]]
    assert list(queries.children_of(make_county())) == [into]
    assert set(queries.places_at(2, on=date(2026, 3, 11))) == {gone, into}


def test_merges_that_make_no_sense_are_refused():
    town = make_town("赵镇街道")
    one, two = make_village("青溪社区", town=town), make_village("北滨社区", town=town)
    make_courtyard("1号院", village=one), make_courtyard("1号院", village=two)
    park = make_park(over=(one,))

    with pytest.raises(services.UnderItself):
        merge(one, one)
    with pytest.raises(services.WrongLevel):
        merge(one, town)
    with pytest.raises(services.WrongLevel):
        merge(park, make_park("通用航空产业园"))
    with pytest.raises(services.CoveredByPark, match="淮州新城"):
        merge(one, two)
    services.unlink_park(by=HOUSE, park=park, place=one, until=MARCH, now=NOW)
    with pytest.raises(services.NameTaken, match="1号院"):
        merge(one, two)


def test_a_closed_place_can_no_longer_be_changed():
    town = make_town("赵镇街道")
    gone, into = make_village("青溪社区", town=town), make_village("北滨社区", town=town)
    merge(gone, into)

    for deed in (
        lambda: move(gone, make_town("官仓街道")),
        lambda: merge(gone, into),
        lambda: merge(into, gone),
        lambda: rename(gone, "新青溪社区"),
        lambda: services.add_courtyard(by=HOUSE, village=gone, name="1号院", now=NOW),
        lambda: services.add_alias(by=HOUSE, place=gone, name="青溪", now=NOW),
        lambda: services.close_place(by=HOUSE, place=gone, effective_on=MARCH, now=NOW),
        lambda: link(make_park(), gone),
    ):
        with pytest.raises(services.PlaceClosed, match="青溪社区已在2026年3月12日撤销"):
            deed()


# --- names, courtyards, closing ----------------------------------------------------------------


def test_a_name_is_as_it_was_on_the_day():
    village = make_village("青溪社区")

    rename(village, "新青溪社区", source="金府函〔2026〕9号")

    assert queries.names_on([village.pk], date(2026, 3, 11)) == {village.pk: "青溪社区"}
    assert queries.names_on([village.pk], MARCH) == {village.pk: "新青溪社区"}
    assert queries.find_place("青溪社区") == queries.find_place("新青溪社区") == village
    assert [d.name for d in queries.designations_of(village)] == ["新青溪社区", "青溪社区"]


def test_a_name_that_is_empty_too_long_taken_or_too_early_is_refused():
    village = make_village("青溪社区")
    make_village("北滨社区")
    rename(village, "新青溪社区")

    for name, on, refusal in (
        (" \u200b", date(2026, 4, 1), services.BadName),
        ("社" * 61, date(2026, 4, 1), services.BadName),
        ("北滨社区", date(2026, 4, 1), services.NameTaken),
        ("老青溪社区", MARCH, services.LaterChangeExists),
        ("老青溪社区", date(2026, 11, 24), services.NotYet),
    ):
        with pytest.raises(refusal):
            rename(village, name, on)


def test_courtyards_are_numbered_under_their_village():
    village = make_village("青溪社区")

    yards = [
        services.add_courtyard(by=HOUSE, village=village, name=f"{n}号院", now=NOW) for n in (1, 2)
    ]

    assert [y.code for y in yards] == [f"{village.code}0001", f"{village.code}0002"]
    with pytest.raises(services.NameTaken):
        services.add_courtyard(by=HOUSE, village=village, name="1号院", now=NOW)
    with pytest.raises(services.WrongLevel, match="请换一个村社"):
        services.add_courtyard(by=HOUSE, village=yards[0], name="3号院", now=NOW)


def test_what_still_holds_something_is_not_closed():
    village, yard = make_village("青溪社区"), make_courtyard("3号院")

    with pytest.raises(services.StillInUse, match="3号院"):
        services.close_place(by=HOUSE, place=village, effective_on=MARCH, now=NOW)
    services.close_place(by=HOUSE, place=yard, effective_on=MARCH, now=NOW, reason="拆迁")

    assert not queries.children_of(village).exists()
    assert list(queries.children_of(village, on=date(2026, 3, 1))) == [yard]


def test_closing_a_park_ends_what_it_lies_over():
    village = make_village()
    park = make_park(over=(village,))

    services.close_place(by=HOUSE, place=park, effective_on=MARCH, now=NOW)

    assert PlaceLink.objects.get().until == date(2026, 3, 1)
    assert not queries.parks().exists()


# --- parks -------------------------------------------------------------------------------------


def test_a_park_is_everything_that_lies_wholly_in_it():
    town, other = make_town("淮口街道"), make_town("白果街道")
    inside = make_village("青溪社区", town=town)
    village = make_village("北滨社区", town=other)
    park = services.add_park(by=HOUSE, county=make_county(), name="淮州新城", now=NOW)

    link(park, town)
    link(park, inside)
    link(park, village)
    link(park, other, is_whole=False)

    assert trees.now().beneath(park.pk) == {park.pk, town.pk, inside.pk, village.pk}
    assert trees.now().roots(park.pk) == [park.pk, town.pk, village.pk]
    assert trees.on(date(2026, 2, 1)).beneath(park.pk) == {park.pk}
    assert list(queries.members_of(park)) == [town, village]
    assert not queries.links_of(park, on=date(2026, 2, 28))
    assert [x.is_whole for x in queries.links_of(park, on=MARCH)] == [True, True, False, True]
    assert [x.place.name for x in queries.parks_over(inside, on=MARCH)] == ["淮口街道", "青溪社区"]
    assert park.pk in trees.now().beneath(make_county().pk)
    assert park not in queries.members_of(make_county())


def test_a_link_twice_or_of_the_wrong_things_is_refused():
    village, park = make_village(), make_park()
    link(park, village)

    with pytest.raises(services.LinkExists):
        link(park, village)
    with pytest.raises(services.WrongLevel):
        link(village, park)
    with pytest.raises(services.WrongLevel):
        link(park, make_county())
    with pytest.raises(services.LinkUnknown):
        services.unlink_park(by=HOUSE, park=park, place=make_town(), until=MARCH, now=NOW)


def test_a_link_taken_back_in_its_own_month_never_was_and_later_it_ends():
    village, park = make_village(), make_park()
    link(park, village)
    services.unlink_park(by=HOUSE, park=park, place=village, until=MARCH, now=NOW)
    assert not PlaceLink.objects.exists()

    link(park, village)
    services.unlink_park(by=HOUSE, park=park, place=village, until=date(2026, 9, 9), now=NOW)

    assert PlaceLink.objects.get().until == date(2026, 9, 1)
    assert village.pk not in trees.now().beneath(park.pk)


# --- aliases -----------------------------------------------------------------------------------


def test_an_alias_is_found_until_it_is_dropped():
    village = make_village("青溪社区")
    services.add_alias(by=HOUSE, place=village, name="老供销社", now=NOW)
    services.add_alias(by=HOUSE, place=village, name="老供销社", now=NOW)
    assert queries.find_place("老供销社") == village

    services.drop_alias(by=HOUSE, place=village, name="老供销社", now=NOW)

    with pytest.raises(queries.PlaceNotFound):
        queries.find_place("老供销社")
    with pytest.raises(services.AliasUnknown):
        services.drop_alias(by=HOUSE, place=village, name="老供销社", now=NOW)


# --- who may, and what is written down ---------------------------------------------------------


def test_only_the_county_changes_the_network_and_a_clerk_adds_courtyards_at_home():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    home, away = make_village("青溪社区", town=town), make_village("红旗村", town=other)
    clerk = Officer(Role.COMMUNITY_CLERK, home.path)
    county = Officer(Role.COUNTY_OPERATOR, make_county().path)
    named = {"effective_on": MARCH, "now": NOW}

    for deed in (
        lambda: services.move_place(by=clerk, place=home, parent=other, **named),
        lambda: services.merge_places(by=clerk, place=home, into=away, **named),
        lambda: services.rename_place(by=clerk, place=home, name="新青溪社区", **named),
        lambda: services.close_place(by=clerk, place=home, **named),
        lambda: services.add_alias(by=clerk, place=home, name="青溪", now=NOW),
        lambda: services.drop_alias(by=clerk, place=home, name="青溪", now=NOW),
        lambda: services.add_park(by=clerk, county=make_county(), name="园", now=NOW),
        lambda: services.link_park(by=clerk, park=make_park(), place=home, since=MARCH, now=NOW),
        lambda: services.unlink_park(by=clerk, park=make_park(), place=home, until=MARCH, now=NOW),
        lambda: services.add_courtyard(by=clerk, village=away, name="1号院", now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    services.add_courtyard(by=clerk, village=home, name="1号院", now=NOW)
    services.move_place(by=county, place=home, parent=other, **named)


def test_each_deed_leaves_one_line_that_says_what_changed():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=town)

    move(village, other, source="金府函〔2026〕8号")

    line = Line.objects.get()
    assert line.action == "places.moved"
    assert line.changes == {"上级": ["赵镇街道", "官仓街道"], "生效日": ["", "2026-03-12"]}
    assert (line.reason, line.place_path) == (
        "金府函〔2026〕8号",
        village.path.replace(f"/{town.pk}/", f"/{other.pk}/"),
    )


def test_a_refused_deed_leaves_nothing_behind():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=town)
    before = trees.stamp(), list(Place.objects.order_by("pk").values_list("path", "sort_key"))

    with pytest.raises(services.BadCode):
        move(village, other, code="12")

    after = trees.stamp(), list(Place.objects.order_by("pk").values_list("path", "sort_key"))
    assert after == before
    assert not Line.objects.exists()


def test_the_database_itself_refuses_two_places_at_one_spot_and_two_names_from_one_day():
    village = make_village()

    with pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.create(
            name="北滨社区", level=3, kind="community", path="/x/", sort_key=village.sort_key
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Designation.objects.create(place=village, name="北滨社区")
