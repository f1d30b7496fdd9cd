"""Questions about funds, gifts and payments: of the staff within their reach, and of everybody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from gongzhi.directory.models import Organization
from gongzhi.ledger import queries as books
from gongzhi.ledger.models import Books, Ledger, Transfer
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_id, mask_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.text import normalize

from . import rules
from .models import Donation, Donor, Fund, Payment, ReceiptBook, Seat

SHOWN = 50
_EXPENSES = {Payment.Use.ACTIVITY: "5101", Payment.Use.MANAGEMENT: "5201"}
_ID, _PHONE = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), re.compile(r"(?<!\d)1\d{10}(?!\d)")


def without_numbers(words: str) -> str:
    """Return *words* with phone and identity numbers masked, before anybody reads them (脱敏)."""
    words = _ID.sub(lambda found: mask_id(found[0]), words)
    return _PHONE.sub(lambda found: mask_phone(found[0]), words)


def county() -> Place:
    """Return the county: donors are noted there (县)."""
    return places.county()


def foundation() -> Organization | None:
    """Return the foundation that keeps the charity books (基金会)."""
    held = Books.objects.select_related("organization").filter(pk=Ledger.CHARITY).first()
    return held.organization if held else None


def income_account(restriction: str) -> int:
    """Return the account that gifts come from, by restriction (捐赠收入)."""
    found = books.accounts_of(Ledger.CHARITY, "4101")
    return next(a.pk for a in found if a.restriction == restriction)


def expense_account(use: str) -> int:
    """Return the account that money of a use goes to (业务活动成本、管理费用)."""
    return books.accounts_of(Ledger.CHARITY, _EXPENSES[Payment.Use(use)])[0].pk


# --- funds ---------------------------------------------------------------------------------------


def funds() -> QuerySet[Fund]:
    """Return every fund with its page in the books, in the official order of places (基金)."""
    found = Fund.objects.select_related("place", "account", "holder")
    return found.order_by("place__sort_key", "pk")


def fund(pk: int) -> Fund | None:
    """Return one fund; None when there is none (一支基金)."""
    return funds().filter(pk=pk).first()


def funds_of(by: Actor) -> QuerySet[Fund]:
    """Return the funds that *by* looks after or watches (工作台上的基金)."""
    return rules.SEE.among(funds(), by)


def open_funds(by: Actor) -> QuerySet[Fund]:
    """Return the funds that take gifts recorded by *by* (收捐赠的基金)."""
    return rules.RECORD.among(funds().exclude(state=Fund.State.CLOSED), by)


def heirs_of(fund: Fund, by: Actor) -> QuerySet[Fund]:
    """Return the funds that what is left of one may go on to (接余钱的基金)."""
    found = funds().filter(restriction=fund.restriction).exclude(pk=fund.pk)
    return rules.OPEN_FUND.among(found.exclude(state=Fund.State.CLOSED), by)


def seats_of(fund: Fund) -> tuple[list[Seat], list[Seat]]:
    """Return the committee and who watches over it, as they sit now (管委会、监督人)."""
    sitting = list(fund.seats.filter(until=None).order_by("pk"))
    return (
        [s for s in sitting if s.role == Seat.Role.COMMITTEE],
        [s for s in sitting if s.role == Seat.Role.SUPERVISOR],
    )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A micro-fund on the public list: what came, what is left, when something last moved (列表上的一支)."""

    fund: Fund
    spent_fen: int
    moved_on: date
    is_stale: bool

    @property
    def received_fen(self) -> int:
        """What came in: what is there, what was paid, what was passed on at the end."""
        return self.fund.account.balance_fen + self.spent_fen + self.fund.remainder_fen


def micro_funds(now: datetime) -> list[Shown]:
    """Return the micro-funds that are not closed, in the official order (微基金)."""
    found = funds().filter(kind=Fund.Kind.MICRO).exclude(state=Fund.State.CLOSED)
    return _shown(list(found), now)


def shown(fund: Fund, now: datetime) -> Shown:
    """Return one fund with its sums (一支基金的数)."""
    return _shown([fund], now)[0]


def _shown(found: Sequence[Fund], now: datetime) -> list[Shown]:
    keys = [f.pk for f in found]
    paid = Payment.objects.filter(fund__in=keys, state=Payment.State.PAID)
    spent = dict(paid.values_list("fund").annotate(Sum("amount_fen")))
    outgo = dict(paid.values_list("fund").annotate(Max("transfer__booked_on")))
    gifts = Donation.objects.filter(fund__in=keys)
    income = dict(gifts.values_list("fund").annotate(Max("transfer__booked_on")))
    months = rule("foundation.stale-months", today(now)).number
    made = []
    for one in found:
        last = max(filter(None, (one.opened_on, outgo.get(one.pk), income.get(one.pk))))
        made.append(
            Shown(
                fund=one,
                spent_fen=spent.get(one.pk, 0),
                moved_on=last,
                is_stale=one.state != Fund.State.CLOSED
                and _months_later(last, months) < today(now),
            )
        )
    return made


def _months_later(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, min(day.day, 28))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a fund's public ledger with what proves it (一笔账)."""

    entry: books.Entry
    title: str
    note: str
    evidence: str
    gift: int | None = None
    payment: int | None = None


@dataclass(frozen=True, kw_only=True)
class EntryPage:
    """A page of a fund's ledger, newest first (一页账)."""

    rows: list[Entry]
    newer: int | None
    older: int | None


def ledger_of(fund: Fund, *, before: int | None = None, after: int | None = None) -> EntryPage:
    """Return a page of a fund's entries, each with the balance after it and its evidence (每一笔账)."""
    page = books.entries(fund.account, before=before, after=after)
    keys = [e.pk for e in page.rows]
    gifts = {
        d.transfer_id: d for d in Donation.objects.select_related("donor").filter(transfer__in=keys)
    }
    paid = {p.transfer_id: p for p in Payment.objects.filter(transfer__in=keys)}
    rows = []
    for one in page.rows:
        gift, payment = gifts.get(one.pk), paid.get(one.pk)
        if gift:
            rows.append(
                Entry(
                    entry=one, gift=gift.pk, title=f"{gift.donor.public_name}捐款",
                    note=without_numbers(gift.purpose), evidence=f"收据{gift.receipt}",
                )
            )  # fmt: skip
        elif payment:
            rows.append(
                Entry(
                    entry=one, payment=payment.pk, title=without_numbers(payment.title),
                    note=f"付给{payment.public_payee}", evidence=said_evidence(payment),
                )
            )  # fmt: skip
        else:
            rows.append(Entry(entry=one, title=one.memo, note="", evidence="账上的凭证"))
    return EntryPage(rows=rows, newer=page.newer, older=page.older)


def said_evidence(payment: Payment) -> str:
    """Return what proves a payment, as everybody may read it (凭证)."""
    return without_numbers(f"{payment.evidence}，票据{payment.slip}")


def uses_of(fund: Fund, limit: int = 5) -> list[tuple[str, int]]:
    """Return what the money went to, the larger first, the rest in one line (钱花在哪)."""
    paid = fund.payments.filter(state=Payment.State.PAID).values_list("title")
    sums = list(paid.annotate(fen=Sum("amount_fen")).order_by("-fen", "title"))
    rest = sum(fen for _, fen in sums[limit:])
    kept = [(without_numbers(title), fen) for title, fen in sums[:limit]]
    return [*kept, ("其他", rest)] if rest else kept


# --- following -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One payment from the talk to the money, and whose gifts it used (跟着一笔钱走)."""

    payment: Payment
    origins: list[tuple[str, date, int]]

    @property
    def agreed(self) -> str:
        return without_numbers(self.payment.agreed)

    @property
    def evidence(self) -> str:
        return said_evidence(self.payment)


def follow_payment(fund: Fund, pk: int | None = None) -> Followed | None:
    """Return a paid payment of a fund with the gifts it used, the latest when none is named (跟着一笔付款)."""
    paid = fund.payments.filter(state=Payment.State.PAID).select_related(
        "asked_by", "decided_by", "transfer"
    )
    found = paid.filter(pk=pk).first() if pk else paid.order_by("-paid_on", "-pk").first()
    if found is None or found.transfer is None:
        return None
    used = books.origins_of([found.transfer])
    gifts = {
        d.transfer_id: d
        for d in Donation.objects.select_related("donor").filter(
            transfer__in=[t.pk for t, _ in used]
        )
    }
    origins = [
        (gifts[t.pk].donor.public_name if t.pk in gifts else t.memo, t.value_on, fen)
        for t, fen in used
    ]
    return Followed(payment=found, origins=origins)


@dataclass(frozen=True, kw_only=True)
class Traced:
    """Where one gift went (这笔捐款去了哪里)."""

    donation: Donation
    left_fen: int
    spent_fen: int
    uses: list[tuple[str, str, date, int]]


def trace(donation: Donation) -> Traced:
    """Return where a gift went, use by use (跟着一笔捐款)."""
    found = books.follow_gift(donation.transfer)
    paid = {
        p.transfer_id: p
        for p in Payment.objects.select_related("fund").filter(
            transfer__in=[t.pk for t, _ in found.spent]
        )
    }

    def said(transfer: Transfer, fen: int) -> tuple[str, str, date, int]:
        payment = paid.get(transfer.pk)
        if payment is None:
            return transfer.memo, "账上的凭证", transfer.value_on, fen
        title = f"{payment.fund.name}：{without_numbers(payment.title)}"
        return title, said_evidence(payment), transfer.value_on, fen

    return Traced(
        donation=donation,
        left_fen=found.left_fen,
        spent_fen=found.spent_fen,
        uses=[said(t, fen) for t, fen in found.spent],
    )


def public_gift(fund: Fund, pk: int) -> Donation | None:
    """Return a gift that stands on a fund's public page (公开页上的一笔捐款)."""
    found = fund.donations.select_related("donor", "transfer", "fund")
    return found.filter(pk=pk, voided_at=None).first()


def donation_by_code(number: str, code: str) -> Donation | None:
    """Return the gift of a receipt, for whoever knows both its number and its code (凭收据查)."""
    found = re.fullmatch(r"(\d{4})-?(\d{1,9})", normalize(number).replace(" ", ""))
    clean = normalize(code).replace(" ", "").upper()
    if found is None or not clean:
        return None
    kept = Donation.objects.select_related("fund__place", "donor", "transfer")
    return kept.filter(year=int(found[1]), number=int(found[2]), code=clean).first()


def head() -> books.Head | None:
    """Return where the chain of the charity books ends now: the check code (今天的校验码)."""
    held = Books.objects.filter(pk=Ledger.CHARITY).first()
    return books.head_of(held) if held else None


# --- the desk ------------------------------------------------------------------------------------


def donors(by: Actor, words: str = "") -> QuerySet[Donor]:
    """Return the donors that *by* may read, the latest first (捐赠人)."""
    found = rules.RECORD.among(Donor.objects.all(), by)
    if words := normalize(words):
        found = found.filter(name__icontains=words)
    live = Q(donations__voided_at=None)
    return found.annotate(
        times=Count("donations", filter=live),
        given_fen=Coalesce(Sum("donations__amount_fen", filter=live), 0),
    ).order_by("-pk")


def donations(by: Actor) -> QuerySet[Donation]:
    """Return the gifts that *by* may read, the latest first (捐赠)."""
    found = Donation.objects.select_related("donor", "fund__place", "recorded_by", "transfer")
    return rules.RECORD_GIFT.among(found, by).order_by("-pk")


def payments(by: Actor) -> QuerySet[Payment]:
    """Return the payments that *by* may read, the latest first (用钱)."""
    found = Payment.objects.select_related("fund__place", "asked_by", "decided_by")
    return rules.SEE_PAYMENT.among(found, by).order_by("-pk")


def waiting(by: Actor) -> QuerySet[Payment]:
    """Return the payments that wait for *by* to approve: asked by somebody else (等我审批的)."""
    found = rules.APPROVE_PAYMENT.among(Payment.objects.all(), by)
    return found.filter(state=Payment.State.ASKED).exclude(asked_by=by.pk)


def gaps(year: int) -> int:
    """Return how many receipt numbers of a year are missing: none, ever (断号)."""
    last = ReceiptBook.objects.filter(pk=year).values_list("last", flat=True).first() or 0
    return last - Donation.objects.filter(year=year).count()


def before_closing(until: date) -> tuple[int, list[str]]:
    """
    Return how many payments asked before a day wait for approval, and what does not agree (关账前).

    What does not agree: missing receipts, and funds whose counts differ from their committee's rows.
    """
    wrong = [
        f"{year}年的收据少{missing}张"
        for year in ReceiptBook.objects.values_list("pk", flat=True)
        if (missing := gaps(year))
    ]
    sitting, waiting = Q(seats__until=None), 0
    for one in Fund.objects.annotate(
        members=Count("seats", filter=sitting & Q(seats__role=Seat.Role.COMMITTEE), distinct=True),
        watchers=Count(
            "seats", filter=sitting & Q(seats__role=Seat.Role.SUPERVISOR), distinct=True
        ),
        asked=Count(
            "payments",
            filter=Q(
                payments__state=Payment.State.ASKED, payments__reservation__booked_on__lt=until
            ),
            distinct=True,
        ),
    ):
        waiting += one.asked
        if (one.members, one.watchers) != (one.committee_size, one.supervisors):
            wrong.append(f"{one.name}的管委会人数对不上")
    return waiting, wrong
