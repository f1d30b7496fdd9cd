"""
The money of the case: the foundation's books, its endowment, the micro-funds of real villages, what they paid.

Everything is done by the deeds of the foundation on the day it would have been done; nothing writes a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from gongzhi.accounts.models import User
from gongzhi.directory.models import Organization
from gongzhi.foundation import services as foundation
from gongzhi.foundation.models import Donor, Fund, Payment
from gongzhi.ledger import services as ledger
from gongzhi.ledger.models import Books, Ledger
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.money import Money
from gongzhi.shared.permissions import HOUSE

from .draws import draw

DAY = timedelta(days=1)
NAME = "成都市金堂社区发展基金会"
# The figures of the case, in 分: 8,000,000 yuan from the platform company and residents, 23 micro-funds with 1,200,000.
COMPANY, RESIDENTS = 700_000_000, 100_000_000
MICRO_FUNDS, MICRO_RAISED = 23, 120_000_000
FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
COMMITTEE = ("唐大爷", "肖婆婆", "曾女士", "廖先生", "邓女士")
# What neighbors pay for: title, whom, what proves it, thousandths of what the fund raised.
USES = (
    ("独居老人巡访", "赵镇民生用品店", "发票1张、签收表1份", 90),
    ("院落路灯3盏", "赵镇电料行", "发票1张、验收单1份", 130),
    ("移动430课堂教具", "金堂县新华文具店", "发票3张", 110),
    ("重阳坝坝宴", "赵镇老街饭庄", "小票9张", 140),
)


def keep_the_books(now: datetime) -> Organization:
    """Open the charity books of the foundation, three years before *now* (建慈善账)."""
    holder = Organization.objects.get(name=NAME)
    if not Books.objects.filter(pk=Ledger.CHARITY).exists():
        ledger.open_books(
            by=HOUSE,
            ledger=Ledger.CHARITY,
            owner=NAME,
            organization=holder,
            opened_on=today(now - 1090 * DAY),
            now=now,
        )
    return holder


def foundation_years(now: datetime, asks: User, approves: User) -> Iterator[str]:
    """Give, open and pay in the three years before *now*, and tell what came of it (基金会的三年)."""
    if Fund.objects.exists():
        return
    holder = keep_the_books(now)
    county = Place.objects.get(level=Place.Level.COUNTY)
    donors = _Donors(holder, county, now - 1080 * DAY)
    began = now - 1080 * DAY
    endowment = foundation.open_fund(
        by=HOUSE,
        kind=Fund.Kind.ENDOWMENT,
        name="金堂社区发展基金会本金",
        purpose="基金会的本钱：稳着用，长着用。",
        place=county,
        holder=holder,
        now=began,
    )
    company = donors.note("金堂县级平台公司", Donor.Kind.ORGANIZATION)
    _give(endowment, company, COMPANY, began + DAY)
    for n, part in enumerate(Money(RESIDENTS).split(10)):
        donors.give(endowment, f"endowment-{n}", part.fen, began + (30 + 20 * n) * DAY)
    yield f"基金会本金{Money(COMPANY + RESIDENTS).wan(0)}"
    villages = Place.objects.filter(
        level=Place.Level.VILLAGE, closed_on=None, kind=Place.Kind.COMMUNITY
    ).order_by("sort_key")[:MICRO_FUNDS]
    paid = 0
    for n, (village, share) in enumerate(
        zip(villages, Money(MICRO_RAISED).split(MICRO_FUNDS), strict=True)
    ):
        opened = now - (900 - 30 * n) * DAY
        fund = foundation.open_fund(
            by=HOUSE,
            kind=Fund.Kind.MICRO,
            name=f"{village.name}邻里守望微基金",
            purpose="街坊凑的钱，管身边小事：老人有人问、孩子有人看、院落有灯亮。",
            place=village,
            holder=holder,
            committee=COMMITTEE,
            supervisors=("钟先生",),
            now=opened,
        )
        for m, part in enumerate(share.split((5, 3, 2))):
            donors.give(fund, f"{village.code}-{m}", part.fen, opened + (10 + 35 * m) * DAY)
        paid += _spend(fund, share.fen, n, opened + 90 * DAY, now, asks, approves)
    yield f"微基金{MICRO_FUNDS}支，募资{Money(MICRO_RAISED).wan(0)}，用了{paid}笔"


class _Donors:
    """Residents who give: each noted once, every fifth without a name (捐钱的街坊)."""

    def __init__(self, holder: Organization, place: Place, when: datetime) -> None:
        self.holder, self.place, self.when = holder, place, when
        self.known: dict[str, Donor] = {}

    def note(self, name: str, kind: str, *, is_anonymous: bool = False) -> Donor:
        """Return the donor of this name, noted the first time."""
        if name not in self.known:
            self.known[name] = foundation.note_donor(
                by=HOUSE,
                kind=kind,
                name=name,
                is_anonymous=is_anonymous,
                holder=self.holder,
                place=self.place,
                now=self.when,
            )
        return self.known[name]

    def give(self, fund: Fund, what: str, fen: int, when: datetime) -> None:
        """Let somebody give to a fund."""
        at = int(draw(what, 1, len(FAMILIES))[0])
        name = FAMILIES[at] + ("先生" if at % 2 else "女士")
        donor = self.note(name, Donor.Kind.PERSON, is_anonymous=at % 5 == 0)
        _give(fund, donor, fen, when)


def _give(fund: Fund, donor: Donor, fen: int, when: datetime) -> None:
    foundation.record_donation(
        by=HOUSE,
        key=uuid5(NAMESPACE_OID, f"demo.gift:{fund.name}:{when.date()}"),
        donor=donor,
        fund=fund,
        amount_fen=fen,
        received_on=today(when),
        evidence="农商行回单",
        now=when,
    )


def _spend(
    fund: Fund, raised: int, at: int, first: datetime, now: datetime, asks: User, approves: User
) -> int:
    """Pay for what the neighbors agreed on, as often as there was time, and return how often (用钱)."""
    count = 0
    for n, (title, payee, evidence, thousandths) in enumerate(USES):
        when = first + (40 * n + at) * DAY
        if when >= now - DAY:
            break
        payment = foundation.ask_payment(
            by=asks,
            key=uuid5(NAMESPACE_OID, f"demo.payment:{fund.name}:{n}"),
            fund=fund,
            title=title,
            use=Payment.Use.ACTIVITY,
            amount_fen=raised * thousandths // 1000,
            payee=payee,
            payee_is_person=False,
            agreed_on=today(when - 10 * DAY),
            agreed=f"坝坝会，{30 + at}户同意，公示7天无异议",
            evidence=evidence,
            slip=f"No.{at + 1:02d}{n + 1:02d}",
            now=when,
        )
        foundation.approve_payment(
            by=approves, payment=payment, paid_on=today(when + DAY), now=when + DAY
        )
        count += 1
    return count
