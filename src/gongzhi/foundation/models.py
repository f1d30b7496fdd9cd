"""The foundation: who gives, what for, who decides, what is paid; the money itself stands in the ledger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from gongzhi.accounts.models import User
from gongzhi.directory.models import Organization, Person
from gongzhi.ledger.models import Account, Restriction, Transfer
from gongzhi.places.models import Place
from gongzhi.shared.codes import mask_name


class Donor(models.Model):
    """Whoever gives (捐赠人). Whether the name may be shown is asked once, here, and holds for every gift."""

    PRIVACY: ClassVar = {"name": "S2"}

    class Kind(models.TextChoices):
        PERSON = "person", "个人"
        ORGANIZATION = "organization", "单位"
        GROUP = "group", "一群人"

    kind = models.CharField("类别", max_length=12, choices=Kind)
    name = models.CharField("名称", max_length=80)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记的人"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="登记的单位",
    )  # fmt: skip
    is_anonymous = models.BooleanField("不愿署名")
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="接受捐赠的基金会"
    )
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="登记的县")
    noted_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "捐赠人"
        constraints = [
            CheckConstraint(
                name="foundation_donor_is_one_of_its_kind",
                condition=Q(kind="person", organization__isnull=True)
                | Q(kind="organization", person__isnull=True)
                | Q(kind="group", person__isnull=True, organization__isnull=True),
            ),
            CheckConstraint(name="foundation_donor_has_a_name", condition=~Q(name="")),
        ]
        indexes = [Index(name="foundation_donors_by_name", fields=["name"])]

    def __str__(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """What everybody may read: a person's name masked, nobody's who does not wish it (公开的名称)."""
        if self.is_anonymous:
            return "一位不愿署名的捐赠人"
        return mask_name(self.name) if self.kind == self.Kind.PERSON else self.name


class FundQuerySet(models.QuerySet["Fund"]):
    def lock(self, pk: int) -> Fund:
        """Hold one fund until the transaction ends: its committee, its payments and its end take turns."""
        held = self.select_for_update(no_key=True, of=("self",))
        return held.select_related("place", "account", "holder").get(pk=pk)


class Fund(models.Model):
    """
    Money kept for something: the endowment, a designated fund, or a micro-fund of neighbors (基金).

    A micro-fund has no account at a bank and no seal: `account` is a page of the foundation's own books.
    Both counts follow the committee's rows, so that the database itself lets no micro-fund be open whose
    committee is too small, even, or watched by nobody.
    """

    class Kind(models.TextChoices):
        ENDOWMENT = "endowment", "本金"
        DESIGNATED = "designated", "专项基金"
        MICRO = "micro", "微基金"

    class State(models.TextChoices):
        OPEN = "open", "开着"
        FROZEN = "frozen", "冻结"
        CLOSED = "closed", "关闭"

    kind = models.CharField("类别", max_length=12, choices=Kind)
    name = models.CharField("名称", max_length=60, unique=True)
    purpose = models.CharField("做什么用", max_length=200)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="哪里")
    holder = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="管理的基金会"
    )
    restriction = models.CharField("限定", max_length=12, choices=Restriction)
    target_fen = models.BigIntegerField("今年目标（分）", null=True, blank=True)
    account = models.OneToOneField(
        Account, models.PROTECT, related_name="+", verbose_name="账上的明细账户"
    )
    committee_least = models.SmallIntegerField("管委会至少几人", default=0)
    committee_size = models.SmallIntegerField("管委会人数", default=0)
    supervisors = models.SmallIntegerField("监督人数", default=0)
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    opened_on = models.DateField("设立日期")
    frozen_reason = models.CharField("为什么冻结", max_length=200, blank=True)
    closed_on = models.DateField("关闭日期", null=True, blank=True)
    closed_reason = models.CharField("为什么关闭", max_length=200, blank=True)
    remainder_fen = models.BigIntegerField("关闭时转走（分）", default=0)
    remainder_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="余钱转到"
    )

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "基金"
        constraints = [
            CheckConstraint(
                name="foundation_open_micro_fund_has_its_committee",
                condition=~Q(kind="micro", state="open")
                | Q(committee_size__gte=F("committee_least"), supervisors__gte=1)
                & Q(Exact(Mod(F("committee_size"), 2), 1)),
            ),
            CheckConstraint(
                name="foundation_fund_ends_with_a_reason",
                condition=Q(state="closed", closed_on__gte=F("opened_on")) & ~Q(closed_reason="")
                | ~Q(state="closed") & Q(closed_on__isnull=True, closed_reason=""),
            ),
            CheckConstraint(
                name="foundation_frozen_fund_says_why",
                condition=Q(state="frozen") & ~Q(frozen_reason="")
                | ~Q(state="frozen") & Q(frozen_reason=""),
            ),
            CheckConstraint(
                name="foundation_remainder_goes_somewhere",
                condition=Q(remainder_fen=0, remainder_to__isnull=True)
                | Q(remainder_fen__gt=0, remainder_to__isnull=False),
            ),
        ]
        indexes = [Index(name="foundation_funds_by_kind", fields=["kind", "opened_on"])]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """Somebody on the committee of a fund, or watching over it, from a day until another (管委会、监督人)."""

    PRIVACY: ClassVar = {"name": "S1"}

    class Role(models.TextChoices):
        COMMITTEE = "committee", "管委会"
        SUPERVISOR = "supervisor", "监督人"

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="seats", verbose_name="基金")
    role = models.CharField("做什么", max_length=12, choices=Role)
    name = models.CharField("姓名", max_length=40)
    since = models.DateField("从哪天起")
    until = models.DateField("到哪天止（不含）", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "管委会和监督人"
        constraints = [
            # Nobody watches over themselves: one name, one seat at a time.
            UniqueConstraint(
                name="foundation_one_seat_a_name",
                fields=["fund", "name"],
                condition=Q(until__isnull=True),
            ),
            CheckConstraint(
                name="foundation_seat_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            ),
        ]


class ReceiptBook(models.Model):
    """The last number of the receipts of a year: taken under its lock, so that none is missing (收据簿)."""

    year = models.IntegerField("年度", primary_key=True)
    last = models.IntegerField("末号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "收据簿"


class Donation(models.Model):
    """
    A gift of money that has arrived, with its receipt (捐赠). What is undone is voided and keeps its number.

    `code` lets whoever holds the receipt, and nobody else, ask where the money went.
    """

    PRIVACY: ClassVar = {"code": "S2"}

    key = models.UUIDField("记账键", unique=True)
    donor = models.ForeignKey(
        Donor, models.PROTECT, related_name="donations", verbose_name="捐赠人"
    )
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="donations", verbose_name="基金")
    amount_fen = models.BigIntegerField("金额（分）")
    purpose = models.CharField("捐赠人说的用途", max_length=200, blank=True)
    evidence = models.CharField("凭据", max_length=120)
    received_on = models.DateField("到账日期")
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, related_name="+", verbose_name="账上那一笔"
    )
    year = models.IntegerField("收据年度")
    number = models.IntegerField("收据号")
    code = models.CharField("查询码", max_length=8)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经手人"
    )
    recorded_at = models.DateTimeField("登记时间")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    voided_reason = models.CharField("为什么作废", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "捐赠"
        constraints = [
            UniqueConstraint(name="foundation_one_receipt_a_number", fields=["year", "number"]),
            CheckConstraint(name="foundation_receipts_count_from_one", condition=Q(number__gte=1)),
            CheckConstraint(
                name="foundation_a_gift_is_of_something", condition=Q(amount_fen__gt=0)
            ),
            CheckConstraint(
                name="foundation_voided_receipt_says_why",
                condition=Q(voided_at__isnull=True, voided_reason="")
                | Q(voided_at__isnull=False) & ~Q(voided_reason=""),
            ),
        ]
        indexes = [Index(name="foundation_gifts_of_a_fund", fields=["fund", "received_on"])]

    def __str__(self) -> str:
        return f"收据{self.receipt}"

    @property
    def receipt(self) -> str:
        """The receipt's number as it is printed, `2026-000017` (收据编号)."""
        return f"{self.year}-{self.number:06d}"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def lock(self, pk: int) -> Payment:
        """Hold one payment until the transaction ends: it is approved or declined once."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Payment(models.Model):
    """
    Money asked from a fund and paid by somebody else's approval (用钱). From asking on it is set aside.

    `agreed` is where and when the neighbors agreed, `evidence` what proves it, `slip` the receipt's number.
    """

    PRIVACY: ClassVar = {"payee": "S2", "evidence": "S1", "agreed": "S1"}

    class State(models.TextChoices):
        ASKED = "asked", "等审批"
        PAID = "paid", "已付"
        DECLINED = "declined", "没有同意"

    class Use(models.TextChoices):
        ACTIVITY = "activity", "办事"
        MANAGEMENT = "management", "管理费"

    key = models.UUIDField("申请键", unique=True)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="payments", verbose_name="基金")
    title = models.CharField("办什么事", max_length=60)
    use = models.CharField("哪一类", max_length=12, choices=Use, default=Use.ACTIVITY)
    amount_fen = models.BigIntegerField("金额（分）")
    payee = models.CharField("付给谁", max_length=80)
    payee_is_person = models.BooleanField("付给个人")
    agreed_on = models.DateField("哪天议定")
    agreed = models.CharField("怎么议定的", max_length=120)
    evidence = models.CharField("凭什么付", max_length=120)
    slip = models.CharField("票据号", max_length=60)
    state = models.CharField("状态", max_length=8, choices=State, default=State.ASKED)
    reservation = models.OneToOneField(
        Transfer, models.PROTECT, related_name="+", verbose_name="预留的那一笔"
    )
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="付出的那一笔",
    )  # fmt: skip
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="申请人"
    )
    asked_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人"
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    declined_reason = models.CharField("为什么没有同意", max_length=200, blank=True)
    paid_on = models.DateField("付款日期", null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "用钱"
        constraints = [
            CheckConstraint(
                name="foundation_who_asks_does_not_approve",
                condition=Q(asked_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(asked_by=F("decided_by")),
            ),
            CheckConstraint(
                name="foundation_paid_means_booked",
                condition=Q(state="paid", transfer__isnull=False, paid_on__isnull=False)
                | ~Q(state="paid") & Q(transfer__isnull=True, paid_on__isnull=True),
            ),
            CheckConstraint(
                name="foundation_declined_says_why",
                condition=Q(state="declined") & ~Q(declined_reason="")
                | ~Q(state="declined") & Q(declined_reason=""),
            ),
            CheckConstraint(
                name="foundation_a_payment_is_of_something", condition=Q(amount_fen__gt=0)
            ),
            CheckConstraint(
                name="foundation_a_payment_shows_its_evidence",
                condition=~Q(evidence="") & ~Q(slip=""),
            ),
        ]
        indexes = [
            Index(name="foundation_payments_of_a_fund", fields=["fund", "state", "paid_on"]),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def public_payee(self) -> str:
        """What everybody may read: a person's name masked (公开的收款人)."""
        return mask_name(self.payee) if self.payee_is_person else self.payee
