"""A closed month takes nothing more; what comes late goes to the open one with its own day."""

from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzhi.ledger import queries, services
from gongzhi.ledger.checks import close_checks
from gongzhi.ledger.models import Account, Carried, Closing, Ledger
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    NOW,
    account,
    give,
    make_accountant,
    make_books,
    make_fund,
    make_voucher,
    post,
    spend,
)
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.keys import new_key
from gongzhi.shared.periods import month_of
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
OCTOBER = month_of(date(2026, 10, 1))
LAST = date(2026, 10, 30)


def close(month=OCTOBER, by=HOUSE, now=NOW, ledger=Ledger.CHARITY):
    return services.close_month(by=by, ledger=ledger, month=month, now=now)


def rent(fen=1_000):
    return Line(amount_fen=fen, debit=account("5201").pk, credit=account("2209").pk)


def test_a_closed_month_refuses_an_entry_and_says_what_to_do():
    make_books()
    close()

    with pytest.raises(services.MonthClosed) as no:
        post(rent(), on=LAST)

    assert "2026年10月30日所在的月份已经关账" in str(no.value)
    assert "请把记账日期写成2026年11月1日以后，发生日期照实写" in str(no.value)


def test_a_late_fact_goes_to_the_open_month_with_its_own_day():
    make_books()
    close()
    day = queries.open_day(Ledger.CHARITY, LAST)

    [row] = post(rent(), on=day, value_on=LAST)

    assert (row.booked_on, row.value_on) == (date(2026, 11, 1), LAST)
    assert queries.slip(Ledger.CHARITY, row.pk).is_late


def test_closing_carries_the_totals_of_the_month_and_no_later_ones():
    bank = make_fund()
    give(bank, 50_000, on=LAST)
    spend(bank, 12_000, on=LAST)
    give(bank, 7_000)

    closing = close()

    kept = Carried.objects.get(closing=closing, account=bank)
    assert (kept.debits_fen, kept.credits_fen) == (50_000, 12_000)
    assert (closing.postings, closing.transfers) == (2, 2)
    assert queries.cumulative(Ledger.CHARITY, OCTOBER)[bank.pk] == (50_000, 12_000)
    assert queries.cumulative(Ledger.CHARITY, OCTOBER + 1)[bank.pk] == (57_000, 12_000)
    assert queries.cumulative(Ledger.CHARITY, OCTOBER - 1) == {}


def test_months_are_closed_one_after_the_other_and_once():
    make_books()
    with pytest.raises(services.MonthOutOfTurn) as no, transaction.atomic():
        close(OCTOBER + 1)
    assert "现在该关的是2026年10月，不是2026年11月" in str(no.value)
    close()

    with pytest.raises(services.MonthOutOfTurn):
        close()


def test_a_month_is_not_closed_before_it_is_over():
    make_books()

    with pytest.raises(services.MonthNotOver):
        close(now=datetime(2026, 10, 31, 23, 59, tzinfo=LOCAL))
    assert close(now=datetime(2026, 11, 1, tzinfo=LOCAL))


def test_a_month_with_a_voucher_that_waits_is_not_closed():
    voucher = make_voucher(on=LAST)

    with pytest.raises(services.NotReadyToClose) as no, transaction.atomic():
        close()
    assert "还差1件才能关账：凭证都复核" in str(no.value)

    services.approve_voucher(by=make_accountant("周先生"), voucher=voucher, now=NOW)
    assert close().postings == 1


def test_the_list_says_what_is_done_and_what_is_not():
    bank = make_fund()
    give(bank, 50_000, on=LAST)
    make_voucher(on=LAST, submitted=False)

    # Ours come first; what the rooms above add follows.
    ours = [(c.label, c.state) for c in close_checks(Ledger.CHARITY, OCTOBER)][:5]

    assert ours == [
        ("试算平衡", "ok"),
        ("没有半张凭证", "ok"),
        ("余额不低于零", "ok"),
        ("凭证都复核", "ok"),
        ("草稿都交了", "now"),
    ]


def test_only_who_may_close_closes():
    make_books()

    with pytest.raises(PermissionDenied):
        close(by=make_accountant())
    director = make_accountant("周女士", Role.FOUNDATION_DIRECTOR)
    assert close(by=director).closed_by == director


def test_an_account_opened_later_is_closed_as_far_as_the_others():
    make_books()
    close()

    assert make_fund().closed_through == date(2026, 10, 31)


def test_a_month_that_is_closed_stays_closed_for_every_account():
    make_books()
    close()

    assert set(Account.objects.values_list("closed_through", flat=True)) == {date(2026, 10, 31)}
    assert Closing.objects.count() == 1


class TestTheYear:
    NOW = datetime(2027, 1, 5, 9, tzinfo=LOCAL)

    @pytest.fixture
    def bank(self):
        bank = make_fund()
        give(bank, 50_000)
        give(bank, 20_000, restriction="unrestricted")
        spend(bank, 12_000)
        return bank

    def carry(self, key=None, now=NOW):
        return services.carry_year(
            by=HOUSE, ledger=Ledger.CHARITY, year=2026, key=key or new_key(), now=now
        )

    def test_income_and_expenses_go_to_their_own_net_assets(self, bank):
        self.carry(now=self.NOW)

        assert account("3102").balance_fen == 50_000
        assert account("3101").balance_fen == 8_000
        assert {account(c).balance_fen for c in ("4101-R", "4101-U", "5101")} == {0}

    def test_what_came_in_january_stays_in_its_year(self, bank):
        give(bank, 3_000, on=date(2027, 1, 3), now=self.NOW)

        self.carry(now=self.NOW)

        assert account("4101-R").balance_fen == 3_000
        assert account("3102").balance_fen == 50_000

    def test_a_year_is_carried_once(self, bank):
        key = new_key()
        first, again = self.carry(key, self.NOW), self.carry(key, self.NOW)

        assert [t.pk for t in first] == [t.pk for t in again]
        with pytest.raises(services.YearCarried):
            self.carry(now=self.NOW)

    def test_the_sheets_of_the_year_do_not_change_by_it(self, bank):
        december = month_of(date(2026, 12, 1))
        before = [row.cells for row in queries.activity(Ledger.CHARITY, december)]
        sheet = queries.balance_sheet(Ledger.CHARITY, december)

        self.carry(now=self.NOW)

        assert [row.cells for row in queries.activity(Ledger.CHARITY, december)] == before
        assert queries.balance_sheet(Ledger.CHARITY, december) == sheet

    def test_fiscal_books_carry_to_one_surplus(self):
        make_books(Ledger.FISCAL)
        fiscal = {c: account(c, Ledger.FISCAL).pk for c in ("1002", "4001", "5001", "3001")}
        post(Line(amount_fen=900, debit=fiscal["1002"], credit=fiscal["4001"]))
        post(Line(amount_fen=400, debit=fiscal["5001"], credit=fiscal["1002"]))

        services.carry_year(by=HOUSE, ledger=Ledger.FISCAL, year=2026, key=new_key(), now=self.NOW)

        assert account("3001", Ledger.FISCAL).balance_fen == 500
