"""What the network is: places by code and name, as they are and as they were on a day. Places are public."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from gongzhi.audit import queries as audit
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import rules, trees
from .lookup import PlaceFault, PlaceLookup, PlaceNotFound, find_place, short_code
from .models import Designation, Parentage, Place, PlaceLink

__all__ = ["PlaceFault", "PlaceLookup", "PlaceNotFound", "find_place"]

Level, Kind = Place.Level, Place.Kind


class NoCounty(Refused):
    """The house has not been set up."""

    code = "places.no-county"
    message = "还没有建立县域网络。请运行 gongzhi init --county 六位区划代码，例如 510121。"


def county() -> Place:
    """
    Return the county of this house (本县).

    :raises NoCounty: nobody has set one up yet.
    """
    found = Place.objects.filter(level=Level.COUNTY).order_by("pk").first()
    if found is None:
        raise NoCounty
    return found


def place_by_code(code: str | int) -> Place | None:
    """
    Return the place with an official code of 6, 9 or 12 digits, or a courtyard's own code; None
    when there is none.
    """
    return Place.objects.filter(code=short_code(code)).order_by("closed_on", "pk").first()


def open_on(day: date | None = None) -> Q:
    """Return the condition of a place that exists: on *day*, or now."""
    if day is None:
        return Q(closed_on__isnull=True)
    return (Q(closed_on__isnull=True) | Q(closed_on__gt=day)) & (
        Q(opened_on__isnull=True) | Q(opened_on__lte=day)
    )


def in_order(ids: Iterable[int]) -> QuerySet[Place]:
    """Return these places in the official order (法定次序)."""
    return Place.objects.filter(pk__in=list(ids)).order_by("sort_key")


def children_of(place: Place, *, on: date | None = None) -> QuerySet[Place]:
    """Return the open places right under *place*, parks last; as then if *on* is given (下级)."""
    tree = trees.now() if on is None else trees.on(on)
    return in_order(tree.children.get(place.pk, ())).filter(open_on(on))


def members_of(place: Place, *, on: date | None = None) -> QuerySet[Place]:
    """
    Return the places that a page about *place* lists: its children; for a park what it wholly lies over (下辖).

    Parks are left out of a county's list: their figures overlap those of towns.
    """
    if place.level != Level.PARK:
        return children_of(place, on=on).exclude(level=Level.PARK)
    tree = trees.now() if on is None else trees.on(on)
    return in_order(p for p in tree.roots(place.pk) if p != place.pk).filter(open_on(on))


def places_at(
    level: int, *, within: Place | None = None, on: date | None = None
) -> QuerySet[Place]:
    """Return the open places of one level in the official order, all or *within* a place or park."""
    found = Place.objects.filter(open_on(on), level=level).order_by("sort_key")
    if within is not None:
        tree = trees.now() if on is None else trees.on(on)
        found = found.filter(pk__in=tree.beneath(within.pk))
    return found


def parks() -> QuerySet[Place]:
    """Return the open parks (园区)."""
    return places_at(Level.PARK)


def path_of(place: Place, *, on: date | None = None) -> list[Place]:
    """Return the places from the county down to *place* (所在), as then if *on* is given."""
    if on is None:
        ids = [int(p) for p in place.path.strip("/").split("/")]
    else:
        ids = [*reversed(trees.on(on).above(place.pk)), place.pk]
    found = Place.objects.in_bulk(ids)
    return [found[p] for p in ids if p in found]


def parks_over(place: Place, *, on: date) -> QuerySet[PlaceLink]:
    """Return the links of the parks that lie on *on* over *place* or something above it (所属园区)."""
    return (
        _links_on(on)
        .filter(place__in=[place.pk, *trees.on(on).above(place.pk)])
        .select_related("park", "place")
        .order_by("park__sort_key", "place__sort_key")
    )


def links_of(park: Place, *, on: date) -> QuerySet[PlaceLink]:
    """Return what *park* lies over on a day, wholly or in part, in the official order (覆盖范围)."""
    return _links_on(on).filter(park=park).select_related("place").order_by("place__sort_key")


def _links_on(day: date) -> QuerySet[PlaceLink]:
    return PlaceLink.objects.filter(since__lte=day).filter(Q(until__isnull=True) | Q(until__gt=day))


def designation_on(place: Place, day: date) -> Designation | None:
    """Return the official name and code of *place* on a day (当时名称和代码); None before it had one."""
    return _designations_on(day).filter(place=place).first()


def names_on(ids: Iterable[int], day: date) -> dict[int, str]:
    """Return the names that these places had on a day, by id."""
    return dict(_designations_on(day).filter(place__in=list(ids)).values_list("place_id", "name"))


def _designations_on(day: date) -> QuerySet[Designation]:
    return Designation.objects.filter(since__lte=day).filter(
        Q(until__isnull=True) | Q(until__gt=day)
    )


def parent_on(place: Place, day: date) -> Place | None:
    """Return what *place* hung under in the month of *day* (当时上级)."""
    up = trees.on(day).parent.get(place.pk)
    return None if up is None else Place.objects.get(pk=up)


def designations_of(place: Place) -> QuerySet[Designation]:
    """Return all official names and codes of *place*, newest first (名称和代码沿革)."""
    return place.designations.order_by("-since")


def parentages_of(place: Place) -> QuerySet[Parentage]:
    """Return everything that *place* hung under, newest first (隶属沿革)."""
    return place.parentages.select_related("parent").order_by("-since")


def spoken_path(place: Place) -> str:
    """Return the name with its town in front, the shortest that nobody mistakes: 赵镇街道北滨路社区."""
    return "".join(p.name for p in path_of(place) if p.level > Level.COUNTY or p == place)


# --- the page of a place -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a place's history (沿革); `when` is None for what was so from the beginning."""

    what: str
    when: date | None
    note: str


@dataclass(frozen=True, kw_only=True)
class PlacePage:
    """What the page of a place says, as it is or as it was on a day (地点页)."""

    place: Place
    name: str
    code: str
    on: date | None
    line: list[tuple[Place, str]]
    members: list[tuple[Place, str]]
    parks: list[Place]
    links: list[PlaceLink]
    covered_by: list[PlaceLink]
    aliases: list[tuple[str, str]]
    history: list[Change]

    @property
    def is_park(self) -> bool:
        return self.place.level == Level.PARK

    @property
    def is_open(self) -> bool:
        return self.place.closed_on is None or (
            self.on is not None and self.on < self.place.closed_on
        )


def page_of(place: Place, *, on: date | None, today: date) -> PlacePage:
    """Return all that the page of *place* says; names and codes are those of the day *on*."""
    day = on or today
    line = path_of(place, on=on)
    members = [] if place.level == Level.PARK else list(members_of(place, on=on))
    called = names_on([p.pk for p in (*line, *members)], day)
    then = designation_on(place, day)
    return PlacePage(
        place=place,
        name=then.name if then else place.name,
        code=then.code if then else place.code,
        on=on,
        line=[(p, called.get(p.pk, p.name)) for p in line],
        members=[(p, called.get(p.pk, p.name)) for p in members],
        parks=list(parks()) if place.level == Level.COUNTY else [],
        links=list(links_of(place, on=day)) if place.level == Level.PARK else [],
        covered_by=list(parks_over(place, on=day)),
        aliases=list(place.aliases.order_by("pk").values_list("name", "note")),
        history=_history_of(place),
    )


def _history_of(place: Place) -> list[Change]:
    found = []
    for d in designations_of(place):
        begun = None if d.since == Designation.EVER else d.since
        code = f"，代码{d.code}" if d.code and place.level != Level.PARK else ""
        found.append(Change(what=f"叫{d.name}{code}", when=begun, note=d.source))
    for p in parentages_of(place):
        if p.parent is not None and place.level != Level.PARK:
            into = place.merged_into_id == p.parent_id
            note = f"{p.source}，从当月1日起计" if p.source else "从当月1日起计"
            found.append(
                Change(
                    what=f"{'并入' if into else '归'}{p.parent.name}",
                    when=p.effective_on,
                    note=note if p.effective_on else p.source,
                )
            )
    if place.closed_on and not place.merged_into_id:
        found.append(Change(what="撤销", when=place.closed_on, note=""))
    return sorted(found, key=lambda change: change.when or date.min, reverse=True)


def log_of(by: Actor, place: Place) -> list[audit.Spoken]:
    """Return what was done to the place lately, for those who may change it (操作留痕)."""
    return audit.lines_about(place, limit=8) if rules.MANAGE.at(by, place.path) else []


def find(by: Actor, words: str, limit: int) -> list[tuple[str, str, str]]:
    """Return (name, where it lies, address of its page) of open places that *words* name (搜地点)."""
    from django.urls import reverse

    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return []
    lookup = PlaceLookup()
    found = matching(Place.objects.filter(closed_on__isnull=True), tokens, model=Place)
    return [
        (
            place.name,
            f"{place.get_level_display()} · {lookup.spoken(place.pk)}",
            reverse("places:place", args=[place.pk]),
        )
        for place in found.order_by("level", "sort_key")[:limit]
    ]
