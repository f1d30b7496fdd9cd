"""The proof of the books: every total counted again, every seal, lot and closing checked against the transfers."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q

from gongzhi.ledger.models import Account, Books, Carried, Closing, Ledger, Lot, Seal, Transfer
from gongzhi.ledger.statements import COUNTERS
from gongzhi.shared.money import Money
from gongzhi.shared.periods import first_of, say_day

from .chain import columns, link, sealed

# A settled reservation counts what was settled; a released one counts nothing.
RECOUNT = """
SELECT a.number, COALESCE(SUM(m.d), 0), COALESCE(SUM(m.c), 0), COALESCE(SUM(m.dr), 0), COALESCE(SUM(m.cr), 0)
FROM ledger_account a LEFT JOIN (
    SELECT debit_account_id AS account,
           SUM(CASE WHEN phase IN ('posted', 'settled') THEN amount_fen ELSE 0 END) AS d, 0 AS c,
           SUM(CASE WHEN phase = 'reserved' THEN amount_fen WHEN phase = 'posted' THEN 0 ELSE -of_fen END) AS dr,
           0 AS cr
    FROM ledger_transfer GROUP BY debit_account_id
    UNION ALL
    SELECT credit_account_id, 0, SUM(CASE WHEN phase IN ('posted', 'settled') THEN amount_fen ELSE 0 END), 0,
           SUM(CASE WHEN phase = 'reserved' THEN amount_fen WHEN phase = 'posted' THEN 0 ELSE -of_fen END)
    FROM ledger_transfer GROUP BY credit_account_id
) m ON m.account = a.number GROUP BY a.number
"""
HALF = """
SELECT MIN(id), COUNT(*), MIN(lines) FROM ledger_transfer GROUP BY posting
HAVING COUNT(*) <> MIN(lines) OR MIN(lines) <> MAX(lines) OR MIN(request_hash) <> MAX(request_hash)
    OR MIN(ledger) <> MAX(ledger) OR MIN(booked_on) <> MAX(booked_on)
"""
STRAY = """
SELECT r.id, r.of_fen, o.amount_fen FROM ledger_transfer r
LEFT JOIN ledger_transfer o ON o.id = r.resolves + r.reverses
WHERE (r.resolves > 0 OR r.reverses > 0) AND (
    o.id IS NULL OR o.amount_fen <> r.of_fen OR o.id >= r.id
    OR (r.resolves > 0 AND (o.phase <> 'reserved' OR o.debit_account_id <> r.debit_account_id
        OR o.credit_account_id <> r.credit_account_id))
    OR (r.reverses > 0 AND (o.phase NOT IN ('posted', 'settled') OR o.reverses > 0
        OR o.debit_account_id <> r.credit_account_id OR o.credit_account_id <> r.debit_account_id)))
"""
OVER = """
SELECT reverses, SUM(amount_fen), MIN(of_fen) FROM ledger_transfer WHERE reverses > 0
GROUP BY reverses HAVING SUM(amount_fen) > MIN(of_fen)
"""
LOTS_OFF = """
SELECT a.number, a.debits_fen - a.credits_fen, COALESCE(SUM(l.left_fen), 0) FROM ledger_account a
LEFT JOIN ledger_lot l ON l.account_id = a.number WHERE a.keeps_lots = %s
GROUP BY a.number, a.debits_fen, a.credits_fen
HAVING a.debits_fen - a.credits_fen <> COALESCE(SUM(l.left_fen), 0)
"""
USES_OFF = """
SELECT l.id, l.amount_fen - l.left_fen, COALESCE(SUM(u.amount_fen), 0) FROM ledger_lot l
LEFT JOIN ledger_allocation u ON u.lot_id = l.id GROUP BY l.id, l.amount_fen, l.left_fen
HAVING l.amount_fen - l.left_fen <> COALESCE(SUM(u.amount_fen), 0)
"""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing in the books that does not agree (账上的不对): `transfer` names the row where one is to blame."""

    kind: str
    sentence: str
    transfer: int | None = None

    def __str__(self) -> str:
        return self.sentence


def counted() -> dict[int, tuple[int, ...]]:
    """Return each account's four totals as kept (账户累计)."""
    return {row[0]: row[1:] for row in Account.objects.values_list("pk", *COUNTERS)}


def recounted() -> dict[int, tuple[int, ...]]:
    """Return each account's four totals, counted again from every transfer (全量重算)."""
    return {row[0]: tuple(int(cell) for cell in row[1:]) for row in _rows(RECOUNT)}


def _rows(sql: str, values: tuple[bool | int | date, ...] = ()) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def verify(kept: Mapping[tuple[int, date], str] | None = None) -> Iterator[Fault]:
    """
    Yield everything in the books that does not agree with the transfers, or was done to them from outside (核对账本).

    `kept` are chain values by ledger and day that somebody wrote down from the public page.
    """
    yield from _counters()
    yield from _postings()
    yield from _lots()
    yield from _closings()
    for books in Books.objects.order_by("pk"):
        yield from _chain(books)
    for (ledger, day), chain in sorted((kept or {}).items()):
        if not Seal.objects.filter(ledger=ledger, day=day, hash=chain).exists():
            yield Fault(
                kind="chain",
                sentence=f"{Ledger(ledger).label}{say_day(day)}公布过的封存码{chain[:16].upper()}在封条里找不到："
                "这一天以后的账被截断或重做过。",
            )


def _counters() -> Iterator[Fault]:
    kept = counted()
    for number, right in recounted().items():
        if kept[number] != right:
            yield Fault(
                kind="counter",
                sentence=f"账户{number}记着借{_yuan(kept[number][0])}、贷{_yuan(kept[number][1])}，"
                f"逐笔重算是借{_yuan(right[0])}、贷{_yuan(right[1])}：有人绕过记账改了累计或分录。",
            )
    for ledger, off in _rows(
        "SELECT ledger, SUM(debits_fen - credits_fen) FROM ledger_account GROUP BY ledger"
        " HAVING SUM(debits_fen - credits_fen) <> 0"
    ):
        yield Fault(kind="balance", sentence=f"{Ledger(ledger).label}借贷两边差{_yuan(int(off))}。")


def _postings() -> Iterator[Fault]:
    for first, count, lines in _rows(HALF):
        yield Fault(
            kind="half",
            transfer=first,
            sentence=f"转账{first}所在的凭证该有{lines}行，实有{count}行或互不一致：是半张凭证。",
        )
    for pk, of, original in _rows(STRAY):
        yield Fault(
            kind="reference",
            transfer=pk,
            sentence=f"转账{pk}说原来那笔是{_yuan(of)}，"
            + (f"原件是{_yuan(original)}或方向不对。" if original is not None else "原件不见了。"),
        )
    for pk, total, of in _rows(OVER):
        yield Fault(
            kind="reversal",
            transfer=pk,
            sentence=f"转账{pk}一共{_yuan(of)}，冲销了{_yuan(int(total))}，冲多了。",
        )


def _lots() -> Iterator[Fault]:
    for number, balance, left in _rows(LOTS_OFF, (True,)):
        yield Fault(
            kind="lots",
            sentence=f"账户{number}余额{_yuan(balance)}，各批次没用的加起来是{_yuan(int(left))}，对不上。",
        )
    for lot, used, said in _rows(USES_OFF):
        yield Fault(
            kind="lots",
            sentence=f"批次{lot}用掉{_yuan(used)}，分配记录加起来是{_yuan(int(said))}，对不上。",
        )
    spent = Transfer.objects.filter(pk=OuterRef("gift_id"))
    for orphan in Lot.objects.filter(~Exists(spent))[:20]:
        yield Fault(kind="lots", sentence=f"批次{orphan.pk}的最初进账不见了。")


def _closings() -> Iterator[Fault]:
    for closing in Closing.objects.order_by("ledger", "month"):
        until = first_of(closing.month + 1)
        late = Transfer.objects.filter(
            ledger=closing.ledger, booked_on__lt=until, booked_at__gt=closing.closed_at
        )
        for pk in late.filter(booked_on__gte=first_of(closing.month)).values_list("pk", flat=True)[
            :20
        ]:
            yield Fault(
                kind="closing",
                transfer=pk,
                sentence=f"转账{pk}记进了已经关账的{_month(closing.month)}：是关账以后从外面插进来的。",
            )
    latest = Closing.objects.values("ledger").annotate(month=Max("month"))
    for row in latest:
        closing = Closing.objects.get(ledger=row["ledger"], month=row["month"])
        yield from _carried(closing)


def _carried(closing: Closing) -> Iterator[Fault]:
    """Count the totals of the newest closing again; an older one is where a newer began."""
    right = {
        number: (int(debits), int(credits))
        for number, debits, credits in _rows(
            "SELECT account, SUM(d), SUM(c) FROM ("
            " SELECT debit_account_id AS account, SUM(amount_fen) AS d, 0 AS c FROM ledger_transfer"
            " WHERE ledger = %s AND booked_on < %s AND phase IN ('posted', 'settled')"
            " GROUP BY debit_account_id UNION ALL"
            " SELECT credit_account_id, 0, SUM(amount_fen) FROM ledger_transfer"
            " WHERE ledger = %s AND booked_on < %s AND phase IN ('posted', 'settled')"
            " GROUP BY credit_account_id) m GROUP BY account",
            (closing.ledger, first_of(closing.month + 1)) * 2,
        )
    }
    kept = {
        c.account_id: (c.debits_fen, c.credits_fen) for c in Carried.objects.filter(closing=closing)
    }
    for number in sorted(right.keys() | kept.keys()):
        if right.get(number, (0, 0)) != kept.get(number, (0, 0)):
            yield Fault(
                kind="closing",
                sentence=f"账户{number}{_month(closing.month)}末的累计和逐笔重算对不上：关账以后有人动过。",
            )


def _chain(books: Books) -> Iterator[Fault]:
    named = Ledger(books.pk).label
    width = len(columns())
    number, chain = 0, ""
    for sequence, transfer, month, voucher, value, *row in sealed(books.pk):
        if sequence != number + 1:
            yield Fault(
                kind="removed",
                sentence=f"{named}第{number + 1}至{sequence - 1}号封条不见了：有人删过封条。",
            )
            right = value  # what came before is gone, so this one cannot be judged
        elif row[0] is None:
            yield Fault(
                kind="removed",
                transfer=transfer,
                sentence=f"{named}转账{transfer}不见了：它封存过，是第{sequence}号，被删掉了。",
            )
            right = value
        else:
            right = link(chain, sequence, month, voucher, row[:width])
            if not hmac.compare_digest(right, value):
                yield Fault(
                    kind="changed",
                    transfer=transfer,
                    sentence=f"{named}转账{transfer}或它的封条（第{sequence}号）被改过：内容和链值对不上。",
                )
        number, chain = sequence, value
    if (books.sealed, books.head) != (number, chain):
        yield Fault(
            kind="chain",
            sentence=f"{named}封到第{number}号为止，账套上记的是第{books.sealed}号：末尾的封条被删过或改过。",
        )
    loose = Transfer.objects.filter(ledger=books.pk, pk__lte=books.settled_id, seal__isnull=True)
    for pk in loose.values_list("pk", flat=True)[:20]:
        yield Fault(
            kind="inserted",
            transfer=pk,
            sentence=f"{named}转账{pk}没有封存，却排在早已封存的转账中间：是后来插进来的。",
        )
    numbered = Seal.objects.filter(Q(voucher__gt=0), ledger=books.pk).values("month")
    for row_of in numbered.annotate(n=Count("voucher", distinct=True), last=Max("voucher")):
        if row_of["n"] != row_of["last"]:
            yield Fault(
                kind="voucher",
                sentence=f"{named}{_month(row_of['month'])}凭证编到第{row_of['last']}号，只有{row_of['n']}张：断号了。",
            )


def _yuan(fen: int) -> str:
    return f"{Money(fen).yuan()}元"


def _month(month: int) -> str:
    day = first_of(month)
    return f"{day.year}年{day.month}月"
