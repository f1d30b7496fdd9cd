"""Money goes from one account to another, once, and never further than it may."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Sum

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line as AuditLine
from gongzhi.ledger import queries, services
from gongzhi.ledger.models import LARGEST_FEN, Account, Ledger, Transfer
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
    post,
    spend,
)
from gongzhi.places.testing import make_village
from gongzhi.shared.broken import broken_rule
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def books():
    return make_books()


def rent(fen=120_000, **named):
    return Line(
        amount_fen=fen,
        debit=account("5201").pk,
        credit=account("2209").pk,
        restriction="unrestricted",
        memo="计提办公房租",
        **named,
    )


def test_a_line_moves_both_accounts_by_the_same_amount(books):
    [row] = post(rent(120_000))

    assert (account("5201").balance_fen, account("2209").balance_fen) == (120_000, 120_000)
    assert (row.debit_after_fen, row.credit_after_fen) == (120_000, -120_000)
    assert row.maker is None


def test_lines_of_one_posting_happen_together_or_not_at_all(books):
    bank = make_fund()
    give(bank, 10_000)
    fee = Line(amount_fen=550, debit=account("5201").pk, credit=bank.pk, restriction="restricted")
    too_much = Line(
        amount_fen=9_500, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
    )

    with pytest.raises(services.InsufficientFunds) as no, transaction.atomic():
        post(too_much, fee)

    assert "能用的只有100.00元，这笔要100.50元，差0.50元" in str(no.value)
    assert Transfer.objects.filter(credit_account=bank).count() == 0
    assert len(post(fee, fee)) == 2


def test_the_same_key_and_content_give_the_same_answer_again(books):
    key = new_key()

    first, again = post(rent(), key=key), post(rent(), key=key)

    assert [t.pk for t in first] == [t.pk for t in again]
    assert account("5201").balance_fen == 120_000
    assert AuditLine.objects.filter(action="ledger.posted").count() == 1


def test_the_same_key_with_other_content_is_refused(books):
    key = new_key()
    post(rent(), key=key)

    with pytest.raises(services.KeyReused), transaction.atomic():
        post(rent(130_000), key=key)

    assert account("5201").balance_fen == 120_000


@pytest.mark.parametrize("fen", [0, -5, 1.5, Decimal("1.5"), True, LARGEST_FEN + 1, "100"])
def test_what_is_no_amount_is_refused(books, fen):
    with pytest.raises(services.NotAnAmount):
        post(rent(fen))


def test_ten_trillion_yuan_fit(books):
    post(rent(LARGEST_FEN))

    assert account("5201").balance_fen == LARGEST_FEN


def test_fiscal_and_charity_money_never_meet(books):
    make_books(Ledger.FISCAL)
    mixed = Line(amount_fen=100, debit=account("5001", Ledger.FISCAL).pk, credit=account("2209").pk)
    with pytest.raises(services.LedgersMixed), transaction.atomic():
        post(mixed)

    with pytest.raises(services.LedgersMixed), transaction.atomic():
        post(
            rent(),
            Line(
                amount_fen=100,
                debit=account("5001", Ledger.FISCAL).pk,
                credit=account("2307", Ledger.FISCAL).pk,
            ),
        )


def test_the_database_itself_keeps_the_two_ledgers_apart(books):
    make_books(Ledger.FISCAL)
    [row] = post(rent())
    row.pk, row.posting, row.debit_account = None, new_key(), account("5001", Ledger.FISCAL)

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        row.save(force_insert=True)

    assert broken_rule(no.value) == "ledger_sides_share_one_ledger"


def test_the_database_itself_refuses_an_overdraft():
    bank = make_fund()
    give(bank, 10_000)

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        Account.objects.filter(pk=bank.pk).update(credits_fen=10_001)

    assert broken_rule(no.value) == "ledger_credits_do_not_exceed_debits"


def test_the_database_names_a_broken_unique_too(books):
    [row] = post(rent())
    row.pk = None

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        row.save(force_insert=True)

    assert broken_rule(no.value) == "ledger_one_transfer_per_line"


def test_an_account_that_is_not_there_is_refused(books):
    with pytest.raises(services.NoSuchAccount), transaction.atomic():
        post(Line(amount_fen=100, debit=99_992, credit=account("2209").pk))
    with pytest.raises(services.NoSuchAccount):
        services.post(
            by=HOUSE,
            key=new_key(),
            business=MANUAL[Ledger.CHARITY],
            lines=[Line(amount_fen=100, debit=17, credit=account("2209").pk)],
            booked_on=DAY,
            now=NOW,
        )


def test_money_does_not_move_from_an_account_to_itself(books):
    pk = account("5201").pk

    with pytest.raises(services.SidesAreTheSame):
        post(Line(amount_fen=100, debit=pk, credit=pk))


def test_tomorrow_cannot_be_booked_today(books):
    tomorrow = NOW.date() + timedelta(days=1)

    with pytest.raises(services.NotYet):
        post(rent(), on=tomorrow)


def test_today_is_the_day_of_the_county(books):
    late = datetime(2026, 11, 24, 17, tzinfo=LOCAL).astimezone()

    post(rent(), on=date(2026, 11, 24), now=late)


def test_a_fact_is_not_booked_before_it_happens(books):
    with pytest.raises(services.ValueAfterBooking):
        post(rent(), on=date(2026, 11, 1), value_on=date(2026, 11, 2))


def test_money_that_is_followed_says_whether_it_is_restricted():
    bank = make_fund()

    with pytest.raises(services.RestrictionMissing):
        post(Line(amount_fen=100, debit=bank.pk, credit=account("4101-R").pk))


def test_a_posting_has_at_least_one_line_and_not_too_many(books):
    with pytest.raises(services.NoSuchAccount):
        services.post(by=HOUSE, key=new_key(), business=MANUAL[2], lines=[], booked_on=DAY, now=NOW)
    with pytest.raises(services.TooManyLines):
        post(*[rent(100)] * 2001)


def test_who_books_and_who_approves_are_two_people(books):
    accountant = make_accountant()

    with pytest.raises(services.MakerApproves):
        services.post(
            by=accountant,
            key=new_key(),
            business=MANUAL[Ledger.CHARITY],
            lines=[rent()],
            booked_on=DAY,
            now=NOW,
            approved_by=accountant,
        )


@pytest.mark.parametrize("role", [Role.COUNTY_OPERATOR, Role.FISCAL_ACCOUNTANT, Role.AUDITOR])
def test_only_the_bookkeeper_of_these_books_posts(books, role):
    with pytest.raises(PermissionDenied):
        post(rent(), by=make_accountant(role=role))


def test_a_role_over_one_village_keeps_no_books_of_the_county(books):
    clerk = make_user(Role.FOUNDATION_ACCOUNTANT, make_village())

    with pytest.raises(PermissionDenied):
        post(rent(), by=clerk)


def test_a_role_over_the_organization_that_owns_the_books_keeps_them(books):
    from gongzhi.directory.testing import make_organization

    books.organization = make_organization("成都市金堂社区发展基金会")
    books.save()
    own = make_user(Role.FOUNDATION_ACCOUNTANT, organization=books.organization)
    other = make_user(Role.FOUNDATION_ACCOUNTANT, organization=make_organization("北滨互助社"))

    assert post(rent(), by=own)[0].maker == own
    with pytest.raises(PermissionDenied):
        post(rent(), by=other)


def test_a_posting_leaves_one_audit_line(books):
    accountant = make_accountant()
    [row] = post(rent(), by=accountant)

    line = AuditLine.objects.get(action="ledger.posted")
    assert (line.actor_id, line.record_id) == (accountant.pk, row.pk)
    assert line.changes == {"金额": ["", "1,200.00元"], "行数": ["", 1]}


def test_all_accounts_of_a_ledger_add_up_to_zero():
    bank = make_fund()
    give(bank, 50_000)
    spend(bank, 12_345)

    sums = Account.objects.aggregate(d=Sum("debits_fen"), c=Sum("credits_fen"))
    assert sums["d"] == sums["c"]
    assert queries.counted() == queries.recounted()


def test_a_posting_takes_few_round_trips(books, django_assert_num_queries):
    accountant = make_accountant()
    accountant.held()
    line = rent()

    # Savepoint in and out, locked accounts, key, insert, counters (one a row on SQLite), audit line.
    with django_assert_num_queries(7):
        post(line, by=accountant)
