"""
The one way into the books: lines of one posting, judged with their accounts held, written together.

Only this room's deeds call it; they have asked a rule and leave the audit line.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Sum

from gongzhi.accounts.models import User
from gongzhi.shared.broken import broken_rule
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day
from gongzhi.shared.refusals import Refused

from . import chart, lots, refusals, statements
from .models import LARGEST_FEN, MOVED, Account, Transfer, Voucher

POSTED, RESERVED, SETTLED, RELEASED, EXPIRED = Transfer.Phase
MOST_LINES = 2000
DAY = timedelta(days=1)

# What the database itself says no to; the locks have judged before, this is its last word.
BY_RULE: dict[str, type[Refused]] = {
    "ledger_one_transfer_per_line": refusals.KeyReused,
    "ledger_one_resolution_per_reservation": refusals.AlreadyResolved,
    "ledger_reversals_of_one_transfer_queue_up": refusals.AlreadyResolved,
    "ledger_sides_share_one_ledger": refusals.LedgersMixed,
    "ledger_maker_is_not_the_approver": refusals.MakerApproves,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """
    One movement asked for (分录): money goes from the credit account to the debit account.

    Accounts, dimensions and places go by their numbers.
    """

    amount_fen: int
    debit: int = 0
    credit: int = 0
    restriction: str = ""
    funder: str = ""
    fund: int | None = None
    project: int | None = None
    funding_line: int | None = None
    place: int | None = None
    memo: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(Line):
    """
    A line as a deed of this room asks for it (步骤): only they may set money aside, resolve or reverse.

    One that resolves or reverses another takes its accounts and dimensions from the original.
    """

    phase: str = POSTED
    resolves: int = 0
    reverses: int = 0
    expires_at: datetime | None = None


_LINE = tuple(f.name for f in fields(Line))
_STEP = tuple(f.name for f in fields(Step))


def steps(
    lines: Sequence[Line], phase: str = POSTED, expires_at: datetime | None = None
) -> list[Step]:
    """Return *lines* as steps of one phase, whatever else they claimed to be (分录成步骤)."""
    return [
        Step(
            **{name: getattr(line, name) for name in _LINE},
            phase=phase,
            expires_at=expires_at,
        )
        for line in lines
    ]


def lines_in(voucher: Voucher) -> list[Line]:
    """Return the lines of a draft as they would be booked (草稿的分录)."""
    return [Line(**line) for line in voucher.asked]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A posting that somebody asks for (请求): its lines and what stands on the voucher's head."""

    key: UUID
    business: str
    lines: Sequence[Step]
    booked_on: date
    value_on: date
    now: datetime
    maker: User | None = None
    approver: User | None = None
    document: str = ""
    attachments: int = 0

    def digest(self) -> str:
        """Return the hash by which the same request is known again (请求摘要)."""
        said = [
            self.business,
            self.booked_on.isoformat(),
            self.value_on.isoformat(),
            self.document,
            *([getattr(line, name) for name in _STEP] for line in self.lines),
        ]
        text = json.dumps(said, ensure_ascii=False, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class Wanted:
    """A line with its original and the accounts it will touch."""

    line: Step
    original: Transfer | None
    debit: int
    credit: int


def book(asked: Asked) -> tuple[list[Transfer], bool]:
    """
    Write a posting, once per key, and tell whether it is new (记账): the same key and content, the same answer.

    :raises Refused: any of this room's refusals.
    """
    _check(asked)
    request_hash = asked.digest()
    # Originals never change, so they may be read before the lock; what refers to them may not.
    wanted = _wanted(asked.lines)
    numbers = {number for w in wanted for number in (w.debit, w.credit)}
    accounts = statements.hold(numbers)

    if (known := statements.known(asked.key)) is not None:
        if known != request_hash:
            raise refusals.KeyReused
        return list(Transfer.objects.of(asked.key)), False
    if len(accounts) != len(numbers):
        raise refusals.NoSuchAccount
    if len({account.ledger for account in accounts.values()}) > 1:
        raise refusals.LedgersMixed
    for account in accounts.values():
        if asked.booked_on <= account.closed_through:
            raise refusals.MonthClosed(
                day=say_day(asked.booked_on),
                last=say_day(account.closed_through),
                open=say_day(account.closed_through + DAY),
            )
    reversed_fen = _referred(wanted)
    rows = [
        _row(asked, request_hash, n, w, accounts, reversed_fen) for n, w in enumerate(wanted, 1)
    ]
    for account in accounts.values():
        if account.is_guarded and account.available_fen < 0:
            raise _short(account, rows, asked.booked_on)
    try:
        statements.insert(rows)
        statements.carry(accounts.values())
    except IntegrityError as error:
        if refusal := BY_RULE.get(broken_rule(error) or ""):
            raise refusal from error
        raise
    if any(account.keeps_lots for account in accounts.values()):
        lots.follow(rows, accounts)
    return rows, True


def _check(asked: Asked) -> None:
    if not asked.lines:
        raise refusals.NoLines
    if len(asked.lines) > MOST_LINES:
        raise refusals.TooManyLines(most=MOST_LINES, count=len(asked.lines))
    # BigIntegerField would turn 1.5 into 1 without a word.
    if not all(
        type(line.amount_fen) is int and 0 < line.amount_fen <= LARGEST_FEN for line in asked.lines
    ):
        raise refusals.NotAnAmount
    if asked.booked_on > today(asked.now):
        raise refusals.NotYet(day=say_day(asked.booked_on))
    if asked.value_on > asked.booked_on:
        raise refusals.ValueAfterBooking(
            value=say_day(asked.value_on), booked=say_day(asked.booked_on)
        )
    if asked.maker is not None and asked.maker == asked.approver:
        raise refusals.MakerApproves


def _wanted(lines: Sequence[Step]) -> list[Wanted]:
    referred = {line.resolves or line.reverses for line in lines} - {0}
    originals = Transfer.objects.in_bulk(referred) if referred else {}
    wanted = []
    for line in lines:
        original = originals.get(line.resolves or line.reverses)
        if line.resolves:
            if original is None or original.phase != RESERVED:
                raise refusals.NotAReservation
            debit, credit = original.debit_account_id, original.credit_account_id
        elif line.reverses:
            if original is None or original.phase not in MOVED or original.reverses:
                raise refusals.CannotBeReversed
            debit, credit = original.credit_account_id, original.debit_account_id
        else:
            debit, credit = line.debit, line.credit
        if original is not None:
            line = replace(
                line,
                restriction=original.restriction,
                funder=original.funder,
                fund=original.fund_id,
                project=original.project_id,
                funding_line=original.funding_line_id,
                place=original.place_id,
                memo=line.memo or original.memo,
            )
        wanted.append(Wanted(line, original, debit, credit))
    return wanted


def _referred(wanted: Sequence[Wanted]) -> dict[int, int]:
    """Judge what refers to the originals, with their accounts held; return what was reversed of each so far."""
    resolved = [w.line.resolves for w in wanted if w.line.resolves]
    if resolved and (
        len(resolved) > len(set(resolved))
        or Transfer.objects.filter(resolves__in=resolved).exists()
    ):
        raise refusals.AlreadyResolved
    reversed_fen: dict[int, int] = defaultdict(int)
    if reversing := [w.line.reverses for w in wanted if w.line.reverses]:
        so_far = Transfer.objects.filter(reverses__in=reversing).values_list("reverses")
        reversed_fen.update(so_far.annotate(Sum("amount_fen")))
    return reversed_fen


def _row(
    asked: Asked,
    request_hash: str,
    number: int,
    w: Wanted,
    accounts: dict[int, Account],
    reversed_fen: dict[int, int],
) -> Transfer:
    """Move the counters of the held accounts by one line and return its transfer, not yet written."""
    line, original = w.line, w.original
    source, target = accounts[w.credit], accounts[w.debit]
    if source.pk == target.pk:
        raise refusals.SidesAreTheSame(account=chart.title(source, asked.booked_on))
    of_fen = original.amount_fen if original else 0
    before_fen = reversed_fen[original.pk] if original and line.reverses else 0
    if original and before_fen + line.amount_fen > of_fen:
        raise refusals.MoreThanOriginal(
            left=Money(of_fen - before_fen).yuan(), asked=Money(line.amount_fen).yuan()
        )
    if original and line.reverses:
        reversed_fen[original.pk] += line.amount_fen
    for account in (source, target):
        if account.keeps_lots and not (account.restriction or line.restriction):
            raise refusals.RestrictionMissing(account=chart.title(account, asked.booked_on))
    if line.phase == RESERVED:
        target.debits_reserved_fen += line.amount_fen
        source.credits_reserved_fen += line.amount_fen
    elif line.resolves:
        target.debits_reserved_fen -= of_fen
        source.credits_reserved_fen -= of_fen
    if line.phase in MOVED:
        target.debits_fen += line.amount_fen
        source.credits_fen += line.amount_fen
    return Transfer(
        posting=asked.key,
        line=number,
        lines=len(asked.lines),
        request_hash=request_hash,
        ledger=source.ledger,
        debit_account_id=w.debit,
        credit_account_id=w.credit,
        amount_fen=line.amount_fen,
        debit_after_fen=target.net_fen,
        credit_after_fen=source.net_fen,
        business=asked.business,
        phase=line.phase,
        resolves=line.resolves,
        reverses=line.reverses,
        of_fen=of_fen,
        before_fen=before_fen,
        expires_at=line.expires_at,
        booked_on=asked.booked_on,
        value_on=asked.value_on,
        booked_at=asked.now,
        restriction=line.restriction,
        funder=line.funder,
        fund_id=line.fund,
        project_id=line.project,
        funding_line_id=line.funding_line,
        place_id=line.place,
        memo=line.memo[:120],
        document=asked.document[:120],
        attachments=asked.attachments,
        maker_id=asked.maker.pk if asked.maker else None,
        approver_id=asked.approver.pk if asked.approver else None,
    )


def _short(account: Account, rows: Sequence[Transfer], on: date) -> refusals.InsufficientFunds:
    spends_by_credit = account.normal_side == Account.Side.DEBIT
    asked = sum(
        r.amount_fen
        for r in rows
        if (r.credit_account_id if spends_by_credit else r.debit_account_id) == account.pk
    )
    short = -account.available_fen
    return refusals.InsufficientFunds(
        account=chart.title(account, on),
        available=Money(max(asked - short, 0)).yuan(),
        asked=Money(asked).yuan(),
        short=Money(short).yuan(),
    )
