"""Opening books and accounts, naming what money is counted by, closing months and years."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from gongzhi.accounts.models import User
from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.ledger import queries, refusals, rules
from gongzhi.ledger.booking import Asked, book, steps
from gongzhi.ledger.booking import Line as AskedLine
from gongzhi.ledger.chart import Subject, chart
from gongzhi.ledger.checks import close_checks
from gongzhi.ledger.models import (
    MOVED,
    Account,
    Books,
    Carried,
    Closing,
    Dimension,
    Ledger,
    Restriction,
    Transfer,
)
from gongzhi.ledger.rules import Business
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import first_of, month_of, say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize

DAY = timedelta(days=1)
# The subjects that income and expenses go to at the year's end.
CARRIED_TO = {
    (Ledger.CHARITY, Restriction.RESTRICTED): "3102",
    (Ledger.CHARITY, Restriction.UNRESTRICTED): "3101",
    (Ledger.FISCAL, ""): "3001",
}


@transaction.atomic
def open_books(
    *,
    by: Actor,
    ledger: Ledger,
    owner: str,
    opened_on: date,
    now: datetime,
    organization: Organization | None = None,
) -> Books:
    """
    Open a set of books with one account for each subject of the chart (建账).

    :raises PermissionDenied: *by* may not open books for the county.
    :raises BooksAreOpen: they are open already.
    """
    rules.require(by, rules.OPEN_BOOKS, ledger)
    if Books.objects.filter(pk=ledger).exists():
        raise refusals.BooksAreOpen(ledger=Ledger(ledger).label)
    books = Books.objects.create(
        ledger=ledger,
        owner=owner,
        organization=organization,
        opened_on=opened_on,
        closed_through=opened_on - DAY,
        last_number=ledger,
    )
    Account.objects.bulk_create(
        _account(books, subject, restriction=restriction)
        for subject in chart(ledger, opened_on).values()
        for restriction in subject.restrictions
    )
    books.save(update_fields=["last_number"])
    audit.record(
        by,
        "ledger.books-opened",
        books,
        changes={"单位": ["", owner], "建账日期": ["", say_day(opened_on)]},
        now=now,
    )
    return books


def _account(
    books: Books,
    subject: Subject,
    *,
    detail: str = "",
    name: str = "",
    restriction: str = "",
    fund: Dimension | None = None,
    is_guarded: bool = False,
    keeps_lots: bool = False,
) -> Account:
    books.last_number += 10
    mark = {"restricted": "R", "unrestricted": "U"}.get(restriction, "")
    shared = mark if subject.restriction == "both" else ""
    return Account(
        number=books.last_number,
        ledger=books.pk,
        code="-".join(part for part in (subject.code, shared, detail) if part),
        subject=subject.code,
        name=name,
        kind=subject.kind,
        normal_side=subject.side,
        restriction=restriction,
        fund=fund,
        is_guarded=is_guarded or keeps_lots,
        keeps_lots=keeps_lots,
        opened_on=books.closed_through + DAY,
        closed_through=books.closed_through,
    )


@transaction.atomic
def open_account(
    *,
    by: Actor,
    ledger: Ledger,
    subject: str,
    detail: str,
    name: str,
    now: datetime,
    restriction: str = "",
    fund: Dimension | None = None,
    is_guarded: bool = False,
    keeps_lots: bool = False,
    business: Business | None = None,
) -> Account:
    """
    Open an account below a subject, as one fund's own bank balance is kept (开明细账户).

    `is_guarded` gives it a floor of zero; `keeps_lots` has its money followed gift by gift. A room above
    names its `business`: whoever may do that may open what it needs.

    :raises PermissionDenied: *by* may neither do this business nor keep these books.
    :raises SubjectUnknown: today's chart has no such subject.
    :raises CodeTaken: there is an account with this code.
    :raises CannotKeepLots: only what is owned can be followed.
    """
    rules.require_business(by, business.code if business else "", ledger)
    books = _held(ledger)
    known = chart(ledger, today(now)).get(subject)
    if known is None:
        raise refusals.SubjectUnknown(code=subject)
    if keeps_lots and (known.kind, known.side) != (Account.Kind.ASSET, Account.Side.DEBIT):
        raise refusals.CannotKeepLots(name=known.name)
    if not restriction and known.restriction != "both":
        restriction = known.restriction
    try:
        with transaction.atomic():
            account = _account(
                books,
                known,
                detail=normalize(detail).replace(" ", ""),
                name=normalize(name),
                restriction=restriction,
                fund=fund,
                is_guarded=is_guarded,
                keeps_lots=keeps_lots,
            )
            account.save(force_insert=True)
    except IntegrityError as error:
        raise refusals.CodeTaken(code=f"{subject}-{detail}") from error
    books.save(update_fields=["last_number"])
    audit.record(
        by, "ledger.account-opened", account, changes={"账户": ["", account.code]}, now=now
    )
    return account


def _held(ledger: int) -> Books:
    try:
        return Books.objects.lock(ledger)
    except Books.DoesNotExist as error:
        raise refusals.BooksNotOpen(ledger=Ledger(ledger).label) from error


@transaction.atomic
def name_dimension(
    *,
    by: Actor,
    ledger: Ledger,
    kind: str,
    code: str,
    name: str,
    now: datetime,
    business: Business | None = None,
) -> Dimension:
    """
    Make something that money is counted by, or give it another name (辅助核算项).

    :raises PermissionDenied: *by* may neither do this business nor keep these books.
    """
    rules.require_business(by, business.code if business else "", ledger)
    dimension, is_new = Dimension.objects.select_for_update().get_or_create(
        kind=kind, code=code, defaults={"name": name}
    )
    if is_new or dimension.name != name:
        before = "" if is_new else dimension.name
        dimension.name = name
        dimension.save(update_fields=["name"])
        audit.record(
            by, "ledger.dimension-named", dimension, changes={"名称": [before, name]}, now=now
        )
    return dimension


@transaction.atomic
def close_month(*, by: Actor, ledger: Ledger, month: int, now: datetime) -> Closing:
    """
    Let a month take no more entries, and carry every account's totals to the next (关账).

    A fact that comes later goes to the open month with the day it happened on.

    :raises PermissionDenied: *by* may not close these books.
    :raises MonthNotOver: the month is not over yet.
    :raises MonthOutOfTurn: an earlier month is open, or this one is closed.
    :raises NotReadyToClose: something on the list is not done.
    """
    rules.require(by, rules.CLOSE[Ledger(ledger)], ledger)
    books = _held(ledger)
    following = month_of(books.closed_through + DAY)
    if month != following:
        raise refusals.MonthOutOfTurn(next=_say(following), month=_say(month))
    until = first_of(month + 1)
    if today(now) < until:
        raise refusals.MonthNotOver(month=_say(month), first=say_day(until))
    # Every posting holds its accounts: with all of them held, none can slip into the month.
    accounts = Account.objects.hold(
        Account.objects.filter(ledger=ledger).values_list("pk", flat=True)
    )
    missing = [c for c in close_checks(ledger, month) if c.state != "ok"]
    if missing:
        raise refusals.NotReadyToClose(
            month=_say(month), count=len(missing), what="、".join(c.label for c in missing)
        )
    totals = queries.cumulative(ledger, month)
    inside = Transfer.objects.filter(
        ledger=ledger, booked_on__gte=first_of(month), booked_on__lt=until
    )
    closing = Closing.objects.create(
        ledger=ledger,
        month=month,
        closed_at=now,
        closed_by=by if isinstance(by, User) else None,
        postings=inside.filter(line=1, phase__in=MOVED).count(),
        transfers=inside.count(),
    )
    Carried.objects.bulk_create(
        Carried(closing=closing, account_id=number, debits_fen=debits, credits_fen=credits)
        for number, (debits, credits) in totals.items()
        if debits or credits
    )
    books.closed_through = until - DAY
    books.save(update_fields=["closed_through"])
    Account.objects.filter(pk__in=accounts).update(closed_through=until - DAY)
    audit.record(
        by,
        "ledger.month-closed",
        closing,
        changes={"月份": ["", _say(month)], "凭证": ["", f"{closing.postings}张"]},
        now=now,
    )
    return closing


@transaction.atomic
def carry_year(*, by: Actor, ledger: Ledger, year: int, key: UUID, now: datetime) -> list[Transfer]:
    """
    Carry the year's income and expenses over to the net assets, on its last day (年末结转).

    :raises PermissionDenied: *by* may not keep these books.
    :raises YearCarried: nothing is left to carry.
    :raises MonthClosed: December is closed.
    """
    rules.require(by, rules.KEEP[Ledger(ledger)], ledger)
    last = date(year, 12, 31)
    own = Account.objects.filter(ledger=ledger)
    accounts = Account.objects.hold(own.values_list("pk", flat=True))
    if first := list(Transfer.objects.of(key)):
        return first
    totals = queries.cumulative(ledger, month_of(last))
    targets = {
        restriction: own.get(code=code)
        for (of, restriction), code in CARRIED_TO.items()
        if of == ledger
    }
    lines = []
    for number, account in accounts.items():
        if account.kind not in (Account.Kind.INCOME, Account.Kind.EXPENSE):
            continue
        debits, credits = totals.get(number, (0, 0))
        target = targets[Restriction(account.restriction) if account.restriction else ""].pk
        if debits != credits:
            lines.append(
                AskedLine(
                    amount_fen=abs(debits - credits),
                    debit=number if credits > debits else target,
                    credit=target if credits > debits else number,
                    restriction=account.restriction,
                    memo=f"{year}年年末结转",
                )
            )
    if not lines:
        raise refusals.YearCarried(year=year)
    rows, _ = book(
        Asked(
            key=key,
            business=rules.YEAR_END[Ledger(ledger)].code,
            lines=steps(lines),
            booked_on=last,
            value_on=last,
            now=now,
            maker=by if isinstance(by, User) else None,
        )
    )
    audit.record(by, "ledger.year-carried", rows[0], changes={"年度": ["", f"{year}年"]}, now=now)
    return rows


def _say(month: int) -> str:
    day = first_of(month)
    return f"{day.year}年{day.month}月"
