"""Complaints and suggestions: what was said, by when it must be answered, what was answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.places.models import Place
from gongzhi.shared.sealed import SealedField


class Kind(models.TextChoices):
    """What it is about (哪一类); statistics count these, never persons."""

    REGISTRATION = "registration", "登记不对"
    SERVICE = "service", "事情没办好"
    EVENT = "event", "活动办得不好"
    MONEY = "money", "钱的事"
    PAGE = "page", "网页不好用"
    REPEATED = "repeated", "要我重复填表"
    IDEA = "idea", "提个建议"
    OTHER = "other", "别的"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def lock(self, pk: int) -> Suggestion:
        """
        Fetch one suggestion and hold it until the transaction ends.

        PostgreSQL locks the row. SQLite ignores FOR UPDATE, but our transactions there are IMMEDIATE.
        """
        return self.select_for_update(of=("self",)).select_related("place", "desk").get(pk=pk)


class Suggestion(models.Model):
    """Something a person said, signed in or not, that is answered by a day (投诉建议)."""

    PRIVACY: ClassVar = {"text": "S2", "phone": "S2"}

    class State(models.TextChoices):
        RECEIVED = "received", "等答复"
        FORWARDED = "forwarded", "转给了该答的地方"
        ANSWERED = "answered", "答复了"
        DECLINED = "declined", "办不了，说明了理由"

    year = models.SmallIntegerField("年度")
    sequence = models.IntegerField("序号")
    # Made in the page before it is sent: the same key is the same suggestion, however often it arrives.
    key = models.UUIDField("提交编号", unique=True, editable=False)
    kind = models.CharField("哪一类", max_length=14, choices=Kind)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="说的是哪里")
    desk = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="由哪里答")
    page = models.CharField("从哪个网页来", max_length=200, blank=True)
    text = models.TextField("什么事", max_length=1000)
    phone = SealedField("手机号")
    wants_public = models.BooleanField("愿意公开原话", default=False)
    received_at = models.DateTimeField("收到时间")
    received_on = models.DateField("收到日期")
    due_at = models.DateTimeField("最晚答复")
    late_from = models.DateField("从哪天起算超期")
    state = models.CharField("状态", max_length=10, choices=State, default=State.RECEIVED)
    answer = models.TextField("答复", max_length=2000, blank=True)
    replied_at = models.DateTimeField("答复时间", null=True, blank=True)
    replied_on = models.DateField("答复日期", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁答的"
    )
    asked_again_at = models.DateTimeField("再问的时间", null=True, blank=True)
    public_question = models.TextField("公开的事由", max_length=1000, blank=True)
    public_answer = models.TextField("公开的答复", max_length=2000, blank=True)
    published_at = models.DateTimeField("公开时间", null=True, blank=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "投诉建议"
        constraints = [
            UniqueConstraint(
                name="suggestions_one_suggestion_a_number", fields=["year", "sequence"]
            ),
            CheckConstraint(
                name="suggestions_a_reply_has_words_and_a_moment",
                condition=Q(
                    state__in=["received", "forwarded"],
                    answer="",
                    replied_at__isnull=True,
                    replied_on__isnull=True,
                )
                | Q(
                    ~Q(answer=""),
                    state__in=["answered", "declined"],
                    replied_at__isnull=False,
                    replied_on__isnull=False,
                ),
            ),
            CheckConstraint(
                name="suggestions_what_is_public_has_words",
                condition=Q(published_at__isnull=True)
                | ~Q(public_question="") & ~Q(public_answer=""),
            ),
        ]
        indexes = [
            Index(name="suggestions_by_desk", fields=["desk", "state", "due_at"]),
            Index(name="suggestions_by_place", fields=["place", "received_on"]),
            Index(name="suggestions_published", fields=["published_at"]),
        ]

    @property
    def number(self) -> str:
        """The number shown to the person: `2026-0012`."""
        return f"{self.year}-{self.sequence:04d}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.RECEIVED, self.State.FORWARDED)


class Step(models.Model):
    """One thing that happened to a suggestion, as its writer may read it (办理过程)."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "收到"
        FORWARDED = "forwarded", "转办"
        ANSWERED = "answered", "答复"
        DECLINED = "declined", "办不了，说明理由"
        ASKED_AGAIN = "asked_again", "再问一次"

    suggestion = models.ForeignKey(
        Suggestion, models.PROTECT, related_name="steps", verbose_name="投诉建议"
    )
    kind = models.CharField("做了什么", max_length=12, choices=Kind)
    happened_at = models.DateTimeField("时间")
    desk = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="在哪里")
    text = models.TextField("说了什么", max_length=2000, blank=True)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁办的"
    )

    class Meta:
        verbose_name = verbose_name_plural = "办理过程"
        indexes = [Index(name="suggestions_steps_in_order", fields=["suggestion", "happened_at"])]


class Numbering(models.Model):
    """The last number given in a year (编号): the row that whoever writes a suggestion holds."""

    year = models.SmallIntegerField("年度", primary_key=True)
    last = models.IntegerField("最后一号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "编号"


class Knock(models.Model):
    """A suggestion came from somewhere lately (来路); `origin` is a keyed hash, kept for a day against floods."""

    origin = models.CharField("来路指纹", max_length=32)
    knocked_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "来路"
        indexes = [Index(name="suggestions_knocks", fields=["origin", "knocked_at"])]
