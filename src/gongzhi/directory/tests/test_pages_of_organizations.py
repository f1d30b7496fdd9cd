"""The page of an organization and the desks that change it; every page is read strictly by the `browser`."""

from datetime import date

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.models import CollectiveYear, Organization
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_membership,
    make_organization,
    make_rating,
    make_report,
    make_stage,
    make_team,
)
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.codes import make_uscc
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PHONE = "13912346051"


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def county(role=Role.COUNTY_OPERATOR):
    return make_user(role, make_county(), name="李女士")


def elsewhere():
    return clerk_of(make_village("云绣社区", town=make_town("竹篙镇")))


def filled(**changed):
    return {
        "kind": "service",
        "name": "青溪邻里社工服务中心",
        "uscc": make_uscc("52", "510121", "MJQ77777"),
        "place": "青溪社区",
        "registered_on": "2024-03-05",
    } | changed


def test_the_page_says_what_holds_and_what_is_due_by_when(browser):
    organization = make_organization(contact_name="唐女士", contact_phone=PHONE)
    make_rating(organization, valid_until=date(2026, 12, 24))
    make_report(organization, year=2025, late_from=date(2026, 6, 1))
    make_report(
        organization,
        year=2024,
        late_from=date(2025, 6, 1),
        filed_on=date(2025, 5, 20),
        outcome="passed",
    )
    team = make_team("童伴志愿服务队", organization=organization)
    make_membership(team=team, confirmed_on=DAY)

    words = text_of(browser("directory:organization", organization.pk, user=county()))

    assert "3A等级还剩30天，2026年12月23日到期。" in words
    assert "逾期没报" in words
    assert "2025年5月20日交，合格" in words
    assert "队员1人，1人本人确认" in words
    assert "139****6051" in words
    assert PHONE not in words


def test_the_page_costs_few_statements_whatever_happened_to_the_organization(
    browser, django_assert_max_num_queries
):
    organization = make_organization()
    for year in range(2016, 2026):
        make_report(organization, year=year, late_from=date(year + 1, 6, 1))
    for start in (2009, 2014, 2019, 2024):
        make_rating(organization, valid_from=date(start, 3, 1), valid_until=date(start + 5, 3, 1))
    for n in range(5):
        make_membership(team=make_team(f"第{n + 1}志愿队", organization=organization))
    user = county()
    browser("directory:organization", organization.pk, user=user)

    with django_assert_max_num_queries(24):
        browser("directory:organization", organization.pk, user=user)


def test_people_of_another_town_and_another_organization_find_nothing(client):
    organization = make_organization()
    rating, report = make_rating(organization), make_report(organization)
    manager = make_user(
        Role.ORGANIZATION_MANAGER, organization=make_organization("向阳养老服务中心"), name="何女士"
    )

    for user in (elsewhere(), manager):
        client.force_login(user)
        for address in (
            f"organizations/{organization.pk}/",
            f"organizations/{organization.pk}/amend/",
            f"organizations/{organization.pk}/rate/",
            f"organizations/{organization.pk}/end/",
            f"organizations/{organization.pk}/contact/",
            f"ratings/{rating.pk}/",
            f"ratings/{rating.pk}/revoke/",
            f"reports/{report.pk}/",
            f"reports/{report.pk}/file/",
        ):
            assert client.get(f"/directory/{address}").status_code in (403, 404), address


def test_who_only_looks_on_sees_no_way_to_change_anything(browser):
    organization = make_organization(contact_phone=PHONE)
    make_rating(organization)
    report = make_report(organization)

    page = browser("directory:organization", organization.pk, user=county(Role.COUNTY_LEADER))

    main = page.find(".//main")
    assert main is not None
    links = [a.get("href") for a in main.iter("a")]
    assert not [
        h for h in links if h.endswith(("/amend/", "/rate/", "/end/", "/revoke/", "/file/"))
    ]
    assert "#open" not in links
    browser("directory:amend-organization", organization.pk, status=403)
    browser("directory:file-report", report.pk, status=403)


def test_an_organization_is_registered(browser):
    make_village()

    page = browser.post("directory:register-organization", data=filled(), user=county())

    assert "青溪邻里社工服务中心登记好了" in text_of(page)
    organization = Organization.objects.get()
    assert organization.place.name == "青溪社区"
    assert organization.registered_on == date(2024, 3, 5)


def test_what_is_wrong_is_summed_up_before_the_form_and_nothing_is_written(browser):
    make_village()

    page = browser.post(
        "directory:register-organization",
        data=filled(
            name="", uscc="52510121MJQ360481", registered_on="2027-01-01", place="青西社区"
        ),
        user=county(),
        status=422,
    )

    words = text_of(page)
    assert "有4处要改" in words
    assert "请填名称" in words
    assert "2027年1月1日，在今天之后" in words
    assert page.findtext("head/title", "").startswith("错误：")
    assert Organization.objects.count() == 0


def test_a_code_of_another_kind_is_said_at_the_code(browser):
    make_village()

    page = browser.post(
        "directory:register-organization",
        data=filled(kind="association"),
        user=county(),
        status=422,
    )

    assert "代码以52开头" in text_of(page)


def test_a_place_that_is_not_ones_own_is_said_at_the_place(browser):
    mine = make_village()
    make_village("云绣社区", town=make_town("竹篙镇"))

    page = browser.post(
        "directory:register-organization",
        data=filled(place="竹篙镇云绣社区"),
        user=clerk_of(mine),
        status=422,
    )

    assert "竹篙镇云绣社区不在您的范围" in text_of(page)


def test_a_clerk_of_one_village_finds_the_place_filled_in(browser):
    village = make_village()

    page = browser("directory:register-organization", user=clerk_of(village))

    place = next(i for i in page.iter("input") if i.get("name") == "place")
    assert place.get("value") == "赵镇街道青溪社区"


def test_a_keeper_corrects_and_the_line_keeps_before_and_after(browser):
    organization = make_organization(contact_phone=PHONE)
    form = filled(name="童伴社会工作服务中心", uscc=organization.uscc, registered_on="2019-04-16")

    page = browser.post(
        "directory:amend-organization",
        organization.pk,
        data=form | {"reason": "照换发的登记证书"},
        user=county(),
    )

    assert "名称：童伴社工服务中心 → 童伴社会工作服务中心" in text_of(page)
    organization.refresh_from_db()
    assert organization.contact_phone.open() == PHONE


def test_an_organization_corrects_its_own_contact_and_nothing_else(browser):
    organization = make_organization(contact_phone=PHONE)
    user = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="唐女士")

    form = browser("directory:amend-organization", organization.pk, user=user)
    browser.post(
        "directory:amend-organization",
        organization.pk,
        data={
            "contact_name": "周先生",
            "name": "别的名字",
            "contact_phone": "无",
            "reason": "换人了",
        },
    )

    names = {i.get("name") for i in form.iter("input")}
    assert "contact_name" in names
    assert not {"name", "uscc", "place", "registered_on"} & names
    organization.refresh_from_db()
    assert organization.name == "童伴社工服务中心"
    assert organization.contact_name == "周先生"
    assert not organization.contact_phone


def test_a_rating_that_does_not_look_right_asks_for_a_reason_first(browser):
    organization = make_organization(registered_on=date(2025, 9, 1))
    form = {"grade": "4", "valid_from": "2026-11-20"}

    page = browser.post("directory:rate", organization.pk, data=form, user=county(), status=422)
    assert "登记还不满2年" in text_of(page)

    words = text_of(
        browser.post(
            "directory:rate", organization.pk, data=form | {"override": "县政府常务会定的"}
        )
    )
    assert "登记为4A，有效到2031年11月19日" in words
    assert organization.ratings.get().override == "县政府常务会定的"


def test_a_rating_is_revoked_with_its_ground(browser):
    rating = make_rating()

    browser.post(
        "directory:revoke-rating", rating.pk, data={"on": "2026-11-23"}, user=county(), status=422
    )
    page = browser.post(
        "directory:revoke-rating",
        rating.pk,
        data={"on": "2026-11-23", "reason": "金民发〔2026〕12号"},
    )

    assert "2026年11月23日取消" in text_of(page)
    rating.refresh_from_db()
    assert rating.revoked_on == DAY


def test_the_organization_itself_files_its_report(browser):
    organization = make_organization()
    report = make_report(organization)
    user = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="唐女士")

    page = browser.post(
        "directory:file-report",
        report.pk,
        data={"filed_on": "2026-11-23", "outcome": "filed"},
        user=user,
    )

    assert "2025年度报告记下了" in text_of(page)
    report.refresh_from_db()
    assert report.filed_on == DAY


def test_a_report_that_came_before_its_year_was_over_is_a_mistake(browser):
    report = make_report()

    page = browser.post(
        "directory:file-report",
        report.pk,
        data={"filed_on": "2025-11-23", "outcome": "filed"},
        user=county(),
        status=422,
    )

    assert "2025年度还没有过完" in text_of(page)


def test_the_reports_of_a_year_are_opened_for_everybody(browser):
    make_organization()

    words = text_of(browser.post("directory:open-reports", data={"year": "2025"}, user=county()))

    assert "2025年度开了1份" in words
    browser.post("directory:open-reports", data={"year": "2026"}, status=422)


def test_an_enterprise_goes_one_stage_on(browser):
    stage = make_stage(since=date(2024, 3, 1))

    page = browser.post(
        "directory:advance",
        stage.organization_id,
        data={"stage": "recognized", "since": "2026-03-01", "document": "金社企〔2026〕1号"},
        user=county(),
    )

    assert "登记为认定社会企业" in text_of(page)
    browser.post(
        "directory:advance",
        stage.organization_id,
        data={"stage": "expired", "since": "2026-02-01"},
        status=422,
    )


def test_an_organization_is_ended_and_can_then_only_be_read(browser):
    organization = make_organization()
    make_report(organization)

    page = browser.post(
        "directory:end-organization",
        organization.pk,
        data={"how": "ended", "on": "2026-11-20", "reason": "金民许〔2026〕3号"},
        user=county(),
    )

    words = text_of(page)
    assert "2026年11月20日已注销，只能看，不能再改" in words
    assert "改登记" not in words
    assert "还没报" not in words


def test_income_is_registered_in_yuan_for_a_village_only(browser):
    make_village()
    form = {"place": "青溪社区", "year": "2025", "income": "12,000.50"}

    browser.post(
        "directory:record-income", data=form | {"place": "赵镇街道"}, user=county(), status=422
    )
    browser.post("directory:record-income", data=form | {"year": "2026"}, status=422)
    browser.post("directory:record-income", data=form)

    assert CollectiveYear.objects.get().income_fen == 1_200_050


def test_the_contacts_telephone_is_opened_for_a_reason_on_one_page_only(browser):
    organization = make_organization(contact_name="唐女士", contact_phone=PHONE)
    user = county()

    words = text_of(
        browser.post(
            "directory:open-contact",
            organization.pk,
            data={"why": "联系本人安排服务", "more": "助餐点开业"},
            user=user,
        )
    )

    assert PHONE in words
    assert "no-store" in browser.response["Cache-Control"]
    assert PHONE not in browser.response.wsgi_request.get_full_path()
    assert (
        Line.objects.get(action="directory.contact-opened").reason == "联系本人安排服务：助餐点开业"
    )
    assert PHONE not in text_of(browser("directory:organization", organization.pk))


def test_without_a_reason_the_telephone_stays_closed(browser):
    organization = make_organization(contact_phone=PHONE)

    page = browser.post(
        "directory:open-contact",
        organization.pk,
        data={"why": "别的原因", "more": ""},
        user=county(),
        status=422,
    )

    assert "请用一句话写明" in text_of(page)
    assert PHONE not in text_of(page)
    assert not Line.objects.filter(action="directory.contact-opened").exists()
