"""账号."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """账号和身份."""

    name = "gongzhi.accounts"
    verbose_name = "账号和身份"

    def ready(self) -> None:
        from . import second_factor

        second_factor.listen()
