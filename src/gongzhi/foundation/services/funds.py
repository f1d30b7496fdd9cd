"""Funds: opened, looked after by a committee, frozen when it falls short, closed with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.foundation import judging, queries, rules
from gongzhi.foundation.models import Fund, Payment, Seat
from gongzhi.ledger import queries as books
from gongzhi.ledger import services as ledger
from gongzhi.ledger.models import Account, Dimension, Ledger, Restriction
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.money import Money
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize

Kind, State, Role = Fund.Kind, Fund.State, Seat.Role


@transaction.atomic
def open_fund(
    *,
    by: Actor,
    kind: str,
    name: str,
    purpose: str,
    place: Place,
    holder: Organization,
    now: datetime,
    committee: Iterable[str] = (),
    supervisors: Iterable[str] = (),
    restriction: str = Restriction.RESTRICTED,
    target_fen: int | None = None,
) -> Fund:
    """
    Open a fund with a page of its own in the foundation's books (设立基金).

    A micro-fund needs its committee and somebody who watches over it from the first day.

    :raises PermissionDenied: *by* opens no funds of this foundation.
    :raises FundUnclear: name or purpose is missing.
    :raises NameTaken: the name is in use.
    :raises CommitteeShort: a micro-fund's committee is too small, even, or watched by nobody.
    """
    rules.require_for(by, rules.OPEN_FUND, holder, place)
    name, purpose, day = normalize(name), normalize(purpose), today(now)
    for value, label, field in ((name, "名称", "name"), (purpose, "做什么用", "purpose")):
        if not value:
            raise judging.FundUnclear(
                wrong=f"没有写{label}", mend="请写上，捐的人靠它认", field=field
            )
    if Fund.objects.filter(name=name).exists():
        raise judging.NameTaken(name=name)
    seats = _seats(committee, supervisors)
    least = rule("foundation.committee-least", day).number if kind == Kind.MICRO else 0
    size, watching = _counts(seats)
    if kind == Kind.MICRO and not _is_whole(size, watching, least):
        raise judging.CommitteeShort(least=least, count=size, watching=watching)
    code = f"fund-{Dimension.objects.filter(kind=Dimension.Kind.FUND).count() + 1}"
    dimension = ledger.name_dimension(
        by=by, ledger=Ledger.CHARITY, kind=Dimension.Kind.FUND, code=code, name=name, now=now,
        business=rules.FUNDS,
    )  # fmt: skip
    account = ledger.open_account(
        by=by, ledger=Ledger.CHARITY, subject="1002", detail=code, name=name, fund=dimension,
        keeps_lots=True, business=rules.FUNDS, now=now,
    )  # fmt: skip
    fund = Fund.objects.create(
        kind=Kind(kind),
        name=name[:60],
        purpose=purpose[:200],
        place=place,
        holder=holder,
        restriction=Restriction(restriction),
        target_fen=target_fen,
        account=account,
        committee_least=least,
        committee_size=size,
        supervisors=watching,
        opened_on=day,
    )
    Seat.objects.bulk_create(
        Seat(fund=fund, role=role, name=who, since=day) for who, role in seats.items()
    )
    audit.record(
        by,
        "foundation.fund-opened",
        fund,
        changes={"基金": ["", name], "管委会": ["", size], "监督人": ["", watching]},
        place=place.path,
        now=now,
    )
    return fund


def _seats(committee: Iterable[str], supervisors: Iterable[str]) -> dict[str, str]:
    """Return the role of each name. :raises FundUnclear: somebody would watch over themselves."""
    found: dict[str, str] = {}
    for names, role in ((committee, Role.COMMITTEE), (supervisors, Role.SUPERVISOR)):
        for name in names:
            if not (clean := normalize(name)[:40]):
                continue
            if clean in found:
                raise judging.FundUnclear(
                    wrong="同一个名字写了两次",
                    mend="管委会的人不能又当监督人；真是同名，请在名字后面加“大”“小”分开",
                    field=str(role),
                )
            found[clean] = role
    return found


def _counts(seats: dict[str, str]) -> tuple[int, int]:
    roles = list(seats.values())
    return roles.count(Role.COMMITTEE), roles.count(Role.SUPERVISOR)


def _is_whole(size: int, watching: int, least: int) -> bool:
    return size >= least and size % 2 == 1 and watching >= 1


@transaction.atomic
def set_committee(
    *, by: Actor, fund: Fund, committee: Iterable[str], supervisors: Iterable[str], now: datetime
) -> Fund:
    """
    Note who is on the committee and who watches over it from today (定管委会).

    People may leave at any time: a micro-fund whose committee falls short is frozen, and open again
    once it is whole.

    :raises PermissionDenied: *by* opens no funds of this foundation.
    :raises FundClosed: the fund is closed.
    :raises FundUnclear: one name has two seats.
    """
    rules.OPEN_FUND.require(by, fund)
    fund, day = Fund.objects.lock(fund.pk), today(now)
    if fund.state == State.CLOSED:
        raise judging.FundClosed(name=fund.name, what="改管委会")
    seats = _seats(committee, supervisors)
    sitting = {s.name: s for s in fund.seats.filter(until=None)}
    gone = [s for s in sitting.values() if seats.get(s.name) != s.role]
    Seat.objects.filter(pk__in=[s.pk for s in gone]).update(until=day)
    stays = {s.name for s in sitting.values() if s not in gone}
    Seat.objects.bulk_create(
        Seat(fund=fund, role=role, name=name, since=day)
        for name, role in seats.items()
        if name not in stays
    )
    before = (fund.committee_size, fund.supervisors, fund.get_state_display())
    fund.committee_size, fund.supervisors = _counts(seats)
    is_whole = _is_whole(fund.committee_size, fund.supervisors, fund.committee_least)
    if fund.kind == Kind.MICRO:
        fund.state = State.OPEN if is_whole else State.FROZEN
        fund.frozen_reason = (
            ""
            if is_whole
            else f"管委会{fund.committee_size}人、监督人{fund.supervisors}人，"
            f"要单数、至少{fund.committee_least}人，另有监督人"
        )
    fund.save(update_fields=["committee_size", "supervisors", "state", "frozen_reason"])
    audit.record(
        by,
        "foundation.committee-set",
        fund,
        changes={
            "管委会": [before[0], fund.committee_size],
            "监督人": [before[1], fund.supervisors],
            "状态": [before[2], fund.get_state_display()],
        },
        place=fund.place.path,
        now=now,
    )
    return fund


@transaction.atomic
def close_fund(
    *, by: Actor, fund: Fund, reason: str, now: datetime, remainder_to: Fund | None = None
) -> Fund:
    """
    Close a fund; what is left goes on to another with a like purpose (关闭基金).

    :raises PermissionDenied: *by* opens no funds of this foundation.
    :raises FundClosed: it is closed, or the other one is.
    :raises FundUnclear: no reason is given.
    :raises StillInUse: payments wait for approval.
    :raises RemainderHomeless: money is left and no like fund is named.
    """
    rules.OPEN_FUND.require(by, fund)
    others = [remainder_to.pk] if remainder_to else []
    held = {pk: Fund.objects.lock(pk) for pk in sorted({fund.pk, *others})}
    fund = held[fund.pk]
    target = held[remainder_to.pk] if remainder_to else None
    if fund.state == State.CLOSED:
        raise judging.FundClosed(name=fund.name, what="再关一次")
    if target is not None and target.state == State.CLOSED:
        raise judging.FundClosed(name=target.name, what="接余钱")
    if not (reason := normalize(reason)):
        raise judging.FundUnclear(
            wrong="没有写为什么关闭", mend="请写一句，街坊看得到", field="reason"
        )
    if waiting := fund.payments.filter(state=Payment.State.ASKED).count():
        raise judging.StillInUse(name=fund.name, count=waiting)
    # The fund is held, and its money moves with the fund held only: what is read here stays true.
    left = Account.objects.get(pk=fund.account_id).available_fen
    if left:
        if target is None or target == fund or target.restriction != fund.restriction:
            raise judging.RemainderHomeless(name=fund.name, left=Money(left).yuan())
        ledger.post(
            by=by,
            key=uuid5(NAMESPACE_OID, f"foundation.fund-closed:{fund.pk}"),
            business=rules.FUNDS,
            lines=[
                ledger.Line(
                    amount_fen=left, debit=target.account_id, credit=fund.account_id,
                    restriction=fund.restriction, fund=fund.account.fund_id,
                    place=fund.place_id, memo=f"{fund.name}关闭，余钱转到{target.name}",
                )
            ],
            booked_on=books.open_day(Ledger.CHARITY, today(now)),
            document=f"关闭决定：{reason}",
            now=now,
        )  # fmt: skip
        fund.remainder_fen, fund.remainder_to = left, target
    fund.state, fund.frozen_reason = State.CLOSED, ""
    fund.closed_on, fund.closed_reason = today(now), reason[:200]
    fund.save()
    audit.record(
        by,
        "foundation.fund-closed",
        fund,
        changes={"转走": ["", f"{Money(left).yuan()}元"]},
        reason=reason,
        place=fund.place.path,
        now=now,
    )
    return queries.fund(fund.pk) or fund
