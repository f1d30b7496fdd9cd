"""
Whose money was spent: every yuan that comes in is a lot until it goes out (逐笔跟踪).

A spend takes what was given for its project first, then what was given for no project, the oldest first,
and never crosses from restricted to unrestricted. All of it happens with the account held.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q, Sum

from gongzhi.shared.money import Money

from . import chart, refusals
from .models import MOVED, Account, Allocation, Dimension, Lot, Transfer

_BATCH = 200


def follow(rows: Sequence[Transfer], accounts: dict[int, Account]) -> None:
    """Take every line of a posting out of the lots of its source and into those of its target (跟钱)."""
    for row in rows:
        if row.phase not in MOVED:
            continue
        source, target = accounts[row.credit_account_id], accounts[row.debit_account_id]
        if row.reverses:
            _undo(row, source, target)
        else:
            taken = _take(row, source) if source.keeps_lots else []
            if target.keeps_lots:
                _bring(row, target, taken)


def _restriction(row: Transfer, account: Account) -> str:
    return account.restriction or row.restriction


def _take(row: Transfer, account: Account) -> list[tuple[Lot, int]]:
    """Use the lots that a spend may use, in their order."""
    lots = Lot.objects.filter(
        account=account, restriction=_restriction(row, account), left_fen__gt=0
    )
    fits = Q(project__isnull=True)
    if row.project_id:
        fits |= Q(project=row.project_id)
    missing, taken, after = row.amount_fen, [], 0
    queues = [lots.filter(project=row.project_id)] if row.project_id else []
    queues.append(lots.filter(project__isnull=True))
    for queue in queues:
        after = 0
        while missing and (batch := list(queue.filter(pk__gt=after).order_by("pk")[:_BATCH])):
            for lot in batch:
                use = min(missing, lot.left_fen)
                taken.append((lot, use))
                missing -= use
                after = lot.pk
                if not missing:
                    break
    if missing:
        available = lots.filter(fits).aggregate(fen=Sum("left_fen", default=0))["fen"]
        raise refusals.NotForThisPurpose(
            account=chart.title(account, row.booked_on),
            purpose=_purpose(row),
            available=Money(available).yuan(),
            asked=Money(row.amount_fen).yuan(),
        )
    _use(row, taken)
    return taken


def _purpose(row: Transfer) -> str:
    if row.project_id:
        name = Dimension.objects.values_list("name", flat=True).get(pk=row.project_id)
        return f"用在“{name}”上"
    return f"没有指定项目的{row.get_restriction_display()}资金"


def _use(row: Transfer, taken: Sequence[tuple[Lot, int]]) -> None:
    for lot, fen in taken:
        Lot.objects.filter(pk=lot.pk).update(left_fen=F("left_fen") - fen)
    Allocation.objects.bulk_create(
        Allocation(lot=lot, transfer=row, amount_fen=fen) for lot, fen in taken
    )


def _bring(row: Transfer, account: Account, taken: Sequence[tuple[Lot, int]]) -> None:
    """Open a lot for what came in: one in all, or one for each lot that its money moved on from."""
    restriction = _restriction(row, account)
    if not taken:
        Lot.objects.create(
            account=account,
            transfer=row,
            part=1,
            gift=row,
            restriction=restriction,
            project_id=row.project_id,
            amount_fen=row.amount_fen,
            left_fen=row.amount_fen,
        )
        return
    Lot.objects.bulk_create(
        Lot(
            account=account,
            transfer=row,
            part=part,
            gift_id=lot.gift_id,
            parent=lot,
            restriction=restriction,
            # Money that was given for nothing in particular takes on what it is moved for.
            project_id=lot.project_id or row.project_id,
            amount_fen=fen,
            left_fen=fen,
        )
        for part, (lot, fen) in enumerate(taken, 1)
    )


def _undo(row: Transfer, source: Account, target: Account) -> None:
    """Give back what the original took, and take back what it brought."""
    if source.keeps_lots:
        brought = Lot.objects.filter(transfer=row.reverses, account=source).order_by("-part")
        missing, taken = row.amount_fen, []
        for lot in brought:
            if use := min(missing, lot.left_fen):
                taken.append((lot, use))
                missing -= use
        if missing:
            raise refusals.GiftAlreadySpent(
                left=Money(row.amount_fen - missing).yuan(), asked=Money(row.amount_fen).yuan()
            )
        _use(row, taken)
        if target.keeps_lots:
            _restore(row, [(lot.parent_id, fen) for lot, fen in taken if lot.parent_id])
    elif target.keeps_lots:
        _restore(row, _last_first(row))


def _last_first(row: Transfer) -> list[tuple[int, int]]:
    """Say which lots a spend gets its money back into: the last used first, none beyond what it gave."""
    used: dict[int, int] = dict(
        Allocation.objects.filter(transfer=row.reverses).values_list("lot", "amount_fen")
    )
    siblings = Transfer.objects.filter(reverses=row.reverses).exclude(pk=row.pk)
    back = Allocation.objects.filter(transfer__in=siblings).values_list("lot")
    for lot, fen in back.annotate(Sum("amount_fen")):
        used[lot] += fen
    missing, given = row.amount_fen, []
    for lot in sorted(used, reverse=True):
        if fen := min(missing, used[lot]):
            given.append((lot, fen))
            missing -= fen
    return given


def _restore(row: Transfer, given: Sequence[tuple[int, int]]) -> None:
    merged: dict[int, int] = {}
    for lot, fen in given:
        merged[lot] = merged.get(lot, 0) + fen
    for lot, fen in merged.items():
        Lot.objects.filter(pk=lot).update(left_fen=F("left_fen") + fen)
    Allocation.objects.bulk_create(
        Allocation(lot_id=lot, transfer=row, amount_fen=-fen) for lot, fen in merged.items()
    )
