"""The menu, the place switcher and the counts around every page of the workbench."""

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory
from django.urls import reverse

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county, make_courtyard, make_park, make_town, make_village
from gongzhi.portal import context
from gongzhi.portal.context import House, house
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    county = make_county()
    zhao, huai = make_town("赵镇街道"), make_town("淮口街道")
    qingxi = make_village("青溪社区", town=zhao)
    make_village("黄家村", town=huai)
    make_courtyard("3号院", village=qingxi)
    make_park("淮州新城", over=(huai,))
    return county


def called(name):
    from gongzhi.places.models import Place

    return Place.objects.get(name=name)


def around(user, address="/work/", **query):
    request = RequestFactory().get(address, query)
    request.user = user
    return House(request)


def names_in(columns):
    return {c["heading"]: [i["name"] for i in c["items"]] for c in columns}


def test_a_page_that_shows_nothing_of_the_frame_asks_nothing(county, django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = Visitor()

    with django_assert_num_queries(0):
        house(request)


def test_the_whole_frame_takes_four_questions_at_most(county, django_assert_max_num_queries):
    user = make_user(Role.COUNTY_OPERATOR, county)
    assert around(user).places
    frame = around(user)

    with django_assert_max_num_queries(4):
        for name in (
            "county", "place", "places", "who", "roles_url", "menu", "search_url", "todo_count",
            "feedback_url", "public_nav", "home_url", "signin_url", "signout_url", "footer",
        ):  # fmt: skip
            getattr(frame, name)


def test_the_switcher_shows_the_places_around_the_one_that_is_looked_at(county):
    frame = around(make_user(Role.COUNTY_OPERATOR, county), place=called("青溪社区").pk)

    assert frame.place == "金堂县 › 赵镇街道 › 青溪社区"
    assert names_in(frame.places) == {
        "县": ["金堂县"],
        "镇街": ["赵镇街道", "淮口街道"],
        "园区": ["淮州新城"],
        "村社": ["青溪社区"],
        "院落": ["3号院"],
    }


def test_a_town_officer_switches_within_the_town_only(county):
    frame = around(make_user(Role.TOWN_OFFICER, called("赵镇街道")))

    assert names_in(frame.places) == {"镇街": ["赵镇街道"], "村社": ["青溪社区"]}


def test_switching_keeps_what_the_page_was_asked(county):
    user = make_user(Role.COUNTY_OPERATOR, county)
    frame = around(
        user, "/records/directory.teams/", place=county.pk, measure="directory.teams", after="1.2"
    )

    [town, _] = next(c["items"] for c in frame.places if c["heading"] == "镇街")
    assert town["url"] == (
        f"/records/directory.teams/?place={called('赵镇街道').pk}&measure=directory.teams"
    )


def test_from_a_page_without_a_place_one_comes_to_the_overview(county):
    frame = around(make_user(Role.COUNTY_OPERATOR, county), "/registers/")

    assert frame.places[0]["items"][0]["url"] == f"/work/dashboard/?place={county.pk}"


def entries_of(frame):
    return {entry["label"]: entry for group in frame.menu for entry in group["entries"]}


def test_the_menu_shows_what_a_person_may_use(county):
    operator = entries_of(around(make_user(Role.COUNTY_OPERATOR, county)))
    reader = entries_of(around(make_user(Role.AUDIT_ADMIN, county, name="郑先生")))

    assert {"总览", "我的待办", "窗口替人查登记", "指标和口径"} <= operator.keys()
    assert "窗口替人查登记" not in reader
    assert "总览" not in reader


def test_the_menu_marks_where_one_is(county):
    frame = around(make_user(Role.COUNTY_OPERATOR, county), "/work/dashboard/")

    assert [n for n, e in entries_of(frame).items() if e["current"]] == ["总览"]


def test_every_entry_of_the_menu_opens(client, county):
    user = make_user(Role.COUNTY_OPERATOR, county)
    client.force_login(user)

    for entry in entries_of(around(user)).values():
        assert client.get(entry["url"]).status_code == 200, entry


def test_what_waits_is_counted_on_the_home_page_and_remembered(client, county, monkeypatch):
    user = make_user(Role.COUNTY_OPERATOR, county)
    monkeypatch.setattr(
        context.indicators,
        "todos",
        lambda by, now: [("投诉建议等着答复", 3, "/suggestions/queue/")],
    )

    frame = around(user)
    assert frame.todo_count == 0, "no page asks every room anew"
    context.todos_of(user, datetime(2026, 11, 25, tzinfo=UTC))

    frame = around(user)
    assert frame.todo_count == 3
    assert entries_of(frame)["我的待办"]["count"] == 3


def test_a_visitor_has_a_public_navigation_and_no_menu_of_work(county):
    frame = around(Visitor(), "/mine/")

    assert [i["label"] for i in frame.public_nav] == [
        "首页", "活动", "查我的登记", "支持中心", "投诉建议", "志愿服务", "学院", "数据",
    ]  # fmt: skip
    assert [i["label"] for i in frame.public_nav if i["current"]] == ["查我的登记"]
    assert frame.who == ""
    assert frame.signout_url == ""
    assert frame.signin_url


def test_who_one_acts_for_stands_at_the_top(county):
    user = make_user(Role.COUNTY_OPERATOR, county)
    user.act_for(None)

    assert around(user).who == "李女士 · 金堂县"


def test_the_home_of_work_shows_what_waits_and_my_places(browser, county):
    page = browser("portal:home", user=make_user(Role.COUNTY_OPERATOR, county))

    words = text_of(page)
    assert "要做的事" in words
    assert "赵镇街道" in words


def test_a_resident_finds_a_way_from_the_home_of_work(browser, county):
    page = browser("portal:home", user=make_user(name="居民"))

    assert "查我的登记" in text_of(page)


def test_a_visitor_is_asked_to_sign_in_for_work(client, county):
    assert client.get(reverse("portal:home")).status_code == 302
