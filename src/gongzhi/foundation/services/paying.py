"""Paying from a fund: one person asks and the money is set aside, another approves and it is paid."""

from __future__ import annotations

from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.foundation import judging, queries, rules
from gongzhi.foundation.models import Fund, Payment
from gongzhi.ledger import queries as books
from gongzhi.ledger import services as ledger
from gongzhi.ledger.models import LARGEST_FEN, Ledger
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize

State = Payment.State


def _user(by: Actor) -> User | None:
    return by if isinstance(by, User) else None


def _require_usable(fund: Fund, what: str) -> None:
    if fund.state == Fund.State.FROZEN:
        raise judging.FundFrozen(name=fund.name, why=fund.frozen_reason, what=what)
    if fund.state == Fund.State.CLOSED:
        raise judging.FundClosed(name=fund.name, what=what)


@transaction.atomic
def ask_payment(
    *,
    by: Actor,
    key: UUID,
    fund: Fund,
    title: str,
    use: str,
    amount_fen: int,
    payee: str,
    payee_is_person: bool,
    agreed_on: date,
    agreed: str,
    evidence: str,
    slip: str,
    now: datetime,
) -> Payment:
    """
    Ask for money of a fund, once per *key*; it is set aside until somebody else decides (申请用钱).

    :raises PermissionDenied: *by* asks for no money of this fund.
    :raises FundFrozen: its committee falls short.
    :raises FundClosed: it is closed.
    :raises PaymentUnclear: a word is missing, or the amount or day cannot be taken.
    :raises InsufficientFunds: the fund has not so much left.
    :raises KeyReused: *key* was used for something else.
    """
    rules.ASK.require(by, fund)
    fund, day = Fund.objects.lock(fund.pk), today(now)
    said = {
        "title": normalize(title)[:60],
        "payee": normalize(payee)[:80],
        "agreed": normalize(agreed)[:120],
        "evidence": normalize(evidence)[:120],
        "slip": normalize(slip)[:60],
    }
    if first := Payment.objects.filter(key=key).first():
        if (first.fund_id, first.amount_fen) == (fund.pk, amount_fen) and all(
            getattr(first, name) == value for name, value in said.items()
        ):
            return first
        raise ledger.KeyReused
    _require_usable(fund, "用钱")
    labels = {
        "title": "办什么事", "payee": "付给谁", "agreed": "怎么议定的", "evidence": "凭什么付",
        "slip": "票据号",
    }  # fmt: skip
    for name, label in labels.items():
        if not said[name]:
            raise judging.PaymentUnclear(
                wrong=f"没有写{label}", mend="请写上，公开页上大家看得到", field=name
            )
    if type(amount_fen) is not int or not 0 < amount_fen <= LARGEST_FEN:
        raise judging.PaymentUnclear(
            wrong="金额要大于零", mend="请填票据上的数，写到分为止", field="amount_fen"
        )
    if agreed_on > day:
        raise judging.PaymentUnclear(
            wrong=f"{say_day(agreed_on)}还没有到", mend="先议定再申请", field="agreed_on"
        )
    reservation = ledger.reserve(
        by=by,
        key=key,
        business=rules.PAYMENTS,
        line=ledger.Line(
            amount_fen=amount_fen,
            debit=queries.expense_account(use),
            credit=fund.account_id,
            restriction=fund.restriction,
            fund=fund.account.fund_id,
            place=fund.place_id,
            memo=said["title"],
        ),
        booked_on=books.open_day(Ledger.CHARITY, day),
        document=said["evidence"],
        now=now,
    )
    payment = Payment.objects.create(
        key=key,
        fund=fund,
        use=Payment.Use(use),
        amount_fen=amount_fen,
        payee_is_person=payee_is_person,
        agreed_on=agreed_on,
        reservation=reservation,
        asked_by=_user(by),
        asked_at=now,
        **said,
    )
    audit.record(
        by,
        "foundation.payment-asked",
        payment,
        changes={"用钱": ["", payment.title], "金额": ["", f"{Money(amount_fen).yuan()}元"]},
        place=fund.place.path,
        now=now,
    )
    return payment


def _held(payment: Payment) -> tuple[Payment, Fund]:
    """Hold the fund, then the payment: in the same order as asking does. :raises AlreadyDecided"""
    fund = Fund.objects.lock(payment.fund_id)
    held = Payment.objects.lock(payment.pk)
    if held.state != State.ASKED:
        raise judging.AlreadyDecided(state=held.get_state_display())
    return held, fund


@transaction.atomic
def approve_payment(*, by: Actor, payment: Payment, paid_on: date, now: datetime) -> Payment:
    """
    Approve what somebody else asked, and book the payment (审批用钱).

    :raises PermissionDenied: *by* approves nothing of this fund.
    :raises AlreadyDecided: it is paid or declined.
    :raises AskerApproves: *by* asked for it.
    :raises PayeeApproves: the money goes to *by*.
    :raises FundFrozen: the committee has fallen short since.
    :raises PaymentUnclear: the day has not come.
    """
    rules.APPROVE_PAYMENT.require(by, payment)
    payment, fund = _held(payment)
    if payment.asked_by_id is not None and payment.asked_by_id == by.pk:
        raise judging.AskerApproves
    if payment.payee_is_person and payment.payee == by.spoken_name():
        raise judging.PayeeApproves
    _require_usable(fund, "付款")
    if paid_on > today(now):
        raise judging.PaymentUnclear(
            wrong=f"{say_day(paid_on)}还没有到", mend="付了再记", field="paid_on"
        )
    rows = ledger.settle(
        by=by,
        key=uuid5(NAMESPACE_OID, f"foundation.payment-approved:{payment.pk}"),
        reservation=payment.reservation,
        amount_fen=payment.amount_fen,
        booked_on=books.open_day(Ledger.CHARITY, paid_on),
        value_on=paid_on,
        document=payment.evidence,
        attachments=1,
        now=now,
    )
    payment.state, payment.transfer, payment.paid_on = State.PAID, rows[0], paid_on
    payment.decided_by, payment.decided_at = _user(by), now
    payment.save(update_fields=["state", "transfer", "paid_on", "decided_by", "decided_at"])
    audit.record(
        by,
        "foundation.payment-approved",
        payment,
        changes={"状态": [State.ASKED.label, State.PAID.label]},
        place=fund.place.path,
        now=now,
    )
    return payment


@transaction.atomic
def decline_payment(*, by: Actor, payment: Payment, reason: str, now: datetime) -> Payment:
    """
    Decline a payment with a reason; its money is free again (没有同意).

    Whoever asked may take it back this way too.

    :raises PermissionDenied: *by* approves nothing of this fund and did not ask for it.
    :raises AlreadyDecided: it is paid or declined.
    :raises PaymentUnclear: no reason is given.
    """
    if payment.asked_by_id is None or payment.asked_by_id != by.pk:
        rules.APPROVE_PAYMENT.require(by, payment)
    payment, fund = _held(payment)
    if not (reason := normalize(reason)):
        raise judging.PaymentUnclear(
            wrong="没有写原因", mend="请写一句，申请的人看得到", field="reason"
        )
    ledger.release(
        by=by,
        key=uuid5(NAMESPACE_OID, f"foundation.payment-declined:{payment.pk}"),
        reservation=payment.reservation,
        booked_on=books.open_day(Ledger.CHARITY, today(now)),
        reason=reason,
        now=now,
    )
    payment.state, payment.declined_reason, payment.decided_at = State.DECLINED, reason[:200], now
    if payment.asked_by_id != by.pk:
        payment.decided_by = _user(by)
    payment.save(update_fields=["state", "declined_reason", "decided_at", "decided_by"])
    audit.record(
        by,
        "foundation.payment-declined",
        payment,
        changes={"状态": [State.ASKED.label, State.DECLINED.label]},
        reason=reason,
        place=fund.place.path,
        now=now,
    )
    return payment
