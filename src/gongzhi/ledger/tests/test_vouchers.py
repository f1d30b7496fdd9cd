"""Who writes a voucher does not approve it; only what is approved is booked."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Ledger, Transfer, Voucher
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    DAY,
    NOW,
    account,
    give,
    make_accountant,
    make_books,
    make_fund,
    make_voucher,
)
from gongzhi.shared.broken import broken_rule
from gongzhi.shared.permissions import Role
from gongzhi.shared.states import MoveNotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def chen():
    make_books()
    return make_accountant("陈女士")


@pytest.fixture
def zhou():
    return make_accountant("周先生", Role.FOUNDATION_DIRECTOR)


def approve(voucher, by):
    return services.approve_voucher(by=by, voucher=voucher, now=NOW)


def test_an_approved_voucher_is_booked_under_both_names(chen, zhou):
    voucher = make_voucher(by=chen)
    assert not Transfer.objects.exists()

    [row] = approve(voucher, zhou)

    assert (row.maker, row.approver, row.document, row.attachments) == (
        chen,
        zhou,
        "房屋租赁合同",
        2,
    )
    voucher.refresh_from_db()
    assert (voucher.state, voucher.decided_by) == ("posted", zhou)
    assert account("5201").balance_fen == 120_000


def test_nobody_approves_their_own_voucher(chen):
    with pytest.raises(services.MakerApproves):
        approve(make_voucher(by=chen), chen)


def test_the_database_itself_keeps_maker_and_approver_apart(chen, zhou):
    [row] = approve(make_voucher(by=chen), zhou)

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        Transfer.objects.filter(pk=row.pk).update(approver=chen)

    assert broken_rule(no.value) == "ledger_maker_is_not_the_approver"


def test_approving_twice_books_once(chen, zhou):
    voucher = make_voucher(by=chen)

    assert [t.pk for t in approve(voucher, zhou)] == [t.pk for t in approve(voucher, zhou)]
    assert account("5201").balance_fen == 120_000


def test_a_draft_is_not_approved_before_it_is_handed_in(chen, zhou):
    with pytest.raises(MoveNotAllowed):
        approve(make_voucher(by=chen, submitted=False), zhou)


def test_a_voucher_sent_back_is_changed_and_handed_in_again(chen, zhou):
    voucher = services.return_voucher(
        by=zhou, voucher=make_voucher(by=chen), reason="金额和合同对不上", now=NOW
    )
    assert (voucher.state, voucher.returned_reason) == ("draft", "金额和合同对不上")

    voucher = services.draft_voucher(
        by=chen,
        ledger=Ledger.CHARITY,
        voucher=voucher,
        lines=[Line(amount_fen=130_000, debit=account("5201").pk, credit=account("2209").pk)],
        booked_on=DAY,
        now=NOW,
    )
    services.submit_voucher(by=chen, voucher=voucher, now=NOW)
    approve(voucher, zhou)

    assert account("5201").balance_fen == 130_000


def test_sending_back_needs_a_reason(chen, zhou):
    with pytest.raises(services.ReasonMissing):
        services.return_voucher(by=zhou, voucher=make_voucher(by=chen), reason=" ", now=NOW)


def test_nobody_changes_somebody_elses_draft(chen):
    draft = make_voucher(by=chen, submitted=False)
    other = make_accountant("吴女士")

    for deed in (
        lambda: services.submit_voucher(by=other, voucher=draft, now=NOW),
        lambda: services.discard_voucher(by=other, voucher=draft, reason="不要了", now=NOW),
        lambda: services.draft_voucher(
            by=other,
            ledger=2,
            voucher=draft,
            lines=services.lines_in(draft),
            booked_on=DAY,
            now=NOW,
        ),
    ):
        with pytest.raises(services.NotTheMaker) as no:
            deed()
        assert "这张草稿是陈女士填的" in str(no.value)


def test_what_is_handed_in_is_not_changed_behind_the_approvers_back(chen):
    voucher = make_voucher(by=chen)

    with pytest.raises(services.NotADraft):
        services.draft_voucher(
            by=chen,
            ledger=2,
            voucher=voucher,
            lines=[Line(amount_fen=1, debit=account("5201").pk, credit=account("2209").pk)],
            booked_on=DAY,
            now=NOW,
        )


def test_a_discarded_draft_takes_no_number_and_books_nothing(chen, zhou):
    draft = make_voucher(by=chen, submitted=False)
    draft = services.discard_voucher(by=chen, voucher=draft, reason="填重了", now=NOW)

    assert draft.state == "discarded"
    assert not Transfer.objects.exists()


def test_a_draft_of_nothing_is_refused(chen):
    with pytest.raises(services.NoLines):
        services.draft_voucher(by=chen, ledger=2, lines=[], booked_on=DAY, now=NOW)


def test_money_that_is_gone_when_it_is_approved_is_refused_and_the_voucher_waits(chen, zhou):
    bank = make_fund()
    give(bank, 1_000)
    line = Line(
        amount_fen=1_001, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
    )
    voucher = make_voucher(by=chen, lines=[line])

    with pytest.raises(services.InsufficientFunds), transaction.atomic():
        approve(voucher, zhou)

    assert Voucher.objects.get().state == "submitted"


def test_a_voucher_for_a_month_that_closed_meanwhile_cannot_be(chen):
    make_voucher(by=chen, on=date(2026, 10, 30))

    with pytest.raises(services.NotReadyToClose), transaction.atomic():
        services.close_month(
            by=make_accountant("罗先生", Role.FOUNDATION_DIRECTOR),
            ledger=Ledger.CHARITY,
            month=2026 * 12 + 9,
            now=NOW,
        )


def test_what_waits_for_me_was_written_by_somebody_else(chen, zhou):
    voucher = make_voucher(by=chen)

    assert list(queries.drafts(zhou)) == [voucher]
    assert list(queries.drafts(chen)) == []
    assert list(queries.drafts(make_accountant("孙女士", Role.FOUNDATION_STAFF))) == []


@pytest.mark.parametrize(
    "role", [Role.FOUNDATION_STAFF, Role.FISCAL_ACCOUNTANT, Role.COUNTY_LEADER, Role.AUDITOR]
)
def test_who_may_only_look_approves_nothing(chen, role):
    with pytest.raises(PermissionDenied):
        approve(make_voucher(by=chen), make_accountant("外人", role))
