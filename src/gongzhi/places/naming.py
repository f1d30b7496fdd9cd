"""How the book of deeds, which stands below this room, learns the names of places."""

from __future__ import annotations

from collections.abc import Iterable

from . import queries


def path_of(text: str) -> str:
    """
    Return the path of the place that people mean by *text* (地点路径).

    :raises PlaceNotFound: none or several are meant.
    """
    return queries.find_place(text).path


def names_of(paths: Iterable[str]) -> dict[str, str]:
    """Return what the places at these paths are called, town first, from memory (地点名称): 赵镇街道十里社区."""
    spoken, found = queries.PlaceLookup().spoken, {}
    for path in paths:
        last = path.rstrip("/").rpartition("/")[2]
        if last.isdecimal():
            try:
                found[path] = spoken(int(last))
            except KeyError:  # a path of a network that is no more
                continue
    return found
