"""Giving: who gives is noted once, what arrives is booked with its receipt, what was wrong is voided."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization, Person
from gongzhi.foundation import judging, queries, rules
from gongzhi.foundation.models import Donation, Donor, Fund, ReceiptBook
from gongzhi.ledger import queries as books
from gongzhi.ledger import services as ledger
from gongzhi.ledger.models import LARGEST_FEN, Funder, Ledger
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another


@transaction.atomic
def note_donor(
    *,
    by: Actor,
    kind: str,
    name: str,
    is_anonymous: bool,
    holder: Organization,
    place: Place,
    now: datetime,
    person: Person | None = None,
    organization: Organization | None = None,
) -> Donor:
    """
    Note who gives, and whether the name may be shown: asked once (登记捐赠人).

    :raises PermissionDenied: *by* records no gifts for this foundation.
    :raises GiftUnclear: no name is given.
    """
    rules.require_for(by, rules.RECORD, holder, place)
    if not (name := normalize(name)):
        raise judging.GiftUnclear(
            wrong="没有写捐赠人的名称",
            mend="不愿署名的也要写，只在收据上用，不公开",
            field="name",
        )
    donor = Donor.objects.create(
        kind=Donor.Kind(kind),
        name=name[:80],
        person=person,
        organization=organization,
        is_anonymous=is_anonymous,
        holder=holder,
        place=place,
        noted_at=now,
    )
    audit.record(
        by,
        "foundation.donor-noted",
        donor,
        changes={"捐赠人": ["", donor.public_name]},
        subject=person.pk if person else None,
        place=place.path,
        now=now,
    )
    return donor


@transaction.atomic
def record_donation(
    *,
    by: Actor,
    key: UUID,
    donor: Donor,
    fund: Fund,
    amount_fen: int,
    received_on: date,
    evidence: str,
    now: datetime,
    purpose: str = "",
) -> Donation:
    """
    Book a gift that has arrived in the bank and write its receipt, once per *key* (登记捐赠).

    The receipt's number is taken last, under the lock of the year's book: none is missing, none comes twice.

    :raises PermissionDenied: *by* records no gifts for this foundation.
    :raises FundClosed: the fund is closed.
    :raises GiftUnclear: amount, day or evidence cannot be taken.
    :raises KeyReused: *key* was used for another gift.
    """
    rules.RECORD.require(by, fund)
    rules.RECORD.require(by, donor)
    fund = Fund.objects.lock(fund.pk)
    first = Donation.objects.select_related("fund", "donor").filter(key=key).first()
    evidence, purpose = normalize(evidence)[:120], normalize(purpose)[:200]
    if first is not None:
        asked = (donor.pk, fund.pk, amount_fen, received_on, evidence, purpose)
        if asked == (
            first.donor_id, first.fund_id, first.amount_fen, first.received_on, first.evidence,
            first.purpose,
        ):  # fmt: skip
            return first
        raise ledger.KeyReused
    if fund.state == Fund.State.CLOSED:
        raise judging.FundClosed(name=fund.name, what="再收捐赠")
    if type(amount_fen) is not int or not 0 < amount_fen <= LARGEST_FEN:
        raise judging.GiftUnclear(
            wrong="金额要大于零", mend="请填到账的数，写到分为止", field="amount_fen"
        )
    if received_on > today(now):
        raise judging.GiftUnclear(
            wrong=f"{say_day(received_on)}还没有到", mend="到账了再登记", field="received_on"
        )
    if not evidence:
        raise judging.GiftUnclear(
            wrong="没有写凭据", mend="请写银行回单或现金缴款单的号", field="evidence"
        )
    [transfer] = ledger.post(
        by=by,
        key=key,
        business=rules.GIFTS,
        lines=[
            ledger.Line(
                amount_fen=amount_fen, debit=fund.account_id,
                credit=queries.income_account(fund.restriction), restriction=fund.restriction,
                funder=Funder.SOCIETY, fund=fund.account.fund_id, place=fund.place_id,
                memo=f"{donor.public_name}捐款",
            )
        ],
        booked_on=books.open_day(Ledger.CHARITY, received_on),
        value_on=received_on,
        document=evidence,
        attachments=1,
        now=now,
    )  # fmt: skip
    year = today(now).year
    donation = Donation.objects.create(
        key=key,
        donor=donor,
        fund=fund,
        amount_fen=amount_fen,
        purpose=purpose,
        evidence=evidence,
        received_on=received_on,
        transfer=transfer,
        year=year,
        number=_next_number(year),
        code="".join(secrets.choice(LETTERS) for _ in range(8)),
        recorded_by=by if isinstance(by, User) else None,
        recorded_at=now,
    )
    audit.record(
        by,
        "foundation.gift-recorded",
        donation,
        changes={
            "收据": ["", donation.receipt],
            "金额": ["", f"{Money(amount_fen).yuan()}元"],
            "基金": ["", fund.name],
        },
        subject=donor.person_id,
        place=fund.place.path,
        now=now,
    )
    return donation


def _next_number(year: int) -> int:
    ReceiptBook.objects.get_or_create(pk=year)
    book = ReceiptBook.objects.select_for_update(no_key=True).get(pk=year)
    book.last += 1
    book.save(update_fields=["last"])
    return book.last


@transaction.atomic
def void_donation(*, by: Actor, donation: Donation, reason: str, now: datetime) -> Donation:
    """
    Void a receipt that was wrong and reverse its gift in the books; the number stays (作废收据).

    :raises PermissionDenied: *by* records no gifts for this foundation.
    :raises AlreadyVoided: it is voided.
    :raises GiftUnclear: no reason is given.
    :raises GiftAlreadySpent: some of the money has gone out already.
    """
    rules.RECORD_GIFT.require(by, donation)
    fund = Fund.objects.lock(donation.fund_id)
    donation = Donation.objects.select_related("transfer").get(pk=donation.pk)
    if donation.voided_at:
        raise judging.AlreadyVoided(receipt=donation.receipt)
    if not (reason := normalize(reason)):
        raise judging.GiftUnclear(
            wrong="没有写为什么作废", mend="请写一句，审计看得到", field="reason"
        )
    ledger.reverse(
        by=by,
        key=uuid5(NAMESPACE_OID, f"foundation.gift-voided:{donation.pk}"),
        parts=[(donation.transfer, donation.amount_fen)],
        reason=f"收据{donation.receipt}作废",
        booked_on=books.open_day(Ledger.CHARITY, today(now)),
        now=now,
    )
    donation.voided_at, donation.voided_reason = now, reason[:200]
    donation.save(update_fields=["voided_at", "voided_reason"])
    audit.record(
        by,
        "foundation.gift-voided",
        donation,
        changes={"收据": [donation.receipt, "作废"]},
        reason=reason,
        place=fund.place.path,
        now=now,
    )
    return donation
