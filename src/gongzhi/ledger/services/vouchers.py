"""Manual vouchers: one person writes, another approves; only then is anything booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.ledger import refusals, rules
from gongzhi.ledger.booking import MOST_LINES, Asked, Line, book, lines_in, steps
from gongzhi.ledger.models import LARGEST_FEN, Account, Ledger, Transfer, Voucher
from gongzhi.ledger.states import VOUCHER_MOVES
from gongzhi.shared.calendar import today
from gongzhi.shared.keys import new_key
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor

State = Voucher.State


def _judged(
    ledger: int, lines: Sequence[Line], booked_on: date, value_on: date, now: datetime
) -> int:
    """Judge what can be judged before anybody approves; the rest is judged when it is booked."""
    if not lines:
        raise refusals.NoLines
    if len(lines) > MOST_LINES:
        raise refusals.TooManyLines(most=MOST_LINES, count=len(lines))
    if not all(type(x.amount_fen) is int and 0 < x.amount_fen <= LARGEST_FEN for x in lines):
        raise refusals.NotAnAmount
    numbers = {n for line in lines for n in (line.debit, line.credit)}
    if Account.objects.filter(ledger=ledger, pk__in=numbers).count() != len(numbers):
        raise refusals.NoSuchAccount
    for line in lines:
        if line.debit == line.credit:
            raise refusals.SidesAreTheSame(account=f"{line.debit}")
    if booked_on > today(now):
        raise refusals.NotYet(day=say_day(booked_on))
    if value_on > booked_on:
        raise refusals.ValueAfterBooking(value=say_day(value_on), booked=say_day(booked_on))
    return sum(line.amount_fen for line in lines)


@transaction.atomic
def draft_voucher(
    *,
    by: Actor,
    ledger: Ledger,
    lines: Sequence[Line],
    booked_on: date,
    now: datetime,
    value_on: date | None = None,
    document: str = "",
    attachments: int = 0,
    voucher: Voucher | None = None,
) -> Voucher:
    """
    Keep a draft of a voucher, a new one or *voucher* with other words (存草稿); nothing is booked.

    :raises PermissionDenied: *by* may not keep these books.
    :raises NotTheMaker: somebody else wrote it.
    :raises NotADraft: it is handed in, booked or discarded.
    """
    rules.require(by, rules.KEEP[Ledger(ledger)], ledger)
    total = _judged(ledger, lines, booked_on, value_on or booked_on, now)
    kept = Voucher.objects.lock(voucher.pk) if voucher else Voucher(key=new_key(), ledger=ledger)
    if voucher:
        _require_own(by, kept)
        if kept.state != State.DRAFT:
            raise refusals.NotADraft(state=kept.get_state_display())
    before = Money(kept.total_fen).yuan() if voucher else ""
    kept.asked = [asdict(line) for line in lines]
    kept.booked_on, kept.value_on = booked_on, value_on or booked_on
    kept.document, kept.attachments, kept.total_fen = document[:120], attachments, total
    kept.maker, kept.made_at = _user(by), now
    kept.save()
    audit.record(
        by,
        "ledger.voucher-drafted",
        kept,
        changes={"合计": [before, f"{Money(total).yuan()}元"]},
        now=now,
    )
    return kept


def _user(by: Actor) -> User | None:
    return by if isinstance(by, User) else None


def _require_own(by: Actor, voucher: Voucher) -> None:
    if voucher.maker_id is not None and voucher.maker_id != by.pk:
        raise refusals.NotTheMaker(maker=voucher.maker.spoken_name() if voucher.maker else "")


def _move(voucher: Voucher, state: str, **fields: Any) -> Mapping[str, list[str]]:
    VOUCHER_MOVES.require(voucher.state, state)
    changes = {"状态": [State(voucher.state).label, State(state).label]}
    voucher.state = state
    for name, value in fields.items():
        setattr(voucher, name, value)
    voucher.save(update_fields=["state", *fields])
    return changes


@transaction.atomic
def submit_voucher(*, by: Actor, voucher: Voucher, now: datetime) -> Voucher:
    """
    Hand a draft in for somebody else to approve (交复核).

    :raises PermissionDenied: *by* may not keep these books.
    :raises NotTheMaker: somebody else wrote it.
    :raises MoveNotAllowed: it is no draft.
    """
    rules.require(by, rules.KEEP[Ledger(voucher.ledger)], voucher.ledger)
    voucher = Voucher.objects.lock(voucher.pk)
    _require_own(by, voucher)
    changes = _move(voucher, State.SUBMITTED, returned_reason="")
    audit.record(by, "ledger.voucher-submitted", voucher, changes=changes, now=now)
    return voucher


@transaction.atomic
def approve_voucher(*, by: Actor, voucher: Voucher, now: datetime) -> list[Transfer]:
    """
    Approve what somebody else wrote, and book it (复核通过、入账). Twice is once.

    :raises PermissionDenied: *by* may not approve in these books.
    :raises MakerApproves: *by* wrote it.
    :raises MoveNotAllowed: it was not handed in, or was sent back.
    :raises Refused: whatever posting refuses.
    """
    rules.require(by, rules.APPROVE[Ledger(voucher.ledger)], voucher.ledger)
    voucher = Voucher.objects.lock(voucher.pk)
    if voucher.maker_id is not None and voucher.maker_id == by.pk:
        raise refusals.MakerApproves
    if voucher.state != State.POSTED:
        VOUCHER_MOVES.require(voucher.state, State.POSTED)
    rows, is_new = book(
        Asked(
            key=voucher.key,
            business=rules.MANUAL[Ledger(voucher.ledger)].code,
            lines=steps(lines_in(voucher)),
            booked_on=voucher.booked_on,
            value_on=voucher.value_on,
            now=now,
            maker=voucher.maker,
            approver=_user(by),
            document=voucher.document,
            attachments=voucher.attachments,
        )
    )
    if is_new:
        changes = _move(voucher, State.POSTED, decided_by=_user(by), decided_at=now)
        audit.record(by, "ledger.voucher-approved", voucher, changes=changes, now=now)
    return rows


@transaction.atomic
def return_voucher(*, by: Actor, voucher: Voucher, reason: str, now: datetime) -> Voucher:
    """
    Send a voucher back to whoever wrote it, with what to change (退回修改).

    :raises PermissionDenied: *by* may not approve in these books.
    :raises ReasonMissing: no reason is given.
    :raises MoveNotAllowed: it was not handed in.
    """
    rules.require(by, rules.APPROVE[Ledger(voucher.ledger)], voucher.ledger)
    voucher = Voucher.objects.lock(voucher.pk)
    if not reason.strip():
        raise refusals.ReasonMissing(what="退回")
    changes = _move(voucher, State.DRAFT, returned_reason=reason.strip()[:200])
    audit.record(by, "ledger.voucher-returned", voucher, changes=changes, reason=reason, now=now)
    return voucher


@transaction.atomic
def discard_voucher(*, by: Actor, voucher: Voucher, reason: str, now: datetime) -> Voucher:
    """
    Put a draft aside that is not needed (草稿作废); it keeps no voucher number, so none is missing.

    :raises PermissionDenied: *by* may not keep these books.
    :raises NotTheMaker: somebody else wrote it.
    :raises ReasonMissing: no reason is given.
    """
    rules.require(by, rules.KEEP[Ledger(voucher.ledger)], voucher.ledger)
    voucher = Voucher.objects.lock(voucher.pk)
    _require_own(by, voucher)
    if not reason.strip():
        raise refusals.ReasonMissing(what="作废")
    changes = _move(voucher, State.DISCARDED, returned_reason=reason.strip()[:200])
    audit.record(by, "ledger.voucher-discarded", voucher, changes=changes, reason=reason, now=now)
    return voucher
