"""Who asks does not approve; nothing is paid twice, or beyond what is there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from gongzhi.accounts.testing import appointed, make_user
from gongzhi.foundation import queries, services
from gongzhi.foundation.models import Donation, Fund, Payment
from gongzhi.foundation.testing import (
    approve,
    ask,
    give,
    make_director,
    make_donor,
    make_fund,
    make_staff,
)
from gongzhi.ledger import queries as books
from gongzhi.ledger.models import Transfer
from gongzhi.ledger.services import InsufficientFunds, KeyReused
from gongzhi.ledger.testing import DAY, NOW
from gongzhi.places.testing import make_village
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import Role
from gongzhi.shared.refusals import Refused


def account(fund):
    return Fund.objects.select_related("account").get(pk=fund.pk).account


@pytest.fixture
def fund():
    made = make_fund()
    give(made, 10_000)
    return made


@pytest.mark.django_db
class TestPaying:
    def test_one_asks_another_approves_and_it_stands_in_the_books(self, fund):
        sun, zheng = make_staff(), make_director()

        payment = ask(fund, 4_000, by=sun)
        assert (account(fund).balance_fen, account(fund).available_fen) == (10_000, 6_000)
        paid = approve(payment, by=zheng)

        assert (paid.state, paid.asked_by, paid.decided_by) == ("paid", sun, zheng)
        assert account(fund).balance_fen == 6_000
        assert Transfer.objects.get(pk=paid.transfer_id).document == "小票9张"
        assert list(books.verify()) == []

    def test_who_asks_does_not_approve(self, fund):
        both = make_staff()

        appointed(both, Role.FOUNDATION_DIRECTOR, organization=fund.holder)
        payment = ask(fund, 4_000, by=both)

        with pytest.raises(services.AskerApproves):
            approve(payment, by=both)
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(decided_by=both)

    def test_who_is_paid_does_not_approve(self, fund):
        payment = ask(fund, 100, by=make_staff(), payee="郑女士", payee_is_person=True)

        with pytest.raises(services.PayeeApproves):
            approve(payment, by=make_director("郑女士"))

    def test_staff_do_not_approve_and_clerks_ask_at_home_only(self, fund):
        payment = ask(fund, 100, by=make_user(Role.COMMUNITY_CLERK, fund.place, name="黄女士"))
        with pytest.raises(PermissionDenied):
            approve(payment, by=make_staff())

        with pytest.raises(PermissionDenied):
            ask(fund, 100, by=make_user(Role.COMMUNITY_CLERK, make_village("别处社区")))

    def test_more_than_is_left_is_refused(self, fund):
        ask(fund, 6_000)
        with pytest.raises(InsufficientFunds):
            ask(fund, 4_001)
        assert Payment.objects.count() == 1

    def test_declined_money_is_free_again(self, fund):
        payment = ask(fund, 10_000, by=make_staff())

        services.decline_payment(by=make_director(), payment=payment, reason="票据不全", now=NOW)

        assert account(fund).available_fen == 10_000
        with pytest.raises(services.AlreadyDecided):
            approve(payment, by=make_director("周女士"))

    def test_who_asked_takes_it_back(self, fund):
        sun = make_staff()
        payment = ask(fund, 10_000, by=sun)

        taken = services.decline_payment(by=sun, payment=payment, reason="填错了", now=NOW)

        assert (taken.state, taken.decided_by) == ("declined", None)

    def test_pressing_twice_asks_once(self, fund):
        key = new_key()
        assert ask(fund, 100, key=key) == ask(fund, 100, key=key)
        with pytest.raises(KeyReused):
            ask(fund, 200, key=key)

    @pytest.mark.parametrize(
        "wrong", [{"title": " "}, {"payee": ""}, {"evidence": ""}, {"fen": 0}, {"fen": -5}]
    )
    def test_what_cannot_be_taken_is_refused_with_a_sentence(self, fund, wrong):
        fen = wrong.pop("fen", 100)
        with pytest.raises(services.PaymentUnclear) as said:
            ask(fund, fen, **wrong)
        assert str(said.value).endswith("。")

    def test_nothing_is_paid_tomorrow(self, fund):
        with pytest.raises(services.PaymentUnclear):
            approve(ask(fund, 100), on=DAY + timedelta(days=5))

    def test_numbers_of_people_are_masked_before_anybody_reads_them(self, fund):
        paid = approve(
            ask(fund, 100, payee="甄不宣", payee_is_person=True, evidence="收条，19900001111签")
        )

        assert paid.public_payee == "甄**"
        assert "19900001111" not in queries.said_evidence(paid)
        assert "199****1111" in queries.said_evidence(paid)


def at_once(deeds):
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


@pytest.mark.django_db(transaction=True)
class TestEverybodyAtOnce:
    def test_twenty_five_ask_for_ten_of_a_hundred_and_ten_get_it(self):
        fund = make_fund()
        give(fund, 100)

        answers = at_once([lambda: ask(fund, 10).state] * 25)

        assert answers.count("asked") == 10
        assert answers.count("ledger.insufficient-funds") == 15
        assert account(fund).available_fen == 0
        assert list(books.verify()) == []

    def test_two_approve_and_it_is_paid_once(self):
        fund = make_fund()
        give(fund, 100)
        payment = ask(fund, 60)

        answers = at_once([lambda: approve(payment).state] * 8)

        assert sorted(answers) == ["foundation.already-decided"] * 7 + ["paid"]
        assert account(fund).balance_fen == 40

    def test_receipts_written_at_once_have_every_number_once(self):
        fund, donor = make_fund(), make_donor()

        at_once([lambda: give(fund, 100, donor=donor).number] * 12)

        assert sorted(Donation.objects.values_list("number", flat=True)) == list(range(1, 13))
        assert queries.gaps(2026) == 0
        assert account(fund).balance_fen == 1_200
