"""The second lock on the book: made again after every migrate, looked for at every start."""

from django.apps import AppConfig

from .locks import LOCKS


class AuditConfig(AppConfig):
    """操作留痕."""

    name = "gongzhi.audit"
    verbose_name = "操作留痕"

    def ready(self) -> None:
        LOCKS.hang(self)
