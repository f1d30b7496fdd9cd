from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.audit.models import Line
from gongzhi.places import divisions, queries, services, trees
from gongzhi.places.models import Designation, Place
from gongzhi.shared.permissions import HOUSE, Role

from .people import Officer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
Level, Kind = Place.Level, Place.Kind


def test_jintang_has_its_16_towns_and_200_villages_in_the_official_order():
    county = services.set_up_county(by=HOUSE, code="510121", now=NOW)

    towns = list(queries.places_at(Level.TOWN))
    kinds = list(Place.objects.filter(level=Level.VILLAGE).values_list("kind", flat=True))
    assert county.name == "金堂县"
    assert [t.name for t in towns[:3]] == ["赵镇街道", "官仓街道", "栖贤街道"]
    assert [t.kind for t in towns] == [Kind.SUBDISTRICT] * 6 + [Kind.TOWN] * 10
    assert (kinds.count(Kind.COMMUNITY), kinds.count(Kind.VILLAGE)) == (114, 86)


def test_names_lose_the_committee_and_keep_the_official_name_as_an_alias():
    services.set_up_county(by=HOUSE, code="510121", now=NOW)

    community, village = (Place.objects.get(code=c) for c in ("510121001020", "510121002201"))

    assert (community.name, village.name) == ("十里社区", "玉皇山村")
    assert village.aliases.get().name == "玉皇山村村委会"
    assert queries.spoken_path(community) == "赵镇街道十里社区"


@pytest.mark.parametrize(
    ("official", "spoken"),
    [
        ("北滨路社区居委会", "北滨路社区"),
        ("红旗村村委会", "红旗村"),
        ("官洋村委会", "官洋村"),
        ("团结村民委员会", "团结村"),
        ("幸福社区居民委员会", "幸福社区"),
        ("六铺炕南小街居委会", "六铺炕南小街居委会"),
        ("宝力格嘎查委员会", "宝力格嘎查"),
        ("五一农场生活区", "五一农场生活区"),
    ],
)
def test_every_way_the_country_writes_a_village_gives_the_name_people_use(official, spoken):
    assert divisions.place_name(official) == spoken


def test_running_it_again_adds_nothing_and_undoes_nothing():
    services.set_up_county(by=HOUSE, code="510121", now=NOW)
    place = Place.objects.get(code="510121001020")
    services.rename_place(
        by=HOUSE,
        place=place,
        name="新十里社区",
        code="510121001099",
        effective_on=NOW.date(),
        now=NOW,
    )

    services.set_up_county(by=HOUSE, code="510121000000", now=NOW)

    assert Place.objects.count() == 217
    assert Place.objects.get(pk=place.pk).name == "新十里社区"
    assert Line.objects.filter(action="places.county-set-up").count() == 1


@pytest.mark.parametrize("code", ["441900", "429021", "659001", "110101"])
def test_any_county_of_the_country_starts_even_those_without_a_city_above(code):
    county = services.set_up_county(by=HOUSE, code=code, now=NOW)

    known = divisions.divisions_of(code)
    assert Place.objects.count() == len(known) == len(trees.now().beneath(county.pk))
    assert Designation.objects.count() == len(known)


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("510122", "510121金堂县（四川省成都市）"),
        ("金堂县", "510121金堂县（四川省成都市）"),
        ("金堂", "510121金堂县（四川省成都市）"),
        ("金糖县", "510121金堂县（四川省成都市）"),
        ("999999", "例如510121（金堂县）"),
    ],
)
def test_an_unknown_code_is_answered_with_near_ones(given, near):
    with pytest.raises(services.UnknownCounty, match=near):
        services.set_up_county(by=HOUSE, code=given, now=NOW)


def test_a_house_serves_one_county():
    services.set_up_county(by=HOUSE, code="510121", now=NOW)

    with pytest.raises(services.AnotherCounty, match="金堂县（510121）"):
        services.set_up_county(by=HOUSE, code="510104", now=NOW)


def test_nobody_but_the_house_itself_sets_up_a_county():
    with pytest.raises(PermissionDenied):
        services.set_up_county(by=Officer(Role.SYSTEM_ADMIN, "/1/"), code="510121", now=NOW)


def test_a_house_without_a_county_says_how_to_get_one():
    with pytest.raises(queries.NoCounty, match="gongzhi init --county"):
        queries.county()
