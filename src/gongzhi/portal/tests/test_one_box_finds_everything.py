"""One search box over places, organizations, people and teams, each as far as one may see."""

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_organization, make_person, make_team
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.rooms import rooms
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    county = make_county()
    zhao, huai = make_town("赵镇街道"), make_town("淮口街道")
    qingxi, huangjia = make_village("青溪社区", town=zhao), make_village("黄家村", town=huai)
    make_organization("青溪童伴社工服务中心", place=qingxi)
    make_team("青溪邻里守望队", place=qingxi)
    make_person("张桂兰", place=qingxi)
    make_person("陈桂兰", place=huangjia)
    return county


def found(page):
    return {
        text_of(card.find(".//h2")): [text_of(li) for li in card.findall(".//li")]
        for card in page.findall(".//section[@class='card']")
    }


def test_two_characters_find_a_place_an_organization_and_a_team(browser, county):
    page = browser("portal:search", q="青溪", user=make_user(Role.COUNTY_OPERATOR, county))

    words = " ".join(row for rows in found(page).values() for row in rows)
    for name in ("青溪社区", "青溪童伴社工服务中心", "青溪邻里守望队"):
        assert name in words


def test_people_are_found_within_ones_own_place_only(browser, county):
    officer = make_user(Role.TOWN_OFFICER, Place.objects.get(name="赵镇街道"), name="陈女士")

    words = text_of(browser("portal:search", q="桂兰", user=officer))

    assert "青溪社区" in words
    assert "黄家村" not in words


def test_a_visitor_finds_no_people(browser, county):
    words = text_of(browser("portal:search", q="桂兰"))

    assert "没有搜到" in words
    assert "查自己的登记，用手机验证码" in words


def test_an_empty_box_says_what_it_takes(browser, county):
    assert "两个字就能搜" in text_of(browser("portal:search"))


@pytest.mark.parametrize("words", ["青", "“青溪", "%", "青溪 OR 1", "'", '"', "*", "青溪" * 60])
def test_nothing_typed_breaks_the_box(client, county, words):
    client.force_login(make_user(Role.COUNTY_OPERATOR, county))

    assert client.get(reverse("portal:search"), {"q": words}).status_code == 200


def test_a_search_asks_few_questions(client, county, django_assert_max_num_queries):
    client.force_login(make_user(Role.COUNTY_OPERATOR, county))
    client.get(reverse("portal:search"), {"q": "玉龙"})

    boxes = sum(len(room.search) for room in rooms().values())
    with django_assert_max_num_queries(8 + boxes):  # the frame's, and one for each that looks
        client.get(reverse("portal:search"), {"q": "青溪"})


def test_the_house_itself_may_search(county):
    from gongzhi.portal import queries

    assert queries.search(HOUSE, "青溪")
