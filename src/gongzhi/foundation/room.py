"""The sign on this room's door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from gongzhi.ledger.models import Ledger
from gongzhi.ledger.services import Check
from gongzhi.shared.periods import first_of
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many payments wait for *by* to approve (等我审批的用钱)."""
    count = queries.waiting(by).count() if rules.APPROVE.anywhere(by) else 0
    return "基金用钱等着审批", count, reverse("foundation:desk")


def before_closing(ledger: int, month: int) -> Iterator[Check]:
    """Say what the foundation must do before a month of its books closes (关账前)."""
    if ledger != Ledger.CHARITY:
        return
    count, wrong = queries.before_closing(first_of(month + 1))
    yield Check(
        label="用钱都审批了",
        note=f"还有{count}笔等着审批" if count else "没有等审批的",
        state="now" if count else "ok",
        url=reverse("foundation:desk"),
        verb="去审批" if count else "看",
    )
    yield Check(
        label="收据不断号，管委会人数对得上",
        note="、".join(wrong) or "都对得上",
        state="bad" if wrong else "ok",
        url=reverse("foundation:desk"),
    )


ROOM = Room(
    label="基金会",
    menu=(
        Entry(
            label="基金和捐赠",
            url="foundation:desk",
            icon="coin",
            seen_by=rules.SEE,
            group="钱和项目",
            order=10,
        ),
    ),
    todos=(waiting,),
)
BUSINESS = (rules.GIFTS, rules.PAYMENTS, rules.FUNDS)
CLOSE_CHECKS = (before_closing,)
ACTIONS = {
    "foundation.donor-noted": "登记捐赠人",
    "foundation.gift-recorded": "登记捐赠",
    "foundation.gift-voided": "作废收据",
    "foundation.fund-opened": "设立基金",
    "foundation.committee-set": "定管委会和监督人",
    "foundation.fund-closed": "关闭基金",
    "foundation.payment-asked": "申请用钱",
    "foundation.payment-approved": "审批用钱",
    "foundation.payment-declined": "没有同意用钱",
}
