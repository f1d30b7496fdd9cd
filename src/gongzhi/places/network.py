"""The network as its pages draw it: branches with their counts, then beside now, what a change takes along."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from gongzhi.shared.measures import Holding

from . import queries, trees
from .measures import MEASURES
from .models import Place, PlaceLink

Level = Place.Level
_COUNTED = {m.key: m.of for m in MEASURES if isinstance(m.of, Holding)}
SHOWN = 6  # names in a sentence; more are counted


def counted(key: str, day: date) -> Counter[int]:
    """Return how many places the measure *key* counts on *day* under each place, by its id (个数)."""
    holding, tree, found = _COUNTED[key], trees.on(day), Counter[int]()
    for place in set(holding.on(day).values_list(holding.subject, flat=True)):
        found.update(tree.above(place))
    return found


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A town with its villages, each with the number of its courtyards (一个镇街)."""

    town: Place
    villages: list[tuple[Place, int]]
    village_count: int
    courtyard_count: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """The whole network today (五级网络); numbers are those of the measures of the county."""

    county: Place
    branches: list[Branch]
    parks: list[tuple[Place, list[PlaceLink]]]
    towns: int
    villages: int
    courtyards: int


def network(today: date) -> Network:
    """
    Return the network in the official order, parks beside it (五级网络).

    :raises NoCounty: nobody has set one up yet.
    """
    county, tree = queries.county(), trees.now()
    towns, villages, courtyards = (
        counted(f"places.{level}", today) for level in ("towns", "villages", "courtyards")
    )
    drawn = Place.objects.filter(
        queries.open_on(), level__in=(Level.TOWN, Level.VILLAGE, Level.PARK)
    )
    by_level: dict[int, list[Place]] = {Level.TOWN: [], Level.VILLAGE: [], Level.PARK: []}
    for place in drawn.order_by("sort_key"):
        by_level[place.level].append(place)
    under: dict[int | None, list[tuple[Place, int]]] = {}
    for village in by_level[Level.VILLAGE]:
        row = (village, courtyards[village.pk])
        under.setdefault(tree.parent.get(village.pk), []).append(row)
    links: dict[int, list[PlaceLink]] = {}
    for link in _links(today):
        links.setdefault(link.park_id, []).append(link)
    return Network(
        county=county,
        branches=[
            Branch(
                town=town,
                villages=under.get(town.pk, []),
                village_count=villages[town.pk],
                courtyard_count=courtyards[town.pk],
            )
            for town in by_level[Level.TOWN]
        ],
        parks=[(park, links.get(park.pk, [])) for park in by_level[Level.PARK]],
        towns=towns[county.pk],
        villages=villages[county.pk],
        courtyards=courtyards[county.pk],
    )


def _links(day: date) -> QuerySet[PlaceLink]:
    """Return what all parks lie over on *day*: one question, however many parks."""
    lasting = Q(until__isnull=True) | Q(until__gt=day)
    found = PlaceLink.objects.filter(lasting, since__lte=day).select_related("place")
    return found.order_by("place__sort_key")


# --- then beside now ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One thing about a place, on a day and now (当时和现在)."""

    what: str
    then: str
    now: str
    note: str = ""

    @property
    def has_changed(self) -> bool:
        return bool(self.note) or self.then != self.now


def existed(place: Place, day: date) -> bool:
    """Tell whether the place had an official name on *day* (当时有没有)."""
    return queries.designation_on(place, day) is not None


def then_and_now(place: Place, *, on: date, today: date) -> list[Compared]:
    """Return name, code, parent and members of *place* as they were on a day beside today's (当时和现在)."""
    named = list(queries.designations_of(place))
    before, after = (
        next((d for d in named if d.since <= day and (d.until is None or day < d.until)), None)
        for day in (on, today)
    )
    found = [
        Compared(what="名称", then=before.name if before else "", now=after.name if after else ""),
    ]
    codes = (before.code if before else "", after.code if after else "")
    if any(codes):
        found.append(Compared(what="区划代码", then=codes[0], now=codes[1]))
    if place.level not in (Level.COUNTY, Level.PARK):
        parents = queries.parent_on(place, on), queries.parent_on(place, today)
        called = queries.names_on([p.pk for p in parents if p], on)
        found.append(
            Compared(
                what="上级",
                then=called.get(parents[0].pk, parents[0].name) if before and parents[0] else "",
                now=parents[1].name if after and parents[1] else "",
            )
        )
    if place.level != Level.COURTYARD:
        found.append(_members_then_and_now(place, on=on, today=today))
    return found


def _members_then_and_now(place: Place, *, on: date, today: date) -> Compared:
    before = {p.pk: p.name for p in queries.members_of(place, on=on)}
    after = {p.pk: p.name for p in queries.members_of(place, on=today)}
    called = queries.names_on(before, on)
    then = {pk: called.get(pk, name) for pk, name in before.items()}
    parts = [
        ("多了", [name for pk, name in after.items() if pk not in then]),
        ("少了", [name for pk, name in then.items() if pk not in after]),
        ("", [f"{then[pk]}改名{n}" for pk, n in after.items() if pk in then and then[pk] != n]),
    ]
    return Compared(
        what="全部覆盖的地点" if place.level == Level.PARK else "下辖",
        then=f"{len(then)}个",
        now=f"{len(after)}个",
        note="；".join(f"{word}{some(names)}" for word, names in parts if names),
    )


def some(names: list[str]) -> str:
    """Return the first names as a sentence has room for, and how many there are in all (等几个)."""
    said = "、".join(names[:SHOWN])
    return f"{said}等{len(names)}个" if len(names) > SHOWN else said


# --- what a change takes along --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Around:
    """What hangs on a place now, for whoever is about to change it (牵动什么)."""

    place: Place
    parent: Place | None
    members: list[Place]
    links: list[PlaceLink]

    @property
    def along(self) -> str:
        """Say what moves along: 3个院落（1号院、2号院、3号院）; empty when nothing does."""
        if not self.members:
            return ""
        levels = {p.get_level_display() for p in self.members}
        level = levels.pop() if len(levels) == 1 else "地点"
        return f"{len(self.members)}个{level}（{some([p.name for p in self.members])}）"


def around(place: Place, *, today: date) -> Around:
    """Return what hangs on *place* today: its parent, its members, the parks over it."""
    return Around(
        place=place,
        parent=queries.parent_on(place, today),
        members=list(queries.members_of(place)),
        links=list(queries.parks_over(place, on=today)),
    )
