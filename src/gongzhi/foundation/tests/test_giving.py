"""A gift that arrived is booked with its receipt; what was wrong is voided and keeps its number."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.foundation import queries, services
from gongzhi.foundation.models import Donation, Fund
from gongzhi.foundation.testing import (
    approve,
    ask,
    give,
    make_donor,
    make_fund,
    make_staff,
)
from gongzhi.ledger import queries as books
from gongzhi.ledger.models import Transfer
from gongzhi.ledger.services import GiftAlreadySpent, KeyReused
from gongzhi.ledger.testing import DAY, NOW
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def balance(fund):
    return Fund.objects.select_related("account").get(pk=fund.pk).account.balance_fen


def test_a_gift_stands_in_the_books_with_its_receipt_and_who_it_is_for():
    fund = make_fund()

    gift = give(fund, 100_000, by=make_staff())

    row = Transfer.objects.get(pk=gift.transfer_id)
    assert (row.amount_fen, row.restriction, row.funder) == (100_000, "restricted", "society")
    assert (row.fund, row.place) == (fund.account.fund, fund.place)
    assert (row.business, row.value_on) == ("foundation.gift", DAY)
    assert gift.receipt == "2026-000001"
    assert balance(fund) == 100_000
    assert list(books.verify()) == []


def test_pressing_twice_is_one_gift_and_the_same_receipt():
    fund, donor, key = make_fund(), make_donor(), new_key()

    first = give(fund, 5_000, donor=donor, key=key)
    again = give(fund, 5_000, donor=donor, key=key)

    assert first == again
    assert balance(fund) == 5_000
    with pytest.raises(KeyReused):
        give(fund, 6_000, donor=donor, key=key)


def test_a_refused_gift_takes_no_number():
    fund = make_fund()
    give(fund, 1_000)
    with pytest.raises(services.GiftUnclear):
        give(fund, 0)
    with pytest.raises(services.GiftUnclear):
        give(fund, 1_000, on=DAY + timedelta(days=9))

    assert give(fund, 1_000).number == 2
    assert queries.gaps(2026) == 0


@pytest.mark.parametrize("fen", [-1, 0, 10**16])
def test_an_amount_that_is_none_is_refused(fen):
    with pytest.raises(services.GiftUnclear, match="金额要大于零"):
        give(make_fund(), fen)


def test_a_voided_receipt_keeps_its_number_and_the_books_go_back():
    fund = make_fund()
    wrong = give(fund, 30_000)

    services.void_donation(by=HOUSE, donation=wrong, reason="记错了基金", now=NOW)

    assert balance(fund) == 0
    assert give(fund, 30_000).number == 2
    assert queries.gaps(2026) == 0
    with pytest.raises(services.AlreadyVoided):
        services.void_donation(by=HOUSE, donation=wrong, reason="再来", now=NOW)
    assert list(books.verify()) == []


def test_a_receipt_whose_money_is_spent_is_not_voided():
    fund = make_fund()
    gift = give(fund, 30_000)
    approve(ask(fund, 10_000))
    give(fund, 90_000)

    with pytest.raises(GiftAlreadySpent):
        services.void_donation(by=HOUSE, donation=gift, reason="捐赠人要退", now=NOW)
    assert Donation.objects.get(pk=gift.pk).voided_at is None


def test_the_database_itself_lets_no_number_come_twice():
    fund = make_fund()
    give(fund, 100)
    second = give(fund, 100)

    with pytest.raises(IntegrityError), transaction.atomic():
        Donation.objects.filter(pk=second.pk).update(number=1)


@pytest.mark.parametrize(
    ("name", "kind", "anonymous", "shown"),
    [
        ("甄不宣", "person", False, "甄**"),
        ("甄不宣", "person", True, "一位不愿署名的捐赠人"),
        ("金堂县产业投资有限公司", "organization", False, "金堂县产业投资有限公司"),
    ],
)
def test_a_name_is_shown_as_its_donor_wishes(name, kind, anonymous, shown):
    donor = make_donor(name, kind=kind, is_anonymous=anonymous)
    gift = give(make_fund(), 100, donor=donor)

    assert donor.public_name == shown
    assert Transfer.objects.get(pk=gift.transfer_id).memo == f"{shown}捐款"


def test_only_the_foundation_records_gifts():
    fund, donor = make_fund(), make_donor()

    for who in (
        make_user(Role.COMMUNITY_CLERK, fund.place),
        make_user(Role.FOUNDATION_STAFF, make_village("别处社区")),
        make_user(Role.AUDITOR, make_county()),
    ):
        with pytest.raises(PermissionDenied):
            give(fund, 100, donor=donor, by=who)


def test_a_gift_is_followed_to_what_it_paid():
    fund = make_fund()
    first, second = give(fund, 10_000), give(fund, 10_000)
    approve(ask(fund, 12_000))

    assert queries.trace(first).left_fen == 0
    assert (queries.trace(second).spent_fen, queries.trace(second).left_fen) == (2_000, 8_000)
    assert "重阳坝坝宴" in queries.trace(second).uses[0][0]


def test_a_receipt_opens_with_its_own_code_only():
    gift = give(make_fund(), 100)

    assert queries.donation_by_code(gift.receipt, f" {gift.code.lower()} ") == gift
    assert queries.donation_by_code(gift.receipt, "") is None
    assert queries.donation_by_code(gift.receipt, "22222222") is None
    assert queries.donation_by_code("说不清", gift.code) is None
