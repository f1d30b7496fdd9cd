"""Following money: where each yuan of a gift went, and whose money a payment was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from gongzhi.ledger.models import Allocation, Lot, Transfer


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A gift in the house: how much is unspent, and every use of it in the order of time (一笔钱的去向)."""

    gift: Transfer
    left_fen: int
    spent: list[tuple[Transfer, int]]

    @property
    def spent_fen(self) -> int:
        """What went out of the house, less what came back."""
        return sum(fen for _, fen in self.spent)


def follow_gift(gift: Transfer) -> Followed:
    """
    Return where the money of a gift went (跟一笔捐赠): unspent plus spent is what came in.

    Moves inside the house are left out: their money is in the lots that moved with it.
    """
    lots = Lot.objects.filter(gift=gift)
    left = lots.aggregate(fen=Sum("left_fen", default=0))["fen"]
    inside = set(lots.exclude(parent=None).values_list("transfer", flat=True))
    uses = (
        Allocation.objects.filter(lot__gift=gift)
        .values_list("transfer")
        .annotate(fen=Sum("amount_fen"))
        .order_by("transfer")
    )
    out = [(pk, fen) for pk, fen in uses if pk not in inside and fen]
    rows = Transfer.objects.select_related("fund", "project", "place").in_bulk(
        [pk for pk, _ in out]
    )
    return Followed(gift=gift, left_fen=left, spent=[(rows[pk], fen) for pk, fen in out])


def spent_from(payment: Transfer) -> QuerySet[Allocation]:
    """Return the lots that a payment used, with the gifts they came from (这笔钱是谁给的)."""
    found = Allocation.objects.filter(transfer=payment)
    return found.select_related("lot__gift", "lot__project").order_by("lot")


def origins_of(rows: Iterable[Transfer]) -> list[tuple[Transfer, int]]:
    """Return the gifts that the lines of a voucher used, each with how much (用了谁的钱)."""
    found = (
        Allocation.objects.filter(transfer__in=list(rows))
        .values_list("lot__gift")
        .annotate(fen=Sum("amount_fen"))
        .order_by("lot__gift")[:30]
    )
    kept = [(pk, fen) for pk, fen in found if fen]
    gifts = Transfer.objects.in_bulk([pk for pk, _ in kept])
    return [(gifts[pk], fen) for pk, fen in kept]
