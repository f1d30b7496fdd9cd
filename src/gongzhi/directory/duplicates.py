"""
Finding people who may be one (找疑似重复): cheap enough to run after an import of a whole county.

Two records with different ID numbers are two people. So only those without a number are looked at, each
against everybody who agrees with it in one of the ways below.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from gongzhi.shared.text import pinyin

from .models import Person

WAYS = {
    "name": "姓名、出生年、村社都相同",
    "phone": "姓名和手机号都相同",
    "sound": "姓名读音、出生年、村社都相同",
}


class _One(NamedTuple):
    pk: int
    name: str
    birth_year: int | None
    place: int
    phone: str
    has_number: bool


def pairs(people: Collection[int] | None = None) -> dict[tuple[int, int], list[str]]:
    """
    Return the pairs that may be one person with the ways in which they agree, the older record first.

    With *people*, only pairs in which one of them is; else all there are.
    """
    known = [_One(*row) for row in _rows(_near(people))]
    by_key: dict[tuple, list[_One]] = defaultdict(list)
    wanted: set[tuple] = set()
    for one in known:
        if not one.has_number:
            wanted.update(_keys(one))
    for one in known:
        for key in _keys(one):
            if key in wanted:
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


def _rows(people: QuerySet[Person]) -> QuerySet:
    return (
        people.filter(merged_into=None, erased_at=None)
        .order_by("pk")
        .values_list(
            "pk",
            "name",
            "birth_year",
            "place_id",
            "phone_key",
            ExpressionWrapper(~Q(id_key=""), output_field=BooleanField()),
        )
    )


def _near(people: Collection[int] | None) -> QuerySet[Person]:
    """Return everybody who could agree with *people* in any way: same place, or same phone."""
    if people is None:
        return Person.objects.all()
    rows = Person.objects.filter(pk__in=people).values_list("place_id", "phone_key")
    places, phones = set(), set()
    for place, phone in rows:
        places.add(place)
        phones.add(phone)
    return Person.objects.filter(Q(place__in=places) | Q(phone_key__in=phones - {""}))


def _keys(one: _One) -> Iterator[tuple]:
    if one.birth_year:
        yield "name", one.name, one.birth_year, one.place
        yield "sound", sound(one.name), one.birth_year, one.place
    if one.phone:
        yield "phone", one.name, one.phone


def _two_of(alike: list[_One]) -> Iterator[tuple[_One, _One]]:
    for at, second in enumerate(alike):
        for first in alike[:at]:
            yield first, second


def sound(name: str) -> str:
    """Return how a name sounds, tones left out (读音): 张桂兰 and 章贵兰 are alike."""
    return " ".join(map(_syllable, name))


@cache
def _syllable(char: str) -> str:
    return pinyin(char)
