"""The second lock on the books: made again after every migrate, looked for at every start."""

from django.apps import AppConfig

from .locks import LOCKS


class LedgerConfig(AppConfig):
    """账务."""

    name = "gongzhi.ledger"
    verbose_name = "账务"

    def ready(self) -> None:
        LOCKS.hang(self)
