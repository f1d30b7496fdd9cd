"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules, services


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many vouchers wait for *by* to approve (等我复核的凭证)."""
    return "记账凭证等着复核", queries.drafts(by).count(), reverse("ledger:home")


ROOM = Room(
    label="账务",
    menu=(
        Entry(
            label="账务",
            url="ledger:home",
            icon="book",
            seen_by=rules.SEE_BOOKS,
            group="钱和项目",
            order=40,
        ),
    ),
    todos=(waiting,),
    each_minute=(
        services.seal,
        services.expire_due,
    ),
)
ACTIONS = {
    "ledger.books-opened": "建账",
    "ledger.account-opened": "开账户",
    "ledger.dimension-named": "定辅助核算项",
    "ledger.posted": "记账",
    "ledger.reserved": "预留",
    "ledger.settled": "结清预留",
    "ledger.released": "解除预留",
    "ledger.expired": "预留到期解除",
    "ledger.reversed": "冲销",
    "ledger.sealed": "封存账本",
    "ledger.month-closed": "关账",
    "ledger.year-carried": "年末结转",
    "ledger.voucher-drafted": "填凭证草稿",
    "ledger.voucher-submitted": "凭证交复核",
    "ledger.voucher-approved": "凭证复核通过",
    "ledger.voucher-returned": "凭证退回",
    "ledger.voucher-discarded": "凭证草稿作废",
}
