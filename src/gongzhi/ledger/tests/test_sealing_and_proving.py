"""Every transfer gets its number in an unbroken chain, and whatever is done to it afterwards is named."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Account, Books, Ledger, Lot, Seal, Transfer
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    NOW,
    account,
    give,
    make_accountant,
    make_books,
    make_fund,
    post,
    spend,
)
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db


def seal(now=NOW):
    return services.seal(by=HOUSE, now=now)


def faults(**named):
    return [(f.kind, f.transfer) for f in queries.verify(**named)]


@pytest.fixture
def bank():
    fund = make_fund()
    give(fund, 50_000)
    spend(fund, 10_000)
    spend(fund, 20_000)
    return fund


def rent(fen=1_000):
    return Line(amount_fen=fen, debit=account("5201").pk, credit=account("2209").pk)


def test_untouched_books_agree(bank):
    assert seal() == 3
    assert seal() == 0
    assert faults() == []


def test_seals_count_without_a_gap_in_each_ledger(bank):
    make_books(Ledger.FISCAL)
    fiscal = Line(
        amount_fen=100,
        debit=account("1002", Ledger.FISCAL).pk,
        credit=account("4001", Ledger.FISCAL).pk,
    )
    post(fiscal)
    seal()
    post(rent())
    seal()

    assert list(
        Seal.objects.filter(ledger=2).order_by("sequence").values_list("sequence", flat=True)
    ) == [1, 2, 3, 4]
    assert Seal.objects.filter(ledger=1).get().sequence == 1
    assert faults() == []


def test_vouchers_are_numbered_by_month_one_number_a_posting():
    make_books()
    october, november = date(2026, 10, 9), date(2026, 11, 9)
    post(rent(), rent(), on=october)
    post(rent(), on=november)
    seal()
    post(rent(), on=october)
    seal()

    numbers = Seal.objects.order_by("sequence").values_list("month", "voucher")
    assert [(month % 12 + 1, voucher) for month, voucher in numbers] == [
        (10, 1),
        (10, 1),
        (11, 1),
        (10, 2),
    ]
    assert faults() == []


def test_a_posting_cut_by_a_batch_keeps_one_number(monkeypatch):
    from gongzhi.ledger.services import sealing

    make_books()
    post(rent(), rent(), rent())
    post(rent())
    monkeypatch.setattr(sealing, "BATCH", 2)
    seal()

    assert list(Seal.objects.order_by("sequence").values_list("voucher", flat=True)) == [1, 1, 1, 2]


def test_setting_aside_is_sealed_but_is_no_voucher(bank):
    services.reserve(
        by=HOUSE,
        key=new_key(),
        business=services.MANUAL[Ledger.CHARITY],
        line=Line(
            amount_fen=100, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
        ),
        booked_on=date(2026, 11, 24),
        now=NOW,
    )
    seal()

    assert list(Seal.objects.order_by("sequence").values_list("voucher", flat=True)) == [1, 2, 3, 0]
    assert faults() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("memo", "付别的款"), ("amount_fen", 10_001), ("document", "x"), ("value_on", "2026-11-01")],
)
def test_a_changed_transfer_is_named(bank, column, value):
    seal()
    target = Transfer.objects.order_by("pk")[1]
    Transfer.objects.filter(pk=target.pk).update(**{column: value})

    assert ("changed", target.pk) in faults()


def test_a_removed_transfer_is_named(bank):
    from django.db import transaction

    seal()
    target = Transfer.objects.order_by("pk")[1]
    Seal.objects.filter(transfer=target).delete()
    with transaction.atomic(), connection.constraint_checks_disabled():
        Lot.objects.filter(allocations__transfer=target)
        target.allocations.all().delete()
        Transfer.objects.filter(pk=target.pk).delete()

    kinds = [kind for kind, _ in faults()]
    assert {"removed", "counter", "lots"} <= set(kinds)


def test_an_inserted_transfer_that_moved_no_counter_is_named(bank):
    seal()
    forged = Transfer.objects.order_by("-pk")[0]
    forged.pk, forged.posting = None, new_key()
    forged.save(force_insert=True)

    assert {kind for kind, _ in faults()} == {"counter"}


def test_an_insertion_among_long_sealed_transfers_is_named(bank):
    seal(NOW - timedelta(hours=50))
    seal(NOW - timedelta(hours=25))
    seal(NOW)
    target = Transfer.objects.order_by("pk")[1]
    target.seal.delete()

    assert ("inserted", target.pk) in faults()


def test_a_changed_counter_is_named(bank):
    Account.objects.filter(pk=bank.pk).update(debits_fen=60_000)

    assert [kind for kind, _ in faults()] == ["counter", "balance", "lots"]


def test_a_forged_original_amount_is_named(bank):
    paid = Transfer.objects.order_by("-pk")[0]
    [back] = services.reverse(
        by=HOUSE,
        key=new_key(),
        parts=[(paid, 5_000)],
        reason="退",
        booked_on=date(2026, 11, 24),
        now=NOW,
    )
    Transfer.objects.filter(pk=back.pk).update(of_fen=90_000)

    assert ("reference", back.pk) in faults()


def test_half_a_posting_is_named(bank):
    first, second = post(rent(), rent())
    Transfer.objects.filter(pk=second.pk).delete()

    assert ("half", first.pk) in faults()


def test_an_entry_put_into_a_closed_month_is_named():
    bank = make_fund()
    give(bank, 50_000, on=date(2026, 10, 30))
    services.close_month(by=HOUSE, ledger=Ledger.CHARITY, month=2026 * 12 + 9, now=NOW)
    late = give(bank, 100, now=NOW + timedelta(hours=1))
    Transfer.objects.filter(pk=late.pk).update(
        booked_on=date(2026, 10, 31), value_on=date(2026, 10, 31)
    )

    assert [kind for kind, _ in faults()] == ["closing", "closing", "closing"]


def test_a_chain_cut_off_at_its_end_is_found_by_the_books_and_by_the_published_head(bank):
    seal()
    [head] = queries.daily_heads(Ledger.CHARITY, day=NOW.date())
    kept = {(2, NOW.date()): head.chain}
    assert faults(kept=kept) == []
    Seal.objects.order_by("-sequence")[0].delete()
    assert ("chain", None) in faults()

    last = Seal.objects.order_by("-sequence")[0]
    Books.objects.filter(pk=2).update(sealed=last.sequence, head=last.hash)
    assert ("chain", None) in faults(kept=kept)


def test_the_head_of_a_day_is_published_in_four_groups(bank):
    seal()

    head = queries.head_of(Books.objects.get(pk=2))

    assert (head.sequence, head.day) == (3, NOW.date())
    assert head.code.replace(" ", "").lower() == head.chain[:16]
    assert queries.unsealed_count(Books.objects.get(pk=2)) == 0


def test_only_who_keeps_all_books_seals(bank):
    make_books(Ledger.FISCAL)

    with pytest.raises(PermissionDenied):
        services.seal(by=make_accountant(), now=NOW)
