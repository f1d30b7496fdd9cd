"""Somebody who acts for themselves without an account."""

from __future__ import annotations

from dataclasses import dataclass

from gongzhi.shared.permissions import Held


@dataclass(frozen=True)
class Oneself:
    """Somebody who showed, by a code on the phone or a card at a counter, who they are (本人)."""

    person_id: int
    pk: None = None
    is_authenticated: bool = True

    def held(self) -> tuple[Held, ...]:
        return ()

    def spoken_name(self) -> str:
        return "本人"
