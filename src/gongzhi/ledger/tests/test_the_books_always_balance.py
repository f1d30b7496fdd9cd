"""Any deeds in any order, against a model too stupid to be wrong."""

from datetime import date, datetime, timedelta

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Account, Ledger, Lot
from gongzhi.ledger.rules import MANUAL
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import NOW, account, give, make_fund, post, spend
from gongzhi.shared.keys import new_key
from gongzhi.shared.periods import first_of, month_of
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

fen = st.integers(1, 3_000)


class Books(RuleBasedStateMachine):
    """A fund, a second fund, gifts, payments, reservations, reversals, months; and plain numbers beside them."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def open(self):
        self.now = NOW
        self.first, self.second = make_fund(), make_fund("qingxi", "青溪微基金")
        self.money = {self.first.pk: 0, self.second.pk: 0}
        self.aside = {}  # reservation → (fund, fen)
        self.paid = []  # [transfer, fund, fen left to reverse]
        self.spent = self.given = 0
        for bank in (self.first, self.second):
            self.money[bank.pk] += give(bank, 5_000, now=self.now).amount_fen
            self.given += 5_000

    def free(self, bank):
        return self.money[bank.pk] - sum(f for b, f in self.aside.values() if b == bank)

    def day(self):
        return queries.open_day(Ledger.CHARITY, min(self.now.date(), date(2099, 1, 1)))

    def tried(self, deed, possible):
        """Do it, and see that it goes exactly when the model says so."""
        try:
            with transaction.atomic():
                done = deed()
        except Refused:
            assert not possible
            return None
        assert possible
        return done

    banks = st.sampled_from(["first", "second"])

    @rule(bank=banks, fen=fen)
    def donate(self, bank, fen):
        bank = getattr(self, bank)
        give(bank, fen, on=self.day(), now=self.now)
        self.money[bank.pk] += fen
        self.given += fen

    @rule(bank=banks, fen=fen, twice=st.booleans())
    def pay(self, bank, fen, twice):
        bank, key = getattr(self, bank), new_key()

        def deed():
            return spend(bank, fen, key=key, on=self.day(), now=self.now)

        if paid := self.tried(deed, fen <= self.free(bank)):
            assert not twice or deed().pk == paid.pk
            self.money[bank.pk] -= fen
            self.spent += fen
            self.paid.append([paid, bank, fen])

    @rule(there=st.booleans(), fen=fen)
    def move(self, there, fen):
        source, target = (self.first, self.second) if there else (self.second, self.first)
        line = Line(amount_fen=fen, debit=target.pk, credit=source.pk, restriction="restricted")
        if self.tried(lambda: post(line, on=self.day(), now=self.now), fen <= self.free(source)):
            self.money[source.pk] -= fen
            self.money[target.pk] += fen

    @rule(bank=banks, fen=fen)
    def set_aside(self, bank, fen):
        bank = getattr(self, bank)
        line = Line(
            amount_fen=fen, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
        )

        def deed():
            return services.reserve(
                by=HOUSE,
                key=new_key(),
                business=MANUAL[Ledger.CHARITY],
                line=line,
                booked_on=self.day(),
                now=self.now,
                expires_at=self.now + timedelta(days=20),
            )

        if held := self.tried(deed, fen <= self.free(bank)):
            self.aside[held] = (bank, fen)

    @precondition(lambda self: self.aside)
    @rule(data=st.data(), fen=fen, keeps=st.booleans())
    def settle(self, data, fen, keeps):
        held = data.draw(st.sampled_from(sorted(self.aside, key=lambda t: t.pk)))
        bank, whole = self.aside[held]

        def deed():
            return services.settle(
                by=HOUSE,
                key=new_key(),
                reservation=held,
                amount_fen=fen,
                booked_on=self.day(),
                now=self.now,
                keeps_rest=keeps,
            )

        if rows := self.tried(deed, fen <= whole):
            del self.aside[held]
            self.money[bank.pk] -= fen
            self.spent += fen
            self.paid.append([rows[0], bank, fen])
            if len(rows) > 1:
                self.aside[rows[1]] = (bank, whole - fen)

    @precondition(lambda self: self.aside)
    @rule(data=st.data())
    def let_go(self, data):
        held = data.draw(st.sampled_from(sorted(self.aside, key=lambda t: t.pk)))
        services.release(
            by=HOUSE,
            key=new_key(),
            reservation=held,
            booked_on=self.day(),
            now=self.now,
            reason="停了",
        )
        del self.aside[held]

    @precondition(lambda self: self.paid)
    @rule(data=st.data(), fen=fen)
    def undo(self, data, fen):
        entry = data.draw(st.sampled_from(self.paid))
        paid, bank, left = entry

        def deed():
            return services.reverse(
                by=HOUSE,
                key=new_key(),
                parts=[(paid, fen)],
                reason="退",
                booked_on=self.day(),
                now=self.now,
            )

        if self.tried(deed, fen <= left):
            entry[2] -= fen
            self.money[bank.pk] += fen
            self.spent -= fen

    @rule()
    def close(self):
        month = month_of(queries.open_day(Ledger.CHARITY, date(2000, 1, 1)))
        self.now = max(self.now, datetime.combine(first_of(month + 1), NOW.timetz()))
        services.close_month(by=HOUSE, ledger=Ledger.CHARITY, month=month, now=self.now)
        services.expire_due(by=HOUSE, now=self.now)
        self.aside = {held: kept for held, kept in self.aside.items() if held.expires_at > self.now}

    @rule()
    def seal(self):
        services.seal(by=HOUSE, now=self.now)

    @invariant()
    def the_model_and_the_books_agree(self):
        if not hasattr(self, "money"):
            return
        for bank in (self.first, self.second):
            bank.refresh_from_db()
            assert (bank.balance_fen, bank.available_fen) == (
                self.money[bank.pk],
                self.free(bank),
            )
        assert account("5101").balance_fen == self.spent
        assert account("4101-R").balance_fen == self.given
        assert sum(a.net_fen for a in Account.objects.filter(ledger=Ledger.CHARITY)) == 0
        assert sum(Lot.objects.values_list("left_fen", flat=True)) == sum(self.money.values())
        assert [str(fault) for fault in queries.verify()] == []

    @invariant()
    def the_sheets_agree_with_the_entries(self):
        if not hasattr(self, "money"):
            return
        month = month_of(self.day())
        sums = queries.sides(queries.trial_balance(Ledger.CHARITY, month))
        assert sums["debit"] == sums["credit"]
        assets, claims = queries.balance_sheet(Ledger.CHARITY, month)
        assert assets[-1].closing == claims[-1].closing == sum(self.money.values())


class TestTheBooks(Books.TestCase, TestCase):
    settings = settings(
        max_examples=10, stateful_step_count=20, suppress_health_check=list(HealthCheck)
    )
