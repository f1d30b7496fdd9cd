"""One task of each role, from its first page to done: what the guide shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gongzhi.accounts.models import RoleAssignment, User
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.centers import testing as halls
from gongzhi.directory.models import Organization
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Role

from .conftest import axe_faults, overflow
from .county import ZHANG_PHONE

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def next_thursday():
    today = timezone.localdate()
    return today + timedelta(days=(3 - today.weekday()) % 7 or 7)


def test_a_clerk_looks_up_somebody_at_the_counter(visit, county, picture):
    clerk = make_user(Role.COMMUNITY_CLERK, county.qingxi, name="黄女士")
    page = visit("/work/", user=clerk)
    page.click(".side >> text=窗口替人查登记")
    page.fill("input[name=phone]", ZHANG_PHONE)
    page.click("main button:has-text('查')")
    page.wait_for_selector("text=是哪一位")
    assert overflow(page) == 0
    assert axe_faults(page) == []
    picture(page, "counter")
    page.click("text=记下，打开登记")
    page.wait_for_selector("h1:has-text('查我的登记')")
    assert "请本人在场" in page.inner_text("main")
    assert ZHANG_PHONE not in page.inner_text("main")
    page.click("text=看完了，退出")
    assert "您在窗口替" not in page.inner_text("main")


def test_a_clerk_adds_a_courtyard(visit, county, picture):
    clerk = make_user(Role.COMMUNITY_CLERK, county.qingxi, name="黄女士")
    page = visit(f"/places/{county.qingxi.pk}/add-courtyard/", user=clerk)
    page.fill("input[name=name]", "滨江花园")
    page.click("text=小区 >> nth=0")
    picture(page, "courtyard")
    page.click("text=登记这个院落")
    page.wait_for_selector("main:has-text('滨江花园')")
    assert Place.objects.filter(name="滨江花园", path__startswith=county.qingxi.path).exists()


def test_an_organization_corrects_its_own_entry(visit, county, picture):
    own = Organization.objects.get(name="青溪社工服务中心")
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=own, name="徐女士")
    page = visit("/work/", user=manager)
    page.click(".side >> text=组织和人")
    page.wait_for_selector("h1")
    page.goto(f"/directory/organizations/{own.pk}/")
    assert axe_faults(page) == []
    picture(page, "organization")
    page.click("text=改登记")
    page.fill("input[name=address]", "青溪社区服务站二楼")
    if page.query_selector("[name=reason]"):
        page.fill("[name=reason]", "搬到服务站二楼")
    page.click("main button.primary")
    page.wait_for_selector("main:has-text('青溪社区服务站二楼')")
    own.refresh_from_db()
    assert own.address == "青溪社区服务站二楼"


def test_a_center_answers_who_asked_for_its_hall(visit, county, picture):
    hall = halls.make_venue(county.sub_center, "社区大讲堂", capacity=80, needs_approval=True)
    asked = halls.book(
        hall,
        by=make_user(name="罗先生"),
        day=next_thursday(),
        now=timezone.now(),
        phone="19900007777",
    )
    keeper = make_user(Role.CENTER_OPERATOR, county.towns["赵镇街道"], name="陈女士")
    page = visit("/work/", user=keeper)
    page.click(".side >> text=支持中心")
    page.wait_for_selector("text=等着答应的预约")
    picture(page, "center-desk")
    page.goto(f"/centers/bookings/{asked.pk}/")
    assert "199****7777" in page.inner_text("main")
    picture(page, "booking")
    page.click("main button:has-text('答应')")
    page.wait_for_selector("main:has-text('答应')")
    asked.refresh_from_db()
    assert asked.state == "confirmed"


def test_a_leader_sees_the_figures_on_a_phone_and_where_each_comes_from(visit, county, picture):
    leader = make_user(Role.COUNTY_LEADER, county.place, name="周先生")
    page = visit("/work/dashboard/", width=390, user=leader)
    assert overflow(page) == 0
    picture(page, "dashboard-phone")
    page.click("summary:has-text('这几个数怎么数')")
    assert "不得作为考核依据" in page.inner_text("main")
    page.locator(".tile", has_text="志愿服务队").locator("a").click()
    page.wait_for_selector(".agree")
    assert overflow(page) == 0
    picture(page, "records-phone")


def test_an_auditor_reads_who_did_what(visit, county, picture):
    auditor = make_user(Role.AUDITOR, county.place, name="何女士")
    before = Line.objects.count()
    page = visit("/audit/", user=auditor)
    assert "操作留痕" in page.inner_text("h1")
    assert axe_faults(page) == []
    picture(page, "audit")
    assert Line.objects.count() > before  # reading the book is written into the book


def test_one_administrator_opens_the_account_and_the_roles_are_kept_in_the_book(
    visit, county, picture
):
    admin = make_user(Role.SYSTEM_ADMIN, county.place, name="系统管理员")
    page = visit("/accounts/people/", user=admin)
    picture(page, "accounts")
    page.goto("/accounts/people/new/")
    page.fill("input[name=phone]", "19900008888")
    page.fill("input[name=name]", "刘女士")
    page.click("text=开账号 >> nth=-1")
    page.wait_for_selector("h1:has-text('刘女士')")
    page.select_option("select[name=role]", value=Role.TOWN_OFFICER)
    page.fill("input[name=over]", "赵镇街道")
    picture(page, "appoint")
    page.click("button:has-text('给身份')")
    page.wait_for_selector("main:has-text('在任')")
    clerk = User.objects.get(name="刘女士")
    assert RoleAssignment.objects.get(user=clerk).place == county.towns["赵镇街道"]
