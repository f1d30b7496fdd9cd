"""消息."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """消息."""

    name = "gongzhi.outbox"
    verbose_name = "消息"
