from datetime import UTC, date, datetime

import pytest

from gongzhi.places import queries, services
from gongzhi.places.models import Place
from gongzhi.places.queries import PlaceLookup
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "510121001020")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
Level = Place.Level


@pytest.fixture
def county():
    return services.set_up_county(by=HOUSE, code="510121", now=NOW)


def at(code: str) -> Place:
    return Place.objects.get(code=code)


def fault(text: object, **named):
    place, found = PlaceLookup(**named).resolve(text)
    assert place is None, f"{text} was taken for {PlaceLookup().spoken(place)}"
    return found


@pytest.mark.parametrize(
    "text",
    [
        "赵镇街道十里社区",
        "赵镇街道十里社区居委会",
        "金堂县赵镇街道十里社区居民委员会",
        "四川省成都市金堂县赵镇街道十里社区",
        "赵镇街道 十里社区",
        "赵镇街道-十里社区",
        "赵镇街道/十里社区",
        "赵镇十里社区",
        "赵镇十里",
        "赵镇镇十里社区",
        "十里社区",
        "十里社区居委会",
        "十里",
        " 十里社区\u200b",
        "510121001020",
        FULL_WIDTH,
        510121001020,
        510121001020.0,
    ],
)
def test_a_village_is_known_however_it_is_written(county, text):
    assert queries.find_place(text) == at("510121001020")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("510121001000", "510121001"),
        ("510121001", "510121001"),
        ("赵镇", "510121001"),
        ("淮口镇", "510121006"),
        ("赵镇街道办事处", "510121001"),
        ("510121000000", "510121"),
        ("金堂县", "510121"),
        ("清江镇", "510121002"),
        ("清江镇红旗村", "510121002202"),
        ("官仓镇红旗村", "510121002202"),
        ("三星镇幸福村", "510121003205"),
    ],
)
def test_towns_codes_with_zeros_and_old_names_are_known(county, text, code):
    assert queries.find_place(text) == at(code)


def test_a_courtyard_is_found_through_its_village(county):
    village = at("510121001020")
    yard = services.add_courtyard(by=HOUSE, village=village, name="3号院", now=NOW)

    assert queries.find_place("十里社区3号院") == yard
    assert queries.find_place("赵镇街道十里社区3号院") == yard
    assert queries.find_place(yard.code) == yard


def test_a_name_in_two_towns_is_refused_with_both_named(county):
    services.rename_place(
        by=HOUSE,
        place=at("510121001020"),
        name="幸福村",
        effective_on=date(2026, 1, 1),
        now=NOW,
    )

    found = fault("幸福村村委会")

    assert found.wrong == "“幸福村村委会”可能是赵镇街道幸福村、栖贤街道幸福村，分不清是哪一个"
    assert found.near == ("赵镇街道幸福村", "栖贤街道幸福村")
    assert queries.find_place("栖贤街道幸福村") == at("510121003205")


def test_a_merged_place_is_refused_with_its_successor_and_taken_on_a_day_before(county):
    gone, into = at("510121001020"), at("510121001019")
    services.merge_places(by=HOUSE, place=gone, into=into, effective_on=date(2026, 3, 12), now=NOW)

    found = fault("510121001020")

    assert found.wrong == "“510121001020”已在2026年3月并入泰吉街社区"
    assert found.mend == "改成“赵镇街道泰吉街社区”"
    assert queries.find_place("十里社区") == into
    assert PlaceLookup(on=date(2026, 3, 11)).resolve("510121001020") == (gone.pk, None)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("十里村", "赵镇街道十里社区"),
        ("赵镇街道十里村", "赵镇街道十里社区"),
        ("扬柳桥社区", "赵镇街道杨柳桥社区"),
        ("竹蒿镇", "竹篙镇"),
        ("赵镇街道北宾路社区", "赵镇街道北滨路社区"),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(county, text, near):
    found = fault(text)

    assert found.near[0] == near
    assert found.mend == f"改成“{near}”，或者照名录里的名称填"


def test_what_resembles_nothing_is_answered_with_an_example(county):
    assert fault("火星基地").mend.startswith("照名录里的名称填，例如“赵镇街道十里社区”")
    assert fault("").wrong == fault(None).wrong == "没有填地点，不知道归哪里"
    assert fault("9" * 12).kind == "地点不认识"


def test_an_old_name_that_nobody_confirmed_is_not_taken_for_the_county(county):
    assert fault("三星镇").wrong == "“三星镇”是旧地名，承接它的镇街还没有确认"

    services.add_alias(by=HOUSE, place=at("510121003"), name="三星镇", now=NOW)

    assert queries.find_place("三星镇") == at("510121003")


def test_whoever_may_work_in_one_town_finds_nothing_outside_it(county):
    town = at("510121001")

    found = fault("栖贤街道幸福村", within=town)

    assert found.wrong == "“栖贤街道幸福村”是栖贤街道幸福村，不在赵镇街道范围内"
    assert PlaceLookup(within=town).resolve("十里社区") == (at("510121001020").pk, None)
    assert fault("十里村", within=at("510121003")).near == ()


def test_a_level_that_is_not_asked_for_is_refused_and_chosen_between_namesakes(county):
    villages = PlaceLookup(levels=[Level.VILLAGE])

    assert villages.resolve("赵镇街道")[1].wrong == "“赵镇街道”是镇街，这里要填村社"
    # 清江 is both an old town and a community of today.
    assert villages.resolve("清江") == (at("510121002002").pk, None)


def test_a_place_inside_a_park_is_found_within_the_park(county):
    park = services.add_park(by=HOUSE, county=county, name="淮州新城", now=NOW)
    services.link_park(by=HOUSE, park=park, place=at("510121006"), since=date(2026, 1, 1), now=NOW)

    lookup = PlaceLookup(within=park)

    assert lookup.resolve("淮口街道")[0] == at("510121006").pk
    assert lookup.resolve("十里社区")[1].kind == "超出范围"


def test_find_place_says_both_sentences(county):
    with pytest.raises(queries.PlaceNotFound) as refused:
        queries.find_place("十里村")

    assert str(refused.value) == (
        "认不出是哪个地点：没有“十里村”这个地点，相近的有“赵镇街道十里社区”。"
        "改成“赵镇街道十里社区”，或者照名录里的名称填。"
    )


def test_a_register_of_many_rows_asks_the_database_a_handful_of_times(
    county, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        lookup = PlaceLookup(levels=[Level.VILLAGE])
        assert {lookup.resolve("赵镇街道十里社区")[0] for _ in range(1000)} == {
            at("510121001020").pk
        }
