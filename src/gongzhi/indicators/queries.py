"""What the pages of figures show: every number is a reading of the room figures, none is counted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from gongzhi.figures import queries as figures
from gongzhi.figures.queries import Reading
from gongzhi.places import queries as places
from gongzhi.places import trees
from gongzhi.places.models import Place
from gongzhi.shared.measures import Book, Measure, Ratio, measures
from gongzhi.shared.periods import Period, month_of, of_months, say_day, year
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Unacceptable
from gongzhi.shared.rooms import rooms
from gongzhi.shared.text import near
from gongzhi.ui.phrasing import NOTHING, thousands

from . import rules
from .unchanged import remembered

Level = Place.Level
ROWS = 50
WITHHELD = "不显示"

# The first row of an overview and the columns of its table; a measure that no room declares is left out.
TILES = (
    ("directory.social-organizations", "打开名册"),
    ("directory.rated-3a", "打开名册"),
    ("directory.volunteers-registered", "打开名册"),
    ("directory.teams", "打开名册"),
    ("centers.sub-centers", "看中心"),
    ("directory.hollow-share", "看是哪些"),
)
COLUMNS = (
    "directory.social-organizations",
    "directory.rated-3a",
    "directory.teams",
    "directory.volunteers-confirmed",
    "directory.volunteers-active",
    "directory.volunteers-registered",
    "directory.hollow-share",
)
# Where a column or a note is narrow; the full name and the rule stand on the same page.
SHORT = {
    "directory.social-organizations": "社会组织",
    "directory.rated-3a": "3A及以上",
    "directory.teams": "志愿队",
    "directory.volunteers-confirmed": "本人确认",
    "directory.volunteers-active": "近12个月服务过",
    "directory.volunteers-registered": "登记志愿者",
    "directory.hollow-share": "“空壳”村社",
}
DUTIES = {
    Level.COUNTY: ("县", "政策引导，推动资源有效整合"),
    Level.PARK: ("园区", "服务员工，推动社企共建"),
    Level.TOWN: ("镇街", "组织培育，推动公益创投落地"),
    Level.VILLAGE: ("村社", "三社联动，推动社区营造"),
    Level.COURTYARD: ("院落", "志愿服务，推动居民参与"),
}


class NoSuchMeasure(Unacceptable):
    code = "indicators.no-such-measure"
    message = "没有“{key}”这个指标，所以数不出来。{mend}"
    field = "measure"


def find_measure(text: str) -> Measure | Ratio:
    """
    Return the measure with this key or this name (指标).

    :raises NoSuchMeasure: there is none; its message names those that look like it.
    """
    known, text = measures(), text.strip()
    if text in known:
        return known[text]
    named = [m for m in known.values() if m.label == text]
    if len(named) == 1:
        return named[0]
    keys = {m.label: m.key for m in known.values()}
    close = [keys.get(name, name) for name in near(text, [*known, *keys], limit=3)]
    said = "、".join(f"{known[k].label}（{k}）" for k in dict.fromkeys(close))
    mend = f"是不是{said}？" if said else "gongzhi figure --list 列出所有指标。"
    raise NoSuchMeasure(key=text[:60], mend=mend)


def place_for(by: Actor, asked: str, kept: str, tree: trees.Tree) -> int | None:
    """Return the place that a page stands at: the one asked, the one kept, that of the role acted for, the county."""
    if asked.isdecimal() and len(asked) < 18 and int(asked) in tree.parent:
        return int(asked)
    held = rules.SEE.paths(by)
    is_kept = kept.isdecimal() and len(kept) < 18 and int(kept) in tree.parent
    # A remembered place that the person holds no role over is not gone back to.
    if is_kept and (not held or tree.path(int(kept)).startswith(held)):
        return int(kept)
    for path in held:
        at = path.rstrip("/").rpartition("/")[2]
        if at and int(at) in tree.parent:
            return int(at)
    return next((p for p, up in tree.parent.items() if up is None), None)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a page stands (站在哪里): the place, those above it, and all that the place switcher offers."""

    history: trees.History
    place: Place
    line: Sequence[Place]
    near: Sequence[Place]

    @property
    def members(self) -> list[Place]:
        """Return the places right beneath; for a park what it lies over, as far as it is near."""
        tree = self.history.now()
        ids = set(tree.children.get(self.place.pk, ()))
        if self.place.level == Level.PARK:
            ids = set(tree.roots(self.place.pk)) - {self.place.pk}
        return [p for p in self.near if p.pk in ids and p.level != Level.PARK]


def standing(by: Actor, asked: str, kept: str) -> Standing | None:
    """
    Return where a page stands, in two queries: the place asked for, kept or held (地点).

    Near are the county, its towns and parks, and what lies beneath each place of the line. None without a county.
    """
    history = trees.history()
    tree = history.now()
    here = place_for(by, asked, kept, tree)
    if here is None:
        return None
    roots = [p for p, up in tree.parent.items() if up is None]
    line = [*reversed(tree.above(here)), here]
    wanted = {*roots, *line, *tree.roots(here)}
    for place in (*roots, *line):
        wanted.update(tree.children.get(place, ()))
    found = Place.objects.filter(pk__in=wanted).defer("tokens").order_by("sort_key")
    near = {p.pk: p for p in found}
    return Standing(
        history=history,
        place=near[here],
        line=[near[p] for p in line],
        near=[p for p in near.values() if p.closed_on is None or p.pk == here],
    )


def may_see(by: Actor, path: str) -> bool:
    """Tell whether *by* may look at the overview of the place with *path*."""
    return rules.SEE.at(by, path)


def one_day(day: date) -> Period:
    """Return *day* as a period of its own (当日)."""
    return Period(day, day + timedelta(days=1))


def todos(by: Actor, now: datetime) -> list[tuple[str, int, str]]:
    """Ask every room what waits for *by*: what, how many, where to (要做的事)."""
    found = []
    for room in rooms().values():
        for todo in room.todos:
            label, count, address = todo(by, now)
            if count:
                found.append((label, count, address))
    return found


# --- one figure in words -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A reading with all that must be said beside it, in words (一个数)."""

    key: str
    label: str
    unit: str
    rule: str
    place: Place
    value: int | float | None
    words: str
    when: str
    cut_off: date
    cut_off_words: str
    is_flow: bool
    is_public: bool
    appraisal: bool
    listing: str
    icon: str
    as_now: bool
    numerator: int | None = None
    denominator: int | None = None
    parts: str = ""
    of: tuple[str, str] = ("", "")
    beside: tuple[tuple[str, str], ...] = ()


def figure(
    measure: Measure | Ratio,
    place: Place,
    period: Period,
    *,
    now: datetime,
    as_now: bool = False,
    public: bool = False,
) -> Figure:
    """
    Return one figure with its rule, cut-off and what must stand beside it (读数).

    :raises NotPublic: it is asked in public and is not; :raises PeriodAhead: the period has not begun.
    """
    keys = [measure.key, *(getattr(measure, "beside", ()))]
    read = _readings(keys, [place.pk], period, now, as_now=as_now, public=public)
    return said(measure, place, period, read, now=now)


def _readings(
    keys: Iterable[str],
    places: Iterable[int],
    period: Period,
    now: datetime,
    *,
    as_now: bool = False,
    public: bool = False,
) -> Mapping[tuple[str, int], Reading]:
    """Read figures, once for as long as nothing is committed."""
    asked = tuple(keys), tuple(places), period, timezone.localdate(now)
    return remembered(
        (*asked, as_now, public),
        lambda: figures.readings(*asked, as_now=as_now, public=public),
    )


def said(
    measure: Measure | Ratio,
    place: Place,
    period: Period,
    read: Mapping[tuple[str, int], Reading],
    *,
    now: datetime,
) -> Figure:
    """Put a reading among *read* into words."""
    got, known = read[measure.key, place.pk], measures()
    today = timezone.localdate(now)
    named: dict[str, Any] = {}
    if isinstance(measure, Ratio):
        top, bottom = known[measure.numerator], known[measure.denominator]
        parts = NOTHING
        if got.numerator is not None and got.denominator is not None:
            parts = (
                f"{thousands(got.denominator)}{bottom.unit}里的{thousands(got.numerator)}{top.unit}"
            )
        named = {"parts": parts, "of": (measure.numerator, measure.denominator)}
    beside = tuple(
        (known[key].label, f"{words_of(read[key, place.pk])}{known[key].unit}")
        for key in getattr(measure, "beside", ())
        if (key, place.pk) in read
    )
    cut_off = say_day(got.cut_off)
    if got.cut_off == today:
        at = timezone.localtime(now)
        cut_off += f" {at.hour}:{at.minute:02}"
    return Figure(
        key=measure.key,
        label=measure.label,
        unit=measure.unit,
        rule=measure.rule,
        place=place,
        value=got.value,
        words=words_of(got),
        when=f"{say_day(got.cut_off)}这一天" if got.is_stock else period.label,
        cut_off=got.cut_off,
        cut_off_words=cut_off,
        is_flow=not got.is_stock,
        is_public=measure.public,
        appraisal=getattr(measure, "appraisal", True),
        listing=getattr(measure, "listing", ""),
        icon=measure.icon,
        as_now=got.as_now,
        numerator=got.numerator,
        denominator=got.denominator,
        beside=beside,
        **named,
    )


def words_of(read: Reading) -> str:
    """Return the value as pages write it; what is withheld says so."""
    if read.suppressed:
        return WITHHELD
    if read.value is None:
        return NOTHING
    return f"{read.value:.1f}" if isinstance(read.value, float) else thousands(read.value)


def as_data(found: Figure) -> dict[str, Any]:
    """Return a figure as the open interface and `--json` write it."""
    return {
        "key": found.key,
        "label": found.label,
        "place": found.place.name,
        "code": found.place.code,
        "value": found.value,
        "suppressed": found.words == WITHHELD,
        "unit": found.unit,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "period": found.when,
        "tree": "now" if found.as_now else "then",
        "cut_off": found.cut_off.isoformat(),
        "rule": found.rule,
        "beside": dict(found.beside),
    }


# --- the overview of a place ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """One place of the table beneath (一行): its figures in the order of the columns."""

    place: Place
    figures: Sequence[Figure]
    villages: int | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the five levels (五级): how many places it has here, and whether the table shows it."""

    level: int
    name: str
    duty: str
    count: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A place in figures (总览)."""

    place: Place
    line: Sequence[Place]
    day: date
    as_now: bool
    figures: Mapping[str, Figure]
    level: int
    columns: Sequence[Measure | Ratio]
    rows: Sequence[Row]
    before: str
    after: str
    steps: Sequence[Step]
    trend: Sequence[tuple[date, int]] = field(default=())


def overview(
    stand: Standing,
    *,
    now: datetime,
    day: date | None = None,
    as_now: bool = False,
    level: int | None = None,
    after: str = "",
    before: str = "",
) -> Overview:
    """
    Return the figures of a place and of those beneath it on a day, in the official order (总览).

    `level` chooses which level the table shows; more than fifty places are paged by key.
    """
    today = timezone.localdate(now)
    day, place_id, known = min(day or today, today), stand.place.pk, measures()
    tree = stand.history.now() if as_now else stand.history.at(month_of(day))
    line_ids = [*reversed(tree.above(place_id)), place_id]
    known_places = [
        at
        for at in map(_At._make, Place.objects.order_by("sort_key").values_list(*_At._fields))
        if at.pk in tree.beneath(place_id) and at.is_open(day)
    ]
    below = [at for at in known_places if at.pk != place_id]
    here = next(at for at in known_places if at.pk == place_id)
    counts = {int(lv): sum(at.level == lv for at in below) for lv in DUTIES}
    if not level or not counts.get(level):
        level = _first_level(here.level, counts)
    rows_at = [at for at in below if at.level == level]
    if level == here.level == Level.PARK:
        over = set(tree.roots(place_id))
        rows_at = [at for at in below if at.pk in over]
    chosen, more_before, more_after = _page(rows_at, after, before)
    found = {p.pk: p for p in stand.near}
    if missing := {*line_ids, *(at.pk for at in chosen)} - found.keys():
        found |= Place.objects.defer("tokens").in_bulk(missing)
    place, line = stand.place, [found[p] for p in line_ids]
    shown = [found[at.pk] for at in chosen]

    columns = [known[key] for key in COLUMNS if key in known]
    tiles = [known[key] for key, _ in TILES if key in known]
    extra = [known[key] for key in ("centers.county-centers", "places.villages") if key in known]
    wanted = {m.key: m for m in [*tiles, *columns, *extra]}
    for m in list(wanted.values()):
        wanted |= {key: known[key] for key in getattr(m, "beside", ())}
    period = one_day(day)
    read = _readings(wanted, [place_id, *(p.pk for p in shown)], period, now, as_now=as_now)
    rows = [
        Row(
            place=p,
            figures=[said(m, p, period, read, now=now) for m in columns],
            villages=_value(read, "places.villages", p.pk),
        )
        for p in shown
    ]
    return Overview(
        place=place,
        line=line,
        day=day,
        as_now=as_now,
        figures={key: said(m, place, period, read, now=now) for key, m in wanted.items()},
        level=level,
        columns=columns,
        rows=rows,
        before=shown[0].sort_key if shown and more_before else "",
        after=shown[-1].sort_key if shown and more_after else "",
        steps=_steps(place, counts, level, read),
        trend=_trend(known.get("directory.social-organizations"), place_id, day, as_now=as_now),
    )


class _At(NamedTuple):
    """What is read of every place in the county to know which rows a table has."""

    pk: int
    level: int
    sort_key: str
    opened_on: date | None
    closed_on: date | None

    def is_open(self, day: date) -> bool:
        return (self.opened_on is None or self.opened_on <= day) and (
            self.closed_on is None or self.closed_on > day
        )


def _first_level(level: int, counts: Mapping[int, int]) -> int:
    """Return which level a table shows first: the next one that there is; for a park what it lies over."""
    if level == Level.PARK:
        return Level.PARK
    order = [Level.TOWN, Level.VILLAGE, Level.COURTYARD]
    return next((lv for lv in order if counts[lv] and lv > level), Level.COURTYARD)


def _page(shown: list[_At], after: str, before: str) -> tuple[list[_At], bool, bool]:
    if before:
        rest = [p for p in shown if p.sort_key < before]
        return rest[-ROWS:], len(rest) > ROWS, True
    rest = [p for p in shown if p.sort_key > after] if after else shown
    return rest[:ROWS], bool(after), len(rest) > ROWS


def _value(read: Mapping[tuple[str, int], Reading], key: str, place: int) -> int | None:
    got = read.get((key, place))
    return None if got is None or got.value is None else int(got.value)


def _steps(
    place: Place, counts: Mapping[int, int], level: int, read: Mapping[tuple[str, int], Reading]
) -> list[Step]:
    steps = []
    for lv, (name, duty) in DUTIES.items():
        own = int(place.level == lv)
        count = counts[lv] + own
        words = f"{thousands(count)}个"
        if lv == Level.COUNTY:
            centers = _value(read, "centers.county-centers", place.pk)
            words = f"{centers}个支持中心" if centers and own else ""
        if lv == Level.TOWN and own == 0 and (n := _value(read, "centers.sub-centers", place.pk)):
            words += f" · {n}个分中心"
        steps.append(
            Step(
                level=lv, name=name, duty=duty, count=words if count else "", is_current=lv == level
            )
        )
    return steps


def _trend(
    measure: Measure | Ratio | None, place: int, day: date, *, as_now: bool
) -> list[tuple[date, int]]:
    """Return the stock at the end of each of the last six years and on the day itself."""
    if not isinstance(measure, Measure):
        return []
    days = [*(date(day.year - n, 12, 31) for n in range(6, 0, -1)), day]
    found = remembered(
        (measure.key, place, *days, as_now),
        lambda: figures.stock_trend(measure, place, days, as_now=as_now),
    )
    return [(d, found[d]) for d in dict.fromkeys(days)]


# --- figures over a period -----------------------------------------------------------------------


def periods_now(today: date) -> list[tuple[str, Period]]:
    """Return this month, this quarter and this year (本月、本季、本年)."""
    month = month_of(today)
    return [
        ("本月", of_months(month, 1)),
        ("本季", of_months(month // 3 * 3, 3)),
        ("本年", year(today.year)),
    ]


def by_room(by: Actor) -> list[tuple[str, str, list[Measure | Ratio]]]:
    """Return (room, its name, its measures that *by* may read) of every room that declares any (指标和口径)."""
    found: dict[str, list[Measure | Ratio]] = {}
    for m in figures.visible(by):
        found.setdefault(m.key.partition(".")[0], []).append(m)
    signs = rooms()
    return [
        (room, signs[room].label if room in signs else room, declared)
        for room, declared in found.items()
    ]


def read_all(
    wanted: Sequence[Measure | Ratio],
    place: Place,
    period: Period,
    *,
    now: datetime,
    as_now: bool = False,
    public: bool = False,
) -> list[Figure]:
    """Return these measures for one place: flows over the period, stock on its last day (全部指标)."""
    known = measures()
    keys = {m.key: None for m in wanted}
    for m in wanted:
        keys |= dict.fromkeys(getattr(m, "beside", ()))
    keys = {k: None for k in keys if not public or known[k].public}
    read = _readings(keys, [place.pk], period, now, as_now=as_now, public=public)
    return [said(m, place, period, read, now=now) for m in wanted]


def by_place(
    measure: Measure | Ratio,
    place: Place,
    period: Period,
    *,
    now: datetime,
    as_now: bool = False,
    public: bool = False,
) -> tuple[Figure, list[Figure]]:
    """Return a figure of *place* and of each place right beneath it, in the official order (分地点)."""
    below = list(places.members_of(place))
    keys = [measure.key, *(getattr(measure, "beside", ()))]
    whole = _readings(keys, [place.pk], period, now, as_now=as_now, public=public)
    parts: Mapping[tuple[str, int], Reading] = {}
    if below:
        # Sister places alone: what is withheld among them is judged as one row.
        parts = _readings(keys, [p.pk for p in below], period, now, as_now=as_now, public=public)
    return (
        said(measure, place, period, whole, now=now),
        [said(measure, p, period, parts, now=now) for p in below],
    )


def is_flow(measure: Measure | Ratio) -> bool:
    """Tell whether a measure is of a period rather than of a day."""
    if isinstance(measure, Ratio):
        return is_flow(measures()[measure.numerator])
    return isinstance(measure.of, Book)
