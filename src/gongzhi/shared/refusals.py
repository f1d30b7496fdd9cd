"""How the house says no: one class, one sentence, one translation per interface."""

from __future__ import annotations


class Refused(Exception):
    """
    A deed that cannot be done now: what is wrong, why and how to mend it (谢绝), answered with 409.

    Subclasses set `code` (stable, kebab-case) and `message` (Chinese, ends with 。, may name `{fields}`).
    """

    code = "house.refused"
    message = "现在不能这样做。"
    status = 409

    def __init__(self, **named: object) -> None:
        self.named = named
        super().__init__(self.message.format(**named))

    def __str__(self) -> str:
        return self.message.format(**self.named)


class Unacceptable(Refused):
    """Something given that can never be taken as it is (不能用的输入), answered with 422; `field` says which."""

    code = "house.unacceptable"
    message = "填写的内容不能用，请改正后再提交。"
    status = 422
    field = ""
