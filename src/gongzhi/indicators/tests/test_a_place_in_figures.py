"""The overview of a county, a town, a village, a courtyard and a park."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import (
    make_income,
    make_organization,
    make_rating,
    make_team,
    make_volunteer,
)
from gongzhi.indicators import queries
from gongzhi.places import services as network
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_courtyard, make_park, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    county = make_county()
    zhao, huai = make_town("赵镇街道"), make_town("淮口街道")
    qingxi, yulong = make_village("青溪社区", town=zhao), make_village("玉龙社区", town=zhao)
    huangjia = make_village("黄家村", town=huai)
    make_courtyard("3号院", village=qingxi)
    make_park("淮州新城", over=(huangjia,))
    make_rating(make_organization(place=qingxi))
    make_organization("玉龙童伴社", place=yulong)
    make_organization("黄家互助社", place=huangjia)
    make_team(place=yulong)
    for place in (qingxi, yulong, huangjia):
        make_income(place, year=2025, fen=0 if place != yulong else 120_000)
    make_volunteer("张桂兰", place=qingxi, confirmed_on=date(2026, 5, 1))
    make_volunteer("李建国", place=qingxi)
    return county


@pytest.fixture
def operator(county):
    return make_user(Role.COUNTY_OPERATOR, county)


def called(name):
    return Place.objects.get(name=name)


def tiles_of(page):
    return {
        text_of(li.find("span[@class='k']")): text_of(li.find("span[@class='v']"))
        for li in page.findall(".//ul[@class='kpis']/li")
    }


def rows_of(page):
    return {
        text_of(tr.find("th")): [text_of(td).split("，")[0] for td in tr.findall("td")]
        for tr in page.findall(".//table/tbody/tr")
        if tr.find("th") is not None and tr.find("th/a") is not None
    }


def test_a_county_shows_six_figures_that_open_their_records(browser, county, operator):
    page = browser("indicators:dashboard", place=county.pk, user=operator)

    assert tiles_of(page) == {
        "登记社会组织": "3家",
        "3A及以上社会组织": "1家",
        "登记志愿者": "2人",
        "志愿服务队": "1支",
        "支持分中心": "0个",
        "“空壳”村社占比": "66.7%",
    }
    for link in page.findall(".//ul[@class='kpis']//a"):
        assert browser.client.get(link.get("href")).status_code == 200


def test_the_imported_number_never_stands_alone(browser, county, operator):
    page = browser("indicators:dashboard", place=county.pk, user=operator)

    [tile] = [li for li in page.findall(".//ul[@class='kpis']/li") if "登记志愿者" in text_of(li)]
    assert "本人确认1人" in text_of(tile)
    assert "近12个月服务过0人" in text_of(tile)


def test_a_share_shows_its_numerator_and_denominator(browser, county, operator):
    page = browser("indicators:dashboard", place=county.pk, user=operator)

    assert "3个里的2个" in text_of(page)


@pytest.mark.parametrize(
    ("name", "organizations"),
    [("赵镇街道", "2家"), ("青溪社区", "1家"), ("3号院", "0家"), ("淮州新城", "1家")],
)
def test_every_level_has_its_page(browser, county, operator, name, organizations):
    page = browser("indicators:dashboard", place=called(name).pk, user=operator)

    assert text_of(page.find(".//h1")) == f"{name}总览"
    assert tiles_of(page)["登记社会组织"] == organizations


def test_places_stand_in_the_official_order_with_their_villages(browser, county, operator):
    for number in range(5):
        make_organization(f"黄家{number}社", place=called("黄家村"))

    page = browser("indicators:dashboard", place=county.pk, user=operator)

    rows = {text_of(tr.find("th")): text_of(tr) for tr in page.findall(".//table/tbody/tr")}
    names = [n for n in rows if n in ("赵镇街道", "淮口街道")]
    assert names == ["赵镇街道", "淮口街道"], "by law, not by how many"
    assert "金堂县合计" in text_of(page)


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("town", ["赵镇街道", "淮口街道"]),
        ("village", ["青溪社区", "玉龙社区", "黄家村"]),
        ("courtyard", ["3号院"]),
        ("park", ["淮州新城"]),
    ],
)
def test_each_of_the_five_levels_can_be_looked_at(browser, county, operator, level, names):
    page = browser("indicators:dashboard", place=county.pk, level=level, user=operator)

    shown = [text_of(a) for a in page.findall(".//table/tbody/tr/th/a")]
    assert [n for n in shown if n in names] == names


def test_a_park_lists_what_it_lies_over(browser, county, operator):
    make_park("通航产业园", over=(called("淮口街道"), called("青溪社区")))

    page = browser("indicators:dashboard", place=called("通航产业园").pk, user=operator)

    assert [text_of(a) for a in page.findall(".//table/tbody/tr/th/a")][:2] == [
        "青溪社区",
        "淮口街道",
    ]
    assert "覆盖的地方" in text_of(page)


def test_the_steps_count_what_the_measures_count(county):
    stand = queries.standing(HOUSE, str(county.pk), "")
    found = queries.overview(stand, now=timezone.now())

    from gongzhi.figures.queries import value
    from gongzhi.shared.measures import measures

    day = queries.one_day(found.day)
    for step in found.steps:
        key = {2: "places.towns", 3: "places.villages", 4: "places.courtyards"}.get(step.level)
        if key:
            number = value(measures()[key], county.pk, day.since, day.until)
            assert step.count.startswith(f"{number}个")


def test_more_than_fifty_places_are_paged_by_key(browser, county, operator, monkeypatch):
    monkeypatch.setattr(queries, "ROWS", 2)

    page = browser("indicators:dashboard", place=county.pk, level="village", user=operator)
    assert "黄家村" not in [text_of(a) for a in page.findall(".//table/tbody/tr/th/a")]

    page = browser(page.find(".//a[@rel='next']").get("href"))
    assert "黄家村" in [text_of(a) for a in page.findall(".//table/tbody/tr/th/a")]

    page = browser(page.find(".//a[@rel='prev']").get("href"))
    assert "青溪社区" in [text_of(a) for a in page.findall(".//table/tbody/tr/th/a")]


def test_a_moved_village_counts_where_it_was_then_and_where_it_is_now(browser, county, operator):
    network.move_place(
        by=HOUSE,
        place=called("玉龙社区"),
        parent=called("淮口街道"),
        effective_on=date(2026, 6, 1),
        source="川府民政〔2026〕5号",
        now=timezone.now(),
    )
    zhao = called("赵镇街道")

    then = browser("indicators:dashboard", place=zhao.pk, on="2026-05-31", user=operator)
    now = browser(
        "indicators:dashboard", place=zhao.pk, on="2026-05-31", user=operator, **{"as": "now"}
    )

    assert tiles_of(then)["登记社会组织"] == "2家"
    assert tiles_of(now)["登记社会组织"] == "1家"


def test_an_expired_rating_drops_out_on_its_day(browser, county, operator):
    rated = make_organization("沱江社", place=called("黄家村"))
    make_rating(rated, valid_from=date(2021, 3, 1), valid_until=date(2026, 3, 1))

    before = browser("indicators:dashboard", place=county.pk, on="2026-02-28", user=operator)
    after = browser("indicators:dashboard", place=county.pk, on="2026-03-01", user=operator)

    assert tiles_of(before)["3A及以上社会组织"] == "2家"
    assert tiles_of(after)["3A及以上社会组织"] == "1家"


def test_somebody_of_another_town_is_refused(client, county):
    client.force_login(make_user(Role.TOWN_OFFICER, called("淮口街道"), name="陈女士"))
    address = reverse("indicators:dashboard")

    assert client.get(address).status_code == 200, "one's own place is where the page begins"
    assert client.get(address, {"place": called("赵镇街道").pk}).status_code == 403
    assert client.get(address, {"place": county.pk}).status_code == 403


def test_a_park_officer_sees_the_park_and_what_it_lies_over(client, county):
    client.force_login(make_user(Role.PARK_OFFICER, called("淮州新城"), name="吴先生"))
    address = reverse("indicators:dashboard")

    assert client.get(address, {"place": called("淮州新城").pk}).status_code == 200
    assert client.get(address, {"place": called("黄家村").pk}).status_code == 200
    assert client.get(address, {"place": called("青溪社区").pk}).status_code == 403


@pytest.mark.parametrize("name", ["金堂县", "赵镇街道", "淮州新城"])
def test_an_overview_asks_few_questions(
    client, operator, county, name, django_assert_max_num_queries
):
    client.force_login(operator)

    with django_assert_max_num_queries(25):
        client.get(reverse("indicators:dashboard"), {"place": called(name).pk})


def test_all_measures_stand_with_their_rules(browser, county, operator):
    page = browser("indicators:measures", place=county.pk, room="directory", user=operator)

    words = text_of(page)
    assert "当日评估等级在有效期内" in words
    assert "directory.rated-3a" in words
    assert "不得作为考核依据" in words


@pytest.mark.parametrize("room", ["places", "directory", "centers", "suggestions"])
def test_the_measures_of_a_room_take_few_questions(
    client, operator, county, room, django_assert_max_num_queries
):
    client.force_login(operator)

    with django_assert_max_num_queries(25):
        client.get(reverse("indicators:measures"), {"place": county.pk, "room": room})


def test_every_link_on_the_page_of_measures_opens(browser, county, operator):
    page = browser("indicators:measures", place=county.pk, room="suggestions", user=operator)

    for link in page.findall(".//main//a"):
        assert browser.client.get(link.get("href")).status_code == 200, link.get("href")


def test_what_waits_stands_in_a_list_of_its_own(browser, county, operator):
    page = browser("indicators:todos", user=operator)

    assert text_of(page.find(".//h1")) == "要做的事"


def test_no_page_of_figures_sorts_by_size(browser, county, operator):
    for name in ("indicators:dashboard", "indicators:measures"):
        page = browser(name, place=county.pk, user=operator)
        assert not [a for a in page.iter("a") if "sort" in a.get("href", "")]
