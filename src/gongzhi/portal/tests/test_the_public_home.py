"""The public home and its elder mode: light, without a dead link, with figures that open."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from gongzhi.centers.models import Center
from gongzhi.centers.testing import make_center
from gongzhi.directory.testing import make_organization, make_team, make_volunteer
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.suggestions.testing import make_suggestion
from tests.browser import text_of

pytestmark = pytest.mark.django_db
ELDER = {"mode": "elder"}


@pytest.fixture
def county():
    county = make_county()
    zhao = make_town("赵镇街道")
    village = make_village("青溪社区", town=zhao)
    make_town("淮口街道")
    make_center("金堂县社区发展治理支持中心", level=Center.Level.COUNTY, place=county)
    make_center("赵镇街道支持分中心", place=zhao)
    make_organization(place=village)
    make_team(place=village)
    for number in range(6):
        make_volunteer(f"张{number}", place=village)
    make_suggestion(place=village)
    return county


def elder(client):
    client.cookies.load(ELDER)
    return client


def addresses_of(page):
    for element in page.iter():
        for name in ("href", "action"):
            address = element.get(name) if isinstance(element.tag, str) else None
            if address and address.startswith("/") and not address.startswith("/static/"):
                yield element.tag, address


@pytest.mark.parametrize("mode", ["", "elder"])
def test_no_link_of_the_home_is_dead(browser, county, mode):
    if mode:
        elder(browser.client)
    page = browser("portal:public")

    seen = {at for tag, at in addresses_of(page) if tag == "a"}
    assert len(seen) > 5
    for address in seen:
        assert browser.client.get(address, follow=True).status_code == 200, address


def test_facts_stand_with_source_and_cut_off_and_open(browser, county):
    page = browser("portal:public")

    words = text_of(page)
    assert "从登记记录现数" in words
    assert "登记志愿者" in words
    assert "本人确认的志愿者0人" in words, "the imported number never stands alone"


def test_the_centers_nearby_say_whether_they_are_open(browser, county):
    words = text_of(browser("portal:public"))

    assert "赵镇街道支持分中心" in words
    assert "028-84921000" in words
    assert "开着" in words or "没开" in words


def test_a_place_that_was_chosen_is_remembered(browser, county):
    from gongzhi.places.models import Place

    zhao = Place.objects.get(name="赵镇街道")
    browser("portal:public", place=zhao.pk)

    assert browser.client.cookies["place"].value == str(zhao.pk)
    page = browser("portal:public")
    assert "赵镇街道" in text_of(page.find(".//details[@class='place']/summary"))


def test_whoever_only_reads_gets_no_session_and_no_place(client, county):
    response = client.get(reverse("portal:public"))

    assert set(response.cookies) <= {"csrftoken"}


@pytest.mark.parametrize(("asked", "status"), [("99999", 404), ("赵镇", 404)])
def test_a_place_that_is_none_is_not_found(client, county, asked, status):
    assert client.get(reverse("portal:public"), {"place": asked}).status_code == status


def test_elder_mode_offers_four_choices_a_phone_and_the_way_back(browser, county):
    elder(browser.client)
    page = browser("portal:public")

    assert len(page.findall(".//nav[@class='el-grid']/a")) == 4
    assert len(page.findall(".//section[@class='el-card']")) <= 2
    assert page.find(".//a[@class='el-call']").get("href") == "tel:028-84921000"
    words = text_of(page)
    assert "回普通版" in words
    assert "请家人或干部帮我办" in words


def test_reading_aloud_is_offered_only_where_a_browser_can(browser, county):
    elder(browser.client)
    page = browser("portal:public")

    [button] = [b for b in page.iter("button") if "读给我听" in text_of(b)]
    assert button.get("hidden") is not None, "house.js shows it where speechSynthesis exists"


@pytest.mark.parametrize("mode", ["", "elder"])
def test_a_first_visit_weighs_no_more_than_150_kb(client, county, mode):
    if mode:
        elder(client)
    html = client.get(reverse("portal:public")).content
    assets = set(re.findall(r'(?:href|src)="/static/([^"#?]+)', html.decode()))

    files = [Path(found) for asset in assets if (found := finders.find(asset))]
    assert len(files) == len(assets)
    weight = sum(len(gzip.compress(f.read_bytes())) for f in files) + len(gzip.compress(html))
    assert weight <= 150 * 1024, weight


def test_the_home_asks_few_questions(client, county, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        client.get(reverse("portal:public"))


def test_without_a_county_the_home_says_how_to_begin(browser):
    page = browser("portal:public")

    assert "gongzhi init --county" in text_of(page)


def test_help_names_every_other_way(browser, county):
    words = text_of(browser("portal:help"))

    for way in ("打电话", "到窗口", "请家里人", "写在纸上"):
        assert way in words


def test_search_engines_keep_out_of_what_is_personal(client):
    text = client.get("/robots.txt").content.decode()

    for path in ("/mine/", "/work/", "/records/"):
        assert f"Disallow: {path}" in text


def test_whoever_watches_the_site_gets_an_answer(client, db):
    assert client.get("/healthz").content == b"ok\n"
