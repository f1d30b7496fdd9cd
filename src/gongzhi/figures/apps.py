from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FiguresConfig(AppConfig):
    name = "gongzhi.figures"
    verbose_name = "计数"

    def ready(self) -> None:
        post_migrate.connect(_retire, sender=self)


def _retire(**_: object) -> None:
    # Marks are not written for a book that is counted live: its cells of an earlier version must not come back.
    from .services import retire_books

    retire_books()
