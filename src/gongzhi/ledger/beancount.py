"""
The books in the words of beancount (导出beancount), so that anybody may check them with `bean-check`.

Account names begin with the subject's digits, `Assets:1002银行存款`: a Chinese first character is refused
there. Amounts have exactly two decimals; balances are stated with a tolerance of zero, because without it
one fen off passes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Max

from .chart import in_order, title
from .models import MOVED, Account, Books, Ledger, Transfer
from .queries import counters

ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "net_assets": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
_UNSPEAKABLE = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff-]+")


def exported(ledger: Ledger) -> Iterator[str]:
    """Yield the whole of one ledger, line by line (逐行导出)."""
    books = Books.objects.get(pk=ledger)
    accounts = in_order(Account.objects.filter(ledger=ledger))
    crowd = Counter(account.subject for account in accounts)
    names = {account.pk: _name(account, crowd[account.subject] == 1) for account in accounts}
    moved = Transfer.objects.filter(ledger=ledger, phase__in=MOVED)
    yield f'option "title" "{_quoted(str(books))}"\n'
    yield 'option "operating_currency" "CNY"\n\n'
    for account in accounts:
        yield f"{books.opened_on} open {names[account.pk]} CNY\n"
    posting = None
    rows = moved.order_by("booked_on", "posting", "line").values_list(
        "posting", "booked_on", "value_on", "memo", "document", "debit_account_id",
        "credit_account_id", "amount_fen",
    )  # fmt: skip
    for key, booked_on, value_on, memo, document, debit, credit, fen in rows.iterator(2000):
        if key != posting:
            posting = key
            yield f'\n{booked_on} * "{_quoted(document)}" "{_quoted(memo)}"\n'
            yield f'  posting: "{key}"\n'
            if value_on != booked_on:
                yield f"  happened: {value_on}\n"
        yield f"  {names[debit]}  {_yuan(fen)} CNY\n"
        yield f"  {names[credit]}  {_yuan(-fen)} CNY\n"
    last = moved.aggregate(day=Max("booked_on"))["day"]
    if last is not None:
        yield "\n"
        yield from _balances(ledger, names, last + timedelta(days=1))


def _balances(ledger: Ledger, names: dict[int, str], day: date) -> Iterator[str]:
    for number, (debits, credits) in sorted(counters(ledger).items()):
        yield f"{day} balance {names[number]}  {_yuan(debits - credits)} ~ 0.00 CNY\n"


def _name(account: Account, is_alone: bool) -> str:
    # A balance stated there takes in all accounts below, so one of several never stands at the subject itself.
    subject = _UNSPEAKABLE.sub("-", title_of_subject(account))
    parts = [ROOTS[account.kind], f"{account.subject}{subject}"]
    if not is_alone:
        own = account.name or account.get_restriction_display() or "本级"
        parts.append(f"{account.number}{_UNSPEAKABLE.sub('-', own)}")
    return ":".join(parts)


def title_of_subject(account: Account) -> str:
    """Return the subject's name on the day the account was opened: a name in the export never changes."""
    return title(account, account.opened_on).partition("·")[0]


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
