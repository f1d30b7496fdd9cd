"""What people do with money. A deed becomes the lines of one posting; it happens whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.ledger import queries, refusals, rules
from gongzhi.ledger.booking import (
    EXPIRED,
    RELEASED,
    RESERVED,
    SETTLED,
    Asked,
    Line,
    Step,
    book,
    steps,
)
from gongzhi.ledger.models import Ledger, Transfer
from gongzhi.ledger.rules import Business
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.permissions import Actor

__all__ = ["Line", "expire_due", "post", "release", "reserve", "reverse", "settle"]


def _user(by: Actor) -> User | None:
    return by if isinstance(by, User) else None


def _ledger_of(lines: Sequence[Line]) -> int:
    """The ledger that the first account names in its last digit; a mixed posting is refused later."""
    return next((line.debit % 10 for line in lines if line.debit), 0)


def _require(by: Actor, business: str, ledger: int, lines: Sequence[Line]) -> None:
    if ledger not in Ledger.values:
        raise refusals.NoSuchAccount
    asked = {line.place for line in lines}
    found = Place.objects.in_bulk(asked - {None}) if asked - {None} else {}
    rules.require_business(
        by, business, ledger, tuple(found.get(place) if place else None for place in asked)
    )


def _booked(by: Actor, action: str, asked: Asked, reason: str = "") -> list[Transfer]:
    rows, is_new = book(asked)
    if is_new:
        moved = sum(row.amount_fen for row in rows)
        audit.record(
            by,
            action,
            rows[0],
            changes={"金额": ["", f"{Money(moved).yuan()}元"], "行数": ["", len(rows)]},
            reason=reason,
            now=asked.now,
        )
    return rows


@transaction.atomic
def post(
    *,
    by: Actor,
    key: UUID,
    business: Business,
    lines: Sequence[Line],
    booked_on: date,
    now: datetime,
    value_on: date | None = None,
    approved_by: User | None = None,
    document: str = "",
    attachments: int = 0,
) -> list[Transfer]:
    """
    Book *lines* together, once per *key* (记账).

    `booked_on` is the day they are booked under, in an open month; `value_on` the day it happened, the
    same unless the fact came late. The same key and content give the same answer again.

    :raises PermissionDenied: *by* may neither do this business nor keep these books.
    :raises KeyReused: *key* was used for something else.
    :raises InsufficientFunds: an account with a floor would fall below it.
    :raises NotForThisPurpose: the money that is there was given for something else.
    :raises LedgersMixed: fiscal and charity accounts in one line.
    :raises MonthClosed: the month of `booked_on` is closed.
    """
    _require(by, business.code, _ledger_of(lines), lines)
    asked = Asked(
        key=key,
        business=business.code,
        lines=steps(lines),
        booked_on=booked_on,
        value_on=value_on or booked_on,
        now=now,
        maker=_user(by),
        approver=approved_by,
        document=document,
        attachments=attachments,
    )
    return _booked(by, "ledger.posted", asked)


@transaction.atomic
def reserve(
    *,
    by: Actor,
    key: UUID,
    business: Business,
    line: Line,
    booked_on: date,
    now: datetime,
    expires_at: datetime | None = None,
    document: str = "",
) -> Transfer:
    """
    Set money aside without moving it, until it is settled, released or `expires_at` passes (预留).

    :raises PermissionDenied: *by* may neither do this business nor keep these books.
    :raises InsufficientFunds: there is not so much left to set aside.
    """
    _require(by, business.code, _ledger_of([line]), [line])
    asked = Asked(
        key=key,
        business=business.code,
        lines=steps([line], RESERVED, expires_at),
        booked_on=booked_on,
        value_on=booked_on,
        now=now,
        maker=_user(by),
        document=document,
    )
    return _booked(by, "ledger.reserved", asked)[0]


@transaction.atomic
def settle(
    *,
    by: Actor,
    key: UUID,
    reservation: Transfer,
    amount_fen: int,
    booked_on: date,
    now: datetime,
    value_on: date | None = None,
    keeps_rest: bool = False,
    with_lines: Sequence[Line] = (),
    approved_by: User | None = None,
    document: str = "",
    attachments: int = 0,
) -> list[Transfer]:
    """
    Turn a reservation into a payment, once; the rest is freed, or set aside anew in the same posting (结清).

    `with_lines` are booked with it: a bank's fee, the release of a restriction.

    :raises PermissionDenied: *by* may neither do its business nor keep these books.
    :raises AlreadyResolved: it was settled, released or has expired.
    :raises MoreThanOriginal: more is paid than was set aside.
    """
    _require(by, reservation.business, reservation.ledger, [_copy(reservation), *with_lines])
    lines = [
        Step(amount_fen=amount_fen, phase=SETTLED, resolves=reservation.pk, memo=reservation.memo),
        *steps(with_lines),
    ]
    if keeps_rest and amount_fen < reservation.amount_fen:
        rest = reservation.amount_fen - amount_fen
        kept = replace(_copy(reservation), amount_fen=rest)
        lines += steps([kept], RESERVED, reservation.expires_at)
    asked = Asked(
        key=key,
        business=reservation.business,
        lines=lines,
        booked_on=booked_on,
        value_on=value_on or booked_on,
        now=now,
        maker=_user(by),
        approver=approved_by,
        document=document,
        attachments=attachments,
    )
    return _booked(by, "ledger.settled", asked)


def _copy(original: Transfer) -> Line:
    return Line(
        amount_fen=original.amount_fen,
        debit=original.debit_account_id,
        credit=original.credit_account_id,
        restriction=original.restriction,
        funder=original.funder,
        fund=original.fund_id,
        project=original.project_id,
        funding_line=original.funding_line_id,
        place=original.place_id,
        memo=original.memo,
    )


@transaction.atomic
def release(
    *, by: Actor, key: UUID, reservation: Transfer, booked_on: date, now: datetime, reason: str
) -> Transfer:
    """
    Give reserved money back to whoever may spend it (解除预留).

    :raises PermissionDenied: *by* may neither do its business nor keep these books.
    :raises AlreadyResolved: it was settled, released or has expired.
    """
    _require(by, reservation.business, reservation.ledger, [_copy(reservation)])
    asked = _letting_go(by, key, reservation, RELEASED, booked_on, now)
    return _booked(by, "ledger.released", asked, reason)[0]


def _letting_go(
    by: Actor, key: UUID, reservation: Transfer, phase: str, booked_on: date, now: datetime
) -> Asked:
    line = Step(amount_fen=reservation.amount_fen, phase=phase, resolves=reservation.pk)
    return Asked(
        key=key,
        business=reservation.business,
        lines=[line],
        booked_on=booked_on,
        value_on=booked_on,
        now=now,
        maker=_user(by),
    )


@transaction.atomic
def expire_due(*, by: Actor, now: datetime) -> int:
    """
    Release every reservation whose time is over, and return how many (到期解除).

    The key is made from the reservation, so that the job may run twice, or twice at once.

    :raises PermissionDenied: *by* may not keep the books.
    """
    due = list(queries.overdue(now)[:500])
    for ledger in {reservation.ledger for reservation in due}:
        rules.require(by, rules.KEEP[Ledger(ledger)], ledger)
    done = 0
    for reservation in due:
        key = uuid5(NAMESPACE_OID, f"ledger.expired:{reservation.posting}:{reservation.line}")
        try:
            with transaction.atomic():
                asked = _letting_go(by, key, reservation, EXPIRED, today(now), now)
                _booked(by, "ledger.expired", asked, "预留到期")
                done += 1
        except refusals.AlreadyResolved:
            continue  # somebody settled it in the same moment
    return done


@transaction.atomic
def reverse(
    *,
    by: Actor,
    key: UUID,
    parts: Sequence[tuple[Transfer, int]],
    reason: str,
    booked_on: date,
    now: datetime,
    approved_by: User | None = None,
) -> list[Transfer]:
    """
    Undo transfers, whole or in part, with a reason; fees go back together with their principal (冲销).

    The parts undone of one transfer never add up to more than it was.

    :raises PermissionDenied: *by* may neither do its business nor keep these books.
    :raises ReasonMissing: no reason is given.
    :raises MoreThanOriginal: the parts undone would exceed the original.
    :raises CannotBeReversed: it is a reversal itself, or moved no money.
    :raises GiftAlreadySpent: what came in has gone out again.
    """
    for original, _ in parts:
        _require(by, original.business, original.ledger, [_copy(original)])
    if not reason.strip():
        raise refusals.ReasonMissing(what="冲销")
    if not parts:
        raise refusals.NoLines
    asked = Asked(
        key=key,
        business=parts[0][0].business,
        lines=[
            Step(amount_fen=fen, reverses=original.pk, memo=f"冲销：{reason.strip()}")
            for original, fen in parts
        ],
        booked_on=booked_on,
        value_on=booked_on,
        now=now,
        maker=_user(by),
        approver=approved_by,
    )
    return _booked(by, "ledger.reversed", asked, reason)
