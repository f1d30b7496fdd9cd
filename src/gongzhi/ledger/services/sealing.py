"""Sealing: every transfer gets its number in the chain, every posting its voucher number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gongzhi.audit import services as audit
from gongzhi.ledger import rules
from gongzhi.ledger.models import MOVED, Books, Ledger, Seal, Transfer
from gongzhi.ledger.queries import chain
from gongzhi.shared.periods import month_of
from gongzhi.shared.permissions import Actor

# Nothing that posts lasts longer: after it, a transfer with a lower number can only have been put in by hand.
SETTLED_AFTER = timedelta(hours=24)
BATCH = 5000


@transaction.atomic
def seal(*, by: Actor, now: datetime) -> int:
    """
    Give every transfer that has none its number in the chain, and its voucher's number; return how many (封存).

    Run each minute by the worker. It reads transfers and holds no account, so that nobody waits for it;
    commit order is not number order, so it asks for absence, above what is long settled.

    :raises PermissionDenied: *by* may not keep the books.
    """
    added = 0
    for ledger in Books.objects.order_by("pk").values_list("pk", flat=True):
        rules.require(by, rules.KEEP[Ledger(ledger)], ledger)
        books = Books.objects.lock(ledger)
        more = _seal(books, now)
        if more:
            audit.record(
                by,
                "ledger.sealed",
                changes={"封到": ["", f"{books.get_ledger_display()}第{books.sealed}号"]},
                now=now,
            )
        added += more
    return added


@dataclass(frozen=True, slots=True)
class Waiting:
    """One transfer that waits for its seal, as the database keeps it, and the few columns that number it."""

    row: tuple[Any, ...]
    posting: UUID
    line: int
    lines: int
    month: int
    moves: bool


def _waiting(row: tuple[Any, ...]) -> Waiting:
    at = {name: n for n, name in enumerate(chain.columns())}
    posting, day = row[at["posting"]], row[at["booked_on"]]
    return Waiting(
        row=row,
        posting=posting if isinstance(posting, UUID) else UUID(posting),
        line=row[at["line"]],
        lines=row[at["lines"]],
        month=month_of(day if isinstance(day, date) else date.fromisoformat(day)),
        moves=row[at["phase"]] in MOVED,
    )


def _seal(books: Books, now: datetime) -> int:
    after, added = books.settled_id, 0
    last: dict[int, int] = {}
    while rows := chain.raw(
        "t.ledger = %s AND t.id > %s AND NOT EXISTS"
        " (SELECT 1 FROM ledger_seal s WHERE s.transfer_id = t.id)",
        [books.pk, after],
        BATCH,
    ):
        after = rows[-1][0]
        waiting = [_waiting(row) for row in rows]
        numbered = _numbered(books, waiting, last)
        seals = []
        for one in waiting:
            voucher = numbered[one.posting]
            books.sealed += 1
            books.head = chain.link(books.head, books.sealed, one.month, voucher, one.row)
            seals.append(
                Seal(
                    ledger=books.pk,
                    sequence=books.sealed,
                    transfer_id=one.row[0],
                    month=one.month,
                    voucher=voucher,
                    day=timezone.localdate(now),
                    hash=books.head,
                )
            )
        Seal.objects.bulk_create(seals, batch_size=1000)
        added += len(seals)
    if books.settling_since is None or now - books.settling_since >= SETTLED_AFTER:
        books.settled_id = books.settling_id
        books.settling_id = Transfer.objects.aggregate(last=Max("pk"))["last"] or 0
        books.settling_since = now
    books.save(update_fields=["sealed", "head", "settled_id", "settling_id", "settling_since"])
    return added


def _numbered(books: Books, waiting: Sequence[Waiting], last: dict[int, int]) -> dict[UUID, int]:
    """Number the postings of a batch; what moves no money is no voucher, 0."""
    months = {one.posting: one.month for one in waiting}
    seen = Counter(one.posting for one in waiting)
    moving = {one.posting for one in waiting if one.moves}
    # A posting that a batch cuts in two is known by its other lines.
    cut = {one.posting for one in waiting if seen[one.posting] < one.lines}
    numbers: dict[UUID, int] = defaultdict(int)
    if cut:
        others = Transfer.objects.filter(posting__in=cut)
        moving |= set(others.filter(phase__in=MOVED).values_list("posting", flat=True))
        before = Seal.objects.filter(transfer__posting__in=cut)
        numbers.update(before.values_list("transfer__posting", "voucher"))
    for posting, month in months.items():
        if posting in moving and posting not in numbers:
            if month not in last:
                found = Seal.objects.filter(ledger=books.pk, month=month)
                last[month] = found.aggregate(last=Max("voucher"))["last"] or 0
            last[month] += 1
            numbers[posting] = last[month]
    return numbers
