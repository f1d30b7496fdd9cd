"""A micro-fund is open only with its committee whole; what is left when it closes goes on."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.foundation import queries, services
from gongzhi.foundation.models import Fund, Payment, Seat
from gongzhi.foundation.testing import (
    FIVE,
    WATCHERS,
    approve,
    ask,
    give,
    make_fund,
    make_staff,
)
from gongzhi.ledger import queries as books
from gongzhi.ledger.testing import NOW
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def seat(fund, committee, supervisors=WATCHERS):
    return services.set_committee(
        by=HOUSE, fund=fund, committee=committee, supervisors=supervisors, now=NOW
    )


@pytest.mark.parametrize(
    ("committee", "supervisors"), [(FIVE[:3], WATCHERS), ((*FIVE, "游先生"), WATCHERS), (FIVE, ())]
)
def test_a_committee_too_small_even_or_unwatched_opens_nothing(committee, supervisors):
    with pytest.raises(services.CommitteeShort):
        make_fund(committee=committee, supervisors=supervisors)
    assert not Fund.objects.exists()


def test_nobody_watches_over_themselves():
    with pytest.raises(services.FundUnclear, match="同一个名字"):
        make_fund(supervisors=FIVE[:1])


def test_who_leaves_freezes_the_fund_and_who_comes_opens_it_again():
    fund = make_fund()
    give(fund, 10_000)

    frozen = seat(fund, FIVE[:4])

    assert (frozen.state, frozen.committee_size) == ("frozen", 4)
    assert "至少5人" in frozen.frozen_reason
    with pytest.raises(services.FundFrozen):
        ask(fund, 100)
    again = seat(fund, (*FIVE[:4], "游先生"))
    assert (again.state, again.frozen_reason) == ("open", "")
    assert ask(fund, 100).state == "asked"
    assert Seat.objects.filter(fund=fund, until=None).count() == 6
    assert Seat.objects.filter(fund=fund).count() == 7


def test_what_was_asked_before_is_not_paid_while_frozen():
    fund = make_fund()
    give(fund, 10_000)
    payment = ask(fund, 100)
    seat(fund, FIVE, ())

    with pytest.raises(services.FundFrozen):
        approve(payment)


def test_the_database_itself_keeps_no_micro_fund_open_without_its_committee():
    fund = make_fund()

    for wrong in ({"committee_size": 4}, {"committee_size": 6}, {"supervisors": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Fund.objects.filter(pk=fund.pk).update(**wrong)


def test_an_endowment_needs_no_committee():
    assert make_fund("基金会本金", kind="endowment").state == "open"


def test_two_funds_do_not_share_a_name():
    make_fund()
    with pytest.raises(services.NameTaken):
        make_fund()


def test_what_is_left_goes_on_and_the_gift_is_still_followed():
    fund, heir = make_fund(), make_fund("韩滩邻里微基金")
    gift = give(fund, 10_000)
    approve(ask(fund, 4_000))
    with pytest.raises(services.RemainderHomeless):
        services.close_fund(by=HOUSE, fund=fund, reason="并到一起", now=NOW)

    closed = services.close_fund(by=HOUSE, fund=fund, reason="并到一起", remainder_to=heir, now=NOW)

    assert (closed.state, closed.remainder_fen, closed.account.balance_fen) == ("closed", 6_000, 0)
    approve(ask(heir, 1_000, title="院落路灯"))
    traced = queries.trace(gift)
    assert (traced.spent_fen, traced.left_fen) == (5_000, 5_000)
    assert queries.shown(queries.fund(fund.pk), NOW).received_fen == 10_000
    with pytest.raises(services.FundClosed):
        give(fund, 100)
    assert list(books.verify()) == []


def test_a_fund_closes_with_a_reason_and_nothing_waiting():
    fund = make_fund()
    with pytest.raises(services.FundUnclear):
        services.close_fund(by=HOUSE, fund=fund, reason=" ", now=NOW)
    give(fund, 1_000)
    waiting = ask(fund, 1_000)
    with pytest.raises(services.StillInUse):
        services.close_fund(by=HOUSE, fund=fund, reason="到期", now=NOW)
    services.decline_payment(by=HOUSE, payment=waiting, reason="票据不全", now=NOW)
    assert Payment.objects.get(pk=waiting.pk).state == "declined"


def test_only_the_foundation_opens_funds():
    with pytest.raises(PermissionDenied):
        make_fund(by=make_user(Role.COMMUNITY_CLERK, make_village()))
    assert make_fund(by=make_staff()).state == "open"
