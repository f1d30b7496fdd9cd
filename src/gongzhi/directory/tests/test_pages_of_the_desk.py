"""The desk of the directory: figures, lists, what waits; and that every list opens a page."""

from datetime import date, timedelta

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.directory import services
from gongzhi.directory.listings import LISTINGS
from gongzhi.directory.models import Candidate, Organization, Person
from gongzhi.directory.room import ROOM
from gongzhi.directory.testing import (
    NOON,
    make_organization,
    make_person,
    make_rating,
    make_report,
    make_stage,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def hrefs(page):
    return [a.get("href") for a in page.iter("a")]


def test_the_desk_shows_the_figures_of_ones_place_and_opens_their_records(browser):
    village = make_village()
    make_organization(place=village)
    make_volunteer(place=village)

    page = browser("directory:hub", user=clerk_of(village))

    words = text_of(page)
    assert "青溪社区" in words
    assert "志愿者1人本人确认的志愿者0人近12个月服务过的志愿者0人" in words
    assert any("measure=directory.social-organizations" in h for h in hrefs(page))
    assert "登记居民" in words


def test_another_towns_figures_are_not_shown_even_when_asked_for(browser):
    mine = make_village()
    theirs = make_village("云绣社区", town=make_town("竹篙镇"))

    page = browser("directory:hub", user=clerk_of(mine), place=theirs.pk)

    assert "云绣社区" not in text_of(page.find(".//main"))


def test_the_desk_costs_few_statements_however_much_is_registered(
    browser, django_assert_max_num_queries
):
    town = make_town()
    for name in ("青溪社区", "十里社区", "北滨社区"):
        village = make_village(name, town=town)
        make_rating(make_organization(f"{name}互助会", place=village))
        make_volunteer(place=village)
        make_team(f"{name}巡逻队", place=village)
    user = clerk_of(town, Role.TOWN_OFFICER)
    browser("directory:hub", user=user)

    with django_assert_max_num_queries(28):
        browser("directory:hub", user=user)


def test_an_organizations_manager_sees_the_own_organization_and_no_figures(browser):
    organization = make_organization()
    user = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="唐女士")

    words = text_of(browser("directory:hub", user=user).find(".//main"))

    assert "童伴社工服务中心" in words
    assert "打开名册" not in words


def test_every_row_of_every_list_opens_a_page(browser):
    county = make_county()
    organization = make_organization()
    enterprise = make_organization("青溪助餐有限公司", kind=Organization.Kind.ENTERPRISE)
    rows = {
        "directory.organizations": organization,
        "directory.ratings": make_rating(organization),
        "directory.reports": make_report(organization),
        "directory.stages": make_stage(enterprise),
        "directory.volunteers": make_volunteer(),
        "directory.teams": make_team(),
    }
    user = clerk_of(county, Role.COUNTY_OPERATOR)
    browser.client.force_login(user)

    for listing in LISTINGS:
        if listing.opens:
            answer = browser.client.get(listing.opens(rows[listing.key].pk), follow=True)
            assert answer.status_code == 200, listing.key


def test_what_waits_is_counted_and_leads_to_pages_that_exist(browser):
    county = make_county()
    village = make_village()
    organization = make_organization(place=village)
    make_rating(organization, valid_until=NOON.date() + timedelta(days=30))
    make_report(organization, late_from=date(2026, 6, 1))
    first, second = (
        make_volunteer(person=make_person(id_number=number, place=village)).person
        for number in (None, "")
    )
    Candidate.objects.create(first=first, second=second, reasons="name", found_at=NOON)
    user = clerk_of(county, Role.COUNTY_OPERATOR)
    registration = second.volunteering.get()
    services.dispute_registration(by=user, registration=registration, text="我没有报过名", now=NOON)

    todos = [todo(user, NOON) for todo in ROOM.todos]

    assert [n for _, n, _ in todos] == [1, 1, 1, 1]
    assert todos[3][0] == "年度报告还没有报，其中1份逾期"
    for _, _, address in todos:
        browser(address.split("#")[0], user=user)


def test_what_waits_elsewhere_is_not_mine(browser):
    village = make_village()
    make_report(make_organization(place=village))
    elsewhere = make_village("云绣社区", town=make_town("竹篙镇"))

    assert [todo(clerk_of(elsewhere), NOON)[1] for todo in ROOM.todos] == [0, 0, 0, 0]


def test_the_search_box_finds_organizations_people_and_teams_that_one_may_see():
    village = make_village()
    make_organization("青溪邻里互助会", place=village)
    make_volunteer("张桂兰", place=village)
    make_team("青溪邻里守望队", place=village)
    here, elsewhere = (
        clerk_of(village),
        clerk_of(make_village("云绣社区", town=make_town("竹篙镇"))),
    )

    def found(by, words):
        return [(s.label, row[0]) for s in ROOM.search for row in s.find(by, words, 8)]

    assert found(here, "青溪邻里") == [
        ("组织", "青溪邻里互助会"),
        ("志愿服务队", "青溪邻里守望队"),
    ]
    assert found(here, "张桂兰") == [("人", "张桂兰")]
    assert found(elsewhere, "青溪邻里") == []
    assert Person.objects.count() == 1


def test_the_desk_is_closed_to_people_without_a_role(client):
    client.force_login(make_user(name="何女士"))

    assert client.get("/directory/").status_code == 403


def test_deadlines_say_what_is_late_and_by_when(browser):
    village = make_village()
    organization = make_organization(place=village)
    make_report(organization, late_from=date(2026, 11, 1))
    make_rating(organization, valid_until=date(2026, 12, 24))

    words = text_of(browser("directory:deadlines", user=clerk_of(village)))

    assert "逾期23天" in words
    assert "还剩30天" in words
    assert "2026年12月23日" in words
