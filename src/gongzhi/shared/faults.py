"""What is wrong with one value, and how to mend it: two sentences that travel together."""

from __future__ import annotations

from .refusals import Unacceptable


class Fault(str):
    """
    One finding about one value (一处错): as text both sentences, apart `wrong` and `mend`.

    Neither sentence repeats a personal number; both are written without their closing 。.
    """

    wrong: str
    mend: str

    def __new__(cls, wrong: str, mend: str) -> Fault:
        made = super().__new__(cls, f"{wrong}。{mend}。")
        made.wrong, made.mend = wrong, mend
        return made


class BadValue(Unacceptable):
    """A value that cannot be taken (填的内容不能用); `fault` says why and how to mend it."""

    code = "shared.bad-value"
    message = "{fault}"

    def __init__(self, wrong: str, mend: str) -> None:
        self.fault = Fault(wrong, mend)
        super().__init__(fault=self.fault)
