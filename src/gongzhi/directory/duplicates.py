"""
Finding people who may be one (找疑似重复): cheap enough to run after an import of a whole county.

Two records with different ID numbers are two people. So only those without a number are looked at, each
against everybody who agrees with it in one of the ways below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import NamedTuple

from django.db.models import Count

from gongzhi.shared.text import pinyin

from . import bulk
from .models import Volunteer

WAYS = {
    "name": "姓名、出生年、村社都相同",
    "phone": "姓名和手机号都相同",
    "sound": "姓名读音、出生年、村社都相同",
}


class _One(NamedTuple):
    pk: int
    name: str
    has_number: bool


def pairs(people: Collection[int] | None = None) -> dict[tuple[int, int], list[str]]:
    """
    Return the pairs that may be one person with the ways in which they agree, the older record first.

    With *people*, only pairs in which one of them is; else all there are.
    """
    known = bulk.people_near(people)
    by_key: dict[tuple, list[_One]] = {}
    births: set[tuple[int, int | None]] = set()
    phones: set[str] = set()
    for _, name, year, place, phone, has_number in known:
        if not has_number:
            by_key |= {key: [] for key in _keys(name, year, place, phone)}
            births.add((place, year))
            phones.add(phone)
    phones.discard("")
    for pk, name, year, place, phone, has_number in known:
        if (place, year) in births or phone in phones:
            one = _One(pk, name, bool(has_number))
            for key in _keys(name, year, place, phone):
                if key in by_key:
                    by_key[key].append(one)
    new = None if people is None else frozenset(people)
    found: dict[tuple[int, int], list[str]] = {}
    for (way, *_), alike in by_key.items():
        for first, second in _two_of(alike):
            if first.has_number and second.has_number:
                continue
            if new is not None and first.pk not in new and second.pk not in new:
                continue
            if way == "sound" and first.name == second.name:
                continue
            ways = found.setdefault((first.pk, second.pk), [])
            if way not in ways:
                ways.append(way)
    return found


def _keys(name: str, year: int | None, place: int, phone: str) -> Iterator[tuple]:
    if year:
        yield "name", name, year, place
        yield "sound", sound(name), year, place
    if phone:
        yield "phone", name, phone


def _two_of(alike: list[_One]) -> Iterator[tuple[_One, _One]]:
    """Yield each two; of very many that are alike, each with the oldest: merging brings the rest together."""
    first_few = len(alike) if len(alike) <= _MANY else 1
    for at, second in enumerate(alike):
        for first in alike[: min(at, first_few)]:
            yield first, second


_MANY = 20


def sound(name: str) -> str:
    """Return how a name sounds, tones left out (读音): 张桂兰 and 章贵兰 are alike."""
    return " ".join(map(_syllable, name))


@cache
def _syllable(char: str) -> str:
    return pinyin(char)


STEP = 20_000  # people whom one step of an import's comparing looks at, in whole villages


def next_of(batch: int, after: int) -> tuple[list[int], int | None]:
    """
    Return the people of the next villages of an import after village *after*, and the last of these villages.

    None says that there was nobody left.
    """
    brought = Volunteer.objects.filter(batch=batch, place__gt=after)
    last, total = None, 0
    for place, count in brought.order_by("place").values_list("place").annotate(count=Count("pk")):
        if total and total + count > STEP:
            break
        last, total = place, total + count
    if last is None:
        return [], None
    return list(brought.filter(place__lte=last).values_list("person", flat=True)), last
