"""The books as pages: who sees what, every figure opens its entries, every form works without script."""

import re
from datetime import date

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.ledger import services
from gongzhi.ledger.models import Account, Closing, Ledger, Transfer, Voucher
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    DAY,
    NOW,
    account,
    give,
    make_accountant,
    make_books,
    make_fund,
    make_project,
    make_voucher,
    post,
    spend,
)
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


def words(page):
    return text_of(page.find("body"))


def links(page):
    return [a.get("href") for a in page.iter("a")]


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    settings.GONGZHI_MFA_REQUIRED = False


@pytest.fixture
def chen():
    make_books()
    return make_accountant("陈女士")


@pytest.fixture
def zhou(chen):
    return make_accountant("周先生", Role.FOUNDATION_DIRECTOR)


@pytest.fixture
def bank(chen):
    bank = make_fund()
    project = make_project()
    give(bank, 50_000, project=project, on=date(2026, 10, 20))
    give(bank, 30_000, on=date(2026, 10, 21))
    spend(bank, 24_000, project=project, on=date(2026, 10, 30), memo="拨付凉水井中期款")
    services.seal(by=HOUSE, now=NOW)
    return bank


def at(name, *args):
    return reverse(f"ledger:{name}", args=args)


MONTH = ("charity", 202610)


class TestReading:
    def test_the_way_in_leads_to_the_month_that_is_kept(self, browser, chen):
        browser.client.force_login(chen)

        answer = browser.client.get(at("home"))

        assert answer.url == at("month", *MONTH)

    @pytest.mark.parametrize(
        "role", [Role.FOUNDATION_STAFF, Role.AUDITOR, Role.COUNTY_OFFICER, Role.COUNTY_LEADER]
    )
    def test_whoever_watches_reads_and_cannot_write(self, browser, bank, role):
        browser.client.force_login(make_user(role, make_county(), name="看的人"))

        page = browser.client.get(at("month", *MONTH))

        assert page.status_code == 200
        assert "记一张凭证" not in page.content.decode()
        assert browser.client.get(at("new-draft", "charity")).status_code == 403

    def test_the_other_bookkeeper_does_not_read_these_books(self, browser, bank):
        make_books(Ledger.FISCAL)
        browser.client.force_login(make_accountant("钱女士", Role.FISCAL_ACCOUNTANT))

        assert browser.client.get(at("home")).url == at("month", "fiscal", 202610)
        assert browser.client.get(at("month", *MONTH)).status_code == 403
        assert browser.client.get(at("export", "charity")).status_code == 403

    def test_a_role_over_a_village_reads_nothing(self, browser, bank):
        browser.client.force_login(make_user(Role.AUDITOR, make_village()))

        for address in (at("month", *MONTH), at("account", "charity", bank.pk)):
            assert browser.client.get(address).status_code == 403
        assert browser.client.get(at("home")).status_code == 403

    def test_before_the_books_are_open_the_page_says_who_opens_them(self, browser):
        browser.client.force_login(make_user(Role.AUDITOR, make_county()))

        assert "还没有建账" in browser.client.get(at("home")).content.decode()

    def test_the_month_shows_its_sums_and_every_subject_opens(self, browser, chen, bank):
        browser.client.force_login(chen)

        page = browser(at("month", *MONTH))

        assert "560.00" in words(page)
        found = links(page)
        assert f"{at('account', 'charity', bank.pk)}?month=202610" in found
        assert at("slips", *MONTH) in found

    def test_every_page_of_the_books_reads_well(self, browser, chen, bank):
        browser.client.force_login(chen)
        slip = Transfer.objects.order_by("-pk")[0]
        gift = Transfer.objects.order_by("pk")[0]
        services.reverse(
            by=HOUSE,
            key=new_key(),
            parts=[(slip, 4_000)],
            reason="退款",
            booked_on=date(2026, 11, 3),
            now=NOW,
        )
        voucher = make_voucher(by=chen, submitted=False)
        for address in (
            at("month", *MONTH),
            at("month", "charity", 202611),
            at("slips", *MONTH),
            at("subject", *MONTH, 1002),
            at("activity", *MONTH),
            at("balance", *MONTH),
            at("slip", "charity", slip.pk),
            at("reverse", "charity", slip.pk),
            at("followed", "charity", gift.pk),
            at("accounts", "charity"),
            at("open-account", "charity"),
            at("account", "charity", bank.pk),
            at("account", "charity", bank.pk) + "?month=202610",
            at("new-draft", "charity"),
            at("draft", "charity", voucher.pk),
            at("change-draft", "charity", voucher.pk),
            at("heads"),
        ):
            browser(address)

    def test_fiscal_books_read_well_too(self, browser):
        make_books(Ledger.FISCAL)
        browser.client.force_login(make_accountant("钱女士", Role.FISCAL_ACCOUNTANT))
        fiscal = {c: account(c, Ledger.FISCAL).pk for c in ("1002", "4001", "5001")}
        post(Line(amount_fen=900, debit=fiscal["1002"], credit=fiscal["4001"]))

        for name in ("month", "activity", "balance", "slips"):
            browser(at(name, "fiscal", 202611))
        assert "收入费用表" in words(browser(at("activity", "fiscal", 202611)))

    @pytest.mark.parametrize(
        "address",
        ["/ledger/charity/202613/", "/ledger/charity/1/", "/ledger/other/202610/",
         "/ledger/charity/vouchers/999999/", "/ledger/charity/accounts/999992/",
         "/ledger/charity/202610/subjects/9999/", "/ledger/charity/drafts/77/",
         "/ledger/charity/transfers/5/followed/"],
    )  # fmt: skip
    def test_what_is_not_there_is_not_found(self, browser, chen, address):
        browser.client.force_login(chen)

        assert browser.client.get(address).status_code == 404

    def test_an_account_of_the_other_ledger_is_not_found(self, browser, chen):
        make_books(Ledger.FISCAL)
        browser.client.force_login(chen)

        address = at("account", "charity", account("1002", Ledger.FISCAL).pk)
        assert browser.client.get(address).status_code == 404

    def test_anybody_reads_the_published_heads_and_no_money(self, browser, bank):
        page = browser(at("heads"))

        said = re.sub(r"[0-9a-f]{16,}", "", words(page))  # the codes are any digits at all
        assert "封到第3行" in said
        assert "560" not in said

    def test_a_follow_page_shows_what_was_spent_and_what_is_left(self, browser, chen, bank):
        browser.client.force_login(chen)
        gift = Transfer.objects.order_by("pk")[0]

        text = words(browser(at("followed", "charity", gift.pk)))

        assert "拨付凉水井中期款" in text
        assert "260.00" in text

    def test_the_export_is_beancount(self, browser, chen, bank):
        browser.client.force_login(chen)

        answer = browser.client.get(at("export", "charity"))

        body = b"".join(answer.streaming_content).decode()
        assert "open Assets:1101短期投资 CNY" in body


class TestQueries:
    def test_a_month_takes_few_queries_however_much_is_in_it(
        self, browser, chen, bank, django_assert_max_num_queries
    ):
        browser.client.force_login(chen)
        for n in range(30):
            make_voucher(by=chen, submitted=False, on=date(2026, 10, 20))
            spend(bank, 10 + n, on=date(2026, 10, 31))
        browser.client.get(at("slips", *MONTH))  # the frame around it is remembered

        with django_assert_max_num_queries(25):
            browser.client.get(at("month", *MONTH))

    def test_lists_take_few_queries(self, browser, chen, bank, django_assert_max_num_queries):
        browser.client.force_login(chen)
        for n in range(60):
            spend(bank, 10 + n, on=date(2026, 10, 31))

        for address in (at("slips", *MONTH), at("account", "charity", bank.pk)):
            browser.client.get(address)  # the frame around it is remembered
            with django_assert_max_num_queries(12):
                browser.client.get(address)

    def test_the_pages_of_a_list_meet(self, browser, chen, bank):
        browser.client.force_login(chen)
        for n in range(60):
            spend(bank, 10 + n, on=date(2026, 10, 31))

        for address in (at("slips", *MONTH), at("account", "charity", bank.pk)):
            first = browser(address)
            following = next(link for link in links(first) if "before=" in link)
            second = browser(following if following[0] == "/" else address + following)
            assert any("after=" in link for link in links(second))


class TestWriting:
    def fields(self, **changed):
        return {
            "booked_on": "2026-11-24",
            "value_on": "2026-11-24",
            "document": "房屋租赁合同",
            "attachments": "2",
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "0",
            "form-0-memo": "计提11月办公房租",
            "form-0-debit": account("5201").pk,
            "form-0-credit": account("2209").pk,
            "form-0-amount": "1,200.00",
            **changed,
        }

    def test_a_voucher_goes_from_one_desk_to_the_other_and_into_the_books(
        self, browser, chen, zhou
    ):
        browser.client.force_login(chen)
        answer = browser.client.post(
            at("new-draft", "charity"), self.fields(submit="1"), follow=True
        )
        assert "这张是您自己填的，要等别人复核" in answer.content.decode()
        voucher = Voucher.objects.get()
        assert voucher.state == "submitted"
        refused = browser.client.post(at("approve", "charity", voucher.pk))
        assert refused.status_code == 409

        browser.client.force_login(zhou)
        page = browser(at("draft", "charity", voucher.pk))
        assert "复核通过" in words(page)
        answer = browser.client.post(at("approve", "charity", voucher.pk), follow=True)

        text = answer.content.decode()
        assert "记字第0001号" in text
        assert "陈女士" in text
        assert "周先生" in text
        assert account("5201").balance_fen == 120_000

    def test_a_voucher_is_sent_back_with_a_reason(self, browser, chen, zhou):
        voucher = make_voucher(by=chen)
        browser.client.force_login(zhou)

        browser.client.post(
            at("return", "charity", voucher.pk), {"return-reason": "金额和合同对不上"}
        )

        browser.client.force_login(chen)
        assert "金额和合同对不上" in words(browser(at("draft", "charity", voucher.pk)))

    def test_another_line_is_added_without_script_and_nothing_is_lost(self, browser, chen):
        browser.client.force_login(chen)

        answer = browser.client.post(
            at("new-draft", "charity"), self.fields(more="1", document="租赁合同甲")
        )

        text = answer.content.decode()
        assert "form-1-memo" in text
        assert "计提11月办公房租" in text
        assert "租赁合同甲" in text
        assert not Voucher.objects.exists()

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"form-0-amount": "0"}, "第1行：金额要大于零"),
            ({"form-0-amount": "12.345"}, "精确到了分以下"),
            ({"form-0-amount": "一千"}, "不是金额"),
            ({"form-0-memo": ""}, "第1行：请填摘要"),
            ({"booked_on": "2026-13-01"}, "这个日期认不出来"),
            ({"document": ""}, "请填依据"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_top_and_nothing_is_lost(
        self, browser, chen, changed, said
    ):
        browser.client.force_login(chen)

        answer = browser.client.post(at("new-draft", "charity"), self.fields(**changed))

        assert answer.status_code == 422
        text = answer.content.decode()
        assert said in text
        assert "处要改" in text

    def test_one_side_twice_is_said_in_its_line(self, browser, chen):
        browser.client.force_login(chen)
        same = {"form-0-credit": account("5201").pk}

        answer = browser.client.post(at("new-draft", "charity"), self.fields(**same))

        assert "第1行：借方和贷方是同一个账户" in answer.content.decode()

    def test_a_voucher_is_reversed_in_part_with_a_reason(self, browser, chen, bank):
        browser.client.force_login(chen)
        paid = Transfer.objects.order_by("-pk")[0]

        answer = browser.client.post(
            at("reverse", "charity", paid.pk),
            {f"part{paid.pk}": "40.00", "reason": "商家退款", "booked_on": "2026-11-03"},
            follow=True,
        )

        assert "冲销：商家退款" in answer.content.decode()
        assert "冲销过" in words(browser(at("slip", "charity", paid.pk)))
        bank.refresh_from_db()
        assert bank.balance_fen == 60_000

    def test_a_reversal_of_nothing_is_said(self, browser, chen, bank):
        browser.client.force_login(chen)
        paid = Transfer.objects.order_by("-pk")[0]

        answer = browser.client.post(
            at("reverse", "charity", paid.pk), {"reason": "错了", "booked_on": "2026-11-03"}
        )

        assert answer.status_code == 422
        assert "一行也没有填金额" in answer.content.decode()

    def test_an_account_is_opened(self, browser, chen):
        browser.client.force_login(chen)

        browser.client.post(
            at("open-account", "charity"),
            {"subject": "1002", "detail": "qingxi", "name": "青溪微基金", "keeps_lots": "on"},
        )

        opened = Account.objects.get(code="1002-qingxi")
        assert (opened.is_guarded, opened.keeps_lots) == (True, True)

    def test_the_director_closes_the_month(self, browser, bank, zhou):
        browser.client.force_login(zhou)

        answer = browser.client.post(at("close", *MONTH), follow=True)

        assert "已关账" in answer.content.decode()
        assert Closing.objects.get().closed_by == zhou

    def test_the_accountant_does_not_close(self, browser, chen, bank):
        browser.client.force_login(chen)

        assert browser.client.post(at("close", *MONTH)).status_code == 403

    def test_a_late_fact_is_booked_in_the_open_month(self, browser, chen, bank):
        services.close_month(by=HOUSE, ledger=Ledger.CHARITY, month=2026 * 12 + 9, now=NOW)
        [row] = post(
            Line(amount_fen=100, debit=account("5201").pk, credit=account("2209").pk, memo="补记"),
            on=DAY,
            value_on=date(2026, 10, 30),
        )
        browser.client.force_login(chen)

        assert "晚到的事" in words(browser(at("slip", "charity", row.pk)))


class TestOnPaper:
    def test_a_voucher_is_printed(self, browser, chen, bank):
        browser.client.force_login(chen)
        slip = Transfer.objects.order_by("-pk")[0]

        answer = browser.client.get(at("print-slip", "charity", slip.pk))

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content[:5] == b"%PDF-"

    def test_the_vouchers_of_a_month_are_printed_on_one_file(self, browser, chen, bank):
        browser.client.force_login(chen)

        answer = browser.client.get(at("print-slips", *MONTH))

        assert answer.content[:5] == b"%PDF-"
