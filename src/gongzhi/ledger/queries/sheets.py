"""Trial balance, activity statement and balance sheet, each from the totals of accounts (三张表)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import Q, Sum

from gongzhi.ledger.chart import chart, in_order, title
from gongzhi.ledger.models import MOVED, Account, Carried, Closing, Ledger, Restriction, Transfer
from gongzhi.shared.periods import first_of

Totals = dict[int, tuple[int, int]]  # account number → debits, credits
Kind = Account.Kind
FOREVER = date(9999, 1, 1)
YEAR_END = "ledger.year-end"


def movement(ledger: int, since: date, until: date = FOREVER, *, business: str = "") -> Totals:
    """Return what moved on each side of each account in [since, until) (发生额)."""
    within = "ledger = %s AND booked_on >= %s AND booked_on < %s AND phase IN ('posted', 'settled')"
    values: list[int | str | date] = [ledger, since, until]
    if business:
        within, values = f"{within} AND business = %s", [*values, business]
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    with connection.cursor() as cursor:
        for side, column in enumerate(("debit_account_id", "credit_account_id")):
            cursor.execute(
                f"SELECT +{column}, SUM(amount_fen) FROM ledger_transfer WHERE {within} GROUP BY 1",
                values,
            )
            for number, fen in cursor:
                found[number][side] += int(fen)
    return {number: (sides[0], sides[1]) for number, sides in found.items()}


def counters(ledger: int) -> Totals:
    """Return both totals of each account as they are kept (账户累计)."""
    rows = Account.objects.filter(ledger=ledger).values_list("pk", "debits_fen", "credits_fen")
    return {pk: (debits, credits) for pk, debits, credits in rows}


def minus(whole: Totals, part: Totals) -> Totals:
    """Return what is left of each account's totals."""
    left = {}
    for number in whole.keys() | part.keys():
        (d, c), (less_d, less_c) = whole.get(number, (0, 0)), part.get(number, (0, 0))
        left[number] = (d - less_d, c - less_c)
    return left


def _after(ledger: int, days: list[date]) -> list[Totals]:
    """Return what moved on each account on and after each of *days*, in one pass (某日以后的发生额)."""
    # The plus keeps SQLite from walking the whole index of accounts instead of the few days.
    bucket = "CASE " + " ".join(
        f"WHEN booked_on >= %s THEN {n}" for n in reversed(range(len(days)))
    )
    asked: list[int | str | date] = [*days[::-1], ledger, days[0]]
    halves = [
        f"SELECT +{column} AS account, {side} AS side, {bucket} END AS bucket, SUM(amount_fen) AS fen"
        " FROM ledger_transfer WHERE ledger = %s AND booked_on >= %s"
        " AND phase IN ('posted', 'settled') GROUP BY 1, 3"
        for side, column in enumerate(("debit_account_id", "credit_account_id"))
    ]
    found: list[dict[int, list[int]]] = [defaultdict(lambda: [0, 0]) for _ in days]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(halves), asked * 2)
        for number, side, last, fen in cursor:
            for n in range(last + 1):
                found[n][number][side] += int(fen)
    return [{number: (d, c) for number, (d, c) in sums.items()} for sums in found]


def totals_at(ledger: int, *months: int) -> list[Totals]:
    """
    Return both totals of each account at the end of each month (月末累计).

    A closed month has them carried; the end of an open one is today's counters less what came after.
    """
    closings = dict(Closing.objects.filter(ledger=ledger).values_list("month", "pk"))
    found: dict[int, Totals] = {month: {} for month in months}
    if kept := {closings[month]: month for month in found if month in closings}:
        rows = Carried.objects.filter(closing__in=kept)
        for closing, account, d, c in rows.values_list(
            "closing", "account", "debits_fen", "credits_fen"
        ):
            found[kept[closing]][account] = (d, c)
    # A month below a closed one that is not closed itself lies before these books began.
    last = max(closings, default=0)
    if still_open := sorted(month for month in found if month > last):
        now = counters(ledger)
        after = _after(ledger, [first_of(month + 1) for month in still_open])
        for month, came_after in zip(still_open, after, strict=True):
            found[month] = minus(now, came_after)
    return [found[month] for month in months]


def cumulative(ledger: int, month: int) -> Totals:
    """Return both totals of each account at the end of one month (月末累计)."""
    return totals_at(ledger, month)[0]


@dataclass(kw_only=True)
class TrialRow:
    """One subject or account of the trial balance (试算平衡表的一行): amounts in fen, on its usual side."""

    code: str
    label: str
    side: str
    opening: int = 0
    debits: int = 0
    credits: int = 0
    closing: int = 0
    account: int = 0
    accounts: list[TrialRow] = field(default_factory=list)

    def add(self, other: TrialRow) -> None:
        """Take the row of an account into its subject's."""
        sign = 1 if self.side == other.side else -1
        self.opening += sign * other.opening
        self.debits += other.debits
        self.credits += other.credits
        self.closing += sign * other.closing
        self.accounts.append(other)


def trial_balance(ledger: int, month: int) -> list[TrialRow]:
    """Return each subject that ever moved with its opening, movement and closing, by code (试算平衡表)."""
    end, before = totals_at(ledger, month, month - 1)
    on = first_of(month)
    subjects: dict[str, TrialRow] = {}
    names = chart(ledger, on)
    for account in in_order(Account.objects.filter(ledger=ledger)):
        (d, c), (d0, c0) = end.get(account.pk, (0, 0)), before.get(account.pk, (0, 0))
        if not (d or c):
            continue
        sign = 1 if account.normal_side == Account.Side.DEBIT else -1
        row = TrialRow(
            code=account.code,
            label=title(account, on),
            side=account.normal_side,
            opening=sign * (d0 - c0),
            debits=d - d0,
            credits=c - c0,
            closing=sign * (d - c),
            account=account.pk,
        )
        known = names.get(account.subject)
        whole = subjects.setdefault(
            account.subject,
            TrialRow(
                code=account.subject,
                label=known.name if known else account.subject,
                side=known.side if known else account.normal_side,
            ),
        )
        whole.add(row)
    return list(subjects.values())


def sides(rows: Iterable[TrialRow]) -> dict[str, dict[str, int]]:
    """Return the sums of both sides of a trial balance: they must be the same (两边合计)."""
    sums = {side: {"opening": 0, "moved": 0, "closing": 0} for side in ("debit", "credit")}
    for row in rows:
        other = "credit" if row.side == "debit" else "debit"
        for name in ("opening", "closing"):
            fen = getattr(row, name)
            sums[row.side if fen >= 0 else other][name] += abs(fen)
        sums["debit"]["moved"] += row.debits
        sums["credit"]["moved"] += row.credits
    return sums


@dataclass(kw_only=True)
class ActivityRow:
    """One line of the activity statement: unrestricted, restricted and both, of the month and the year so far."""

    label: str
    code: str = ""
    kind: str = ""
    month: tuple[int, int] = (0, 0)  # unrestricted, restricted
    year: tuple[int, int] = (0, 0)

    @property
    def cells(self) -> list[int]:
        """The six amounts in the order of the sheet."""
        return [*self.month, sum(self.month), *self.year, sum(self.year)]


def _add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def _total(label: str, rows: Iterable[ActivityRow], kind: str) -> ActivityRow:
    whole = ActivityRow(label=label, kind=kind)
    for row in rows:
        whole.month, whole.year = _add(whole.month, row.month), _add(whole.year, row.year)
    return whole


def _earned(ledger: int, last: int, january: int) -> tuple[Totals, Totals]:
    """What moved in the month and in the year so far, without what the year's end carried over."""
    end, before, new_year = totals_at(ledger, last, last - 1, january - 1)
    # Carrying over is booked on the last day of December: in the month, or not at all.
    carried = movement(ledger, first_of(last), first_of(last + 1), business=YEAR_END)
    return minus(minus(end, before), carried), minus(minus(end, new_year), carried)


def _released(ledger: int, first: int, last: int) -> int:
    """How much restricted money became unrestricted, the year's end left out."""
    found = Transfer.objects.filter(
        ledger=ledger,
        booked_on__gte=first_of(first),
        booked_on__lt=first_of(last + 1),
        phase__in=MOVED,
    ).exclude(business=YEAR_END)
    restricted = Account.objects.filter(
        ledger=ledger, kind=Kind.NET_ASSETS, restriction=Restriction.RESTRICTED
    )
    free = Account.objects.filter(
        ledger=ledger, kind=Kind.NET_ASSETS, restriction=Restriction.UNRESTRICTED
    )
    sums = found.aggregate(
        out=Sum(
            "amount_fen",
            filter=Q(debit_account__in=restricted, credit_account__in=free),
            default=0,
        ),
        back=Sum(
            "amount_fen",
            filter=Q(debit_account__in=free, credit_account__in=restricted),
            default=0,
        ),
    )
    return sums["out"] - sums["back"]


def activity(ledger: int, month: int) -> list[ActivityRow]:
    """
    Return the activity statement of a month and of the year so far (业务活动表).

    Restricted income stands apart; expenses are unrestricted; what was released moves between the columns.
    """
    january = month - month % 12
    of_month, of_year = _earned(ledger, month, january)
    names = chart(ledger, first_of(month))
    rows: dict[str, ActivityRow] = {}
    for account in in_order(
        Account.objects.filter(ledger=ledger, kind__in=(Kind.INCOME, Kind.EXPENSE))
    ):
        sign = 1 if account.kind == Kind.EXPENSE else -1
        cell = int(account.restriction == Restriction.RESTRICTED)
        known = names.get(account.subject)
        row = rows.setdefault(
            account.subject,
            ActivityRow(
                label=known.name if known else account.subject,
                code=account.subject,
                kind=account.kind,
            ),
        )
        for moved, name in ((of_month, "month"), (of_year, "year")):
            d, c = moved.get(account.pk, (0, 0))
            fen = sign * (d - c)
            setattr(row, name, _add(getattr(row, name), (0, fen) if cell else (fen, 0)))
    shown = [row for row in rows.values() if any(row.cells)]
    income = [row for row in shown if row.kind == Kind.INCOME]
    spent = [row for row in shown if row.kind == Kind.EXPENSE]
    incomes, expenses = _total("收入合计", income, "sum"), _total("费用合计", spent, "sum")
    out_month, out_year = _released(ledger, month, month), _released(ledger, january, month)
    released = ActivityRow(
        label="限定性净资产转为非限定性净资产",
        kind="released",
        month=(out_month, -out_month),
        year=(out_year, -out_year),
    )
    change = ActivityRow(label="净资产变动额", kind="key")
    for name in ("month", "year"):
        i, e, r = (getattr(x, name) for x in (incomes, expenses, released))
        setattr(change, name, (i[0] - e[0] + r[0], i[1] - e[1] + r[1]))
    return [*income, incomes, *spent, expenses, released, change]


@dataclass(kw_only=True)
class BalanceRow:
    """One line of the balance sheet: at the year's beginning and at the month's end, in fen (资产负债表的一行)."""

    label: str
    code: str = ""
    kind: str = ""
    opening: int = 0
    closing: int = 0


def balance_sheet(ledger: int, month: int) -> tuple[list[BalanceRow], list[BalanceRow]]:
    """
    Return assets, and liabilities with net assets, at the end of a month (资产负债表).

    Income and expenses not carried over yet count into the net assets that they will go to; so both
    sides always agree.
    """
    january = month - month % 12
    before, end = totals_at(ledger, january - 1, month)
    names = chart(ledger, first_of(month))
    accounts = in_order(Account.objects.filter(ledger=ledger))

    def net(totals: Totals, account: Account) -> int:
        d, c = totals.get(account.pk, (0, 0))
        return d - c if account.kind in (Kind.ASSET, Kind.EXPENSE) else c - d

    left: list[BalanceRow] = []
    right: list[BalanceRow] = []
    for kind, rows, whole in (
        (Kind.ASSET, left, "资产总计"),
        (Kind.LIABILITY, right, "负债合计"),
    ):
        sections: dict[str, list[BalanceRow]] = {}
        by_code: dict[str, BalanceRow] = {}
        for account in (a for a in accounts if a.kind == kind):
            known = names.get(account.subject)
            if account.subject not in by_code:
                row = BalanceRow(
                    label=("减：" if known and known.side != _usual(kind) else "")
                    + (known.name if known else account.subject),
                    code=account.subject,
                )
                by_code[account.subject] = row
                sections.setdefault(known.section if known else "", []).append(row)
            by_code[account.subject].opening += net(before, account)
            by_code[account.subject].closing += net(end, account)
        for section, found in sections.items():
            shown = [row for row in found if row.opening or row.closing]
            if shown:
                rows += [*shown, _sum(f"{section}合计", shown, "sum")]
        rows.append(
            _sum(
                whole, [row for row in rows if row.kind != "sum"], "key" if rows is left else "sum"
            )
        )
    free, bound = (
        BalanceRow(label="非限定性净资产" if ledger == Ledger.CHARITY else "净资产"),
        BalanceRow(label="限定性净资产"),
    )
    for account in accounts:
        if account.kind in (Kind.NET_ASSETS, Kind.INCOME, Kind.EXPENSE):
            sign = -1 if account.kind == Kind.EXPENSE else 1
            row = bound if account.restriction == Restriction.RESTRICTED else free
            row.opening += sign * net(before, account)
            row.closing += sign * net(end, account)
    owned = [free, bound] if ledger == Ledger.CHARITY else [free]
    nets = _sum("净资产合计", owned, "sum")
    right += [*owned, nets, _sum("负债和净资产总计", [right[-1], nets], "key")]
    return left, right


def _usual(kind: str) -> str:
    return Account.Side.DEBIT if kind == Kind.ASSET else Account.Side.CREDIT


def _sum(label: str, rows: Iterable[BalanceRow], kind: str) -> BalanceRow:
    whole = BalanceRow(label=label, kind=kind)
    for row in rows:
        whole.opening += row.opening
        whole.closing += row.closing
    return whole
