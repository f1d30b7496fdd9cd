"""Every yuan of a gift can be followed: designated gifts first, then the oldest, restricted apart."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from gongzhi.ledger import queries, services
from gongzhi.ledger.models import Allocation, Lot
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import DAY, NOW, account, give, make_fund, make_project, post, spend
from gongzhi.shared.broken import broken_rule
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db


def left(*gifts):
    return [queries.follow_gift(gift).left_fen for gift in gifts]


def test_the_oldest_gift_is_spent_first():
    bank = make_fund()
    first, second = give(bank, 10_000), give(bank, 20_000)

    spend(bank, 12_000)

    assert left(first, second) == [0, 18_000]


def test_what_was_given_for_a_project_is_spent_on_it_first():
    bank, project = make_fund(), make_project()
    old, designated = give(bank, 10_000), give(bank, 5_000, project=project)

    spend(bank, 8_000, project=project)

    assert left(old, designated) == [7_000, 0]


def test_what_was_given_for_one_project_pays_for_no_other():
    bank, project = make_fund(), make_project()
    give(bank, 10_000)
    give(bank, 50_000, project=project)
    other = make_project("qingxi", "青溪儿童角")

    with pytest.raises(services.NotForThisPurpose) as no, transaction.atomic():
        spend(bank, 10_001, project=other)

    assert "用在“青溪儿童角”上能用的只有100.00元，这笔要100.01元" in str(no.value)
    with pytest.raises(services.NotForThisPurpose), transaction.atomic():
        spend(bank, 10_001)
    spend(bank, 10_000, project=other)


def test_restricted_and_unrestricted_gifts_never_mix():
    bank = make_fund()
    bound, free = give(bank, 10_000), give(bank, 10_000, restriction="unrestricted")

    spend(bank, 4_000, restriction="unrestricted")

    assert left(bound, free) == [10_000, 6_000]
    with pytest.raises(services.NotForThisPurpose), transaction.atomic():
        spend(bank, 10_001, restriction="restricted")


def test_a_donor_sees_every_payment_of_the_gift():
    bank = make_fund()
    gift = give(bank, 10_000)
    first, second = spend(bank, 3_000), spend(bank, 2_500)

    followed = queries.follow_gift(gift)

    assert followed.spent == [(first, 3_000), (second, 2_500)]
    assert followed.spent_fen + followed.left_fen == 10_000


def test_a_payment_says_whose_money_it_was():
    bank = make_fund()
    first, second = give(bank, 1_000), give(bank, 9_000)

    paid = spend(bank, 4_000)

    used = [(a.lot.gift, a.amount_fen) for a in queries.spent_from(paid)]
    assert used == [(first, 1_000), (second, 3_000)]


def test_a_gift_is_followed_from_one_fund_into_another():
    bank, other = make_fund(), make_fund("qingxi", "青溪微基金")
    gift = give(bank, 10_000)
    post(Line(amount_fen=6_000, debit=other.pk, credit=bank.pk, restriction="restricted"))
    paid = spend(other, 2_000)

    followed = queries.follow_gift(gift)

    assert (followed.left_fen, followed.spent) == (8_000, [(paid, 2_000)])


def test_a_reversed_payment_is_followed_home():
    bank = make_fund()
    gift = give(bank, 10_000)
    paid = spend(bank, 4_000)
    services.reverse(
        by=HOUSE,
        key=new_key(),
        parts=[(paid, 1_500)],
        reason="商家退款",
        booked_on=DAY,
        now=NOW,
    )

    followed = queries.follow_gift(gift)

    assert [fen for _, fen in followed.spent] == [4_000, -1_500]
    assert (followed.spent_fen, followed.left_fen) == (2_500, 7_500)


def test_many_small_gifts_pay_for_one_thing():
    bank = make_fund()
    for _ in range(250):
        give(bank, 100)

    spend(bank, 24_950)

    assert Allocation.objects.count() == 250
    assert Lot.objects.filter(left_fen__gt=0).get().left_fen == 50


def test_the_database_itself_never_overspends_a_lot():
    bank = make_fund()
    give(bank, 10_000)

    with pytest.raises(IntegrityError) as no, transaction.atomic():
        Lot.objects.update(left_fen=-1)

    assert broken_rule(no.value) == "ledger_a_lot_is_never_overspent"


def test_only_what_is_owned_is_followed():
    make_fund()

    with pytest.raises(services.CannotKeepLots):
        services.open_account(
            by=HOUSE,
            ledger=2,
            subject="2209",
            detail="x",
            name="押金",
            keeps_lots=True,
            now=NOW,
        )


deeds = st.lists(
    st.tuples(
        st.sampled_from(["give", "spend", "undo"]),
        st.integers(1, 5_000),
        st.sampled_from([None, 0, 1]),
        st.sampled_from(["restricted", "unrestricted"]),
    ),
    max_size=14,
)


class TestFollowingAnything(TestCase):
    @settings(max_examples=40)
    @given(deeds)
    def test_every_fen_is_either_left_or_spent_and_agrees_with_a_stupid_count(self, deeds):
        bank = make_fund()
        projects = [make_project("a", "甲项目"), make_project("b", "乙项目")]
        pile: list[list] = []  # [gift, restriction, project, left], oldest first
        payments: list[list] = []  # [payment, [(entry, fen), …]]

        for what, fen, number, restriction in deeds:
            project = None if number is None else projects[number]
            if what == "give":
                gift = give(bank, fen, project=project, restriction=restriction)
                pile.append([gift, restriction, number, fen])
            elif what == "spend":
                fits = [p for p in pile if p[1] == restriction and p[3]]
                own = [p for p in fits if number is not None and p[2] == number]
                queue = own + [p for p in fits if p[2] is None]
                if sum(p[3] for p in queue) < fen:
                    refusals = (services.NotForThisPurpose, services.InsufficientFunds)
                    with pytest.raises(refusals), transaction.atomic():
                        spend(bank, fen, project=project, restriction=restriction)
                    continue
                paid, used, missing = (
                    spend(bank, fen, project=project, restriction=restriction),
                    [],
                    fen,
                )
                for entry in queue:
                    use = min(missing, entry[3])
                    entry[3] -= use
                    missing -= use
                    if use:
                        used.append([entry, use])
                payments.append([paid, used])
            elif payments:
                paid, used = payments[-1]
                whole = sum(use for _, use in used)
                part = min(fen, whole)
                if not part:
                    continue
                services.reverse(
                    by=HOUSE,
                    key=new_key(),
                    parts=[(paid, part)],
                    reason="退",
                    booked_on=DAY,
                    now=NOW,
                )
                for item in sorted(used, key=lambda u: -u[0][0].pk):
                    back = min(part, item[1])
                    item[0][3] += back
                    item[1] -= back
                    part -= back

        for gift, _, _, remaining in pile:
            followed = queries.follow_gift(gift)
            assert followed.left_fen == remaining
            assert followed.left_fen + followed.spent_fen == gift.amount_fen
        bank.refresh_from_db()
        lots = Lot.objects.filter(account=bank).aggregate(fen=Sum("left_fen", default=0))
        assert lots["fen"] == bank.balance_fen
        assert account("5101").balance_fen == sum(use for _, used in payments for _, use in used)
        assert list(queries.verify()) == []
