"""What anybody can do from the public home: look around, find oneself, refuse, say something, read the answer."""

import re

import pytest

from gongzhi.accounts.testing import last_code, make_user
from gongzhi.directory.models import Dispute, Volunteer
from gongzhi.shared.permissions import Role
from gongzhi.suggestions.models import Suggestion

from .conftest import axe_faults, overflow
from .county import ZHANG_PHONE

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_home_says_where_one_is_and_what_one_can_do(visit, county, picture, width):
    page = visit("/", width=width)

    assert "大家坐下来一起办" in page.inner_text("h1").replace("\n", "")
    assert "金堂县" in page.inner_text("details.place > summary")
    assert overflow(page) == 0
    assert axe_faults(page) == []
    picture(page, f"home-{width}")
    page.click("nav.quick >> text=支持中心")
    page.click("h2 a, h3 a")
    assert "什么时候开门" in page.inner_text("main")
    picture(page, f"center-{width}")


def test_the_elder_home_reads_calls_and_stays_elder_on_every_page(visit, county, picture):
    page = visit("/", width=390, look={"mode": "elder"})

    assert page.inner_text("h1").endswith("好")
    assert page.is_visible("a[href^='tel:']")
    sizes = page.evaluate(
        "[...document.querySelectorAll('main a, header button')].filter(e => e.offsetParent)"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44
    picture(page, "elder")
    for link in ("报活动", "查登记", "说件事", "找中心"):
        page.goto("/")
        page.click(f"nav.el-grid >> text={link}")
        assert page.get_attribute("html", "data-mode") == "elder"
        assert page.is_visible("text=回普通版")
        assert overflow(page) == 0
        assert axe_faults(page) == [], link


def test_all_of_it_works_without_script(visit, county):
    page = visit("/", width=390, script=False)

    page.click("details.place > summary")
    page.click("details.place a:has-text('官仓街道')")
    assert "官仓街道" in page.inner_text("details.place > summary")
    page.click("a:text-is('说一件事')")
    page.check("label:has-text('提个建议')")
    page.fill("textarea", "白兰社区门口的路灯晚上不亮，老人走路怕摔。")
    page.click("main button.primary")
    page.wait_for_selector("h1:has-text('收到了')")
    assert Suggestion.objects.count() == 1


def test_a_phone_code_opens_what_is_registered_one_may_dispute_and_end_it(visit, county, picture):
    page = visit("/", width=390)
    page.click("nav.quick >> text=查我的登记")
    page.fill("input[type=tel], input[name=phone]", ZHANG_PHONE)
    page.click("text=发验证码")
    page.wait_for_selector("h1:has-text('填验证码')")
    page.fill("input[name=code]", last_code(ZHANG_PHONE))
    page.click("main button.primary")
    page.wait_for_selector("h1:has-text('查我的登记')")
    words = page.inner_text("main")
    assert "导入的，您还没认" in words
    assert ZHANG_PHONE not in words
    assert overflow(page) == 0
    assert axe_faults(page) == []
    picture(page, "mine")

    # What was imported unasked is confirmed by the person alone.
    page.click("text=是我愿意的")
    page.wait_for_selector("#r1:has-text('没有等您认的登记')")
    volunteer = Volunteer.objects.get(person=county.zhang)
    assert volunteer.confirmed_on

    # Something is wrong: one sentence, and until when it is answered.
    card = page.locator("#r2 article", has_text="志愿者").first
    card.locator("summary", has_text="哪里不对").click()
    card.locator("text=村社写错了").click()
    card.locator("details[open] button").first.click()
    page.wait_for_selector("text=您提了异议，等答复")
    assert Dispute.objects.get().volunteer == volunteer
    picture(page, "mine-dispute")

    # And it ends when the person says so, without anybody's leave.
    card = page.locator("#r2 article", has_text="志愿者").first
    card.locator("summary", has_text="不当志愿者了").click()
    card.locator("text=退出志愿者登记").click()
    page.wait_for_selector("#r3:has-text('已退出')")
    volunteer.refresh_from_db()
    assert volunteer.ended_on


def test_something_said_without_an_account_is_answered_in_public(visit, county, picture):
    page = visit("/", width=390)
    page.click("a:text-is('说一件事')")
    page.click("label:has-text('事情没办好')")
    page.select_option("select", value=str(county.towns["赵镇街道"].pk))
    page.fill("textarea", "三江社区活动室周末一直锁着，孩子没地方写作业。")
    picture(page, "suggestion")
    page.click("main button.primary")
    page.wait_for_selector("h1:has-text('收到了')")
    receipt = page.inner_text("main")
    number = re.search(r"\d{4}-\d{4}", receipt)[0]
    code = re.search(r"查询号\s*([\d ]{12,})", receipt)[1].strip()
    assert "最晚" in receipt
    assert axe_faults(page) == []
    picture(page, "suggestion-receipt")

    said = Suggestion.objects.get()
    office = make_user(Role.TOWN_OFFICER, said.desk, name="刘女士")
    if said.desk.level == said.desk.Level.COUNTY:
        office = county.operator
    desk = visit("/suggestions/queue/", user=office)
    desk.click(f"text={number}")
    desk.fill("form[action$='/answer/'] textarea", "从这周起活动室周六、周日9点到17点开门。")
    picture(desk, "suggestion-answer")
    desk.click("form[action$='/answer/'] button")
    desk.wait_for_selector("text=公开答复")
    desk.fill("form[action$='/publish/'] textarea >> nth=0", "三江社区活动室周末能不能开门？")
    desk.click("form[action$='/publish/'] button")
    desk.wait_for_selector("text=已经公开")

    page.click("text=查办理情况")
    page.fill("input[name=number]", number)
    page.fill("input[name=code]", code)
    page.click("main button.primary")
    page.wait_for_selector("text=周六、周日9点到17点开门")
    anybody = visit("/suggestions/")
    assert "周六、周日9点到17点开门" in anybody.inner_text("main")
    assert number in anybody.inner_text("main")
