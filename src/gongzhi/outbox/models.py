"""What the house writes to people, by which ways it goes out, and what each person wants to get."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from gongzhi.accounts.models import User
from gongzhi.shared.messages import Channel
from gongzhi.shared.sealed import SealedField


class Message(models.Model):
    """
    Something the house tells one person (消息): an account, or a phone whose holder has none.

    A reminder is a message whose `due_at` has not come. Whoever calls it off leaves it here, unsent.
    """

    PRIVACY: ClassVar = {"phone": "S2", "title": "S2", "body": "S2", "words": "S2"}

    # Says what is told to whom: the same key is the same message, however often it is sent.
    key = models.CharField("消息编号", max_length=160, unique=True, editable=False)
    kind = models.CharField("哪一类", max_length=60)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收件账号"
    )
    phone = SealedField("收件手机号")
    phone_key = models.CharField("收件手机号指纹", max_length=32, blank=True, editable=False)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("内容", max_length=1000)
    words = models.JSONField("填进模板的词", default=dict, blank=True)
    about = models.CharField("说的是哪一页", max_length=200, blank=True)
    in_app = models.BooleanField("站内显示", default=True)
    written_at = models.DateTimeField("写下时间")
    due_at = models.DateTimeField("从何时起送")
    seen_at = models.DateTimeField("看过时间", null=True, blank=True)
    called_off_at = models.DateTimeField("撤回时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        constraints = [
            CheckConstraint(
                name="outbox_a_message_is_to_somebody",
                condition=Q(user__isnull=False) | ~Q(phone_key=""),
            ),
            CheckConstraint(
                name="outbox_only_accounts_read_in_the_house",
                condition=Q(in_app=False) | Q(user__isnull=False),
            ),
        ]
        indexes = [
            Index(name="outbox_messages_of_a_user", fields=["user", "-due_at", "-id"]),
            Index(
                name="outbox_unseen_of_a_user",
                fields=["user", "due_at"],
                condition=Q(seen_at__isnull=True, called_off_at__isnull=True, in_app=True),
            ),
            Index(name="outbox_messages_by_age", fields=["due_at"]),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """One message on its way out by one channel (发送)."""

    class State(models.TextChoices):
        WAITING = "waiting", "等着发"
        SENDING = "sending", "正在发"
        SENT = "sent", "发出了"
        FAILED = "failed", "没发出去"
        OFF = "off", "本人关了这一类"
        CALLED_OFF = "called_off", "撤回了"

    message = models.ForeignKey(
        Message, models.PROTECT, related_name="deliveries", verbose_name="消息"
    )
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    not_before = models.DateTimeField("最早何时发")
    tries = models.SmallIntegerField("试了几次", default=0)
    claimed_at = models.DateTimeField("开始发的时间", null=True, blank=True)
    done_at = models.DateTimeField("有结果的时间", null=True, blank=True)
    # The class of the error only: a provider's own words may hold the number.
    error = models.CharField("为什么没发出去", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送"
        constraints = [
            UniqueConstraint(name="outbox_one_delivery_a_channel", fields=["message", "channel"]),
            CheckConstraint(
                name="outbox_what_is_being_sent_was_claimed",
                condition=~Q(state="sending") | Q(claimed_at__isnull=False),
            ),
        ]
        indexes = [
            Index(
                name="outbox_deliveries_open",
                fields=["state", "not_before"],
                condition=Q(state__in=["waiting", "sending"]),
            ),
            Index(name="outbox_deliveries_failed", fields=["id"], condition=Q(state="failed")),
        ]


class Choice(models.Model):
    """Whether somebody wants a kind of message by a channel, where it differs from the usual (收不收)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="账号")
    kind = models.CharField("哪一类", max_length=60)
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    wanted = models.BooleanField("要收")

    class Meta:
        verbose_name = verbose_name_plural = "收不收"
        constraints = [
            UniqueConstraint(
                name="outbox_one_choice_a_kind_and_channel", fields=["user", "kind", "channel"]
            )
        ]
