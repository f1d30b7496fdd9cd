"""Pages of figures: load, one call, render."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from gongzhi.accounts.models import Visitor
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.listings import Listing
from gongzhi.shared.measures import Counts, Measure, Ratio, measures
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.spreadsheets import Column, csv_lines
from gongzhi.ui import charts
from gongzhi.ui.charts import About, Part
from gongzhi.ui.chosen import keep_place, place_chosen
from gongzhi.ui.doors import Request, needs, public, signed_in
from gongzhi.ui.phrasing import moment, thousands

from . import forms, queries, records, rules, services, sheets
from .records import Asked, Cursor
from .sheets import Numbers
from .unchanged import remembered

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEVELS = {
    "town": Place.Level.TOWN,
    "park": Place.Level.PARK,
    "village": Place.Level.VILLAGE,
    "courtyard": Place.Level.COURTYARD,
}
NAMES = {level: name for name, level in LEVELS.items()}


# --- the overview --------------------------------------------------------------------------------


def _stand(request: Request) -> queries.Standing:
    """Find where the page stands and leave it for the frame around it; :raises NoCounty: no county is set up."""
    found = queries.standing(
        request.user,
        request.GET.get("place", ""),
        place_chosen(request),
    )
    if found is None:
        raise places.NoCounty
    asked = request.GET.get("place", "")
    if asked and asked != str(found.place.pk):
        raise Http404("没有这个地点")
    request.standing = found
    return found


def _records_url(found: queries.Figure, day: date, *, key: str = "") -> str:
    """Return where the very records of a figure are, empty when no list shows them."""
    measure = measures()[key or (found.of[0] or found.key)]
    if not isinstance(measure, Measure) or not measure.listing:
        return ""
    asked: dict[str, Any] = {"place": found.place.pk, "measure": measure.key}
    if day != timezone.localdate():
        asked["on"] = day.isoformat()
    if found.as_now:
        asked["as"] = "now"
    return f"{reverse('indicators:records', args=(measure.listing,))}?{urlencode(asked)}"


@needs(rules.SEE)
@require_safe
def dashboard(request: Request) -> HttpResponse:
    """Show a place in figures, and those beneath it (总览)."""
    now, stand = timezone.now(), _stand(request)
    today = timezone.localdate(now)
    rules.SEE.require_at(request.user, stand.place.path)
    day = min(forms.period_of(request.GET, today).last, today)
    found = queries.overview(
        stand,
        now=now,
        day=day,
        as_now=request.GET.get("as") == "now",
        level=LEVELS.get(request.GET.get("level", "")),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    here = reverse("indicators:dashboard")
    kept: dict[str, Any] = {"place": found.place.pk}
    if day != today:
        kept["on"] = day.isoformat()
        if found.as_now:
            kept["as"] = "now"
    level = {"level": NAMES.get(Place.Level(found.level), "town")}
    context = {
        "title": f"{found.place.name}总览",
        "crumbs": _crumbs(found.line, lambda p: f"{here}?place={p.pk}", request.user),
        "found": found,
        "today": today,
        "cut_off": moment(now) if day == today else say_day(day),
        "tiles": _tiles(found, day),
        "steps": [_step(step, found, here, request.user) for step in found.steps],
        "table": _table(found, day, here),
        "level_name": "覆盖的地方"
        if found.level == found.place.level == Place.Level.PARK
        else queries.DUTIES[Place.Level(found.level)][0],
        "charts": _charts(found, day),
        "rules": [f for f in found.figures.values() if f.key in _tile_keys(found)],
        "kept": kept,
        "before_url": _url(here, kept | level | {"before": found.before}) if found.before else "",
        "after_url": _url(here, kept | level | {"after": found.after}) if found.after else "",
        "now_url": _url(here, {k: v for k, v in kept.items() if k != "as"} | {"as": "now"}),
        "then_url": _url(here, {k: v for k, v in kept.items() if k != "as"}),
        "measures_url": _url(reverse("indicators:measures"), {"place": found.place.pk}),
    }
    return keep_place(render(request, "indicators/dashboard.html", context), found.place.pk)


def _url(address: str, asked: dict[str, Any]) -> str:
    return f"{address}?{urlencode(asked)}"


def _crumbs(line: Sequence[Place], address: Any, by: Any) -> list[dict[str, str]]:
    *above, here = line
    return [
        *(
            {"label": p.name, "url": address(p) if queries.may_see(by, p.path) else ""}
            for p in above
        ),
        {"label": here.name, "url": ""},
    ]


def _tile_keys(found: queries.Overview) -> list[str]:
    return [key for key, _ in queries.TILES if key in found.figures]


def _tiles(found: queries.Overview, day: date) -> list[dict[str, Any]]:
    tiles = []
    for key, more in queries.TILES:
        if key not in found.figures:
            continue
        one = found.figures[key]
        beside = getattr(measures()[key], "beside", ())
        notes: list[str] = [
            format_html('{}<span class="nowrap">{}</span>', queries.SHORT.get(k, label), words)
            for k, (label, words) in zip(beside, one.beside, strict=True)
        ]
        if one.parts:
            notes.append(one.parts)
        county = found.figures.get("centers.county-centers")
        if key == "centers.sub-centers" and county and county.value:
            notes.append(f"{county.label}{county.words}{county.unit}")
        tiles.append(
            {
                "label": f"{queries.SHORT[key]}占比" if one.parts else one.label,
                "words": one.words,
                "unit": one.unit if one.words != queries.NOTHING else "",
                "url": _records_url(one, day),
                "more": more,
                "notes": notes,
            }
        )
    return tiles


def _step(step: queries.Step, found: queries.Overview, here: str, by: Any) -> dict[str, Any]:
    url = ""
    if step.level == Place.Level.COUNTY:
        county = found.line[0]
        if queries.may_see(by, county.path):
            url = f"{here}?place={county.pk}"
    elif step.level == found.place.level:
        url = f"{here}?place={found.place.pk}"
    elif step.count:
        url = f"{here}?place={found.place.pk}&level={NAMES[Place.Level(step.level)]}"
    return {
        "name": step.name,
        "count": step.count,
        "text": step.duty,
        "url": url,
        "current": step.is_current,
    }


def _table(found: queries.Overview, day: date, here: str) -> dict[str, Any]:
    """Lay out the places beneath: the deeper a cell, the more there are for each village."""
    tops: dict[str, float] = {}
    for row in found.rows:
        for one in row.figures:
            if not one.parts and isinstance(one.value, int):
                tops[one.key] = max(tops.get(one.key, 0), one.value / (row.villages or 1))
    rows = [
        {
            "name": row.place.name,
            "url": f"{here}?place={row.place.pk}",
            "villages": row.villages,
            "cells": [
                {
                    "words": _share_words(one),
                    "level": charts.heat_level(one.value / (row.villages or 1), tops.get(one.key))
                    if not one.parts and isinstance(one.value, int)
                    else 0,
                    "url": _records_url(one, day) if one.numerator or not one.parts else "",
                    "unit": "" if one.parts else one.unit,
                    "what": f"{row.place.name}{one.label}",
                }
                for one in row.figures
            ],
        }
        for row in found.rows
    ]
    totals = [found.figures[m.key] for m in found.columns]
    has_many = any(row.villages and row.villages > 1 for row in found.rows)
    return {
        "heads": [
            {
                "label": queries.SHORT.get(m.key, m.label),
                "unit": ("个 / 全部" if has_many else "是不是") if isinstance(m, Ratio) else m.unit,
            }
            for m in found.columns
        ],
        "rows": rows,
        "has_villages": has_many,
        "villages": found.figures["places.villages"].words
        if "places.villages" in found.figures
        else "",
        "totals": [
            f"{one.numerator} / {one.denominator}" if one.parts else one.words for one in totals
        ],
    }


def _share_words(one: queries.Figure) -> str:
    """Write a share as so many of so many; of one single village just whether it is."""
    if not one.parts:
        return one.words
    if one.denominator == 1:
        return "是" if one.numerator else "否"
    return f"{one.numerator} / {one.denominator}"


def _charts(found: queries.Overview, day: date) -> list[charts.Chart]:
    made, cut_off = [], say_day(day)
    if found.trend and (one := found.figures.get("directory.social-organizations")):
        about = About(title=one.label, unit=one.unit, rule=one.rule.rstrip("。"), cutoff=cut_off)
        labels = [f"{d.year}年末" for d, _ in found.trend[:-1]] + [f"{day.month}月{day.day}日"]
        line = charts.Series(name=one.label, values=tuple(n for _, n in found.trend))
        made.append(charts.line(labels, [line], about))
    keys = ("volunteers-registered", "volunteers-confirmed", "volunteers-active")
    people = [found.figures[k] for key in keys if (k := f"directory.{key}") in found.figures]
    if people:
        about = About(
            title="志愿者的三个数",
            unit="人",
            rule="登记的多数是导入的，本人确认的和近12个月服务过的另数，三个数不相加",
            cutoff=cut_off,
            note="不得作为考核依据。",
        )
        parts = [
            Part(label=queries.SHORT[f.key], value=f.value or 0, url=_records_url(f, day))
            for f in people
        ]
        made.append(charts.bars(parts, about))
    hollow = found.figures.get("directory.hollow-share")
    if hollow and hollow.denominator and hollow.denominator > 1:
        about = About(
            title="集体经济没有经营收入的村社",
            unit="个",
            rule=hollow.rule.rstrip("。"),
            cutoff=cut_off,
        )
        made.append(charts.meter(hollow.numerator or 0, hollow.denominator, about, color="--c4"))
    return made


@needs(rules.SEE)
@require_safe
def todo_list(request: Request) -> HttpResponse:
    """Show what waits for whoever asks, as a page or as the piece of a page (要做的事)."""
    found = queries.todos(request.user, timezone.now())
    template = "indicators/todos.html"
    return render(request, f"{template}#list" if request.htmx else template, {"todos": found})


# --- all measures --------------------------------------------------------------------------------


@needs(rules.SEE)
@require_safe
def measure_list(request: Request) -> HttpResponse:
    """Show every measure of one room with its rule and value: what can be asked, and how it is counted (指标和口径)."""
    now, stand = timezone.now(), _stand(request)
    rules.SEE.require_at(request.user, stand.place.path)
    today = timezone.localdate(now)
    period = forms.period_of(request.GET, today)
    as_now = request.GET.get("as") == "now"
    groups = queries.by_room(request.user)
    asked = request.GET.get("room", "")
    chosen = next((g for g in groups if g[0] == asked), groups[0])
    # A measure of one facet (one kind of suggestion) is named here and counted where it is opened.
    whole = [m for m in chosen[2] if not getattr(m, "facet", "")]
    found = queries.read_all(whole, stand.place, period, now=now, as_now=as_now)
    here = reverse("indicators:measures")
    kept: dict[str, Any] = {"place": stand.place.pk, "room": chosen[0]}
    if period.days > 1:
        kept["period"] = str(period)
    context = {
        "crumbs": _crumbs(stand.line, lambda p: f"{here}?place={p.pk}", request.user),
        "place": stand.place,
        "tabs": [
            {
                "label": f"{label} {len(declared)}",
                "url": _url(here, kept | {"room": room}),
                "current": room == chosen[0],
            }
            for room, label, declared in groups
        ],
        "periods": _periods(here, kept, period, today)
        if any(queries.is_flow(m) for m in chosen[2])
        else [],
        "found": [
            {"figure": one, "url": _figure_url(one, period), "key": one.key} for one in found
        ],
        "facets": [m for m in chosen[2] if m not in whole],
        "facet_query": urlencode({"place": stand.place.pk, "period": str(period)}),
        "period": period,
    }
    return keep_place(render(request, "indicators/measures.html", context), stand.place.pk)


def _periods(here: str, kept: dict[str, Any], period: Any, today: date) -> list[dict[str, Any]]:
    items = [
        {"label": "今天", "url": _url(here, kept | {"period": today}), "current": period.days == 1}
    ]
    items += [
        {"label": label, "url": _url(here, kept | {"period": one}), "current": one == period}
        for label, one in queries.periods_now(today)
    ]
    return items


def _figure_url(one: queries.Figure, period: Any) -> str:
    url = _records_url(one, one.cut_off)
    return f"{url}&{urlencode({'period': period})}" if url and one.is_flow else url


# --- the records behind a figure -----------------------------------------------------------------


def _listing_for(request: Request, key: str) -> Listing:
    """Return the listing if whoever asks may read it anywhere; :raises PermissionDenied: they may not."""
    listing = forms.listing_called(key)
    if listing.permission and not listing.permission.anywhere(request.user):
        raise PermissionDenied(listing.permission.code)
    return listing


@signed_in
@require_safe
def record_list(request: Request, listing: str) -> HttpResponse:
    """Show the very records behind a figure, fifty at a time, in the official order of places (记录)."""
    now, user = timezone.now(), request.user
    found, stand = _listing_for(request, listing), _stand(request)
    sees = rules.SEE.at(user, stand.place.path)
    if not sees and rules.SEE.anywhere(user):
        # Somebody of another place. Who holds a role over an organization alone sees its own rows.
        raise PermissionDenied(rules.SEE.code)
    asked = forms.asked(found, request.GET, stand.place, timezone.localdate(now))
    after = Cursor.read(request.GET.get("after", ""))
    before = Cursor.read(request.GET.get("before", ""))
    members = stand.members
    if start := next((p for p in members if str(p.pk) == request.GET.get("from")), None):
        after, before = Cursor(sort_key=start.sort_key, pk=0), None
    all_rows = records.behind(asked, user, stand.history)
    rows = records.narrowed(all_rows, asked)
    page = records.page(rows, found, after=after, before=before)
    is_first = not (after or before)
    head = _head(asked, all_rows, user, sees=sees, is_first=is_first, now=now)
    total = records.tally(rows, None) if asked.is_narrowed else head.total
    context = {
        "title": asked.measure.label if asked.measure else found.label,
        "listing": found,
        "crumbs": _crumbs(stand.line, lambda p: f"{request.path}?{asked.query(place=p.pk)}", user),
        "place": asked.place,
        "path": request.path,
        "figure": head.figure,
        "agreement": head.agreement,
        "counted": head.counted,
        "total": total,
        "on": asked.on,
        "period": str(asked.period),
        "today": asked.today,
        "as_now": asked.as_now,
        "scope": _scope(stand, asked, found),
        "other_tree_url": _other_tree(request.path, asked, stand),
        "rules_url": _url(
            reverse("indicators:measures"),
            {"place": asked.place.pk, "room": asked.measure.key.partition(".")[0]},
        )
        if asked.measure
        else "",
        "is_narrowed": asked.is_narrowed,
        "clear_url": f"{request.path}?{_cleared(asked)}",
        "words": asked.words,
        "finds": found.find is not None,
        "choices": [
            {
                "key": c.key,
                "label": c.label,
                "choices": c.choices(),
                "chosen": asked.chosen.get(c.key, ""),
            }
            for c in found.filters
        ],
        "children": members,
        "children_label": queries.DUTIES[Place.Level(members[0].level)][0] if members else "",
        "child_options": _options(members),
        "jump_options": _options(members, start.pk if start else None),
        "kept_for_period": _kept(asked, "on", "period"),
        "kept_for_filters": _kept(asked, "place", "q", *asked.chosen),
        "kept_for_jump": _kept(asked),
        "kept_for_ticks": _kept(asked, "q", *asked.chosen),
        "may_export": rules.EXPORT.at(user, asked.place.path),
        "export_path": reverse("indicators:export", args=(found.key,)),
        "export_url": f"{reverse('indicators:export', args=(found.key,))}?{asked.query()}",
        "rows": mark_safe(records.rows_html(found, page.rows, form="ticked")),  # noqa: S308  (cells escape)
        "heads": _heads(found),
        "shown": _shown(request, page, total, head.unit),
        "unit": head.unit,
        "before_url": _turn(request, asked, page, "before"),
        "after_url": _turn(request, asked, page, "after"),
        "printed_by": f"{user.spoken_name()}{say_day(asked.today)}",
        "narrowed_words": "、".join(records.said(asked)) or "没有筛选，全部记录",
        **_empty(asked, request.path, after or before),
    }
    return keep_place(render(request, "indicators/records.html", context), stand.place.pk)


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The figure above the list and the rows under it, counted apart (两头数)."""

    figure: queries.Figure | None
    counted: int | None
    agreement: str
    total: int | None
    unit: str


def _head(
    asked: Asked, rows: Any, user: Actor, *, sees: bool, is_first: bool, now: datetime
) -> _Head:
    """
    Count the figure and the rows behind it, each its own way, and say whether they agree.

    Both are counted where one comes from the figure; on the pages that follow the figure stands alone.
    """
    listing, measure, permission = asked.listing, asked.measure, asked.listing.permission
    held = (permission.paths(user), permission.organizations(user)) if permission else ()
    which = (listing.key, measure and measure.key, asked.place.pk, asked.period, asked.today)

    def tally(by: Measure | None) -> int:
        key = (*which, asked.as_now, held, by and by.key)
        return remembered(key, lambda: records.tally(rows, by))

    if measure is None or not (sees or measure.public):
        counted = tally(None)
        return _Head(figure=None, counted=counted, agreement="", total=counted, unit=listing.unit)
    figure = queries.figure(
        measure, asked.place, asked.period, now=now, as_now=asked.as_now, public=not sees
    )
    counts_rows = measure.counts == Counts.RECORDS
    unit = listing.unit if counts_rows else "条"
    if not is_first:
        total = figure.value if counts_rows and isinstance(figure.value, int) else None
        return _Head(figure=figure, counted=None, agreement="", total=total, unit=unit)
    counted = tally(measure)
    agreement = "same" if figure.value == counted else "differs"
    if agreement == "differs" and permission and not permission.at(user, asked.place.path):
        agreement = "partly"
    total = counted if counts_rows else tally(None)
    return _Head(figure=figure, counted=counted, agreement=agreement, total=total, unit=unit)


def _scope(stand: queries.Standing, asked: Asked, listing: Listing) -> str:
    below = len(stand.members)
    words = f"{asked.place.name}和所属{below}个地点" if below else asked.place.name
    return f"{words}，按{'现在' if asked.as_now else '当时'}的区划"


def _other_tree(path: str, asked: Asked, stand: queries.Standing) -> str:
    """Return this page by the other tree, where the tree of the day is not today's."""
    history = stand.history
    months = asked.period.months()
    moved = any(history.at(month) is not history.now() for month in (months[0], months[-1]))
    if asked.measure is None or not moved:
        return ""
    return f"{path}?{asked.query(**{'as': None if asked.as_now else 'now'})}"


def _cleared(asked: Asked) -> str:
    return asked.query(q=None, **dict.fromkeys(asked.chosen))


def _kept(asked: Asked, *without: str) -> SafeString:
    """Return what a small form of this page sends along with its own fields."""
    return mark_safe(  # noqa: S308  (names and values are escaped)
        "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in parse_qsl(asked.query())
            if name not in without
        )
    )


def _options(shown: Iterable[Place], chosen: int | None = None) -> SafeString:
    return mark_safe(  # noqa: S308  (names are escaped)
        "".join(
            f'<option value="{p.pk}"{" selected" if p.pk == chosen else ""}>{escape(p.name)}</option>'
            for p in shown
        )
    )


def _heads(listing: Listing) -> SafeString:
    cells = ['<th scope="col"><input type="checkbox" aria-label="选中本页"></th>']
    for column in listing.columns:
        if column.wide:
            kind = ' class="n"' if column.number else ""
            cells.append(f'<th scope="col"{kind}>{escape(column.label)}</th>')
    return mark_safe("".join(cells))  # noqa: S308  (labels are escaped)


def _shown(request: Request, page: records.Page, total: int | None, unit: str) -> str:
    """Say which rows these are; their number travels with the address and is only told, never used."""
    row = request.GET.get("row", "")
    if not page.rows:
        return ""
    of_all = f"，共{thousands(total)}{unit}" if total is not None else ""
    if row.isdecimal() and len(row) < 9:
        first = int(row)
    elif page.before is None:
        first = 1
    else:
        return f"这一页{len(page.rows)}{unit}{of_all}"
    last = first + len(page.rows) - 1
    return f"第{thousands(first)}–{thousands(last)}{unit}{of_all}"


def _turn(request: Request, asked: Asked, page: records.Page, side: str) -> str:
    cursor = getattr(page, side)
    if cursor is None:
        return ""
    row = request.GET.get("row", "")
    first = int(row) if row.isdecimal() and len(row) < 9 else (1 if page.before is None else None)
    if first is not None:
        first = first + len(page.rows) if side == "after" else max(first - records.PAGE, 1)
    return f"{request.path}?{asked.query(**{side: cursor, 'row': first})}"


def _empty(asked: Asked, path: str, paged: Any) -> dict[str, str]:
    """Say why there is no row, and the one thing to do."""
    if paged:
        return {
            "empty_title": "后面没有记录了",
            "empty_text": "名单到这里为止。",
            "empty_action": "从头看",
            "empty_url": f"{path}?{asked.query()}",
        }
    if asked.is_narrowed:
        return {
            "empty_title": "没有符合条件的记录",
            "empty_text": f"现在的条件：{'、'.join(records.said(asked))}。",
            "empty_action": "去掉筛选",
            "empty_url": f"{path}?{_cleared(asked)}",
        }
    return {
        "empty_title": f"{asked.place.name}还没有这样的记录",
        "empty_text": "登记或导入以后，这里和上面的数会一起变。",
        "empty_action": "回总览",
        "empty_url": f"{reverse('indicators:dashboard')}?place={asked.place.pk}",
    }


# --- taking records away -------------------------------------------------------------------------


@needs(rules.EXPORT)
@require_http_methods(["GET", "POST"])
def export(request: Request, listing: str) -> HttpResponseBase:
    """Ask how numbers are written, then hand out the records (导出)."""
    now, user = timezone.now(), request.user
    found, stand = _listing_for(request, listing), _stand(request)
    rules.EXPORT.require_at(user, stand.place.path)
    asked = forms.asked(found, request.GET, stand.place, timezone.localdate(now))
    may_full = rules.EXPORT_FULL.at(user, stand.place.path)
    typed = request.POST if request.method == "POST" else None
    form = forms.ExportForm(typed, listing=found, may_full=may_full)
    if request.method == "POST" and form.is_valid():
        numbers = Numbers(form.cleaned_data["numbers"] or Numbers.MASKED)
        out = services.export_records(
            by=user,
            asked=asked,
            numbers=numbers,
            reason=form.cleaned_data.get("reason", ""),
            now=now,
        )
        name = f"{asked.place.name}{asked.measure.label if asked.measure else found.label}"
        name = f"{name}-{asked.today:%Y%m%d}"
        if form.cleaned_data["form"] == "csv":
            heads = [Column(title=head) for head in out.heads]
            response: HttpResponseBase = StreamingHttpResponse(
                csv_lines(heads, out.rows), content_type="text/csv; charset=utf-8"
            )
            return _attached(response, f"{name}.csv")
        made = sheets.workbook(
            title=found.label,
            heads=out.heads,
            rows=out.rows,
            notes=_notes(asked, out, numbers, user, form.cleaned_data.get("reason", ""), now),
            footer=f"{user.spoken_name()} {say_day(asked.today)}导出",
        )
        return _attached(FileResponse(made, content_type=XLSX), f"{name}.xlsx")
    total = records.narrowed(records.behind(asked, user, stand.history), asked).order_by().count()
    back = f"{reverse('indicators:records', args=(found.key,))}?{asked.query()}"
    title = f"导出{thousands(total)}{found.unit}"
    context = {
        "title": title,
        "listing": found,
        "form": form,
        "total": total,
        "back": back,
        "crumbs": [
            *_crumbs(stand.line, lambda p: f"{request.path}?{asked.query(place=p.pk)}", user)[:-1],
            {"label": asked.measure.label if asked.measure else found.label, "url": back},
            {"label": "导出", "url": ""},
        ],
        "narrowed_words": "、".join(records.said(asked)) or "没有筛选，全部记录",
        "asked": asked,
        "action": f"{request.path}?{asked.query(pk=asked.ticked or None)}",
    }
    return render(request, "indicators/export.html", context, status=422 if form.errors else 200)


def _attached(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    return response


def _notes(
    asked: Asked,
    out: services.Export,
    numbers: Numbers,
    user: Any,
    reason: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """Return what the sheet 说明 says: what this is, how it was counted, who took it and when."""
    acting = getattr(user, "acting", None)
    who = user.spoken_name() + (f"（{acting}）" if acting else "")
    notes = [("清单", asked.listing.label), ("地点", asked.place.name)]
    if asked.measure:
        one = queries.figure(asked.measure, asked.place, asked.period, now=now, as_now=asked.as_now)
        notes += [
            ("数", f"{one.label}：{one.words}{one.unit}"),
            *((label, words) for label, words in one.beside),
            ("怎么数", one.rule),
            ("时段", one.when),
            ("区划", "按现在的区划" if asked.as_now else "按当时的区划"),
            ("截止", one.cut_off_words),
        ]
        if not one.appraisal:
            notes.append(("用途", "不得作为考核依据"))
    notes += [
        ("筛选", "、".join(records.said(asked)) or "没有筛选"),
        ("条数", f"{thousands(out.count)}{asked.listing.unit}"),
        ("次序", "按区划的法定次序，不按多少排"),
        ("号码", numbers.label),
    ]
    if reason:
        notes.append(("理由", reason))
    notes += [
        ("导出人", who),
        ("导出时间", f"{say_day(asked.today)} {timezone.localtime(now):%H:%M}"),
    ]
    return notes


# --- open figures --------------------------------------------------------------------------------


@public
@require_safe
def figure_list(request: Request) -> HttpResponse:
    """Show every public figure of the county with its rule and cut-off (数据开放)."""
    now = timezone.now()
    place = _public_place(request)
    period = forms.period_of(request.GET, timezone.localdate(now))
    groups = queries.by_room(Visitor())
    asked = request.GET.get("room", "directory")
    chosen = next((g for g in groups if g[0] == asked), groups[0])
    wanted = [m for m in chosen[2] if not getattr(m, "facet", "")]
    here = reverse("indicators:figures")
    kept = {k: request.GET[k] for k in ("place", "period", "on") if request.GET.get(k)}
    today = timezone.localdate(now)
    context = {
        "place": place,
        "label": chosen[1],
        "tabs": [
            {
                "label": label,
                "url": _url(here, kept | {"room": room}),
                "current": room == chosen[0],
            }
            for room, label, _ in groups
        ],
        "figures": queries.read_all(wanted, place, period, now=now, public=True),
        "count": sum(m.public for m in measures().values()),
        "period": period,
        "periods": _periods(here, {"room": chosen[0]}, period, today)
        if any(queries.is_flow(m) for m in wanted)
        else [],
        "cut_off": moment(now),
    }
    return render(request, "indicators/figures.html", context)


def _public_place(request: Request) -> Place:
    return forms.place_numbered(request.GET.get("place", "")) or places.county()


def _public_figure(request: Request, key: str) -> tuple[queries.Figure, list[queries.Figure]]:
    now = timezone.now()
    measure = measures().get(key)
    if measure is None or not measure.public:
        raise Http404("没有这个公开的数")
    period = forms.period_of(request.GET, timezone.localdate(now))
    return queries.by_place(
        measure,
        _public_place(request),
        period,
        now=now,
        as_now=request.GET.get("as") == "now",
        public=True,
    )


@public
@require_safe
def figure_detail(request: Request, key: str) -> HttpResponse:
    """Show one public figure and its parts by place, with downloads (一个公开的数)."""
    whole, parts = _public_figure(request, key)
    asked = {k: request.GET[k] for k in ("place", "period", "on", "as") if request.GET.get(k)}
    here = reverse("indicators:figure", args=(key,))
    today = timezone.localdate()
    context = {
        "figure": whole,
        "parts": [
            {"figure": one, "url": _url(here, asked | {"place": one.place.pk})} for one in parts
        ],
        "line": [
            {
                "label": p.name,
                "url": "" if p == whole.place else _url(here, asked | {"place": p.pk}),
            }
            for p in places.path_of(whole.place)
        ],
        "downloads": [
            (
                form,
                _url(reverse("indicators:figure-download", args=(key, form)), asked)
                if asked
                else reverse("indicators:figure-download", args=(key, form)),
            )
            for form in ("csv", "json")
        ],
        "periods": _periods(here, asked, forms.period_of(request.GET, today), today)
        if whole.is_flow
        else [],
        "api_url": f"/api/indicators/figures/{key}",
    }
    return render(request, "indicators/figure.html", context)


@public
@require_GET
def figure_download(request: Request, key: str, form: str) -> HttpResponseBase:
    """Hand out one public figure with its parts as csv or JSON (下载)."""
    if form not in ("csv", "json"):
        raise Http404("只有csv和json两种")
    whole, parts = _public_figure(request, key)
    name = f"{whole.place.name}{whole.label}-{whole.cut_off:%Y%m%d}.{form}"
    if form == "json":
        data = queries.as_data(whole) | {"parts": [queries.as_data(one) for one in parts]}
        response: HttpResponseBase = JsonResponse(data, json_dumps_params={"ensure_ascii": False})
        return _attached(response, name)
    heads = ("地点", "区划代码", "指标", "数值", "单位", "分子", "分母", "时段", "截止", "怎么数")
    rows = [
        [
            one.place.name,
            one.place.code,
            one.label,
            one.words if one.words == queries.WITHHELD else one.value,
            one.unit,
            one.numerator,
            one.denominator,
            one.when,
            one.cut_off,
            one.rule,
        ]
        for one in (whole, *parts)
    ]
    response = StreamingHttpResponse(
        csv_lines([Column(title=h) for h in heads], rows), content_type="text/csv; charset=utf-8"
    )
    return _attached(response, name)
