"""What must be done before a month is closed (关账清单): ours, and what rooms above declare in `room.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from gongzhi.shared.money import Money
from gongzhi.shared.periods import first_of
from gongzhi.shared.rooms import declared

from . import queries
from .models import Account, Transfer

Checking = Callable[[int, int], Iterator["Check"]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the list (关账事项): state `ok`, `bad` or `now`; `url` where it is done or seen."""

    label: str
    note: str
    state: str
    url: str = ""
    verb: str = "看"


def close_checks(
    ledger: int, month: int, trial: Sequence[queries.TrialRow] | None = None
) -> list[Check]:
    """
    Return what must be done before a month closes (关账清单), ours first; *trial* when it is at hand already.

    A room above adds its own, as `CLOSE_CHECKS = (checking,)` in its `room.py`: `checking(ledger, month)`.
    """
    found = list(_own(ledger, month, trial or queries.trial_balance(ledger, month)))
    for checking in declared("room", "CLOSE_CHECKS"):
        found += checking(ledger, month)
    return found


def _own(ledger: int, month: int, trial: Sequence[queries.TrialRow]) -> Iterator[Check]:
    sums = queries.sides(trial)
    even = sums["debit"]["closing"] == sums["credit"]["closing"]
    yield Check(
        label="试算平衡",
        note=f"借贷两边都是{Money(sums['debit']['closing']).yuan()}元"
        if even
        else "借贷两边不相等",
        state="ok" if even else "bad",
        url="#trial",
    )
    inside = Transfer.objects.filter(
        ledger=ledger, booked_on__gte=first_of(month), booked_on__lt=first_of(month + 1)
    )
    whole = inside.values("posting").annotate(n=Count("pk"))
    half = whole.exclude(n=F("lines")).count()
    counts = inside.aggregate(lines=Count("pk"), slips=Count("pk", filter=Q(line=1)))
    yield Check(
        label="没有半张凭证",
        note=f"{counts['slips']}张，{counts['lines']}行，行数都对" if not half else f"{half}张缺行",
        state="bad" if half else "ok",
        url="slips",
    )
    guarded = Account.objects.filter(ledger=ledger, is_guarded=True)
    below = [a for a in guarded if a.available_fen < 0]
    yield Check(
        label="余额不低于零",
        note=f"{len(guarded)}个不得透支的账户都没透支" if not below else f"{len(below)}个账户透支",
        state="bad" if below else "ok",
        url="#trial",
    )
    waiting = queries.voucher_drafts(ledger, through=first_of(month + 1) - queries.DAY)
    by_state = dict(waiting.order_by().values_list("state").annotate(Count("pk")))
    yield Check(
        label="凭证都复核",
        note=f"还有{by_state['submitted']}张等复核"
        if by_state.get("submitted")
        else "没有等复核的",
        state="now" if by_state.get("submitted") else "ok",
        url="#drafts",
        verb="去复核" if by_state.get("submitted") else "看",
    )
    yield Check(
        label="草稿都交了",
        note=f"还有{by_state['draft']}张草稿没交" if by_state.get("draft") else "没有留着的草稿",
        state="now" if by_state.get("draft") else "ok",
        url="#drafts",
        verb="去看草稿" if by_state.get("draft") else "看",
    )
