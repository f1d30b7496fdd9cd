"""The book of deeds. It stands under every other table and points at none: a line outlives whatever it speaks of."""

from django.db import models


class Line(models.Model):
    """One deed: who, in which role, did what to which record, when and why (操作留痕)."""

    happened_at = models.DateTimeField("时间", db_index=True)
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor_name = models.CharField("操作人", max_length=60)
    role = models.CharField("身份", max_length=120, blank=True)
    action = models.CharField("动作", max_length=80, db_index=True)
    record = models.CharField("对象类型", max_length=60, blank=True)
    record_id = models.BigIntegerField("对象编号", null=True)
    subject_id = models.BigIntegerField("涉及的人", null=True)
    place_path = models.CharField("地点", max_length=120, blank=True)
    changes = models.JSONField("前后变化", default=dict, blank=True)
    reason = models.CharField("理由", max_length=300, blank=True)
    request_id = models.CharField("请求编号", max_length=40, blank=True)
    # 16 random digits, so that no line can be copied, then 48 of the keyed hash over them and all of the above.
    digest = models.CharField("摘要", max_length=64, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "操作留痕"
        indexes = [
            models.Index(name="audit_lines_of_a_record", fields=["record", "record_id"]),
            models.Index(name="audit_lines_about_a_person", fields=["subject_id", "happened_at"]),
            models.Index(name="audit_lines_of_an_actor", fields=["actor_id", "id"]),
        ]


class Seal(models.Model):
    """The place of one line in the gap-free chain (封存): a changed, removed or inserted line breaks it."""

    number = models.BigIntegerField("序号", primary_key=True)
    line_id = models.BigIntegerField("留痕编号", unique=True)
    line_digest = models.CharField("留痕摘要", max_length=64)
    day = models.DateField("日期", db_index=True)
    chain = models.CharField("链值", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "封存"


class SealHead(models.Model):
    """
    The one row that whoever seals holds (封存锁): the chain grows by one writer at a time.

    Lines up to `settled_id` are never looked at again: a transaction that took a lower number has long ended.
    """

    number = models.BigIntegerField("末序号", default=0)
    chain = models.CharField("末链值", max_length=64, blank=True)
    settled_id = models.BigIntegerField("已理清到", default=0)
    settling_id = models.BigIntegerField("将理清到", default=0)
    settling_since = models.DateTimeField("从何时起等", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "封存锁"
