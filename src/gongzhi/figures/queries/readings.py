"""A figure as it is read: with its rule, its cut-off, and nothing in public that tells who is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from gongzhi.shared import measures as declared
from gongzhi.shared.dated import rule
from gongzhi.shared.measures import Holding, Measure, Ratio
from gongzhi.shared.periods import Period
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable

from .counting import grid

_DAY = timedelta(days=1)
# Units of people: there a small number can tell who is meant.
OF_PEOPLE = frozenset({"人", "名", "位", "人次"})


class MeasureUnknown(Refused):
    code = "figures.measure-unknown"
    message = "没有“{key}”这个指标。请从指标列表里选一个。"
    status = 404


class NotPublic(Refused):
    code = "figures.not-public"
    message = "“{label}”不对外公开。请登录后查看。"
    status = 403


class PeriodAhead(Unacceptable):
    code = "figures.period-ahead"
    message = "{period}还没有到，没有数字可读。请选今天或以前的时段。"
    field = "period"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """
    One figure with what must be said beside it (读数).

    `value` is None where it is not published (`suppressed`) or where a share has no denominator; a share is
    in per cent, rounded half up to one decimal. `until` is the day after the last; `cut_off` the last day counted.
    """

    key: str
    label: str
    unit: str
    rule: str
    place: int
    value: int | float | None
    since: date
    until: date
    cut_off: date
    is_stock: bool
    as_now: bool
    suppressed: bool = False
    numerator: int | None = None
    denominator: int | None = None


def measure(key: str) -> Measure | Ratio:
    """
    Return a declared measure by its key (指标).

    :raises MeasureUnknown: none has it.
    """
    found = declared.measures().get(key)
    if found is None:
        raise MeasureUnknown(key=key[:60])
    return found


def visible(by: Actor, measures: Iterable[Measure | Ratio] | None = None) -> list[Measure | Ratio]:
    """Return the measures that *by* may read at all: whoever is not signed in, the public ones (可见指标)."""
    found = declared.measures().values() if measures is None else measures
    return [m for m in found if m.public or by.is_authenticated]


def reading(
    key: str,
    place: int,
    period: Period,
    today: date,
    *,
    as_now: bool = False,
    public: bool = False,
) -> Reading:
    """
    Return one figure as it is read (读数); see `readings`.

    :raises MeasureUnknown: no measure has this key.
    :raises NotPublic: it is asked in public and is not.
    :raises PeriodAhead: the period has not begun.
    """
    return readings([key], [place], period, today, as_now=as_now, public=public)[key, place]


def readings(
    keys: Iterable[str],
    places: Iterable[int],
    period: Period,
    today: date,
    *,
    as_now: bool = False,
    public: bool = False,
) -> dict[tuple[str, int], Reading]:
    """
    Return figures and shares of several places over one period, in few statements (读数表).

    What lies after *today* is not counted yet. In *public*, counts of 1 to 4 people are withheld, and so
    many more of the same row that the sum of the places does not give them away.

    :raises MeasureUnknown: no measure has one of these keys.
    :raises NotPublic: it is asked in public and is not.
    :raises PeriodAhead: the period has not begun.
    """
    wanted, places = [measure(key) for key in keys], list(places)
    if public and (closed := next((m for m in wanted if not m.public), None)):
        raise NotPublic(label=closed.label)
    parts: dict[str, Measure] = {}
    for m in wanted:
        of = (m.numerator, m.denominator) if isinstance(m, Ratio) else (m.key,)
        parts |= {key: cast(Measure, declared.measures()[key]) for key in of}
    if period.since > today:
        raise PeriodAhead(period=period.label)
    until = min(period.until, today + _DAY)
    cut_off = until - _DAY
    counted = grid(parts.values(), places, period.since, until, as_now=as_now)
    shown: dict[tuple[str, int], int | None] = dict(counted)
    if public:
        for part in parts.values():
            if part.unit in OF_PEOPLE:
                row = published([counted[part.key, p] for p in places], cut_off)
                shown |= {(part.key, p): v for p, v in zip(places, row, strict=True)}
    found = {}
    for m in wanted:
        for p in places:
            named = {}
            if isinstance(m, Ratio):
                top, bottom = shown[m.numerator, p], shown[m.denominator, p]
                withheld = top is None or bottom is None
                value = percent(top, bottom)
                named = {"numerator": top, "denominator": bottom}
                is_stock = isinstance(parts[m.numerator].of, Holding)
            else:
                value = shown[m.key, p]
                withheld = value is None
                is_stock = isinstance(m.of, Holding)
            found[m.key, p] = Reading(
                key=m.key,
                label=m.label,
                unit=m.unit,
                rule=m.rule,
                place=p,
                value=value,
                since=period.since,
                until=until,
                cut_off=cut_off,
                is_stock=is_stock,
                as_now=as_now,
                suppressed=withheld,
                **named,
            )
    return found


def percent(top: int | None, bottom: int | None) -> float | None:
    """Return a share in per cent, rounded half up to one decimal; None over nothing (百分比)."""
    return None if top is None or not bottom else (top * 2000 // bottom + 1) // 2 / 10


def published(row: Sequence[int], day: date) -> list[int | None]:
    """
    Return counts of people in sister places as they may be published: None where a number is withheld (小数不公开).

    The rule `personal-data.small-cell` says below which number. One withheld number alone is the sum less the
    others, and so are several that can only all be 1 or all be the largest: then the next smallest goes too.
    """
    least = rule("personal-data.small-cell", day).number
    hidden = {at for at, number in enumerate(row) if 0 < number < least}
    spare = sorted((at for at, n in enumerate(row) if n >= least), key=row.__getitem__)
    while hidden and spare and _told(sum(row[at] for at in hidden), len(hidden), least):
        hidden.add(spare.pop(0))
    return [None if at in hidden else number for at, number in enumerate(row)]


def _told(total: int, count: int, least: int) -> bool:
    return count == 1 or total in (count, (least - 1) * count)
