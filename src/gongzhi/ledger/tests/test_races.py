"""Everybody presses the button in the same moment; money is neither lost nor spent twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Account, Ledger, Lot, Seal, Transfer
from gongzhi.ledger.rules import MANUAL
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    DAY,
    NOW,
    account,
    give,
    make_books,
    make_fund,
    make_voucher,
    post,
    spend,
)
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deeds):
    """Run all deeds from as many threads in the same moment; return what each gave back, or its refusal's code."""
    start = Barrier(len(deeds))

    def press(deed):
        start.wait()
        try:
            return deed()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as crowd:
        return list(crowd.map(press, deeds))


def agree():
    assert queries.counted() == queries.recounted()
    assert list(queries.verify()) == []


def test_a_double_click_pays_once():
    bank = make_fund()
    give(bank, 100_000)
    key = new_key()
    line = Line(
        amount_fen=10_000, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
    )

    answers = at_once([lambda: post(line, key=key)[0].pk] * 16)

    assert len(set(answers)) == 1
    assert Transfer.objects.filter(credit_account=bank).count() == 1
    agree()


def test_one_key_for_different_payments_books_one_and_refuses_the_others():
    bank = make_fund()
    give(bank, 100_000)
    key, expense = new_key(), account("5101").pk

    def deed(fen):
        line = Line(amount_fen=fen, debit=expense, credit=bank.pk, restriction="restricted")
        return lambda: type(post(line, key=key)[0].pk)

    answers = at_once([deed(fen) for fen in range(1_000, 1_008)])

    assert answers.count("ledger.key-reused") == 7
    agree()


def test_twenty_five_payments_at_once_never_take_a_balance_below_zero():
    bank = make_fund()
    give(bank, 100)

    answers = at_once([lambda: type(spend(bank, 10).pk)] * 25)

    assert answers.count(int) == 10
    assert answers.count("ledger.insufficient-funds") == 15
    bank.refresh_from_db()
    assert bank.balance_fen == 0
    assert not Lot.objects.filter(left_fen__gt=0).exists()
    agree()


def test_what_is_set_aside_and_what_is_spent_share_one_balance():
    bank = make_fund()
    give(bank, 100)
    expense = account("5101").pk

    def aside():
        line = Line(amount_fen=10, debit=expense, credit=bank.pk, restriction="restricted")
        services.reserve(
            by=HOUSE,
            key=new_key(),
            business=MANUAL[Ledger.CHARITY],
            line=line,
            booked_on=DAY,
            now=NOW,
        )
        return "aside"

    def pay():
        spend(bank, 10)
        return "paid"

    answers = at_once([aside, pay] * 9)

    assert answers.count("aside") + answers.count("paid") == 10
    bank.refresh_from_db()
    assert bank.available_fen == 0
    agree()


def test_a_reservation_is_settled_or_let_go_by_one():
    bank = make_fund()
    give(bank, 100_000)
    reservation = services.reserve(
        by=HOUSE,
        key=new_key(),
        business=MANUAL[Ledger.CHARITY],
        line=Line(
            amount_fen=40_000, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
        ),
        booked_on=DAY,
        now=NOW,
        expires_at=NOW,
    )

    def settle():
        services.settle(
            by=HOUSE,
            key=new_key(),
            reservation=reservation,
            amount_fen=40_000,
            booked_on=DAY,
            now=NOW,
        )
        return "done"

    def let_go():
        services.release(
            by=HOUSE, key=new_key(), reservation=reservation, booked_on=DAY, now=NOW, reason="停"
        )
        return "done"

    def expire():
        return "done" if services.expire_due(by=HOUSE, now=NOW) else "nothing"

    answers = at_once([settle, let_go, expire] * 4)

    assert answers.count("done") == 1
    agree()


def test_reversals_at_once_never_add_up_to_more_than_the_original():
    bank = make_fund()
    give(bank, 100)
    paid = spend(bank, 20)

    def undo():
        services.reverse(
            by=HOUSE, key=new_key(), parts=[(paid, 7)], reason="退", booked_on=DAY, now=NOW
        )
        return "done"

    answers = at_once([undo] * 12)

    assert answers.count("done") == 2
    assert answers.count("ledger.more-than-original") == 10
    agree()


def test_opposite_transfers_never_block_each_other():
    first, second = make_fund(), make_fund("qingxi", "青溪微基金")
    for bank in (first, second):
        give(bank, 100_000)
    there = Line(amount_fen=1, debit=first.pk, credit=second.pk, restriction="restricted")
    back = Line(amount_fen=1, debit=second.pk, credit=first.pk, restriction="restricted")

    def many(line):
        return lambda: sum(len(post(line)) for _ in range(15))

    assert at_once([many(there), many(back)] * 4) == [15] * 8
    agree()


def test_a_month_closes_before_or_after_an_entry_never_around_it():
    make_books()
    line = Line(amount_fen=1, debit=account("5201").pk, credit=account("2209").pk)
    last = DAY.replace(month=10, day=31)

    def close():
        services.close_month(by=HOUSE, ledger=Ledger.CHARITY, month=2026 * 12 + 9, now=NOW)
        return "closed"

    def enter():
        return sum(len(post(line, on=last)) for _ in range(6))

    answers = at_once([enter, enter, enter, close])

    assert answers[-1] == "closed"
    agree()


def test_two_sealers_at_once_leave_one_chain():
    make_books()
    line = Line(amount_fen=1, debit=account("5201").pk, credit=account("2209").pk)
    for _ in range(12):
        post(line)

    answers = at_once([lambda: services.seal(by=HOUSE, now=NOW)] * 6)

    assert sum(answers) == 12
    assert sorted(Seal.objects.values_list("sequence", flat=True)) == list(range(1, 13))
    agree()


def test_accounts_opened_at_once_get_numbers_of_their_own():
    make_books()

    def open_(n):
        return lambda: (
            services.open_account(
                by=HOUSE,
                ledger=Ledger.CHARITY,
                subject="1002",
                detail=f"f{n}",
                name=f"基金{n}",
                now=NOW,
            ).pk
        )

    numbers = at_once([open_(n) for n in range(8)])

    assert len(set(numbers)) == 8
    assert all(number % 10 == Ledger.CHARITY for number in numbers)
    assert Account.objects.filter(code__startswith="1002-f").count() == 8


def test_a_voucher_approved_twice_at_once_is_booked_once():
    voucher = make_voucher()

    answers = at_once(
        [lambda: services.approve_voucher(by=HOUSE, voucher=voucher, now=NOW)[0].pk] * 8
    )

    assert len(set(answers)) == 1
    assert account("5201").balance_fen == 120_000
    agree()
