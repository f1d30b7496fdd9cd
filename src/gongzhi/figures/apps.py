from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class FiguresConfig(AppConfig):
    name = "gongzhi.figures"
    verbose_name = "计数"

    def ready(self) -> None:
        post_migrate.connect(_retire, sender=self)


def _retire(using: str, **_: object) -> None:
    # Marks are not written for a book that is counted live: its cells of an earlier version must not come back.
    # The signal also comes when only another room was migrated, and then this one may have no tables yet.
    from .models import Cell
    from .services import retire_books

    if Cell._meta.db_table in connections[using].introspection.table_names():
        retire_books()
