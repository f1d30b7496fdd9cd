"""What a room adds to the house. Each room has `room.py` with one `ROOM`; menus, API and docs read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps

from .permissions import Actor, Permission


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the workbench menu (菜单项): `group` is its heading, `icon` an id in icons.svg."""

    label: str
    url: str
    icon: str
    seen_by: Permission | None
    group: str = ""
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a room finds in the one search box: `find(by, words, limit)` gives (label, note, address) rows."""

    label: str
    find: Callable
    order: int = 50


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room's sign on the door (房间)."""

    label: str
    menu: tuple[Entry, ...] = ()
    search: tuple[Search, ...] = ()
    todos: tuple[Callable, ...] = ()  # todo(by, now) gives (label, count, address)
    each_minute: tuple[Callable, ...] = ()  # deed(by=, now=) that the clock does
    each_day: tuple[Callable, ...] = ()
    seed: Callable | None = None  # seed(by=, now=) enters what comes with the program, once
    api: str = ""


@cache
def rooms() -> dict[str, Room]:
    """Return every room's sign by room name, top floor first."""
    found = {}
    for config in apps.get_app_configs():
        if config.name.startswith("gongzhi.") and find_spec(f"{config.name}.room"):
            found[config.label] = import_module(f"{config.name}.room").ROOM
    return found


def enter_packaged(*, by: Actor, now: datetime) -> None:
    """Let every room, lowest floor first, enter what comes with the program and is not there yet (设好随带的数据)."""
    for room in reversed(rooms().values()):
        if room.seed:
            room.seed(by=by, now=now)


def declared(module: str, name: str) -> list[Any]:
    """Gather what all rooms declare as *name* in their file *module* (`measures`, `registers`, …)."""
    found: list[Any] = []
    for config in reversed(list(apps.get_app_configs())):
        if config.name.startswith("gongzhi.") and find_spec(f"{config.name}.{module}"):
            found += getattr(import_module(f"{config.name}.{module}"), name, ())
    return found
