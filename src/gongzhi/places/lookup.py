"""What people write for a place, and which place they mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast

from gongzhi.shared import text as texts
from gongzhi.shared.refusals import Unacceptable
from gongzhi.shared.registers import Fault

from . import trees
from .models import Alias, Designation, Place

Level = Place.Level

EXAMPLE = "赵镇街道十里社区"
_BODY = re.compile(
    r"(社区)?(居民|居|村民|村)(?:委员会|委会)$|(街道)?(?:办事处|人民政府)$|(?<=嘎查)委员?会$"
)
_KIND = re.compile(r"(?:街道|社区|镇|乡|村)$")
_BETWEEN = re.compile(r"[\s\-–—/／·、，,>›]+")


class PlaceNotFound(Unacceptable):
    """No single open place is meant by what was written; `fault` says why and names near ones."""

    code = "places.not-found"
    message = "认不出是哪个地点：{wrong}。{mend}。"
    field = "place"

    def __init__(self, fault: PlaceFault) -> None:
        self.fault = fault
        super().__init__(wrong=fault.wrong, mend=fault.mend)


@dataclass(frozen=True, kw_only=True)
class PlaceFault(Fault):
    """Why a place was not found (错处); `near` are full names that can be taken instead, nearest first."""

    near: tuple[str, ...] = ()


def short_code(code: str | int) -> str:
    """Return *code* without the zeros that fill a county's or a town's code up to 12 digits."""
    digits = str(code).strip().removesuffix(".0")
    if len(digits) == 12 and digits.isdigit():
        return digits[:6] if digits.endswith("000000") else digits.removesuffix("000")
    return digits


def without_body(name: str) -> str:
    """Return a name without its 居委会, 村委会 or 办事处: 十里社区居委会 → 十里社区, 红旗村委会 → 红旗村."""
    body = _BODY.search(name)
    if body is None or body.start() == 0:
        return name
    stem = name[: body.start()]
    if body[1] or body[3]:
        return stem + (body[1] or body[3])
    if body[2] and body[2].startswith("村") and not stem.endswith(("村", "社区", "嘎查")):
        return stem + "村"
    return stem


def normal(text: object) -> str:
    """Return *text* as names are compared: full-width digits narrowed, separators between levels dropped."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", texts.normalize(str(text))))


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    level: int
    closed_on: date | None
    merged_into: int | None


class _Index:
    """Every way to write every place, made once for each state of the network."""

    def __init__(self) -> None:
        self.tree = trees.now()
        self.places: dict[int, _Known] = {}
        self.by_code: dict[str, int] = {}
        # Three books: what a place is called; what is left of it without 社区, 村, 镇; and towns under
        # all three endings, because 淮口镇 is still written long after it became 淮口街道.
        self.names: dict[str, set[int]] = {}
        self.stems: dict[str, set[int]] = {}
        self.towns: dict[str, set[int]] = {}
        for pk, name, level, closed_on, merged_into, code in Place.objects.order_by(
            "sort_key"
        ).values_list("pk", "name", "level", "closed_on", "merged_into_id", "code"):
            self.places[pk] = _Known(name, level, closed_on, merged_into)
            self._learn(name, code, pk)
        for pk, name, code in Designation.objects.filter(until__isnull=False).values_list(
            "place_id", "name", "code"
        ):
            self._learn(name, code, pk)
        self.county = next((p for p, k in self.places.items() if k.level == Level.COUNTY), None)
        # Old towns known to have been in the county, but not which town took them over.
        self.unsettled: set[str] = set()
        for pk, name in Alias.objects.values_list("place_id", "name"):
            self._learn(name, "", pk)
            if pk == self.county and _KIND.search(name):
                self.unsettled.add(normal(name))
        self.spoken = {pk: self._speak(pk) for pk in self.places}

    def _learn(self, name: str, code: str, pk: int) -> None:
        if code:
            self.by_code.setdefault(code, pk)
        whole = normal(name)
        bare = without_body(whole)
        forms = {whole, bare}
        if bare != whole and not _KIND.search(bare):
            forms.add(f"{bare}社区")  # 龙柏居委会 is spoken of as 龙柏社区
        for form in forms:
            self.names.setdefault(form, set()).add(pk)
            if len(stem := _KIND.sub("", form)) > 1:
                self.stems.setdefault(stem, set()).add(pk)
                if self.places[pk].level == Level.TOWN:
                    for ending in ("街道", "镇", "乡"):
                        self.towns.setdefault(stem + ending, set()).add(pk)

    def _speak(self, pk: int) -> str:
        above = [p for p in self.tree.above(pk) if self.places[p].level != Level.COUNTY]
        return "".join(self.places[p].name for p in [*reversed(above), pk])

    def meant(self, text: str, scope: frozenset[int] | None) -> set[int]:
        """Return the places in *scope* that *text* can mean: by whole name, through its parents, by stem."""
        forms = {text, without_body(text)}
        for book in (self.names, self.stems, self.towns):
            found = set().union(*(book.get(form, ()) for form in forms))
            if scope is not None:
                found &= scope
            if found:
                return found
            if book is self.names:
                for rest, below in self.parents_in(text, scope):
                    if found := self.meant(rest, below):
                        return found
        return set()

    def parents_in(
        self, text: str, scope: frozenset[int] | None
    ) -> Iterator[tuple[str, frozenset[int]]]:
        """Yield (rest of *text*, where to look for it) for each place that it begins with, longest first."""
        for cut in range(len(text) - 1, 1, -1):
            for book in (self.names, self.stems, self.towns):
                for up in book.get(text[:cut], ()):
                    below = self.tree.beneath(up) - {up}
                    if scope is not None:
                        below &= scope
                    if below:
                        yield text[cut:], below


_held: tuple[str, _Index] | None = None


def _index() -> _Index:
    global _held
    stamp = trees.stamp()
    held = _held
    if held is None or held[0] != stamp or not stamp:
        _held = held = (stamp, _Index())
    return held[1]


class PlaceLookup:
    """
    Finds the place that people mean by what they write, many thousand times a second (地点识别).

    `within` keeps to one place and everything in it, `levels` to some levels; with `on` a place that was
    open on that day is accepted though it closed later. Answers are remembered as long as the object lives.
    """

    def __init__(
        self,
        *,
        within: Place | int | None = None,
        on: date | None = None,
        levels: Iterable[int] = (),
    ) -> None:
        self._index = _index()
        self._on = on
        self._levels = frozenset(levels)
        self._within = within.pk if isinstance(within, Place) else within
        self._scope = None if self._within is None else self._index.tree.beneath(self._within)
        self._within_name = "" if self._within is None else self._index.spoken[self._within]
        self._answers: dict[object, tuple[int | None, PlaceFault | None]] = {}

    def resolve(self, text: object) -> tuple[int | None, PlaceFault | None]:
        """Return (id, None), or (None, what is wrong and how to mend it)."""
        if text not in self._answers:
            self._answers[text] = self._resolve(text)
        return self._answers[text]

    def spoken(self, place: int) -> str:
        """Return a place's name with its town in front: 赵镇街道十里社区."""
        return self._index.spoken[place]

    def near(self, text: object, limit: int = 3) -> tuple[str, ...]:
        """Return the full names of open places that *text* looks or sounds like, nearest first (相近的)."""
        index, written = self._index, self._below_county(normal(text))
        for rest, below in index.parents_in(written, self._scope):
            if found := self._near(rest, below, limit):
                return found
        return self._near(written, self._scope, limit)

    def _near(self, text: str, scope: Collection[int] | None, limit: int) -> tuple[str, ...]:
        names: dict[str, str] = {}
        for pk, known in self._index.places.items():
            if (
                (scope is None or pk in scope)
                and (not self._levels or known.level in self._levels)
                and self._is_open(pk)
            ):
                names.setdefault(known.name, self._index.spoken[pk])
        # One wrong character of two, 竹蒿 for 竹篙, is half of the name.
        found = texts.near(text, names, limit) or texts.near(text, names, limit, least=50)
        if text.endswith(("街道", "镇", "乡")):
            towns = {k.name for k in self._index.places.values() if k.level == Level.TOWN}
            found = sorted(found, key=lambda name: name not in towns)
        return tuple(names[n] for n in found)

    def _resolve(self, text: object) -> tuple[int | None, PlaceFault | None]:
        index, written = self._index, normal("" if text is None else text)
        shown = texts.normalize("" if text is None else str(text))[:30]
        if not written:
            return None, PlaceFault(
                kind="没有填地点",
                wrong="没有填地点，不知道归哪里",
                mend=f"填镇街和村社的全名，例如“{EXAMPLE}”",
            )
        if (code := short_code(written)).isdigit() and len(code) >= 6:
            found = {index.by_code[code]} if code in index.by_code else set()
        else:
            found = index.meant(self._below_county(written), None)
        if len(found) > 1:
            found = found - {index.county}  # an old name whose successor has been entered since
        if found == {index.county} and written in index.unsettled:
            return None, PlaceFault(
                kind="旧地名待确认",
                wrong=f"“{shown}”是旧地名，承接它的镇街还没有确认",
                mend="填现在的镇街和村社；或者请县里给承接的镇街加上这个别名",
                typed=shown,
            )
        if not found:
            return None, self._unknown(shown, text)
        if self._scope is not None:
            inside = found & self._scope
            if not inside:
                return None, PlaceFault(
                    kind="超出范围",
                    wrong=f"“{shown}”是{self._list(found)}，不在{self._within_name}范围内",
                    mend="只填范围内的地点，或者由管得到那里的账号来办",
                    typed=shown,
                )
            found = inside
        if self._levels:
            found = {p for p in found if index.places[p].level in self._levels} or found
        alive = {p for p in found if self._is_open(p)}
        if not alive:
            return None, self._gone(shown, min(found))
        if len(alive) > 1:
            return None, PlaceFault(
                kind="地点重名",
                wrong=f"“{shown}”可能是{self._list(alive)}，分不清是哪一个",
                mend="把镇街写在前面，或者填12位区划代码",
                typed=shown,
                near=tuple(index.spoken[p] for p in index.places if p in alive),
            )
        (place,) = alive
        if self._levels and index.places[place].level not in self._levels:
            wanted = "或".join(str(Level(n).label) for n in sorted(self._levels))
            return None, PlaceFault(
                kind="层级不对",
                wrong=f"“{shown}”是{Level(index.places[place].level).label}，这里要填{wanted}",
                mend=f"填到{wanted}，例如“{EXAMPLE}”",
                typed=shown,
            )
        return place, None

    def _below_county(self, written: str) -> str:
        """Drop what stands before the town: 四川省成都市金堂县赵镇街道 → 赵镇街道."""
        if self._index.county is None:
            return written
        before, name, after = written.partition(self._index.places[self._index.county].name)
        return after if name and after and len(before) <= 12 else written

    def _is_open(self, place: int) -> bool:
        closed = self._index.places[place].closed_on
        return closed is None or (self._on is not None and self._on < closed)

    def _list(self, places: Collection[int]) -> str:
        names = [self._index.spoken[p] for p in self._index.places if p in places]
        return "、".join(names[:4]) + (f"等{len(names)}个地点" if len(names) > 4 else "")

    def _gone(self, shown: str, place: int) -> PlaceFault:
        known = self._index.places[place]
        day = f"{known.closed_on.year}年{known.closed_on.month}月" if known.closed_on else "以前"
        after = known.merged_into
        while after is not None and (further := self._index.places[after].merged_into) is not None:
            after = further
        if after is None:
            return PlaceFault(
                kind="地点已撤销",
                wrong=f"“{shown}”已在{day}撤销",
                mend="填现在管这里的地点",
                typed=shown,
            )
        return PlaceFault(
            kind="地点已合并",
            wrong=f"“{shown}”已在{day}并入{self._index.places[after].name}",
            mend=f"改成“{self._index.spoken[after]}”",
            typed=shown,
            near=(self._index.spoken[after],),
        )

    def _unknown(self, shown: str, text: object) -> PlaceFault:
        near = self.near(text)
        return PlaceFault(
            kind="地点不认识",
            wrong=f"没有“{shown}”这个地点"
            + (f"，相近的有{''.join(f'“{n}”' for n in near)}" if near else ""),
            mend=f"改成“{near[0]}”，或者照名录里的名称填"
            if near
            else f"照名录里的名称填，例如“{EXAMPLE}”，或者填12位区划代码",
            typed=shown,
            near=near,
        )


def find_place(
    text: object,
    *,
    within: Place | None = None,
    on: date | None = None,
    levels: Iterable[int] = (),
) -> Place:
    """
    Return the one place that *text* means: a name, an alias or a code as people write them (找地点).

    :raises PlaceNotFound: none or several; its message names near matches or the successor.
    """
    place, fault = PlaceLookup(within=within, on=on, levels=levels).resolve(text)
    if fault is not None:
        raise PlaceNotFound(fault)
    return Place.objects.get(pk=cast(int, place))
