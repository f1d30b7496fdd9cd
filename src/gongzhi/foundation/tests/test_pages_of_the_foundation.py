"""The foundation as pages: everybody follows the money, the staff do their work without script."""

from datetime import datetime

import pytest
from django.urls import reverse

from gongzhi.foundation.models import Donation, Donor, Fund, Payment
from gongzhi.foundation.testing import (
    FIVE,
    approve,
    ask,
    give,
    make_director,
    make_donor,
    make_fund,
    make_staff,
)
from gongzhi.ledger import services as ledger
from gongzhi.ledger.models import Books
from gongzhi.ledger.queries import head_of
from gongzhi.ledger.testing import NOW
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE
from tests.browser import text_of

pytestmark = pytest.mark.django_db
DAY = {"received_on": "2026-11-24"}


def words(page):
    return text_of(page.find("body"))


def at(name, *args):
    return reverse(f"foundation:{name}", args=args)


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    settings.GONGZHI_MFA_REQUIRED = False


@pytest.fixture
def fund():
    made = make_fund()
    give(made, 1_240_000, donor=make_donor("甄不宣"))
    give(made, 100_000, donor=make_donor("贾匿名", is_anonymous=True))
    approve(
        ask(made, 544_680, payee="郝老板", payee_is_person=True, evidence="小票9张，19900001111"),
        by=make_director(),
    )
    ledger.seal(by=HOUSE, now=NOW)
    return made


class TestEverybody:
    def test_sees_the_balance_first_then_every_entry_with_its_evidence(self, browser, fund):
        said = words(browser(at("fund", fund.pk)))

        for part in (
            "现在还剩 7,953.20 元", "13,400.00", "5,446.80", "收据2026-000001", "小票9张",
            "郑女士", "管委会 5人", "成都市金堂社区发展基金会",
        ):  # fmt: skip
            assert part.replace(" ", "") in said.replace(" ", ""), part

    def test_reads_no_name_and_no_number_that_is_not_for_everybody(self, browser, fund):
        for address in (at("funds"), at("fund", fund.pk), f"{at('fund', fund.pk)}?gift=1"):
            said = words(browser(address))
            for secret in ("甄不宣", "贾匿名", "郝老板", "19900001111"):
                assert secret not in said

    def test_compares_the_code_of_the_chain(self, browser, fund):
        assert head_of(Books.objects.get(pk=2)).code in words(browser(at("fund", fund.pk)))

    def test_follows_one_payment_to_whose_money_it_was(self, browser, fund):
        said = words(browser(at("fund", fund.pk)))
        assert "用的是谁捐的" in said
        assert "甄**" in said

    def test_follows_one_gift(self, browser, fund):
        gift = Donation.objects.order_by("pk").first()
        said = words(browser(f"{at('fund', fund.pk)}?gift={gift.pk}"))
        assert "跟着一笔捐款走" in said
        assert "5,446.80" in said

    def test_sees_that_a_page_is_stale(self, browser):
        made = make_fund(now=datetime(2026, 10, 1, 9, tzinfo=LOCAL))
        assert "三个月没有更新" not in words(browser(at("fund", made.pk)))
        Fund.objects.filter(pk=made.pk).update(opened_on="2026-06-01")
        assert "三个月没有更新" in words(browser(at("fund", made.pk)))

    def test_asks_where_a_gift_went_with_its_receipt(self, browser, fund):
        gift = Donation.objects.order_by("pk").first()
        address = at("gift")

        answer = browser.client.post(address, {"number": gift.receipt, "code": gift.code})
        assert "5,446.80" in answer.content.decode()
        assert "甄" not in answer.content.decode()
        wrong = browser.client.post(address, {"number": gift.receipt, "code": "22222222"})
        assert wrong.status_code == 422
        assert "查询码不对" in wrong.content.decode()

    def test_finds_no_fund_of_another_number(self, browser, fund):
        assert browser.client.get(at("fund", 999)).status_code == 404

    def test_asks_the_database_little(self, browser, fund, django_assert_max_num_queries):
        for n in range(6):
            give(fund, 100 + n)
            make_fund(f"第{n}支微基金")
        with django_assert_max_num_queries(12):
            browser.client.get(at("funds"))
        with django_assert_max_num_queries(25):
            browser.client.get(at("fund", fund.pk))


class TestTheDesk:
    def test_notes_a_donor_and_a_gift_and_writes_the_receipt(self, browser, fund):
        browser.client.force_login(make_staff())
        noted = browser.client.post(
            at("new-donor"), {"kind": "person", "name": "温女士", "shows": "hidden"}
        )
        donor = Donor.objects.get(name="温女士")
        assert noted.url == at("new-gift", donor.pk)
        assert donor.is_anonymous
        key = new_key()
        asked = {
            "key": str(key), "fund": fund.pk, "amount_fen": "1,000.50", "evidence": "农商行回单7",
            **DAY,
        }  # fmt: skip

        first = browser.client.post(noted.url, asked)
        again = browser.client.post(noted.url, asked)

        assert first.url == again.url
        gift = Donation.objects.get(key=key)
        assert gift.amount_fen == 100_050
        assert gift.code in browser.client.get(first.url).content.decode()

    @pytest.mark.parametrize("amount", ["0", "-5", "1.234", "很多"])
    def test_an_amount_that_is_none_is_said_at_its_field(self, browser, fund, amount):
        browser.client.force_login(make_staff())
        donor = make_donor()
        answer = browser.client.post(
            at("new-gift", donor.pk),
            {
                "key": str(new_key()),
                "fund": fund.pk,
                "amount_fen": amount,
                "evidence": "回单",
                **DAY,
            },
        )
        assert answer.status_code == 422
        assert Donation.objects.filter(donor=donor).count() == 0

    def test_opens_a_fund_and_changes_its_committee(self, browser, fund):
        browser.client.force_login(make_staff())
        form = {
            "kind": "micro", "name": "韩滩邻里微基金", "purpose": "院落有灯亮",
            "place": fund.place.code, "restriction": "restricted",
            "committee": "\n".join(FIVE), "supervisors": "钟先生",
        }  # fmt: skip
        made = browser.client.post(at("new-fund"), form)
        opened = Fund.objects.get(name="韩滩邻里微基金")
        assert made.url == at("desk-fund", opened.pk)

        browser.client.post(
            at("committee", opened.pk), {"committee": "\n".join(FIVE[:3]), "supervisors": "钟先生"}
        )
        assert "冻结" in words(browser(at("desk-fund", opened.pk)))

    def test_one_asks_and_another_approves(self, browser, fund):
        browser.client.force_login(make_staff())
        form = {
            "key": str(new_key()), "title": "院落路灯", "use": "activity", "amount_fen": "300",
            "payee": "赵镇电料行", "agreed_on": "2026-11-20", "agreed": "坝坝会，30户同意",
            "evidence": "发票1张", "slip": "No.0099",
        }  # fmt: skip
        sent = browser.client.post(at("ask", fund.pk), form)
        payment = Payment.objects.get(title="院落路灯")
        assert sent.url == at("payment", payment.pk)
        assert "要等另一位审批" in words(browser(sent.url))

        browser.client.force_login(make_director("郑主任"))
        assert "同意，记进账里" in words(browser(sent.url))
        browser.client.post(sent.url, {"paid_on": "2026-11-24"})
        payment.refresh_from_db()
        assert payment.state == "paid"
        assert "院落路灯" in words(browser(at("desk-fund", fund.pk)))

    def test_void_and_close_ask_for_a_reason(self, browser, fund):
        browser.client.force_login(make_staff())
        gift = Donation.objects.order_by("-pk").first()
        assert browser.client.post(at("void", gift.pk), {"reason": ""}).status_code == 422
        browser.client.post(at("void", gift.pk), {"reason": "记错了人"})
        gift.refresh_from_db()
        assert gift.voided_reason == "记错了人"
        assert "作废" in words(browser(at("receipt", gift.pk)))
        assert browser.client.post(at("close", fund.pk), {"reason": ""}).status_code == 422

    def test_every_page_of_the_desk_reads_well(self, browser, fund):
        browser.client.force_login(make_staff())
        for address in (
            at("desk"), at("desk-fund", fund.pk), at("new-fund"), at("committee", fund.pk),
            at("close", fund.pk), at("ask", fund.pk), at("donors"), at("new-donor"),
            f"{at('donors')}?q=甄",
        ):  # fmt: skip
            browser(address)
