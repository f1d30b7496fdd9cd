"""Money moves in one way only: a transfer from one account to another, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import models
from django.db.models import BigIntegerField, CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Cast, Mod
from django.db.models.lookups import Exact

from gongzhi.accounts.models import User
from gongzhi.directory.models import Organization
from gongzhi.places.models import Place

LARGEST_FEN = 10**15  # ten trillion yuan: nine thousand of them fit a counter, one fits JavaScript
NEVER = date(1970, 1, 1)


class Ledger(models.IntegerChoices):
    """Books that never mix (账套). The number is also the last digit of their account numbers."""

    FISCAL = 1, "财政专账"
    CHARITY = 2, "慈善账"

    @property
    def slug(self) -> str:
        """The word for these books in an address."""
        return self.name.lower()


class Restriction(models.TextChoices):
    """Whether whoever gave the money said what it is for (限定)."""

    RESTRICTED = "restricted", "限定"
    UNRESTRICTED = "unrestricted", "非限定"


class Funder(models.TextChoices):
    """Which level the money came from (出资层级); city support is fiscal money."""

    STATE = "state", "中央"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县级"
    TOWN = "town", "镇街"
    SOCIETY = "society", "社会"


def whole(*fields: str) -> Q:
    """Refuse fractions and text, which SQLite would keep in an integer column (整数分)."""
    rule = Q()
    for field in fields:
        rule &= Q(Exact(F(field), Cast(F(field), BigIntegerField())))
    return rule


class BooksQuerySet(models.QuerySet["Books"]):
    def lock(self, ledger: int) -> Books:
        """Hold one set of books until the transaction ends: opening, closing and sealing take turns."""
        return self.select_for_update(no_key=True).get(pk=ledger)


class Books(models.Model):
    """
    One set of books with its owner, what is closed and how far it is sealed (账套).

    Posting never touches this row. Transfers up to `settled_id` are looked at for sealing no more: a
    transaction that took a lower number has long ended.
    """

    ledger = models.SmallIntegerField("账套", primary_key=True, choices=Ledger)
    owner = models.CharField("单位名称", max_length=80)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="单位"
    )
    opened_on = models.DateField("建账日期")
    closed_through = models.DateField("已关账到", default=NEVER)
    last_number = models.BigIntegerField("末账号")
    sealed = models.BigIntegerField("末序号", default=0)
    head = models.CharField("末链值", max_length=64, blank=True)
    settled_id = models.BigIntegerField("已理清到", default=0)
    settling_id = models.BigIntegerField("将理清到", default=0)
    settling_since = models.DateTimeField("从何时起等", null=True, blank=True)

    objects = BooksQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账套"
        constraints = [
            CheckConstraint(
                name="ledger_books_are_fiscal_or_charity", condition=Q(ledger__in=Ledger.values)
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner}{self.get_ledger_display()}"


class Dimension(models.Model):
    """Something money is counted by; the rooms above hang their nouns on it (辅助核算项)."""

    class Kind(models.TextChoices):
        FUND = "fund", "基金"
        PROJECT = "project", "项目"
        FUNDING_LINE = "funding_line", "资金条目"

    kind = models.CharField("类别", max_length=12, choices=Kind)
    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "辅助核算项"
        constraints = [
            UniqueConstraint(name="ledger_one_dimension_per_code", fields=["kind", "code"])
        ]

    def __str__(self) -> str:
        return self.name


class AccountQuerySet(models.QuerySet["Account"]):
    def hold(self, numbers: Iterable[int]) -> dict[int, Account]:
        """
        Fetch accounts and hold them until the transaction ends, always in the order of their numbers.

        PostgreSQL locks after sorting, so opposite transfers cannot deadlock; NO KEY lets other
        rooms refer to a busy account. SQLite ignores it: our transactions there are IMMEDIATE.
        """
        rows = self.filter(pk__in=set(numbers)).order_by("pk").select_for_update(no_key=True)
        return {account.pk: account for account in rows}


class Account(models.Model):
    """A place where money is, comes from or goes to, with running totals of both sides (账户)."""

    class Kind(models.TextChoices):
        ASSET = "asset", "资产"
        LIABILITY = "liability", "负债"
        NET_ASSETS = "net_assets", "净资产"
        INCOME = "income", "收入"
        EXPENSE = "expense", "费用"

    class Side(models.TextChoices):
        DEBIT = "debit", "借"
        CREDIT = "credit", "贷"

    number = models.BigIntegerField("账号", primary_key=True)
    ledger = models.SmallIntegerField("账套", choices=Ledger)
    code = models.CharField("代码", max_length=60)
    subject = models.CharField("科目", max_length=12)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    normal_side = models.CharField("余额方向", max_length=6, choices=Side)
    restriction = models.CharField("限定", max_length=12, choices=Restriction, blank=True)
    fund = models.ForeignKey(
        Dimension, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所属基金"
    )
    is_guarded = models.BooleanField("不得透支", default=False)
    keeps_lots = models.BooleanField("逐笔跟踪", default=False)
    opened_on = models.DateField("开户日期")
    closed_through = models.DateField("已关账到", default=NEVER)
    debits_fen = models.BigIntegerField("借方累计", default=0, editable=False)
    credits_fen = models.BigIntegerField("贷方累计", default=0, editable=False)
    debits_reserved_fen = models.BigIntegerField("借方预留", default=0, editable=False)
    credits_reserved_fen = models.BigIntegerField("贷方预留", default=0, editable=False)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账户"
        constraints = [
            UniqueConstraint(name="ledger_one_account_per_code", fields=["ledger", "code"]),
            CheckConstraint(
                name="ledger_account_number_ends_in_its_ledger",
                condition=Q(Exact(Mod(F("number"), 10), F("ledger"))),
            ),
            CheckConstraint(
                name="ledger_totals_are_whole_fen_and_never_negative",
                condition=Q(
                    debits_fen__gte=0,
                    credits_fen__gte=0,
                    debits_reserved_fen__gte=0,
                    credits_reserved_fen__gte=0,
                )
                & whole("debits_fen", "credits_fen", "debits_reserved_fen", "credits_reserved_fen"),
            ),
            CheckConstraint(
                name="ledger_debits_do_not_exceed_credits",
                condition=~Q(is_guarded=True, normal_side="credit")
                | Q(credits_fen__gte=F("debits_fen") + F("debits_reserved_fen")),
            ),
            CheckConstraint(
                name="ledger_credits_do_not_exceed_debits",
                condition=~Q(is_guarded=True, normal_side="debit")
                | Q(debits_fen__gte=F("credits_fen") + F("credits_reserved_fen")),
            ),
            CheckConstraint(
                name="ledger_only_a_guarded_asset_keeps_lots",
                condition=Q(keeps_lots=False)
                | Q(is_guarded=True, kind="asset", normal_side="debit"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def net_fen(self) -> int:
        """Debits less credits: what all accounts of one ledger add up to zero in (借减贷)."""
        return self.debits_fen - self.credits_fen

    @property
    def balance_fen(self) -> int:
        """The balance on the account's usual side (余额)."""
        return self.net_fen if self.normal_side == self.Side.DEBIT else -self.net_fen

    @property
    def reserved_fen(self) -> int:
        """What is set aside on the side that spends (已预留)."""
        if self.normal_side == self.Side.DEBIT:
            return self.credits_reserved_fen
        return self.debits_reserved_fen

    @property
    def available_fen(self) -> int:
        """What may still be spent: the balance less what is set aside (可用余额)."""
        return self.balance_fen - self.reserved_fen


class TransferQuerySet(models.QuerySet["Transfer"]):
    def of(self, key: UUID) -> TransferQuerySet:
        """Keep the lines of one posting, in their order."""
        return self.filter(posting=key).order_by("line")

    def moved(self) -> TransferQuerySet:
        """Keep what moved money: neither set aside nor let go."""
        return self.filter(phase__in=MOVED)

    def waiting(self) -> TransferQuerySet:
        """Keep reservations that are neither settled, released nor expired."""
        resolved = Transfer.objects.filter(resolves=models.OuterRef("pk"))
        return self.filter(~models.Exists(resolved), phase=Transfer.Phase.RESERVED)


class Transfer(models.Model):
    """
    One movement of money from the credit account to the debit account; inserted once (转账).

    Lines of one posting stand or fall together; `lines` says how many there are. `resolves` and
    `reverses` are the number of another transfer, 0 for none: a conditional UNIQUE on a nullable
    column would let duplicates in on a careless condition, and rows here never go away.
    """

    class Phase(models.TextChoices):
        POSTED = "posted", "入账"
        RESERVED = "reserved", "预留"
        SETTLED = "settled", "结清"
        RELEASED = "released", "解除"
        EXPIRED = "expired", "到期解除"

    posting = models.UUIDField("记账键")
    line = models.SmallIntegerField("行")
    lines = models.SmallIntegerField("行数")
    request_hash = models.CharField("请求摘要", max_length=64)
    ledger = models.SmallIntegerField("账套", choices=Ledger)
    debit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name="借"
    )
    credit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name="贷"
    )
    amount_fen = models.BigIntegerField("金额（分）")
    # Debits less credits of each side right after this line: a statement needs no sum of what came before.
    debit_after_fen = models.BigIntegerField("借方账户余额（分）")
    credit_after_fen = models.BigIntegerField("贷方账户余额（分）")
    business = models.CharField("业务", max_length=40)
    phase = models.CharField("阶段", max_length=8, choices=Phase, default=Phase.POSTED)
    resolves = models.BigIntegerField("了结的预留", default=0)
    reverses = models.BigIntegerField("冲销的转账", default=0)
    of_fen = models.BigIntegerField("原金额（分）", default=0)
    before_fen = models.BigIntegerField("此前已冲销（分）", default=0)
    expires_at = models.DateTimeField("预留到期", null=True, blank=True)
    booked_on = models.DateField("记账日期")
    value_on = models.DateField("发生日期")
    booked_at = models.DateTimeField("入账时间")
    restriction = models.CharField("限定", max_length=12, choices=Restriction, blank=True)
    funder = models.CharField("出资层级", max_length=10, choices=Funder, blank=True)
    fund = models.ForeignKey(
        Dimension, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="基金",
    )  # fmt: skip
    project = models.ForeignKey(
        Dimension, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="项目",
    )  # fmt: skip
    funding_line = models.ForeignKey(
        Dimension, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="资金条目",
    )  # fmt: skip
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="地点",
    )  # fmt: skip
    memo = models.CharField("摘要", max_length=120, blank=True)
    document = models.CharField("依据", max_length=120, blank=True)
    attachments = models.SmallIntegerField("附件张数", default=0)
    maker = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="制单",
    )  # fmt: skip
    approver = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="复核",
    )  # fmt: skip

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "转账"
        indexes = [
            Index(name="ledger_debits_of_an_account", fields=["debit_account", "id"]),
            Index(name="ledger_credits_of_an_account", fields=["credit_account", "id"]),
            Index(name="ledger_by_day", fields=["ledger", "booked_on"]),
            Index(name="ledger_by_fund", fields=["fund", "id"], condition=Q(fund__isnull=False)),
            Index(
                name="ledger_by_project",
                fields=["project", "id"],
                condition=Q(project__isnull=False),
            ),
            Index(
                name="ledger_open_by_expiry",
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
            ),
        ]
        constraints = [
            UniqueConstraint(name="ledger_one_transfer_per_line", fields=["posting", "line"]),
            UniqueConstraint(
                name="ledger_one_resolution_per_reservation",
                fields=["resolves"],
                condition=Q(resolves__gt=0),
            ),
            # Each partial reversal says how much was reversed before it, so two cannot say the same.
            UniqueConstraint(
                name="ledger_reversals_of_one_transfer_queue_up",
                fields=["reverses", "before_fen"],
                condition=Q(reverses__gt=0),
            ),
            CheckConstraint(
                name="ledger_amount_is_whole_fen_above_zero",
                condition=Q(amount_fen__gt=0, amount_fen__lte=LARGEST_FEN) & whole("amount_fen"),
            ),
            CheckConstraint(
                name="ledger_line_is_one_of_its_lines",
                condition=Q(line__gte=1, line__lte=F("lines")),
            ),
            CheckConstraint(
                name="ledger_sides_differ", condition=~Q(debit_account=F("credit_account"))
            ),
            CheckConstraint(
                name="ledger_sides_share_one_ledger",
                condition=Q(Exact(Mod(F("debit_account"), 10), F("ledger")))
                & Q(Exact(Mod(F("credit_account"), 10), F("ledger"))),
            ),
            CheckConstraint(
                name="ledger_only_a_resolution_resolves",
                condition=Q(resolves__gt=0, phase__in=["settled", "released", "expired"])
                | Q(resolves=0, phase__in=["posted", "reserved"]),
            ),
            CheckConstraint(
                name="ledger_only_a_posted_transfer_reverses",
                condition=Q(reverses=0) | Q(reverses__gt=0, phase="posted"),
            ),
            CheckConstraint(
                name="ledger_only_a_reservation_expires",
                condition=Q(expires_at__isnull=True) | Q(phase="reserved"),
            ),
            # Never NULL in these two columns: a CHECK that meets NULL lets the row pass.
            CheckConstraint(
                name="ledger_part_stays_within_the_original",
                condition=Q(resolves=0, reverses=0, of_fen=0, before_fen=0)
                | Q(phase__in=["released", "expired"], before_fen=0, of_fen=F("amount_fen"))
                | Q(phase="settled", before_fen=0, of_fen__gte=F("amount_fen"))
                | Q(
                    reverses__gt=0,
                    before_fen__gte=0,
                    of_fen__gte=F("before_fen") + F("amount_fen"),
                ),
            ),
            CheckConstraint(
                name="ledger_maker_is_not_the_approver",
                condition=Q(maker__isnull=True)
                | Q(approver__isnull=True)
                | ~Q(maker=F("approver")),
            ),
            CheckConstraint(
                name="ledger_a_fact_is_booked_when_it_has_happened",
                condition=Q(value_on__lte=F("booked_on")),
            ),
            CheckConstraint(
                name="ledger_labels_are_known",
                condition=Q(
                    restriction__in=["", *Restriction.values], funder__in=["", *Funder.values]
                ),
            ),
        ]


MOVED = (Transfer.Phase.POSTED, Transfer.Phase.SETTLED)


class Seal(models.Model):
    """
    A transfer's place in its ledger's unbroken chain of hashes, and its voucher's number (封条).

    `voucher` counts the postings of one month of booking from 1 without a gap (记字第几号).
    """

    ledger = models.SmallIntegerField("账套", choices=Ledger)
    sequence = models.BigIntegerField("序号")
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, related_name="seal", verbose_name="转账"
    )
    month = models.IntegerField("月份")
    voucher = models.IntegerField("凭证号")
    day = models.DateField("封存日期", db_index=True)
    hash = models.CharField("链值", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "封条"
        indexes = [Index(name="ledger_vouchers_of_a_month", fields=["ledger", "month", "voucher"])]
        constraints = [
            UniqueConstraint(name="ledger_one_seal_per_number", fields=["ledger", "sequence"]),
            CheckConstraint(name="ledger_seals_count_from_one", condition=Q(sequence__gte=1)),
        ]


class Lot(models.Model):
    """
    Money that came in together and is not all spent, on an account that is followed (批次).

    `gift` is the transfer that brought it into the house; a lot that moved on with its money from
    another account names that one as `parent`.
    """

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="lots", db_index=False, verbose_name="账户"
    )
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, related_name="lots", db_index=False, verbose_name="进账"
    )
    part = models.IntegerField("第几份")
    gift = models.ForeignKey(
        Transfer, models.PROTECT, related_name="followed", verbose_name="最初的进账"
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", db_index=False,
        verbose_name="从哪一批来",
    )  # fmt: skip
    restriction = models.CharField("限定", max_length=12, choices=Restriction)
    project = models.ForeignKey(
        Dimension, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name="指定的项目",
    )  # fmt: skip
    amount_fen = models.BigIntegerField("金额（分）")
    left_fen = models.BigIntegerField("没用的（分）")

    class Meta:
        verbose_name = verbose_name_plural = "批次"
        indexes = [
            Index(
                name="ledger_open_lots_of_an_account",
                fields=["account", "restriction", "id"],
                condition=Q(left_fen__gt=0),
            )
        ]
        constraints = [
            UniqueConstraint(name="ledger_one_lot_per_part", fields=["transfer", "part"]),
            CheckConstraint(
                name="ledger_a_lot_is_never_overspent",
                condition=Q(amount_fen__gt=0, left_fen__gte=0, left_fen__lte=F("amount_fen"))
                & whole("amount_fen", "left_fen"),
            ),
        ]


class Allocation(models.Model):
    """
    How much of a lot a transfer used (分配), insert-only; below zero when a reversal gives it back.
    """

    lot = models.ForeignKey(
        Lot, models.PROTECT, related_name="allocations", db_index=False, verbose_name="批次"
    )
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, related_name="allocations", verbose_name="出账"
    )
    amount_fen = models.BigIntegerField("金额（分）")

    class Meta:
        verbose_name = verbose_name_plural = "分配"
        constraints = [
            UniqueConstraint(
                name="ledger_one_allocation_per_lot_and_transfer", fields=["lot", "transfer"]
            ),
            CheckConstraint(
                name="ledger_an_allocation_is_of_something",
                condition=~Q(amount_fen=0) & whole("amount_fen"),
            ),
        ]


class Closing(models.Model):
    """A month of one ledger that takes no more entries, by whom and when (关账)."""

    ledger = models.SmallIntegerField("账套", choices=Ledger)
    month = models.IntegerField("月份")
    closed_at = models.DateTimeField("关账时间")
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁关的"
    )
    postings = models.IntegerField("凭证张数")
    transfers = models.IntegerField("分录行数")

    class Meta:
        verbose_name = verbose_name_plural = "关账"
        constraints = [
            UniqueConstraint(name="ledger_one_closing_a_month", fields=["ledger", "month"])
        ]


class Carried(models.Model):
    """Both totals of an account at the end of a closed month (月末累计): where the next month begins."""

    closing = models.ForeignKey(
        Closing, models.PROTECT, related_name="carried", db_index=False, verbose_name="关账"
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name="账户"
    )
    debits_fen = models.BigIntegerField("借方累计（分）")
    credits_fen = models.BigIntegerField("贷方累计（分）")

    class Meta:
        verbose_name = verbose_name_plural = "月末累计"
        constraints = [
            UniqueConstraint(
                name="ledger_one_total_per_account_and_closing", fields=["closing", "account"]
            )
        ]


class VoucherQuerySet(models.QuerySet["Voucher"]):
    def lock(self, pk: int) -> Voucher:
        """Hold one draft until the transaction ends: it is handed in, approved or sent back once."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Voucher(models.Model):
    """
    A voucher that somebody writes and somebody else approves (凭证草稿); approved, it becomes a posting.

    `asked` are its lines as they were typed: what was posted stands in the transfers alone.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "等复核"
        POSTED = "posted", "已入账"
        DISCARDED = "discarded", "作废"

    key = models.UUIDField("记账键", unique=True)
    ledger = models.SmallIntegerField("账套", choices=Ledger)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    booked_on = models.DateField("记账日期")
    value_on = models.DateField("发生日期")
    document = models.CharField("依据", max_length=120, blank=True)
    attachments = models.SmallIntegerField("附件张数", default=0)
    asked = models.JSONField("分录")
    total_fen = models.BigIntegerField("合计（分）")
    maker = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="制单"
    )
    made_at = models.DateTimeField("制单时间")
    returned_reason = models.CharField("退回原因", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复核"
    )
    decided_at = models.DateTimeField("复核时间", null=True, blank=True)

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "凭证草稿"
        indexes = [Index(name="ledger_vouchers_by_state", fields=["ledger", "state", "booked_on"])]
        constraints = [
            CheckConstraint(
                name="ledger_voucher_maker_does_not_decide",
                condition=~Q(state="posted")
                | Q(maker__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(maker=F("decided_by")),
            ),
        ]
