"""Reading the books: whose they are, vouchers, the pages of an account, what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q, QuerySet, Sum

from gongzhi.ledger import rules
from gongzhi.ledger.chart import in_order, title
from gongzhi.ledger.models import (
    MOVED,
    Account,
    Books,
    Ledger,
    Seal,
    Transfer,
    TransferQuerySet,
    Voucher,
)
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import first_of, month_of
from gongzhi.shared.permissions import Actor

PAGE = 50
DAY = timedelta(days=1)


def books_seen_by(by: Actor) -> list[Books]:
    """Return the books that *by* may read, charity before fiscal (看得到的账)."""
    found = {b.pk: b for b in Books.objects.all()}
    order = (Ledger.CHARITY, Ledger.FISCAL)
    return [found[x] for x in order if x in found and rules.holds(by, rules.SEE[x], x)]


def current_month(books: Books, now: datetime) -> int:
    """Return the month that is being kept: the first that is not closed, never beyond today (正在记的月份)."""
    return min(month_of(books.closed_through + DAY), month_of(today(now)))


def open_day(ledger: int, day: date) -> date:
    """
    Return the first day on or after *day* that still takes entries (可以记账的日子).

    A fact that comes late is booked there and keeps its own day as the day it happened.
    """
    closed = Books.objects.values_list("closed_through", flat=True).get(pk=ledger)
    return max(day, closed + DAY)


def month_from(number: int) -> int | None:
    """Read a month in an address, 202610; None when it is none (月份)."""
    year, month = divmod(number, 100)
    return year * 12 + month - 1 if 1900 <= year <= 2999 and 1 <= month <= 12 else None


def accounts_to_choose(ledger: int, on: date) -> list[tuple[int, str]]:
    """Return the accounts of a ledger with their code and name, in the order of the chart (选科目)."""
    accounts = in_order(Account.objects.filter(ledger=ledger).select_related("fund"))
    return [(a.pk, f"{a.subject} {say(a, on)}") for a in accounts]


def say(account: Account, on: date) -> str:
    """Return an account's name on a day, with its restriction where one subject has both (账户名称)."""
    named = title(account, on)
    if account.restriction and account.kind == Account.Kind.INCOME:
        named += f"·{account.get_restriction_display()}"
    return named


def account(ledger: int, number: int) -> Account | None:
    """Return one account of a ledger; None when it has none of that number (账户)."""
    return Account.objects.select_related("fund").filter(ledger=ledger, pk=number).first()


def accounts_of(ledger: int, subject: str) -> list[Account]:
    """Return the accounts under one subject (明细账户)."""
    return in_order(Account.objects.filter(ledger=ledger, subject=subject))


# --- vouchers ------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Slip:
    """A posting as a voucher is read (记账凭证)."""

    pk: int
    posting: UUID
    ledger: int
    number: int | None
    month: int
    booked_on: date
    value_on: date
    booked_at: datetime
    memo: str
    lines: int
    total_fen: int
    maker: str
    approver: str
    document: str
    attachments: int
    business: str
    rows: list[Transfer] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The number as it is spoken: 记字第0187号."""
        return f"记字第{self.number:04d}号" if self.number else "待封存，还没有号"

    @property
    def is_late(self) -> bool:
        """Whether it happened in an earlier month than it is booked in (晚到的事)."""
        return month_of(self.value_on) < self.month


def lines_of(posting: UUID) -> list[Transfer]:
    """Return the lines of one posting with all that a voucher names (分录)."""
    return list(_lines().of(posting))


def _lines() -> TransferQuerySet:
    return Transfer.objects.select_related(
        "debit_account", "credit_account", "fund", "project", "funding_line", "place",
        "maker", "approver", "seal",
    )  # fmt: skip


def slip(ledger: int, pk: int) -> Slip | None:
    """Return the voucher that a transfer belongs to; None when this ledger has none such (一张凭证)."""
    key = Transfer.objects.filter(ledger=ledger, pk=pk).values_list("posting", flat=True).first()
    rows = lines_of(key) if key else []
    return _slip(rows[0], rows) if rows else None


def _slip(first: Transfer, rows: Sequence[Transfer], total: int | None = None) -> Slip:
    sealed: Seal | None = getattr(first, "seal", None)
    known = rules.businesses().get(first.business)
    return Slip(
        pk=first.pk,
        posting=first.posting,
        ledger=first.ledger,
        number=sealed.voucher if sealed else None,
        month=month_of(first.booked_on),
        booked_on=first.booked_on,
        value_on=first.value_on,
        booked_at=first.booked_at,
        memo=first.memo,
        lines=first.lines,
        total_fen=sum(r.amount_fen for r in rows) if total is None else total,
        maker=first.maker.spoken_name() if first.maker else "系统",
        approver=first.approver.spoken_name() if first.approver else "",
        document=first.document,
        attachments=first.attachments,
        business=known.label if known else first.business,
        rows=list(rows),
    )


@dataclass(frozen=True, kw_only=True)
class SlipPage:
    """A page of vouchers, newest first, with the keys of the pages around it (一页凭证)."""

    rows: list[Slip]
    newer: int | None
    older: int | None


def _firsts(ledger: int, month: int) -> QuerySet[Transfer]:
    return Transfer.objects.filter(
        ledger=ledger,
        line=1,
        booked_on__gte=first_of(month),
        booked_on__lt=first_of(month + 1),
        phase__in=MOVED,
    )


def slips(
    ledger: int, month: int, *, before: int | None = None, after: int | None = None
) -> SlipPage:
    """Return a page of the vouchers of a month (凭证清单), older than *before* or newer than *after*."""
    found = _firsts(ledger, month).select_related("maker", "approver", "seal")
    if after is not None:
        kept = list(found.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more_newer, more_older = len(kept) > PAGE, True
        kept = kept[:PAGE][::-1]
    else:
        kept = list((found.filter(pk__lt=before) if before else found).order_by("-pk")[: PAGE + 1])
        more_newer, more_older = before is not None, len(kept) > PAGE
        kept = kept[:PAGE]
    sums = dict(
        Transfer.objects.filter(posting__in=[first.posting for first in kept])
        .values_list("posting")
        .annotate(Sum("amount_fen"))
    )
    return SlipPage(
        rows=[_slip(first, [], sums[first.posting]) for first in kept],
        newer=kept[0].pk if kept and more_newer else None,
        older=kept[-1].pk if kept and more_older else None,
    )


def with_lines(rows: Sequence[Slip]) -> list[Slip]:
    """Return vouchers with their lines, read together (凭证和分录)."""
    lines: dict[UUID, list[Transfer]] = {}
    for row in _lines().filter(posting__in=[s.posting for s in rows]).order_by("posting", "line"):
        lines.setdefault(row.posting, []).append(row)
    return [replace(s, rows=lines[s.posting]) for s in rows]


def neighbours(ledger: int, month: int, pk: int) -> tuple[int | None, int | None]:
    """Return the vouchers before and after one in its month (上一张、下一张)."""
    found = _firsts(ledger, month)
    earlier = found.filter(pk__lt=pk).aggregate(pk=Max("pk"))["pk"]
    later = found.filter(pk__gt=pk).order_by("pk").values_list("pk", flat=True).first()
    return earlier, later


def voucher_drafts(ledger: int, *, through: date | None = None) -> QuerySet[Voucher]:
    """Return the drafts that are not booked yet, oldest first (草稿和等复核的凭证)."""
    found = Voucher.objects.filter(ledger=ledger, state__in=("draft", "submitted"))
    if through is not None:
        found = found.filter(booked_on__lte=through)
    return found.select_related("maker").order_by("booked_on", "pk")


def drafts(by: Actor) -> QuerySet[Voucher]:
    """Return what waits for *by* to approve: handed in by somebody else, in books *by* may approve (等我复核)."""
    within = Q(pk__in=[])
    for ledger, permission in rules.APPROVE.items():
        if rules.holds(by, permission, ledger):
            within |= Q(ledger=ledger)
    return Voucher.objects.filter(within, state="submitted").exclude(maker=by.pk)


def reversible(rows: Iterable[Transfer]) -> dict[int, int]:
    """Return how much of each transfer may still be reversed (还能冲销多少)."""
    rows = [row for row in rows if row.phase in MOVED and not row.reverses]
    done = dict(
        Transfer.objects.filter(reverses__in=[row.pk for row in rows])
        .values_list("reverses")
        .annotate(Sum("amount_fen"))
    )
    return {row.pk: row.amount_fen - done.get(row.pk, 0) for row in rows}


def undone_by(rows: Iterable[Transfer]) -> list[tuple[int, int]]:
    """Return the transfers that these lines reverse, each with how much (冲销了哪几笔)."""
    return [(row.reverses, row.amount_fen) for row in rows if row.reverses]


def undoing(rows: Iterable[Transfer]) -> list[tuple[int, int]]:
    """Return the transfers that reverse these lines, each with how much (被哪几笔冲销)."""
    found = Transfer.objects.filter(reverses__in=[row.pk for row in rows if not row.reverses])
    return list(found.order_by("pk").values_list("pk", "amount_fen")[:50])


# --- the pages of an account ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of an account's page: which way, how much, what stands there after it (明细账的一行)."""

    pk: int
    booked_on: date
    value_on: date
    number: int | None
    memo: str
    other: str
    debit_fen: int
    credit_fen: int
    balance_fen: int
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """A page of an account, newest first, with the keys of the pages around it (一页明细账)."""

    rows: list[Entry]
    newer: int | None
    older: int | None


def entries(
    held: Account,
    *,
    month: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> EntryPage:
    """
    Return a page of one account (明细账), newest first, each with the balance right after it.

    Both sides are read by their own index and merged: the last page is as quick as the first.
    """
    forward = after is not None
    found: list[Transfer] = []
    for side in ("debit_account", "credit_account"):
        rows = Transfer.objects.moved().filter(**{side: held.pk})
        if month is not None:
            rows = rows.filter(booked_on__gte=first_of(month), booked_on__lt=first_of(month + 1))
        if forward:
            rows = rows.filter(pk__gt=after)
        elif before is not None:
            rows = rows.filter(pk__lt=before)
        related = rows.select_related("debit_account", "credit_account", "fund", "project", "seal")
        found += related.order_by("pk" if forward else "-pk")[: PAGE + 1]
    found.sort(key=lambda row: row.pk, reverse=not forward)
    more = len(found) > PAGE
    kept = found[:PAGE][::-1] if forward else found[:PAGE]
    newer = more if forward else before is not None
    older = True if forward else more
    return EntryPage(
        rows=[_entry(held, row) for row in kept],
        newer=kept[0].pk if kept and newer else None,
        older=kept[-1].pk if kept and older else None,
    )


def _entry(held: Account, row: Transfer) -> Entry:
    comes_in = row.debit_account_id == held.pk
    other = row.credit_account if comes_in else row.debit_account
    after = row.debit_after_fen if comes_in else row.credit_after_fen
    sealed: Seal | None = getattr(row, "seal", None)
    return Entry(
        pk=row.pk,
        booked_on=row.booked_on,
        value_on=row.value_on,
        number=sealed.voucher if sealed else None,
        memo=row.memo,
        other=say(other, row.booked_on),
        debit_fen=row.amount_fen if comes_in else 0,
        credit_fen=0 if comes_in else row.amount_fen,
        balance_fen=after if held.normal_side == Account.Side.DEBIT else -after,
        tags=tuple(str(x) for x in (row.fund, row.project) if x),
    )


# --- reservations --------------------------------------------------------------------------------


def open_reservations(held: Account) -> QuerySet[Transfer]:
    """Return what is set aside of one account and not resolved, oldest first (预留中)."""
    within = Q(debit_account=held) | Q(credit_account=held)
    return Transfer.objects.waiting().filter(within).order_by("pk")


def overdue(now: datetime) -> QuerySet[Transfer]:
    """Return the reservations whose time is over (到期的预留)."""
    due = Transfer.objects.waiting().filter(expires_at__isnull=False, expires_at__lte=now)
    return due.order_by("pk")
