"""Makers of books, funds, gifts and vouchers, for tests and for the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from gongzhi.accounts.models import User
from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Actor, Role

from . import services
from .models import Account, Books, Dimension, Ledger, Transfer, Voucher
from .rules import MANUAL
from .services import Line

NOW = datetime(2026, 11, 25, 10, tzinfo=LOCAL)
DAY = date(2026, 11, 24)
FOUNDATION = "成都市金堂社区发展基金会"


def make_books(
    ledger: Ledger = Ledger.CHARITY,
    *,
    opened_on: date = date(2026, 10, 1),
    owner: str = "",
    now: datetime = NOW,
) -> Books:
    """Return the books of a ledger, opened once with an account for each subject."""
    make_county()
    found = Books.objects.filter(pk=ledger).first()
    return found or services.open_books(
        by=HOUSE,
        ledger=ledger,
        owner=owner or (FOUNDATION if ledger == Ledger.CHARITY else "金堂县"),
        opened_on=opened_on,
        now=now,
    )


def account(code: str, ledger: Ledger = Ledger.CHARITY) -> Account:
    """Return an account by its code, `1002` or `4101-R`, as it stands now."""
    return Account.objects.get(ledger=ledger, code=code)


def make_dimension(kind: str, code: str, name: str) -> Dimension:
    """Return something that money is counted by."""
    return services.name_dimension(
        by=HOUSE, ledger=Ledger.CHARITY, kind=kind, code=code, name=name, now=NOW
    )


def make_project(code: str = "liangshuijing", name: str = "凉水井院落微更新") -> Dimension:
    """Return a project that money may be given for."""
    return make_dimension("project", code, name)


def make_fund(
    code: str = "hantan", name: str = "韩滩邻里微基金", ledger: Ledger = Ledger.CHARITY
) -> Account:
    """Return the bank balance of a micro-fund: guarded, and followed gift by gift."""
    make_books(ledger)
    return services.open_account(
        by=HOUSE,
        ledger=ledger,
        subject="1002",
        detail=code,
        name=name,
        fund=make_dimension("fund", code, name),
        keeps_lots=True,
        now=NOW,
    )


def post(
    *lines: Line,
    by: Actor = HOUSE,
    key: UUID | None = None,
    on: date = DAY,
    value_on: date | None = None,
    now: datetime = NOW,
    document: str = "",
) -> list[Transfer]:
    """Book *lines* the way a bookkeeper's room does."""
    ledger = Ledger(lines[0].debit % 10)
    return services.post(
        by=by,
        key=key or new_key(),
        business=MANUAL[ledger],
        lines=lines,
        booked_on=on,
        value_on=value_on,
        now=now,
        document=document,
    )


def give(
    fund: Account,
    fen: int,
    *,
    project: Dimension | None = None,
    restriction: str = "restricted",
    on: date = DAY,
    now: datetime = NOW,
    memo: str = "王先生捐款",
) -> Transfer:
    """Return a gift to *fund*, designated to *project* when one is given."""
    income = account("4101-R" if restriction == "restricted" else "4101-U", Ledger(fund.ledger))
    line = Line(
        amount_fen=fen,
        debit=fund.pk,
        credit=income.pk,
        restriction=restriction,
        funder="society",
        fund=fund.fund_id,
        project=project.pk if project else None,
        memo=memo,
    )
    return post(line, on=on, now=now)[0]


def spend(
    fund: Account,
    fen: int,
    *,
    project: Dimension | None = None,
    restriction: str = "restricted",
    by: Actor = HOUSE,
    key: UUID | None = None,
    on: date = DAY,
    now: datetime = NOW,
    memo: str = "付活动材料款",
) -> Transfer:
    """Return a payment from *fund*."""
    line = Line(
        amount_fen=fen,
        debit=account("5101", Ledger(fund.ledger)).pk,
        credit=fund.pk,
        restriction=restriction,
        fund=fund.fund_id,
        project=project.pk if project else None,
        memo=memo,
    )
    return post(line, by=by, key=key, on=on, now=now)[0]


def make_accountant(name: str = "陈女士", role: Role = Role.FOUNDATION_ACCOUNTANT) -> User:
    """Return somebody who keeps the foundation's books."""
    return make_user(role, make_county(), name=name)


def make_voucher(
    *,
    by: Actor | None = None,
    lines: Sequence[Line] = (),
    on: date = DAY,
    submitted: bool = True,
    now: datetime = NOW,
) -> Voucher:
    """Return a voucher for office rent, handed in."""
    make_books()
    by = by or make_accountant()
    voucher = services.draft_voucher(
        by=by,
        ledger=Ledger.CHARITY,
        lines=lines
        or [
            Line(
                amount_fen=120_000,
                debit=account("5201").pk,
                credit=account("2209").pk,
                restriction="unrestricted",
                memo="计提11月办公房租",
            )
        ],
        booked_on=on,
        document="房屋租赁合同",
        attachments=2,
        now=now,
    )
    return services.submit_voucher(by=by, voucher=voucher, now=now) if submitted else voucher
