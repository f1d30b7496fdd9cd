"""The page of a team, its members by key, and the desks of those who keep it."""

from datetime import date, timedelta

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Membership, Team
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_membership,
    make_organization,
    make_person,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PHONE = "13812342076"


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def leader_of(organization):
    return make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="唐女士")


def asked(**changed):
    return {
        "name": "张桂兰",
        "number": PHONE,
        "part": "member",
        "consent": "11月23日打电话同意",
        "joined_on": "2026-11-23",
    } | changed


def test_members_stand_leaders_first_and_are_turned_by_key(browser, django_assert_max_num_queries):
    team = make_team()
    for n in range(51):
        make_membership(team=team, joined_on=date(2024, 3, 5) + timedelta(days=n // 10))
    make_membership(make_person("李桂英"), team, part="leader", joined_on=date(2025, 1, 1))
    user = clerk_of(team.place)
    browser("directory:team", team.pk, user=user)

    with django_assert_max_num_queries(16):
        page = browser("directory:team", team.pk, user=user)
    [following] = [a.get("href") for a in page.iter("a") if a.get("rel") == "next"]
    rest = browser(f"/directory/teams/{team.pk}/{following}")

    members = [text_of(r) for r in page.iter("tr")][1:]
    assert "李桂英" in members[0]
    assert len(members) == 50
    assert len(list(rest.iter("tr"))) == 3


def test_people_of_another_town_or_organization_find_nothing(client):
    team = make_team(organization=make_organization())
    membership = make_membership(team=team)
    others = (
        clerk_of(make_village("云绣社区", town=make_town("竹篙镇"))),
        leader_of(make_organization("向阳养老服务中心")),
    )

    for user in others:
        client.force_login(user)
        for address in (
            f"teams/{team.pk}/",
            f"teams/{team.pk}/join/",
            f"teams/{team.pk}/end/",
            f"memberships/{membership.pk}/end/",
        ):
            assert client.get(f"/directory/{address}").status_code == 404, address


def test_a_team_is_founded_by_its_organization(browser):
    organization = make_organization()
    user = leader_of(organization)
    form = {"name": "童伴志愿服务队", "place": "青溪社区", "founded_on": "2026-11-23"}

    page = browser.post(
        "directory:found-team", data=form | {"organization": organization.pk}, user=user
    )

    assert "登记好了，接着加队员" in text_of(page)
    assert Team.objects.get().organization == organization


def test_another_organization_cannot_be_chosen_for_a_team(browser):
    other = make_organization("向阳养老服务中心")
    form = {"name": "童伴志愿服务队", "place": "青溪社区", "founded_on": "2026-11-23"}

    browser.post(
        "directory:found-team",
        data=form | {"organization": other.pk},
        user=leader_of(make_organization()),
        status=422,
    )

    assert Team.objects.count() == 0


def test_a_clerk_names_the_organization_in_words(browser):
    village = make_village()
    organization = make_organization(place=village)
    form = {"name": "童伴志愿服务队", "place": "青溪社区", "founded_on": "2026-11-23"}

    page = browser.post(
        "directory:found-team",
        data=form | {"organization": "童伴"},
        user=clerk_of(village),
        status=422,
    )
    assert "名录里没有找到这一家" in text_of(page)
    browser.post("directory:found-team", data=form | {"organization": organization.name})

    assert Team.objects.get().organization == organization


def test_a_name_taken_at_the_same_place_is_refused(browser):
    team = make_team()
    form = {"name": team.name, "place": "青溪社区", "founded_on": "2026-11-23"}

    page = browser.post("directory:found-team", data=form, user=clerk_of(team.place), status=409)

    assert "已经有一支“青溪邻里守望队”" in text_of(page)


def test_a_member_is_added_by_name_and_number_with_the_consent(browser):
    team = make_team(organization=make_organization())
    make_person(phone=PHONE)
    make_person("周长福", phone=PHONE)  # a family shares the telephone
    user = leader_of(team.organization)

    page = browser.post(
        "directory:join-team", team.pk, data=asked(consent=""), user=user, status=422
    )
    assert "被志愿" in text_of(page)
    page = browser.post("directory:join-team", team.pk, data=asked())

    membership = Membership.objects.get()
    assert membership.person.name == "张桂兰"
    assert membership.source == "proxy"
    assert "11月23日打电话同意" in text_of(page)
    assert PHONE not in browser.response.wsgi_request.get_full_path()


def test_a_number_that_does_not_fit_the_name_finds_nobody(browser):
    team = make_team(organization=make_organization())
    make_person("周长福", phone=PHONE)
    volunteer = make_volunteer("张桂兰")
    user = leader_of(team.organization)

    for number in (PHONE, "13800000000", volunteer.number):
        page = browser.post(
            "directory:join-team", team.pk, data=asked(number=number), user=user, status=422
        )
        assert "没有姓名和号码都对得上的人" in text_of(page)


def test_a_clerk_adds_somebody_by_the_number_on_the_register(browser):
    team = make_team()
    volunteer = make_volunteer("张桂兰", place=team.place)

    browser.post(
        "directory:join-team",
        team.pk,
        data=asked(number=volunteer.number),
        user=clerk_of(team.place),
    )

    assert Membership.objects.get().person == volunteer.person


def test_a_member_leaves_with_the_reason(browser):
    membership = make_membership()
    user = clerk_of(membership.team.place)

    browser.post("directory:leave-team", membership.pk, data={"reason": ""}, user=user, status=422)
    browser.post("directory:leave-team", membership.pk, data={"reason": "本人搬走了"})

    membership.refresh_from_db()
    assert (membership.left_on, membership.left_reason) == (DAY, "本人搬走了")


def test_a_team_is_ended_and_can_then_only_be_read(browser):
    membership = make_membership()
    team = membership.team

    page = browser.post(
        "directory:end-team", team.pk, data={"reason": "合并到县里的队"}, user=clerk_of(team.place)
    )

    words = text_of(page)
    assert "2026年11月23日解散，只能看" in words
    assert "加队员" not in words
    membership.refresh_from_db()
    assert membership.left_on == DAY
