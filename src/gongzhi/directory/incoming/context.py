"""What is made once for the reading of one file: the day, the place, the look-ups, the keys seen so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from gongzhi.directory.models import Person
from gongzhi.places import trees
from gongzhi.places.models import Place
from gongzhi.places.queries import PlaceLookup
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Fault

LEVELS = (Place.Level.VILLAGE, Place.Level.COURTYARD)
SEVERAL = "地点重名"  # as places calls it


@dataclass
class Context:
    """The context of one import (导入的上下文): `seen` maps the keys of this file to the rows they stand in."""

    by: Actor
    place: Place
    on: date
    batch: int | None
    lookup: PlaceLookup
    towns: PlaceLookup
    scope: frozenset[int]
    is_first: bool  # nobody is in the directory yet
    days: dict[Any, dict[Any, Any]] = field(default_factory=dict)
    seen: dict[Any, Any] = field(default_factory=dict)
    _places: dict[tuple[str, str], int | Fault] = field(default_factory=dict)

    def places(self, towns: Sequence[str], texts: Sequence[str]) -> list[int | Fault]:
        """Return the place that each row means, or what is wrong with how it is written (认村社)."""
        known = self._places
        found: list[int | Fault] = []
        for pair in zip(towns, texts, strict=True):
            answer = known.get(pair)
            if answer is None:
                answer = known[pair] = self._place(*pair)
            found.append(answer)
        return found

    def covers(self, place: int) -> bool:
        """Tell whether the import may write to *place*: the one it was allowed for, or in it."""
        return place in self.scope

    def twice(
        self,
        rows: Mapping[str, Sequence[Any]],
        keys: Sequence[Any],
        faults: dict[int, list[Fault]],
        column: str,
        what: str,
    ) -> None:
        """Find good rows that an earlier good row of the file already stands for (表里重复)."""
        for i, key in enumerate(keys):
            if i in faults:
                continue
            row = self.seen.setdefault(key, rows["row"][i])
            if row != rows["row"][i]:
                faults[i] = [
                    Fault(
                        kind="表里重复",
                        wrong=f"和第{row:,}行的{what}相同",
                        mend="留一行，删掉另一行",
                        column=column,
                    )
                ]

    def _place(self, town: str, text: str) -> int | Fault:
        written = text if not town or text.startswith(town) else f"{town}{text}"
        place, wrong = self.lookup.resolve(written)
        if wrong is None and place is not None:
            return place
        assert wrong is not None  # noqa: S101
        if town and (whole := self._whole(town, text)) is not None:
            return whole
        # Its near names stay with it, so that the page offers to read the whole column so: but not when
        # the name is right and stands for several.
        near = () if wrong.kind == SEVERAL else wrong.near
        return replace(wrong, kind="村社不认得", column="place", typed=text, near=near)

    def _whole(self, town: str, text: str) -> int | None:
        """Return the place of a whole name whose town the column beside calls by another of its names (赵镇)."""
        place, _ = self.lookup.resolve(text)
        above, _ = self.towns.resolve(town)
        if place is None or above is None or above not in trees.now().above(place):
            return None
        return place


def prepare(by: Actor, place: Place, now: datetime, options: dict[str, Any]) -> Context:
    """Return the context of one run over a file (准备)."""
    return Context(
        by=by,
        place=place,
        on=today(now),
        batch=options.get("batch"),
        lookup=PlaceLookup(within=place, levels=LEVELS),
        towns=PlaceLookup(levels=(Place.Level.TOWN,)),
        scope=trees.now().beneath(place.pk),
        is_first=not Person.objects.exists(),
    )
