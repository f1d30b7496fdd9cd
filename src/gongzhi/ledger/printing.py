"""Vouchers on paper (打印凭证), several on one file when a month is bound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gongzhi.shared import papers
from gongzhi.shared.money import Money
from gongzhi.shared.periods import say_day

from .models import Books
from .queries import Slip, say

TEMPLATE = Path(__file__).parent / "papers" / "voucher.typ"


def vouchers(books: Books, slips: Iterable[Slip]) -> bytes:
    """Return the vouchers as a PDF, half a sheet each (记账凭证)."""
    return papers.pdf(TEMPLATE, {"vouchers": [_one(books, slip) for slip in slips]})


def _one(books: Books, slip: Slip) -> dict[str, Any]:
    return {
        "owner": books.owner,
        "ledger": books.get_ledger_display(),
        "number": slip.name,
        "day": say_day(slip.booked_on),
        "value": say_day(slip.value_on) if slip.value_on != slip.booked_on else "",
        "attachments": slip.attachments,
        "document": slip.document,
        "maker": slip.maker,
        "approver": slip.approver,
        "total": Money(slip.total_fen).yuan(),
        "words": Money(slip.total_fen).capitals(),
        "rows": [
            {
                "memo": row.memo,
                "debit": f"{row.debit_account.subject} {say(row.debit_account, row.booked_on)}",
                "credit": f"{row.credit_account.subject} {say(row.credit_account, row.booked_on)}",
                "fen": Money(row.amount_fen).yuan(),
                "tags": "、".join(
                    str(x)
                    for x in (row.fund, row.project, row.place, row.get_restriction_display())
                    if x
                ),
            }
            for row in slip.rows
        ],
    }
