"""Makers of the foundation, donors, gifts, funds and payments, for tests and for the demonstration."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from gongzhi.accounts.models import User
from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Organization
from gongzhi.directory.testing import make_organization
from gongzhi.ledger.models import Books, Ledger
from gongzhi.ledger.testing import DAY, FOUNDATION, NOW, make_books
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE, Actor, Role

from . import services
from .models import Donation, Donor, Fund, Payment

FIVE = ("唐大爷", "肖婆婆", "曾女士", "廖先生", "邓女士")
WATCHERS = ("钟先生",)


def make_foundation() -> Organization:
    """Return the foundation with its books open, made only once."""
    found = Organization.objects.filter(name=FOUNDATION).first()
    village = Place.objects.filter(level=Place.Level.VILLAGE).order_by("pk").first()
    found = found or make_organization(
        FOUNDATION, kind="foundation", place=village or make_village()
    )
    make_books()
    Books.objects.filter(pk=Ledger.CHARITY).update(organization=found)
    return found


def make_staff(role: Role = Role.FOUNDATION_STAFF, name: str = "孙女士") -> User:
    """Return somebody of the foundation's own staff."""
    return make_user(role, organization=make_foundation(), name=name)


def make_director(name: str = "郑女士") -> User:
    """Return the foundation's director, who approves."""
    return make_staff(Role.FOUNDATION_DIRECTOR, name)


def make_fund(
    name: str = "柿子湾邻里守望微基金",
    *,
    kind: str = Fund.Kind.MICRO,
    place: Place | None = None,
    committee: tuple[str, ...] = FIVE,
    supervisors: tuple[str, ...] = WATCHERS,
    by: Actor = HOUSE,
    now: datetime = NOW,
) -> Fund:
    """Return an open fund, a micro-fund with a committee of five unless another kind is asked."""
    holder = make_foundation()
    is_micro = kind == Fund.Kind.MICRO
    return services.open_fund(
        by=by,
        kind=kind,
        name=name,
        purpose="身边小事：老人有人问、孩子有人看、院落有灯亮。",
        place=place or (holder.place if is_micro else make_county()),
        holder=holder,
        committee=committee if is_micro else (),
        supervisors=supervisors if is_micro else (),
        now=now,
    )


def make_donor(
    name: str = "甄不宣", *, kind: str = Donor.Kind.PERSON, is_anonymous: bool = False
) -> Donor:
    """Return somebody who gives."""
    return services.note_donor(
        by=HOUSE,
        kind=kind,
        name=name,
        is_anonymous=is_anonymous,
        holder=make_foundation(),
        place=make_county(),
        now=NOW,
    )


def give(
    fund: Fund,
    fen: int,
    *,
    donor: Donor | None = None,
    by: Actor = HOUSE,
    key: UUID | None = None,
    on: date = DAY,
    now: datetime = NOW,
) -> Donation:
    """Return a gift that arrived in the fund."""
    return services.record_donation(
        by=by,
        key=key or new_key(),
        donor=donor or make_donor(),
        fund=fund,
        amount_fen=fen,
        received_on=on,
        evidence="农商行回单",
        now=now,
    )


def ask(
    fund: Fund,
    fen: int,
    *,
    by: Actor = HOUSE,
    key: UUID | None = None,
    title: str = "重阳坝坝宴",
    payee: str = "赵镇老街饭庄",
    payee_is_person: bool = False,
    evidence: str = "小票9张",
    now: datetime = NOW,
) -> Payment:
    """Return a payment that waits for approval."""
    return services.ask_payment(
        by=by,
        key=key or new_key(),
        fund=fund,
        title=title,
        use=Payment.Use.ACTIVITY,
        amount_fen=fen,
        payee=payee,
        payee_is_person=payee_is_person,
        agreed_on=DAY,
        agreed="坝坝会，38户同意，公示7天无异议",
        evidence=evidence,
        slip="收0017",
        now=now,
    )


def approve(payment: Payment, *, by: Actor = HOUSE, on: date = DAY, now: datetime = NOW) -> Payment:
    """Return the payment, approved and in the books."""
    return services.approve_payment(by=by, payment=payment, paid_on=on, now=now)
