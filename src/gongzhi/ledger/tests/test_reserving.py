"""Money set aside is nobody else's until it is paid, let go or its time is over."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Ledger, Lot
from gongzhi.ledger.rules import MANUAL
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    DAY,
    NOW,
    account,
    give,
    make_accountant,
    make_books,
    make_fund,
    spend,
)
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    fund = make_fund()
    give(fund, 100_000)
    return fund


def reserve(bank, fen, *, key=None, expires_at=None, by=HOUSE):
    return services.reserve(
        by=by,
        key=key or new_key(),
        business=MANUAL[Ledger.CHARITY],
        line=Line(
            amount_fen=fen,
            debit=account("5101").pk,
            credit=bank.pk,
            restriction="restricted",
            fund=bank.fund_id,
            memo="凉水井第二笔款",
        ),
        booked_on=DAY,
        now=NOW,
        expires_at=expires_at,
    )


def settle(reservation, fen, *, key=None, keeps_rest=False, with_lines=()):
    return services.settle(
        by=HOUSE,
        key=key or new_key(),
        reservation=reservation,
        amount_fen=fen,
        booked_on=DAY,
        now=NOW,
        keeps_rest=keeps_rest,
        with_lines=with_lines,
    )


def release(reservation):
    return services.release(
        by=HOUSE, key=new_key(), reservation=reservation, booked_on=DAY, now=NOW, reason="项目停了"
    )


def state(bank):
    bank.refresh_from_db()
    return bank.balance_fen, bank.available_fen


def test_what_is_set_aside_stays_in_the_balance_and_cannot_be_spent(bank):
    reserve(bank, 60_000)

    assert state(bank) == (100_000, 40_000)
    with pytest.raises(services.InsufficientFunds), transaction.atomic():
        spend(bank, 40_001)
    spend(bank, 40_000)


def test_no_more_is_set_aside_than_is_free(bank):
    reserve(bank, 60_000)

    with pytest.raises(services.InsufficientFunds), transaction.atomic():
        reserve(bank, 40_001)


def test_settling_a_part_frees_the_rest(bank):
    settle(reserve(bank, 60_000), 25_000)

    assert state(bank) == (75_000, 75_000)


def test_settling_a_part_may_keep_the_rest_set_aside(bank):
    paid, rest = settle(reserve(bank, 60_000), 25_000, keeps_rest=True)

    assert state(bank) == (75_000, 40_000)
    assert (paid.phase, rest.phase, rest.amount_fen) == ("settled", "reserved", 35_000)
    settle(rest, 35_000)
    assert state(bank) == (40_000, 40_000)


def test_a_fee_is_paid_with_the_payment_or_neither(bank):
    fee = Line(amount_fen=550, debit=account("5201").pk, credit=bank.pk, restriction="restricted")

    rows = settle(reserve(bank, 60_000), 60_000, with_lines=[fee])

    assert [row.amount_fen for row in rows] == [60_000, 550]
    assert state(bank) == (39_450, 39_450)


def test_a_reservation_is_settled_once(bank):
    reservation = reserve(bank, 60_000)
    settle(reservation, 25_000)

    for again in (lambda: settle(reservation, 1), lambda: release(reservation)):
        with pytest.raises(services.AlreadyResolved), transaction.atomic():
            again()


def test_settling_twice_with_one_key_is_settling_once(bank):
    reservation, key = reserve(bank, 60_000), new_key()

    first, again = settle(reservation, 25_000, key=key), settle(reservation, 25_000, key=key)

    assert [t.pk for t in first] == [t.pk for t in again]
    assert state(bank) == (75_000, 75_000)


def test_no_more_is_settled_than_was_set_aside(bank):
    with pytest.raises(services.MoreThanOriginal) as no, transaction.atomic():
        settle(reserve(bank, 60_000), 60_001)

    assert "还能冲销或结清600.00元，这次要600.01元" in str(no.value)


def test_a_payment_is_no_reservation(bank):
    with pytest.raises(services.NotAReservation), transaction.atomic():
        settle(spend(bank, 100), 100)


def test_a_reservation_that_is_let_go_is_free_again(bank):
    release(reserve(bank, 60_000))

    assert state(bank) == (100_000, 100_000)
    assert not queries.open_reservations(bank).exists()


def test_a_reservation_ends_when_its_time_is_over(bank):
    reserve(bank, 60_000, expires_at=NOW + timedelta(hours=6))
    kept = reserve(bank, 10_000, expires_at=NOW + timedelta(days=3))
    reserve(bank, 5_000)

    assert services.expire_due(by=HOUSE, now=NOW + timedelta(hours=5)) == 0
    assert services.expire_due(by=HOUSE, now=NOW + timedelta(hours=6)) == 1
    assert services.expire_due(by=HOUSE, now=NOW + timedelta(hours=7)) == 0

    assert state(bank) == (100_000, 85_000)
    assert kept in queries.open_reservations(bank)


def test_setting_aside_uses_nobodys_gift_until_it_is_paid(bank):
    reservation = reserve(bank, 60_000)
    assert Lot.objects.get().left_fen == 100_000

    settle(reservation, 25_000)

    assert Lot.objects.get().left_fen == 75_000


def test_whoever_keeps_other_books_settles_nothing_here(bank):
    make_books(Ledger.FISCAL)
    stranger = make_accountant(role=Role.FISCAL_ACCOUNTANT)

    with pytest.raises(PermissionDenied):
        services.settle(
            by=stranger,
            key=new_key(),
            reservation=reserve(bank, 100),
            amount_fen=100,
            booked_on=DAY,
            now=NOW,
        )


def test_a_line_cannot_smuggle_in_a_resolution(bank):
    from gongzhi.ledger.booking import Step
    from gongzhi.ledger.testing import post

    reservation = reserve(bank, 60_000)
    [row] = post(
        Step(
            amount_fen=100,
            debit=account("5201").pk,
            credit=account("2209").pk,
            phase="settled",
            resolves=reservation.pk,
        )
    )

    assert (row.phase, row.resolves) == ("posted", 0)
    assert state(bank) == (100_000, 40_000)
