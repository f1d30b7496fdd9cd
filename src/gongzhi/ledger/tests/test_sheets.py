"""Three sheets, each from the totals of accounts, each agreeing with a count of the entries."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Ledger, Transfer
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import NOW, account, give, make_books, make_fund, post, spend
from gongzhi.shared.keys import new_key
from gongzhi.shared.periods import month_of
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = month_of(date(2026, 10, 1)), month_of(date(2026, 11, 1))
IN_OCTOBER = date(2026, 10, 20)


def of(rows, label):
    return next(row for row in rows if row.label == label)


@pytest.fixture
def bank():
    bank = make_fund()
    give(bank, 100_000, on=IN_OCTOBER)
    give(bank, 20_000, restriction="unrestricted", on=IN_OCTOBER)
    spend(bank, 30_000)
    post(
        Line(
            amount_fen=30_000, debit=account("3102").pk, credit=account("3101").pk, memo="解除限定"
        )
    )
    return bank


def test_a_trial_balance_has_opening_movement_and_closing(bank):
    row = of(queries.trial_balance(Ledger.CHARITY, NOVEMBER), "银行存款")

    assert (row.opening, row.debits, row.credits, row.closing) == (120_000, 0, 30_000, 90_000)
    assert [a.label for a in row.accounts] == ["银行存款·韩滩邻里微基金"]


def test_a_trial_balance_shows_a_subject_once_with_its_accounts(bank):
    row = of(queries.trial_balance(Ledger.CHARITY, NOVEMBER), "捐赠收入")

    assert (row.closing, len(row.accounts)) == (120_000, 2)


def test_a_month_has_nothing_of_the_next(bank):
    labels = [row.label for row in queries.trial_balance(Ledger.CHARITY, OCTOBER)]

    assert "业务活动成本" not in labels


def test_both_sides_of_a_trial_balance_agree_before_and_after_closing(bank):
    before = queries.trial_balance(Ledger.CHARITY, OCTOBER)
    services.close_month(by=HOUSE, ledger=Ledger.CHARITY, month=OCTOBER, now=NOW)

    assert queries.trial_balance(Ledger.CHARITY, OCTOBER) == before
    sums = queries.sides(queries.trial_balance(Ledger.CHARITY, NOVEMBER))
    assert sums["debit"] == sums["credit"]


def test_the_activity_statement_keeps_restricted_money_apart(bank):
    rows = queries.activity(Ledger.CHARITY, NOVEMBER)

    assert of(rows, "捐赠收入").cells == [0, 0, 0, 20_000, 100_000, 120_000]
    assert of(rows, "业务活动成本").cells == [30_000, 0, 30_000, 30_000, 0, 30_000]
    assert of(rows, "限定性净资产转为非限定性净资产").cells == [30_000, -30_000, 0] * 2
    assert of(rows, "净资产变动额").cells == [0, -30_000, -30_000, 20_000, 70_000, 90_000]


def test_the_balance_sheet_has_net_assets_by_restriction(bank):
    assets, claims = queries.balance_sheet(Ledger.CHARITY, NOVEMBER)

    assert of(assets, "资产总计").closing == of(claims, "负债和净资产总计").closing == 90_000
    assert of(claims, "非限定性净资产").closing == 20_000
    assert of(claims, "限定性净资产").closing == 70_000
    assert of(assets, "资产总计").opening == 0


def test_what_lessens_an_asset_stands_below_zero():
    make_books()
    post(Line(amount_fen=50_000, debit=account("1501").pk, credit=account("2209").pk))
    post(Line(amount_fen=405, debit=account("5201").pk, credit=account("1502").pk))

    assets, _ = queries.balance_sheet(Ledger.CHARITY, NOVEMBER)

    assert of(assets, "减：累计折旧").closing == -405
    assert of(assets, "固定资产合计").closing == 49_595


def test_a_subject_is_called_as_it_was_on_the_day():
    from gongzhi.ledger.chart import chart

    assert chart(Ledger.CHARITY, date(2025, 12, 31))["2204"].name == "应付工资"
    assert chart(Ledger.CHARITY, date(2026, 1, 1))["2204"].name == "应付职工薪酬"


def test_every_subject_says_where_it_comes_from_and_how_sure_we_are():
    from gongzhi.ledger.chart import editions
    from gongzhi.shared.dated import CONFIDENCES

    for subject in editions():
        assert subject.confidence in CONFIDENCES
        assert subject.source


def test_an_account_is_read_newest_first_with_its_balance_after_each_line(bank):
    page = queries.entries(bank)

    assert [(e.debit_fen, e.credit_fen, e.balance_fen) for e in page.rows] == [
        (0, 30_000, 90_000),
        (20_000, 0, 120_000),
        (100_000, 0, 100_000),
    ]
    assert page.rows[0].other == "业务活动成本"
    assert page.rows[2].other == "捐赠收入·限定"
    assert (page.newer, page.older) == (None, None)


def test_an_account_of_one_month(bank):
    assert len(queries.entries(bank, month=OCTOBER).rows) == 2


def test_pages_of_an_account_meet_without_a_gap():
    bank = make_fund()
    gifts = [give(bank, n).pk for n in range(1, 121)]

    first = queries.entries(bank)
    second = queries.entries(bank, before=first.older)
    third = queries.entries(bank, before=second.older)
    back = queries.entries(bank, after=third.newer)

    read = [e.pk for page in (first, second, third) for e in page.rows]
    assert read == gifts[::-1]
    assert [e.pk for e in back.rows] == [e.pk for e in second.rows]
    assert (third.older, first.newer) == (None, None)


class TestAnyEntries(TestCase):
    moves = st.lists(
        st.tuples(
            st.sampled_from(["1001", "1122", "2209", "3101", "3102", "4101-R", "4901-U", "5201"]),
            st.sampled_from(["1001", "1122", "2209", "3101", "3102", "4101-R", "4901-U", "5201"]),
            st.integers(1, 10**15),
            st.sampled_from([date(2026, 10, 5), date(2026, 10, 31), date(2026, 11, 1)]),
        ),
        max_size=12,
    )

    @settings(max_examples=15)
    @given(moves)
    def test_the_sheets_agree_with_a_count_of_the_entries(self, moves):
        make_books()
        for debit, credit, fen, on in moves:
            if debit != credit:
                line = Line(amount_fen=fen, debit=account(debit).pk, credit=account(credit).pk)
                post(line, on=on, key=new_key())
        for month in (OCTOBER, NOVEMBER):
            last = date(2026, 10, 31) if month == OCTOBER else date(2026, 11, 30)
            by_hand = {}
            for t in Transfer.objects.filter(booked_on__lte=last).select_related(
                "debit_account", "credit_account"
            ):
                for side, sign in ((t.debit_account, 1), (t.credit_account, -1)):
                    by_hand[side.subject] = by_hand.get(side.subject, 0) + sign * t.amount_fen

            trial = queries.trial_balance(Ledger.CHARITY, month)
            assert {
                row.code: row.closing if row.side == "debit" else -row.closing for row in trial
            } == by_hand
            sums = queries.sides(trial)
            assert sums["debit"] == sums["credit"]
            assets, claims = queries.balance_sheet(Ledger.CHARITY, month)
            assert assets[-1].closing == claims[-1].closing
            change = queries.activity(Ledger.CHARITY, month)[-1]
            earned = sum(-v for k, v in by_hand.items() if k[0] in "45")
            assert change.cells[-1] == earned
