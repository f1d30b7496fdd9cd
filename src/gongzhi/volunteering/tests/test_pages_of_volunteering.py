import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_membership, make_organization, make_person, make_team
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.volunteering import services
from gongzhi.volunteering.models import Certificate, Profile, Service, Shift
from gongzhi.volunteering.testing import HOUR, make_service, make_shift, serve
from tests.browser import Browser, text_of

pytestmark = pytest.mark.django_db
NINE = 9 * HOUR


@pytest.fixture
def open_page(client):
    return Browser(client)


@pytest.fixture
def village():
    return make_village()


@pytest.fixture
def person(village):
    return make_person(place=village)


@pytest.fixture
def user(person):
    return make_user(name="张桂兰", person=person)


@pytest.fixture
def clerk(village):
    return make_user(Role.COMMUNITY_CLERK, village, name="周敏")


def soon(days=3):
    day = timezone.localtime() + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def coming(village, **given):
    return make_shift(place=village, starts_at=soon(given.pop("days", 3)), **given)


def served(person, village, **given):
    return make_service(person, place=village, starts_at=soon(-3), **given)


def test_everybody_sees_which_help_is_wanted(open_page, village):
    coming(village, skill="hair", title="院坝理发")
    coming(village, skill="law", title="法律咨询", days=4)
    assert "院坝理发" in text_of(open_page("volunteering:list"))
    page = text_of(open_page("volunteering:list", skill="hair", place=village.pk))
    assert "院坝理发" in page
    assert "法律咨询" not in page.split("在招人的")[1]


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"place": "9" * 30}, {"skill": "x"}, {"after": "9" * 20}]
)
def test_addresses_that_somebody_made_up_are_no_errors(open_page, query):
    open_page("volunteering:list", **query)


def test_a_list_page_asks_few_questions(open_page, village, django_assert_max_num_queries):
    for n in range(25):
        coming(village, title=f"巡河{n}", days=n + 1)
    with django_assert_max_num_queries(12):
        open_page("volunteering:list")


def test_somebody_takes_a_shift_on_its_page_without_script(open_page, user, village):
    shift = coming(village)
    page = open_page("volunteering:shift", shift.pk, user=user)
    assert "接这个岗位" in text_of(page)
    page = open_page.post("volunteering:take", shift.pk, data={"person": user.person_id}, user=user)
    assert "张桂兰：报上了" in text_of(page)


def test_a_passer_by_is_asked_who_they_are(open_page, village):
    shift = coming(village)
    assert "先说一下您是谁" in text_of(open_page("volunteering:shift", shift.pk))
    page = open_page.post("volunteering:take", shift.pk, data={"person": "1"})
    assert "先说一下您是谁" in text_of(page)


def test_nobody_takes_a_shift_for_somebody_elses_number(open_page, user, village):
    other = make_person("李建国", place=village)
    shift = coming(village)
    open_page.post("volunteering:take", shift.pk, data={"person": other.pk}, user=user, status=422)
    assert not shift.event.registrations.exists()


def test_a_draft_is_seen_by_those_who_run_it_alone(open_page, clerk, village):
    shift = coming(village, is_published=False)
    open_page("volunteering:shift", shift.pk, status=404)
    open_page("volunteering:shift", shift.pk, user=clerk)


def test_my_page_shows_what_i_could_take_and_what_i_did(
    open_page, user, person, village, django_assert_max_num_queries
):
    coming(village, title="院坝理发")
    served(person, village)
    open_page("volunteering:mine", user=user)
    with django_assert_max_num_queries(20):
        page = text_of(open_page("volunteering:mine"))
    assert "院坝理发" in page
    assert "1次，2.0小时" in page
    assert "星级" not in page


def test_stars_are_shown_to_whoever_asked_for_them(open_page, user, person, village):
    served(person, village)
    data = {"reach": "town", "skills": ["hair"], "wants_stars": "on"}
    page = open_page.post("volunteering:profile", data=data, user=user)
    assert "还没到一星，下一星还差98.0小时" in text_of(page)
    assert Profile.objects.get().skills == ["hair"]


def test_my_page_asks_a_stranger_who_they_are(open_page):
    assert "先说一下您是谁" in text_of(open_page("volunteering:mine"))


def test_i_issue_my_certificate_print_it_and_say_what_others_see(
    open_page, client, user, person, village
):
    served(person, village, team=make_team(place=village))
    today = timezone.localdate()
    data = {"since": date(today.year - 1, 1, 1), "until": today, "person": person.pk}
    page = open_page.post("volunteering:issue", data=data, user=user)
    certificate = Certificate.objects.get()
    assert certificate.number in text_of(page)
    answer = client.get(reverse("volunteering:certificate-pdf", args=[certificate.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    open_page.post("volunteering:show", certificate.pk, data={"shows_teams": "on"}, user=user)
    assert not Certificate.objects.get().shows_rows


def issued(person):
    today = timezone.localdate()
    return services.issue_certificate(
        by=Oneself(person.pk),
        person=person,
        since=date(today.year - 1, 1, 1),
        until=today,
        now=timezone.now(),
    )


def test_a_stranger_checks_a_paper_and_sees_no_number_of_anybody(open_page, person, village):
    served(person, village)
    certificate = issued(person)
    page = text_of(
        open_page("volunteering:check", number=certificate.number, code=certificate.code)
    )
    assert "是真的，现在有效" in page
    assert "张**" in page
    assert "张桂兰" not in page
    assert not re.search(r"\d{6}[\d*]{8}", page)
    services.revoke_certificate(
        by=HOUSE, certificate=certificate, reason="记错了人", now=timezone.now()
    )
    page = text_of(
        open_page("volunteering:check", number=certificate.number, code=certificate.code)
    )
    assert "这张证明作废了" in page


def test_a_wrong_code_says_so(open_page, person, village):
    served(person, village)
    page = open_page("volunteering:check", number=issued(person).number, code="AAAAAA", status=422)
    assert "编号和验证码对不上" in text_of(page)


def test_nobody_opens_the_certificate_of_another(open_page, person, village):
    served(person, village)
    other = make_user(name="李建国", person=make_person("李建国"))
    pk = issued(person).pk
    for name in ("volunteering:certificate", "volunteering:certificate-pdf"):
        open_page(name, pk, user=other, status=404)
    stranger = make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("官仓街道")))
    open_page("volunteering:certificate", pk, user=stranger, status=404)


def test_a_clerk_revokes_a_certificate_with_a_reason(open_page, clerk, person, village):
    served(person, village)
    certificate = issued(person)
    data = {"reason": "记错了人"}
    page = open_page.post("volunteering:revoke", certificate.pk, data=data, user=clerk)
    assert "这张作废了" in text_of(page)


def test_a_clerk_asks_for_volunteers_and_publishes(open_page, clerk, village):
    open_page("volunteering:new", user=clerk)
    data = {
        "title": "巡沱江",
        "place": village.pk,
        "address": "亲水步道",
        "day": f"{soon():%Y-%m-%d}",
        "begins": "09:00",
        "ends": "11:00",
        "skill": "green",
        "capacity": "10",
    }
    page = open_page.post("volunteering:new", data=data, user=clerk)
    assert "草稿" in text_of(page)
    shift = Shift.objects.get()
    open_page.post("volunteering:publish", shift.pk, user=clerk)
    assert "巡沱江" in text_of(open_page("volunteering:list"))
    assert "请填这一项" in text_of(
        open_page.post("volunteering:new", data={"title": ""}, user=clerk, status=422)
    )


def test_what_is_risky_is_insured_on_its_page_before_it_is_published(open_page, clerk, village):
    shift = coming(village, is_risky=True, risks="落水：穿救生衣", is_published=False)
    page = open_page.post("volunteering:publish", shift.pk, user=clerk, status=409)
    assert "没有有效的保险" in text_of(page)
    data = {
        "insurer": "人保财险",
        "policy_number": "P1",
        "since": "2026-01-01",
        "until": f"{soon(30):%Y-%m-%d}",
    }
    open_page.post("volunteering:insure", shift.pk, data=data, user=clerk)
    page = open_page.post("volunteering:publish", shift.pk, user=clerk)
    assert "发布了" in text_of(page)


def test_hours_are_counted_typed_approved_and_corrected_on_pages(open_page, clerk, village):
    team = make_team(place=village, organization=make_organization(place=village))
    shift = make_shift(place=village, starts_at=soon(-3), team=team)
    serve(shift, make_person("李建国", place=village))
    member = make_person("王秀英", place=village)
    make_membership(member, team)
    page = open_page.post("volunteering:confirm", shift.pk, user=clerk)
    assert "核好了，1人" in text_of(page)

    leader = make_user(Role.TEAM_LEADER, organization=team.organization, name="刘姐")
    data = {
        "person": member.pk,
        f"begins-{member.pk}": "09:00",
        f"ends-{member.pk}": "10:00",
        "roster": "签到表第1页",
    }
    page = open_page.post("volunteering:type-in", shift.pk, data=data, user=leader)
    assert "等另一个人核" in text_of(page)
    typed = Service.objects.get(person=member)
    assert "王秀英" in text_of(open_page("volunteering:waiting", user=clerk))
    open_page.post("volunteering:approve", typed.pk, user=clerk)
    page = open_page.post(
        "volunteering:correct", typed.pk, data={"minutes": 50, "reason": "晚到"}, user=clerk
    )
    assert "50分钟" in text_of(page)
    assert "0.8小时，占29.4%" in text_of(open_page("volunteering:team", team.pk))
    open_page("volunteering:manage", user=clerk)
    open_page("volunteering:desk", shift.pk, user=clerk)


def test_typed_hours_are_sent_back_with_a_reason(open_page, clerk, village):
    team = make_team(place=village, organization=make_organization(place=village))
    shift = make_shift(place=village, starts_at=soon(-3), team=team)
    leader = make_user(Role.TEAM_LEADER, organization=team.organization)
    row = services.Typed(
        person=make_person(place=village),
        begins_at=shift.event.starts_at,
        ends_at=shift.event.ends_at,
    )
    [typed] = services.type_hours(
        by=leader, shift=shift, rows=[row], roster="第1页", now=timezone.now()
    )
    open_page.post("volunteering:decline", typed.pk, data={"reason": "没有签名"}, user=clerk)
    assert Service.objects.get().state == "declined"


def test_whoever_works_elsewhere_runs_nothing_here(open_page, village):
    shift = coming(village)
    stranger = make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("官仓街道")))
    open_page("volunteering:desk", shift.pk, user=stranger, status=404)
    for deed in ("publish", "insure", "confirm", "type-in"):
        open_page.post(f"volunteering:{deed}", shift.pk, user=stranger, status=404)


def test_a_resident_joins_a_team_on_its_page(open_page, user, village):
    team = make_team(place=village)
    assert "张桂兰入队" in text_of(open_page("volunteering:team", team.pk, user=user))
    page = open_page.post("volunteering:join", team.pk, user=user)
    assert "在队里" in text_of(page)
    assert team.memberships.get().source == "self"


def test_a_passer_by_joins_nothing(open_page, village):
    team = make_team(place=village)
    open_page.post("volunteering:join", team.pk)
    assert not team.memberships.exists()


def test_a_clerk_issues_a_certificate_at_the_counter(open_page, clerk, person, village):
    service = served(person, village)
    open_page("volunteering:certify", service.pk, user=clerk)
    today = timezone.localdate()
    data = {"since": date(today.year - 1, 1, 1), "until": today}
    page = open_page.post("volunteering:certify", service.pk, data=data, user=clerk)
    assert "经办：周敏" in text_of(page)
    stranger = make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("官仓街道")))
    open_page("volunteering:certify", service.pk, user=stranger, status=404)
