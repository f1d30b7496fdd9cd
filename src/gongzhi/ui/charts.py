"""
Charts drawn by the server, each with the table it was drawn from.

Numbers come in, finished SVG or HTML comes out; colors are tokens, so that dark mode works. Text
keeps its size at every width, because the drawings use percentages instead of a view box. A page
shows a chart with `{% chart chart %}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from .phrasing import NOTHING, percent1, thousands

Value = int | float | Decimal
Words = Callable[[Value | None], str]

COLORS = ("--c1", "--c2", "--c3", "--c4", "--c5")
REST = "--c0"
TOP, BOTTOM = 14.0, 86.0  # percent of the height: the peak's label above, the months below


@dataclass(frozen=True, kw_only=True)
class About:
    """What every chart must say of itself (图注): unit, counting rule and cut-off."""

    title: str
    unit: str
    rule: str
    cutoff: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a line chart (一条线); None where there is nothing to say yet."""

    name: str
    values: tuple[Value | None, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One bar, or one share of a whole (一份), with the address of its records."""

    label: str
    value: Value
    url: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing and its table (图和表); `beside` says that the drawing already is the table."""

    about: About
    drawing: SafeString
    summary: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    beside: bool = False


def heat_level(value: Value | None, top: Value | None) -> int:
    """Return the depth of color from 0 to 5 of *value* where *top* is the deepest (色深)."""
    if not value or not top or value <= 0:
        return 0
    return min(5, max(1, ceil(5 * float(value) / float(top))))


def _p(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _ticks(top: float, *, whole: bool) -> tuple[float, ...]:
    """Return round numbers from 0 up to *top*, at most five; *whole* keeps to whole numbers."""
    power = 10 ** floor(log10(top))
    steps = [s * power for s in (0.25, 0.5, 1, 2.5, 5) if not whole or (s * power) % 1 == 0]
    step = next((s for s in steps if top / s <= 4), 1.0)
    return tuple(step * i for i in range(floor(top / step) + 1))


def _tick_words(tick: float) -> str:
    return thousands(int(tick)) if tick == int(tick) else f"{tick:g}"


def sparkline(labels: Sequence[str], values: Sequence[Value], about: About) -> Chart:
    """Return the small line of a tile (走势); its table is read aloud, not seen."""
    heights = [float(v) for v in values]
    low = min(heights, default=0.0)
    span = max(heights, default=0.0) - low or 1.0
    wide = max(len(values) - 1, 1)
    points = [(1 + 70 * i / wide, 21 - 18 * (v - low) / span) for i, v in enumerate(heights)]
    drawing = SafeString("")
    if len(points) > 1:
        x, y = points[-1]
        drawing = format_html(
            '<svg class="spark" viewBox="0 0 72 24" aria-hidden="true">'
            '<polyline points="{}" fill="none" stroke="var(--c1)"'
            ' stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>'
            '<circle cx="{}" cy="{}" r="3" fill="var(--c1)"/></svg>',
            " ".join(f"{_p(a)},{_p(b)}" for a, b in points),
            _p(x),
            _p(y),
        )
    return Chart(
        about=about,
        drawing=drawing,
        summary=about.title,
        head=("时段", f"{about.title}（{about.unit}）"),
        rows=tuple((label, thousands(v)) for label, v in zip(labels, values, strict=True)),
    )


def line(
    labels: Sequence[str],
    series: Sequence[Series],
    about: About,
    *,
    partial: str = "",
    words: Words = thousands,
) -> Chart:
    """
    Return lines over time (折线): the first is what the chart is about, the others are dashed.

    *partial* says why the last point of the first line is not a whole period (“11月只统计到23日”);
    that stretch is dotted.
    """
    everything = [v for s in series for v in s.values if v is not None]
    head = (about.unit, *(s.name for s in series))
    rows = tuple(
        (label, *(words(s.values[i]) if s.values[i] is not None else NOTHING for s in series))
        for i, label in enumerate(labels)
    )
    if partial:
        about = _noted(about, f"{partial}，用点线表示。")
    if not everything:
        return Chart(
            about=about, drawing=SafeString(""), summary="这段时间还没有记录", head=head, rows=rows
        )
    top = float(max(everything)) or 1.0
    ticks = _ticks(top, whole=all(isinstance(v, int) for v in everything))

    def x(i: int) -> float:
        return 100 * i / max(len(labels) - 1, 1)

    def y(v: Value) -> float:
        return BOTTOM - (BOTTOM - TOP) * max(float(v), 0) / top

    pieces = [_grid(ticks, y), _months(labels, x)]
    pieces += [_line(s, i, x, y, dotted=bool(partial) and i == 0) for i, s in enumerate(series)]
    pieces += [_peak(series[0], x, y, words), _names(series, y)]
    first = [(i, v) for i, v in enumerate(series[0].values) if v is not None]
    summary = about.title
    if first:
        at, most = max(first, key=lambda point: point[1])
        last, now = first[-1]
        summary += f"，{labels[at]}最高，为{words(most)}{about.unit}"
        summary += f"；{labels[last]}{words(now)}{about.unit}"
    left = max(len(_tick_words(t)) for t in ticks) + 1
    right = 2 * max(len(s.name) for s in series) + 1
    drawing = format_html(
        '<svg class="chart line" role="img" aria-label="{}" style="padding-inline:{}ch {}ch">'
        "{}</svg>",
        summary,
        left,
        right,
        mark_safe("".join(pieces)),  # noqa: S308  (every piece is made by format_html)
    )
    return Chart(about=about, drawing=drawing, summary=summary, head=head, rows=rows)


def _noted(about: About, note: str) -> About:
    return About(
        title=about.title,
        unit=about.unit,
        rule=about.rule,
        cutoff=about.cutoff,
        note=f"{note}{about.note}",
    )


def _grid(ticks: Iterable[float], y: Callable[[Value], float]) -> SafeString:
    return format_html_join(
        "",
        '<line class="grid-l" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>'
        '<text x="0" dx="-8" y="{0}%" dy=".35em" text-anchor="end">{1}</text>',
        ((_p(y(tick)), _tick_words(tick)) for tick in ticks),
    )


def _months(labels: Sequence[str], x: Callable[[int], float]) -> SafeString:
    every = max(1, ceil(len(labels) / 12))
    shown = [(i, label) for i, label in enumerate(labels) if i % every == 0]
    return format_html_join(
        "",
        '<text{} x="{}%" y="100%" dy="-.3em" text-anchor="middle">{}</text>',
        (
            (mark_safe(' class="alt"') if k % 2 and len(shown) > 6 else "", _p(x(i)), label)
            for k, (i, label) in enumerate(shown)
        ),
    )


def _line(
    series: Series,
    order: int,
    x: Callable[[int], float],
    y: Callable[[Value], float],
    *,
    dotted: bool,
) -> SafeString:
    points = [(i, v) for i, v in enumerate(series.values) if v is not None]
    # The second line is what the first is compared with (last year): grey and dashed.
    color = "--line-control" if order == 1 else COLORS[order % len(COLORS)]
    style = 'stroke-width="2" stroke-dasharray="5 4"' if order else 'stroke-width="3"'
    area = SafeString("")
    if order == 0 and len(points) > 1:
        corners = [(x(i), y(v)) for i, v in points]
        outline = [(corners[0][0], BOTTOM), *corners, (corners[-1][0], BOTTOM)]
        area = format_html(
            '<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none">'
            '<polygon points="{}" fill="var({})" opacity=".1"/></svg>',
            " ".join(f"{_p(a)},{_p(b)}" for a, b in outline),
            color,
        )
    stretches = [(a, b, i) for i, (a, b) in enumerate(pairwise(points)) if b[0] - a[0] == 1]
    drawn = format_html_join(
        "",
        '<line x1="{}%" y1="{}%" x2="{}%" y2="{}%" stroke="var({})" stroke-linecap="round" {}/>',
        (
            (
                _p(x(a[0])),
                _p(y(a[1])),
                _p(x(b[0])),
                _p(y(b[1])),
                color,
                mark_safe(  # noqa: S308  (ours)
                    'stroke-width="3" stroke-dasharray="1 7"'
                    if dotted and i == len(points) - 2
                    else style
                ),
            )
            for a, b, i in stretches
        ),
    )
    end = SafeString("")
    if order == 0 and points:
        i, v = points[-1]
        end = format_html(
            '<circle cx="{}%" cy="{}%" r="4" fill="var({})"/>', _p(x(i)), _p(y(v)), color
        )
    return area + drawn + end


def _peak(
    series: Series, x: Callable[[int], float], y: Callable[[Value], float], words: Words
) -> SafeString:
    points = [(i, v) for i, v in enumerate(series.values) if v is not None]
    if not points:
        return SafeString("")
    i, v = max(points, key=lambda point: point[1])
    return format_html(
        '<circle cx="{0}%" cy="{1}%" r="5" fill="var(--surface)" stroke="var(--c1)"'
        ' stroke-width="3"/>'
        '<text class="strong" x="{0}%" y="{1}%" dy="-12" text-anchor="{2}">{3}</text>',
        _p(x(i)),
        _p(y(v)),
        "start" if i == 0 else "middle",
        words(v),
    )


def _names(series: Sequence[Series], y: Callable[[Value], float]) -> SafeString:
    """Write each line's name behind its last point, pushed apart where two would overlap."""
    if len(series) < 2:
        return SafeString("")
    ends = sorted(
        (y([v for v in s.values if v is not None][-1]), i)
        for i, s in enumerate(series)
        if any(v is not None for v in s.values)
    )
    placed: list[tuple[float, int]] = []
    for at, i in ends:
        placed.append((max(at, placed[-1][0] + 8) if placed else at, i))
    return format_html_join(
        "",
        '<text{} x="100%" dx="10" y="{}%" dy=".35em">{}</text>',
        (
            (mark_safe(' class="strong"') if i == 0 else "", _p(at), series[i].name)
            for at, i in placed
        ),
    )


def bars(
    parts: Sequence[Part],
    about: About,
    *,
    whole: Value | None = None,
    words: Words = thousands,
    color: str = COLORS[0],
) -> Chart:
    """
    Return bars with their figures beside them (条形), in the order given (for places: official).

    A bar is as long as its share of *whole*, or of the longest bar when *whole* is not given.
    """
    top = float(whole if whole is not None else max((p.value for p in parts), default=0)) or 1.0
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}{}</th><td class="bar"><div class="meter" aria-hidden="true">'
        '<i style="--v:{}%;--mc:var({})"></i></div></td><td class="n">{}</td></tr>',
        (
            (
                _linked(p.label, p.url),
                format_html('<span class="sub">{}</span>', p.note) if p.note else "",
                _p(max(0.0, min(100.0, 100 * float(p.value) / top))),
                color,
                words(p.value),
            )
            for p in parts
        ),
    )
    head = (about.title, about.unit)
    drawing = format_html(
        '<div class="tw" tabindex="0" role="region" aria-label="{0}"><table class="table bars">'
        '<caption class="vh">{0}</caption><thead class="vh"><tr><th scope="col">项目</th>'
        '<td></td><th scope="col" class="n">{1}</th></tr></thead><tbody>{2}</tbody></table></div>',
        about.title,
        about.unit,
        rows,
    )
    return Chart(
        about=about,
        drawing=drawing if parts else SafeString(""),
        summary=about.title if parts else "这段时间还没有记录",
        head=head,
        rows=tuple((p.label, words(p.value)) for p in parts),
        beside=bool(parts),
    )


def _linked(label: str, url: str) -> str | SafeString:
    return format_html('<a href="{}">{}</a>', url, label) if url else label


def share(
    parts: Sequence[Part],
    about: About,
    *,
    words: Words = thousands,
    colors: Sequence[str] = COLORS,
) -> Chart:
    """Return one bar cut into the parts of a whole (构成), each named with figure and share."""
    whole = sum(float(p.value) for p in parts)
    tints = [colors[i] if i < len(colors) else REST for i in range(len(parts))]
    shares = [float(p.value) / whole if whole else 0.0 for p in parts]
    summary = f"{about.title}：" + "，".join(
        f"{p.label}{words(p.value)}{about.unit}" for p in parts
    )
    bar = format_html(
        '<div class="meter thick" role="img" aria-label="{}">{}</div>',
        summary,
        format_html_join(
            "",
            '<i style="--v:{}%;--mc:var({})"></i>',
            ((_p(100 * s), tint) for s, tint in zip(shares, tints, strict=True)),
        ),
    )
    legend = format_html(
        '<div class="legend">{}</div>',
        format_html_join(
            "",
            '<span><i style="--k:var({})"></i>{}{}{}</span>',
            (
                (tint, _linked(p.label, p.url), words(p.value), about.unit)
                for p, tint in zip(parts, tints, strict=True)
            ),
        ),
    )
    return Chart(
        about=about,
        drawing=bar + legend if whole else SafeString(""),
        summary=summary if whole else "这段时间还没有记录",
        head=(about.title, about.unit, "占比"),
        rows=tuple(
            (p.label, words(p.value), percent1(s)) for p, s in zip(parts, shares, strict=True)
        ),
    )


def meter(
    value: Value,
    total: Value,
    about: About,
    *,
    words: Words = thousands,
    color: str = COLORS[0],
) -> Chart:
    """Return how much of *total* is reached (进度条), with both figures in words."""
    part = float(value) / float(total) if total else 0.0
    summary = (
        f"{about.title}：{words(total)}{about.unit}里的{words(value)}{about.unit}，{percent1(part)}"
    )
    drawing = format_html(
        '<div class="between"><b class="num">{} / {}{}</b><span class="num">{}</span></div>'
        '<div class="meter thick" role="img" aria-label="{}">'
        '<i style="--v:{}%;--mc:var({})"></i></div>',
        words(value),
        words(total),
        about.unit,
        percent1(part),
        summary,
        _p(max(0.0, min(100.0, 100 * part))),
        color,
    )
    return Chart(
        about=about,
        drawing=drawing,
        summary=summary,
        head=(about.title, about.unit),
        rows=(("已有", words(value)), ("一共", words(total)), ("占比", percent1(part))),
    )
