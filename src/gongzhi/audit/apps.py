"""The second lock on the book: made again after every migrate, looked for at every start."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    """操作留痕."""

    name = "gongzhi.audit"
    verbose_name = "操作留痕"

    def ready(self) -> None:
        from . import locks

        post_migrate.connect(
            lambda using, **_: locks.install_if_asked(using), sender=self, weak=False
        )
        register(locks.check, Tags.database)
