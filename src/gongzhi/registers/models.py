"""
Files of records on their way into the books: what came, what was found in it, how far it is
written.
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.timezone import localtime

from gongzhi.accounts.models import User
from gongzhi.places.models import Place
from gongzhi.shared.sealed import SealedField


class Import(models.Model):
    """
    One file of one register, from being received to being written, withdrawn and forgotten (导入).

    The file itself lies sealed in the store under its own hash; here stands what was found in it.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "收到了"
        JUDGED = "judged", "等着确认"
        RUNNING = "running", "正在写"
        PAUSED = "paused", "停着"
        DONE = "done", "写完了"
        FAILED = "failed", "写到一半停了"
        DROPPED = "dropped", "没有导"
        WITHDRAWN = "withdrawn", "已撤回"

    # What may still become part of the books, and so keeps its file.
    OPEN = (State.RECEIVED, State.JUDGED, State.RUNNING, State.PAUSED, State.FAILED)

    register = models.CharField("登记表", max_length=60)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="只收这里的")
    state = models.CharField("状态", max_length=10, choices=State, default=State.RECEIVED)

    file_name = models.CharField("文件名", max_length=120)
    size = models.PositiveIntegerField("大小（字节）")
    sha256 = models.CharField("文件摘要", max_length=64, db_index=True)
    sheet = models.CharField("工作表", max_length=60, blank=True)
    other_sheets = models.JSONField("没读的工作表", default=list)
    header_row = models.PositiveIntegerField("表头所在行", default=1)
    # One entry a column: label, masked example, key ("" = not taken), and how it was recognized.
    columns = models.JSONField("各列认作", default=list)

    # What somebody chose to read otherwise in a whole column: [column, as typed, as meant].
    replacements = models.JSONField("整列改写", default=list)

    rows = models.PositiveIntegerField("行数", default=0)
    new_rows = models.PositiveIntegerField("将新增", default=0)
    changed_rows = models.PositiveIntegerField("将更新", default=0)
    same_rows = models.PositiveIntegerField("没变", default=0)
    faulty_rows = models.PositiveIntegerField("要改", default=0)

    # The job: chunks before `cursor` are written. Whoever holds `worker` writes; a new one takes
    # it over.
    cursor = models.PositiveIntegerField("写到第几批", default=0)
    added = models.PositiveIntegerField("新增了", default=0)
    updated = models.PositiveIntegerField("更新了", default=0)
    unchanged = models.PositiveIntegerField("写的时候已经一样", default=0)
    # After the last row the register may have more to do, a step at a time: where the next one goes on.
    tail = models.BigIntegerField("收尾到哪里", default=0)
    found = models.PositiveIntegerField("收尾时发现", default=0)
    worker = models.CharField("在写的进程", max_length=32, blank=True)
    heartbeat_at = models.DateTimeField("最近一次动静", null=True, blank=True)
    resumed_at = models.DateTimeField("接上时间", null=True, blank=True)
    resumed_from = models.PositiveIntegerField("接上时已写", default=0)
    failure = models.CharField("为什么停了", max_length=300, blank=True)

    uploaded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    finished_at = models.DateTimeField("写完时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.CharField("为什么撤回", max_length=200, blank=True)
    withdrawn_rows = models.PositiveIntegerField("撤回了", default=0)
    kept_rows = models.PositiveIntegerField("撤回时留下", default=0)
    forgotten_at = models.DateTimeField("文件删除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入"
        constraints = [
            CheckConstraint(
                name="registers_counts_add_up_to_the_rows",
                condition=Q(state="received")
                | Q(rows=F("new_rows") + F("changed_rows") + F("same_rows") + F("faulty_rows")),
            ),
            CheckConstraint(
                name="registers_nothing_is_written_unconfirmed",
                condition=Q(confirmed_at__isnull=False)
                | Q(cursor=0, added=0, updated=0, unchanged=0),
            ),
        ]
        indexes = [Index(name="registers_imports_by_place", fields=["place", "-id"])]

    def __str__(self) -> str:
        return self.file_name

    @property
    def to_write(self) -> int:
        """Return how many rows the job writes (要写的行数)."""
        return self.new_rows + self.changed_rows

    @property
    def written(self) -> int:
        """Return how many rows the job has been through (已写的行数)."""
        return self.added + self.updated + self.unchanged

    @property
    def number(self) -> str:
        """Return the number people quote (编号): DR-20261123-0007."""
        return f"DR-{localtime(self.uploaded_at):%Y%m%d}-{self.pk:04d}"


class ImportFault(models.Model):
    """
    One thing wrong in one row of a file (错处). What was typed is masked where it is a personal
    number.
    """

    batch = models.ForeignKey(Import, models.PROTECT, related_name="faults", verbose_name="导入")
    row = models.PositiveIntegerField("行")
    column = models.CharField("列", max_length=60, blank=True)
    typed = models.CharField("填的是", max_length=80, blank=True)
    kind = models.CharField("哪一类", max_length=40)
    wrong = models.CharField("哪里不对", max_length=300)
    mend = models.CharField("怎么改", max_length=300)
    suggested = models.CharField("可以都改成", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "错处"
        indexes = [Index(name="registers_faults_by_kind", fields=["batch", "kind", "row"])]


class ImportChange(models.Model):
    """
    What one row would change of a record that exists (前后对照), masked where it is personal.

    `pairs` are [column, before, after] in the words of the page.
    """

    PRIVACY: ClassVar = {"named": "S2", "pairs": "S2"}

    batch = models.ForeignKey(Import, models.PROTECT, related_name="changes", verbose_name="导入")
    row = models.PositiveIntegerField("行")
    named = models.CharField("说的是", max_length=80, blank=True)
    pairs = models.JSONField("前后", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "前后对照"


class ImportChunk(models.Model):
    """
    Good rows that are written together or not at all (一批): read and judged, sealed until written.

    `trace` is what the owning room needs to take the chunk back: ids made, and what changed rows
    said before.
    """

    PRIVACY: ClassVar = {"ready": "S3", "trace": "S3"}

    batch = models.ForeignKey(Import, models.PROTECT, related_name="chunks", verbose_name="导入")
    number = models.PositiveIntegerField("第几批")
    rows = models.PositiveIntegerField("行数")
    ready = SealedField("读好的行")
    trace = SealedField("写下了什么")
    written_at = models.DateTimeField("写下时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "一批"
        constraints = [
            UniqueConstraint(name="registers_chunks_in_order", fields=["batch", "number"])
        ]
