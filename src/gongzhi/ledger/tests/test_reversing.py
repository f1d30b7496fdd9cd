"""A mistake is undone by its mirror image, with a reason, never by more than it was."""

import pytest
from django.db import IntegrityError, transaction

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Lot, Transfer
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import DAY, NOW, account, give, make_fund, make_project, post, spend
from gongzhi.shared.broken import broken_rule
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    fund = make_fund()
    give(fund, 100_000)
    return fund


def reverse(*parts, reason="多付了", key=None):
    return services.reverse(
        by=HOUSE, key=key or new_key(), parts=parts, reason=reason, booked_on=DAY, now=NOW
    )


def balance(bank):
    bank.refresh_from_db()
    return bank.balance_fen


def test_a_reversal_brings_both_accounts_back(bank):
    paid = spend(bank, 30_000)

    [back] = reverse((paid, 30_000))

    assert balance(bank) == 100_000
    assert account("5101").balance_fen == 0
    assert (back.reverses, back.debit_account_id, back.memo) == (paid.pk, bank.pk, "冲销：多付了")
    assert back.business == paid.business


def test_parts_are_reversed_until_nothing_is_left(bank):
    paid = spend(bank, 30_000)
    reverse((paid, 10_000))
    reverse((paid, 20_000))

    with pytest.raises(services.MoreThanOriginal) as no, transaction.atomic():
        reverse((paid, 1))

    assert "还能冲销或结清0.00元" in str(no.value)
    assert queries.reversible([paid]) == {paid.pk: 0}


def test_two_parts_of_one_posting_add_up_too(bank):
    paid = spend(bank, 30_000)

    with pytest.raises(services.MoreThanOriginal), transaction.atomic():
        reverse((paid, 20_000), (paid, 10_001))


def test_the_fee_goes_back_together_with_its_principal(bank):
    principal, fee = post(
        Line(amount_fen=24_000, debit=account("5101").pk, credit=bank.pk, restriction="restricted"),
        Line(amount_fen=550, debit=account("5201").pk, credit=bank.pk, restriction="restricted"),
    )

    rows = reverse((principal, 24_000), (fee, 550))

    assert len({row.posting for row in rows}) == 1
    assert balance(bank) == 100_000


def test_the_same_key_reverses_once(bank):
    paid, key = spend(bank, 30_000), new_key()

    first, again = reverse((paid, 10_000), key=key), reverse((paid, 10_000), key=key)

    assert first[0].pk == again[0].pk
    assert balance(bank) == 80_000


def test_a_reversal_and_a_reservation_cannot_be_reversed(bank):
    [back] = reverse((spend(bank, 30_000), 30_000))

    with pytest.raises(services.CannotBeReversed), transaction.atomic():
        reverse((back, 30_000))


def test_a_reversal_needs_a_reason(bank):
    with pytest.raises(services.ReasonMissing):
        reverse((spend(bank, 100), 100), reason="  ")


def test_the_database_itself_refuses_to_reverse_too_much(bank):
    paid = spend(bank, 30_000)
    [back] = reverse((paid, 20_000))
    forged = Transfer.objects.get(pk=back.pk)
    forged.pk, forged.posting, forged.before_fen = None, new_key(), 20_000

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        forged.save(force_insert=True)

    assert broken_rule(no.value) == "ledger_part_stays_within_the_original"


def test_a_reversed_payment_gives_the_gifts_back(bank):
    give(bank, 50_000)
    paid = spend(bank, 120_000)
    reverse((paid, 30_000))

    # The last used first: 20,000 to the second gift, then 10,000 to the first.
    assert list(Lot.objects.order_by("pk").values_list("left_fen", flat=True)) == [10_000, 50_000]
    reverse((paid, 90_000))
    assert list(Lot.objects.order_by("pk").values_list("left_fen", flat=True)) == [100_000, 50_000]


def test_a_gift_goes_back_only_as_far_as_it_is_not_spent(bank):
    gift = give(bank, 50_000)
    spend(bank, 110_000)
    give(bank, 70_000)

    with pytest.raises(services.GiftAlreadySpent) as no, transaction.atomic():
        reverse((gift, 40_001), reason="捐赠人撤回")

    assert "只剩400.00元没有用，冲不回400.01元" in str(no.value)
    reverse((gift, 40_000), reason="捐赠人撤回")
    assert balance(bank) == 70_000


def test_a_reversed_move_takes_the_gifts_home(bank):
    project = make_project()
    other = make_fund("qingxi", "青溪微基金")
    [moved] = post(
        Line(
            amount_fen=30_000,
            debit=other.pk,
            credit=bank.pk,
            restriction="restricted",
            project=project.pk,
        )
    )
    spend(other, 5_000, project=project)

    reverse((moved, 25_000))

    assert (balance(bank), balance(other)) == (95_000, 0)
    assert Lot.objects.get(account=bank).left_fen == 95_000
    assert list(queries.verify()) == []
