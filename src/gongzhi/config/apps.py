"""The house as a whole: what is made after every migrate, and what is checked at every start."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfigApp(AppConfig):
    """The top floor."""

    name = "gongzhi.config"
    label = "config"
    verbose_name = "共治"

    def ready(self) -> None:
        from django.apps import apps

        from gongzhi.shared import search

        # Django's SQLite table rebuilds drop triggers silently, so they are made again after every migrate.
        # The signal is sent for rooms with models only, once all of them have their tables.
        post_migrate.connect(
            lambda using, **_: search.install(using),
            sender=apps.get_app_config("accounts"),
            weak=False,
        )
