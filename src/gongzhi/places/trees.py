"""The dated tree, held in memory and read anew only when a deed changed it."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from itertools import pairwise

from django.db import connection

from gongzhi.shared.periods import month_of

from .models import Parentage, Place, PlaceLink, TreeVersion


class Tree:
    """Parents and children of all places as they were in one stretch of months (某一时段的树)."""

    def __init__(
        self,
        parent: Mapping[int, int | None],
        kept: frozenset[int] | set[int],
        links: Mapping[int, tuple[int, ...]] | None = None,
    ) -> None:
        self.parent = parent
        self.kept = kept
        self.links = links or {}
        self.children: dict[int, list[int]] = defaultdict(list)
        for place, above in parent.items():
            if above is not None:
                self.children[above].append(place)
        self._subtree: dict[int, frozenset[int]] = {}
        self._beneath: dict[int, frozenset[int]] = {}

    def above(self, place: int) -> list[int]:
        """Return the places over *place*, nearest first (上级)."""
        found = []
        up = self.parent.get(place)
        while up is not None:
            found.append(up)
            up = self.parent.get(up)
        return found

    def depth(self, place: int) -> int:
        """Return how many places stand over *place* (深度)."""
        return len(self.above(place))

    def path(self, place: int) -> str:
        """Return the path of own ids from the county down: `/1/5/30/` (路径)."""
        return "/" + "".join(f"{p}/" for p in [*reversed(self.above(place)), place])

    def station(self, place: int) -> int:
        """Return the place that keeps cells for *place*: itself, the village of a courtyard, the county of a park."""
        while place not in self.kept:
            up = self.parent.get(place)
            if up is None:
                break
            place = up
        return place

    def catchment(self, station: int) -> list[int]:
        """Return the places that *station* keeps cells for: itself, the courtyards and parks right under it."""
        return [
            station,
            *(
                p
                for child in self.children.get(station, ())
                if child not in self.kept
                for p in self.subtree(child)
            ),
        ]

    def stations_under(self, place: int) -> list[int]:
        """Return the children of *place* that keep cells of their own."""
        return [child for child in self.children.get(place, ()) if child in self.kept]

    def subtree(self, place: int) -> frozenset[int]:
        """Return *place* and everything that hangs under it in the tree."""
        if place not in self._subtree:
            found, queue = {place}, [place]
            while queue:
                below = self.children.get(queue.pop(), ())
                found.update(below)
                queue.extend(below)
            self._subtree[place] = frozenset(found)
        return self._subtree[place]

    def roots(self, place: int) -> list[int]:
        """
        Return the places whose subtrees make up *place*: itself; for a park also what it wholly
        lies over, none twice.
        """
        linked = set(self.links.get(place, ()))
        return [
            place,
            *(p for p in self.parent if p in linked and linked.isdisjoint(self.above(p))),
        ]

    def beneath(self, place: int) -> frozenset[int]:
        """Return *place* and everything in it (范围): its subtree; for a park also the subtrees it lies over."""
        if place not in self.links:
            return self.subtree(place)
        if place not in self._beneath:
            self._beneath[place] = frozenset().union(*map(self.subtree, self.roots(place)))
        return self._beneath[place]


class History:
    """All trees there ever were: between two changes the tree stands still (沿革)."""

    def __init__(
        self,
        parentages: Iterable[tuple[int, int | None, int, int]],
        kept: frozenset[int] | set[int],
        links: Iterable[tuple[int, int, int, int]] = (),
    ) -> None:
        self._parentages, self._links, self.kept = list(parentages), list(links), kept
        cuts = {0}
        for *_, since, until in [*self._parentages, *self._links]:
            cuts.update((since, until))
        self.cuts = sorted(c for c in cuts if c < Parentage.FOREVER)
        self._trees: dict[int, Tree] = {}

    def at(self, month: int) -> Tree:
        """Return the tree of *month* (months are `year * 12 + month - 1`)."""
        number = max(bisect.bisect_right(self.cuts, month) - 1, 0)
        if number not in self._trees:
            cut = self.cuts[number]
            links: dict[int, tuple[int, ...]] = {}
            for park, place, since, until in self._links:
                if since <= cut < until:
                    links[park] = (*links.get(park, ()), place)
            parent = {p: up for p, up, since, until in self._parentages if since <= cut < until}
            self._trees[number] = Tree(parent, self.kept, links)
        return self._trees[number]

    def now(self) -> Tree:
        """Return the last tree: no deed changes the tree ahead of its day, so it is today's."""
        return self.at(self.cuts[-1])

    def stretches(self, since: int, until: int) -> Iterator[tuple[int, int, Tree]]:
        """Yield (since, until, tree) for each stretch of the months [since, until) in which the tree stood still."""
        edges = [since, *(c for c in self.cuts if since < c < until), until]
        for start, stop in pairwise(edges):
            yield start, stop, self.at(start)


_held: tuple[str, History] | None = None
# The history that the page being read has asked for; None when nothing is read by a page.
_page: ContextVar[list[History] | None] = ContextVar("page", default=None)


def stamp() -> str:
    """Return the stamp of the network as it stands, empty when there is none (戳记)."""
    # Asked at every reading of a figure: through the ORM it would cost more than the figure.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT stamp FROM {TreeVersion._meta.db_table} WHERE id = 1")  # noqa: S608
        found = cursor.fetchone()
    return found[0] if found else ""


def history(known: str | None = None) -> History:
    """Return the history of the tree, read anew when its stamp has changed; *known* spares asking for the stamp."""
    global _held
    page = _page.get()
    if page is not None and page and known is None:
        return page[0]
    wanted = stamp() if known is None else known
    held = _held
    if held is None or held[0] != wanted or not wanted:
        _held = held = (wanted, _read())
    if page is not None and wanted:
        page[:] = [held[1]]
    return held[1]


@contextmanager
def asked_once() -> Iterator[None]:
    """Within, the history is that of the first question: for a page that only reads (一页一棵树)."""
    token = _page.set([])
    try:
        yield
    finally:
        _page.reset(token)


def held() -> tuple[str, History] | None:
    """Return the history last read and its stamp, for whoever asks in their own statement whether it still stands."""
    return _held if _held and _held[0] else None


def _read() -> History:
    parentages = Parentage.objects.order_by("place__sort_key", "since")
    kept = Place.objects.filter(level__lte=Place.Level.VILLAGE)
    links = PlaceLink.objects.filter(is_whole=True).order_by("park_id", "place__sort_key")
    return History(
        parentages.values_list("place_id", "parent_id", "since", "until"),
        frozenset(kept.values_list("pk", flat=True)),
        [
            (park, place, month_of(since), month_of(until) if until else Parentage.FOREVER)
            for park, place, since, until in links.values_list(
                "park_id", "place_id", "since", "until"
            )
        ],
    )


def now() -> Tree:
    """Return the tree as it is now."""
    return history().now()


def on(day: date) -> Tree:
    """Return the tree of the month that *day* lies in."""
    return history().at(month_of(day))
