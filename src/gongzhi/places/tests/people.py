"""Somebody who holds a role over places, for the tests of this room: accounts stand above it."""

from gongzhi.shared.permissions import Held


class Officer:
    pk = 7
    is_authenticated = True

    def __init__(self, role: str, *paths: str) -> None:
        self._held = (Held(role=role, paths=paths),)

    def held(self) -> tuple[Held, ...]:
        return self._held

    def spoken_name(self) -> str:
        return "张桂兰"
