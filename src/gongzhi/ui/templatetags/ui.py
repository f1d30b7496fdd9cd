"""
The components of the house as template tags: `{% load ui %}`.

Small ones that stand in every row of a table (icon, status, tag, mask, …) are made here without a
template; the others are one template each in `templates/ui/`, with their contract at its top. A tag
with a slot ends with `{% end… %}`; in `pagehead`, `card`, `section` and `dialog`, what follows
`{% actions %}` goes to the place for buttons. Every component in every state: `/ui/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from gongzhi.ui import charts, phrasing

register = template.Library()
ACTIONS = "\x1e"  # a control character that no page contains

for words in (
    phrasing.phrases,
    phrasing.thousands,
    phrasing.wan,
    phrasing.yuan,
    phrasing.signed_yuan,
    phrasing.percent1,
    phrasing.day,
    phrasing.day_short,
    phrasing.moment,
    phrasing.left_days,
):
    register.filter(words.__name__, words)


def _render(context: Context, name: str, /, **named: Any) -> str:
    named["csrf_token"] = context.get("csrf_token")
    engine = context.template.engine  # type: ignore[union-attr]  # a tag runs inside a template
    return engine.get_template(f"ui/{name}.html").render(context.new(named))


# -- in every row: no template ---------------------------------------------------------------------


@cache
def _icon(name: str, size: str) -> SafeString:
    return format_html(
        '<svg class="ic{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {size}" if size else "",
        static("ui/icons.svg"),
        name,
    )


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Draw an icon of icons.svg (图标); *label* only where no words stand beside it."""
    drawn = _icon(name, size)
    return format_html('{}<span class="vh">{}</span>', drawn, label) if label else drawn


@register.simple_tag
def status(label: str, kind: str = "") -> SafeString:
    """Say where a thing stands (状态): kind `ok`, `now`, `wait` or `bad`."""
    return format_html('<span class="status {}">{}</span>', kind, label)


@register.simple_tag
def tag(label: str, kind: str = "", icon: str = "") -> SafeString:
    """Say what kind of thing it is (标签): brand accent money info ou danger line party."""
    sign = icon or ("flag" if kind == "party" else "")
    return format_html(
        '<span class="{}">{}{}</span>',
        f"tag {kind}".strip(),
        _icon(sign, "") if sign else "",
        label,
    )


@register.simple_tag
def money(fen: int | None, unit: str = "元", kind: str = "") -> SafeString:
    """Write fen as 元 or 万元 (金额); kind `in` and `out` show the direction, `big` is large."""
    words = phrasing.wan if unit == "万元" else phrasing.yuan
    if kind in ("in", "out"):
        words = phrasing.signed_yuan
    return format_html(
        '<b class="{}">{}<span class="u">{}</span></b>', f"money {kind}".strip(), words(fen), unit
    )


@register.simple_tag
def mask(value: str, url: str = "", whose: str = "") -> SafeString:
    """Show a masked personal number and the link that opens it with a reason (遮住的号码)."""
    if not url:
        return format_html('<span class="mask">{}</span>', value)
    return format_html(
        '<span class="mask">{}</span> <a class="openit" href="{}">{}打开'
        '<span class="vh">{}的号码</span></a>',
        value,
        url,
        _icon("lock", ""),
        whose,
    )


@register.simple_tag
def person(name: str, note: str = "", url: str = "") -> SafeString:
    """Name a person with what they are (人): initial, name, note."""
    named = format_html('<a href="{}">{}</a>', url, name) if url else conditional_escape(name)
    return format_html(
        '<span class="person"><span class="avatar" aria-hidden="true">{}</span>'
        "<span>{}{}</span></span>",
        name[:1],
        named,
        format_html('<small class="muted">{}</small>', note) if note else "",
    )


@register.simple_tag
def heatcell(value: Any, level: int, url: str = "", unit: str = "", what: str = "") -> SafeString:
    """Draw a cell of a heat table (热力格): *level* from `charts.heat_level`, *what* it counts."""
    words = value if isinstance(value, str) else phrasing.thousands(value)
    if not url:
        return format_html('<td class="h{}"><span>{}</span></td>', level, words)
    return format_html(
        '<td class="h{}"><a href="{}">{}<span class="vh">{}，打开{}记录</span></a></td>',
        level,
        url,
        words,
        unit,
        what,
    )


@register.simple_tag
def meter(value: float, total: float, label: str = "", color: str = "--brand") -> SafeString:
    """Draw a bar of *value* in *total* (进度条); without *label* words beside it must say it."""
    part = 100 * float(value) / float(total) if total else 0.0
    return format_html(
        '<div class="meter" {}><i style="--v:{}%;--mc:var({})"></i></div>',
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"'),
        f"{min(100.0, max(0.0, part)):.1f}",
        color,
    )


@register.simple_tag
def typedtext(value: str, ok: bool = False) -> SafeString:
    """Show what somebody typed, as it was (填的原样)."""
    return format_html('<span class="typed{}">{}</span>', " ok" if ok else "", value)


@register.simple_tag
def actions() -> SafeString:
    """Mark where the buttons of a page head, card or dialog begin (按钮位)."""
    return mark_safe(ACTIONS)  # noqa: S308  (a constant)


# -- with a slot -----------------------------------------------------------------------------------


def _slots(content: str) -> tuple[SafeString, SafeString]:
    main, _, buttons = content.partition(ACTIONS)
    return mark_safe(main.strip()), mark_safe(buttons.strip())  # noqa: S308  (rendered by the template)


@register.simple_block_tag(takes_context=True)
def pagehead(
    context: Context,
    content: str,
    title: str,
    crumbs: Sequence[Any] = (),
    sub: str = "",
    crumbs_label: str = "面包屑",
) -> str:
    """Head a page (页头)."""
    below, buttons = _slots(content)
    return _render(context, "pagehead", **locals_of(locals(), "content"))


@register.simple_block_tag(takes_context=True)
def card(
    context: Context,
    content: str,
    title: str = "",
    id: str = "",
    sub: str = "",
    more: str = "",
    url: str = "",
    kind: str = "",
    level: int = 2,
) -> str:
    """Frame one thing with its action (卡片)."""
    body, buttons = _slots(content)
    return _render(context, "card", **locals_of(locals(), "content"))


@register.simple_block_tag(takes_context=True)
def section(
    context: Context,
    content: str,
    title: str,
    id: str = "",
    sub: str = "",
    more: str = "",
    url: str = "",
) -> str:
    """Head a part of a page with the bench (区块)."""
    body, buttons = _slots(content)
    return _render(context, "section", **locals_of(locals(), "content"))


@register.simple_block_tag(takes_context=True)
def tablewrap(context: Context, content: str, label: str) -> str:
    """Let a wide table scroll in its own region (表格外框)."""
    return _render(context, "tablewrap", body=content, label=label)


@register.simple_block_tag(takes_context=True)
def filters(context: Context, content: str, action: str, button: str = "筛选") -> str:
    """Narrow a list by its fields (筛选栏)."""
    return _render(context, "filters", body=content, action=action, button=button)


@register.simple_block_tag(takes_context=True)
def bulk(context: Context, content: str, unit: str = "条", count: int = 0) -> str:
    """Act on the ticked rows of the table below (批量操作)."""
    return _render(context, "bulk", body=content, unit=unit, count=count)


@register.simple_block_tag(takes_context=True)
def alert(context: Context, content: str, kind: str = "", icon: str = "", title: str = "") -> str:
    """Say a lasting state (提示条)."""
    sign = icon or {"ok": "okc", "warn": "warn", "danger": "warn"}.get(kind, "info")
    return _render(context, "alert", body=content, kind=kind, sign=sign, title=title)


@register.simple_block_tag(takes_context=True)
def fig(
    context: Context,
    content: str,
    label: str,
    value: Any,
    unit: str,
    rule: str = "",
    period: str = "",
    place: str = "",
    cutoff: str = "",
    agrees: bool = False,
    note: str = "",
) -> str:
    """Head a list with the figure it was opened from (数的来历)."""
    words = value if isinstance(value, str) else phrasing.thousands(value)
    return _render(context, "fig", **locals_of(locals(), "content"), body=content.strip())


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    id: str,
    title: str,
    back: str = "#main",
    back_label: str = "先不办",
    action: str = "",
    method: str = "post",
) -> str:
    """Ask before what cannot be undone (对话框)."""
    body, buttons = _slots(content)
    return _render(context, "dialog", **locals_of(locals(), "content"))


@register.simple_block_tag(takes_context=True)
def fold(
    context: Context,
    content: str,
    title: str,
    icon: str = "",
    danger: bool = False,
    open: bool = False,
    framed: bool = False,
) -> str:
    """Fold a rare but necessary deed under its record (收起来的办理)."""
    return _render(context, "fold", **locals_of(locals(), "content"), body=content)


def locals_of(names: dict[str, Any], *without: str) -> dict[str, Any]:
    """Return the arguments of a tag as the context of its template."""
    return {k: v for k, v in names.items() if k != "context" and k not in without}


# -- without a slot --------------------------------------------------------------------------------


@register.inclusion_tag("ui/crumbs.html")
def crumbs(items: Iterable[Any], label: str = "面包屑") -> dict[str, Any]:
    """Show the place path or page path (地点路径)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/places.html")
def placeswitch(place: str, columns: Sequence[Any]) -> dict[str, Any]:
    """Switch the place (地点切换)."""
    above, arrow, here = str(place).rpartition(" › ")
    return {"above": above + arrow, "here": here, "columns": columns}


@register.inclusion_tag("ui/emptystate.html")
def emptystate(
    title: str, text: str = "", action: str = "", url: str = "", level: int = 3
) -> dict[str, Any]:
    """Say why it is empty and what to do (空状态)."""
    return {"title": title, "text": text, "action": action, "url": url, "level": level}


@register.inclusion_tag("ui/tile.html")
def tile(
    label: str,
    value: Any,
    unit: str = "",
    url: str = "",
    more: str = "",
    notes: Iterable[str] = (),
    trend: str = "",
    way: str = "flat",
    spark: charts.Chart | None = None,
) -> dict[str, Any]:
    """Show one figure of the first row (指标块)."""
    words = value if isinstance(value, str) else phrasing.thousands(value)
    return locals_of(locals())


@register.inclusion_tag("ui/levels.html")
def levels(items: Iterable[Any]) -> dict[str, Any]:
    """Step through the five levels (五级联动)."""
    return {"items": items}


@register.inclusion_tag("ui/steps.html")
def steps(items: Iterable[Any], label: str = "办理步骤", vert: bool = False) -> dict[str, Any]:
    """Show a workflow with known steps (步骤)."""
    return {"items": items, "label": label, "vert": vert}


@register.inclusion_tag("ui/timeline.html")
def timeline(items: Iterable[Any]) -> dict[str, Any]:
    """Show what happened, newest first (时间线)."""
    return {"items": items}


@register.inclusion_tag("ui/log.html")
def log(rows: Iterable[Any], caption: str = "操作留痕") -> dict[str, Any]:
    """Show audit lines (操作留痕)."""
    return {"rows": rows, "caption": caption}


@register.inclusion_tag("ui/todo.html")
def todo(items: Iterable[Any]) -> dict[str, Any]:
    """List what waits for somebody (待办清单)."""
    return {"items": items}


@register.inclusion_tag("ui/files.html")
def files(items: Iterable[Any]) -> dict[str, Any]:
    """List files to download (文件)."""
    return {"items": items}


@register.inclusion_tag("ui/pager.html")
def pager(
    shown: str = "", previous: str = "", next: str = "", framed: bool = True
) -> dict[str, Any]:
    """Turn pages by key (翻页)."""
    return {"shown": shown, "previous": previous, "next": next, "framed": framed}


@register.inclusion_tag("ui/toast.html")
def toast(text: str, url: str = "", action: str = "") -> dict[str, Any]:
    """Say a result just now (轻提示)."""
    return {"text": text, "url": url, "action": action}


@register.inclusion_tag("ui/refusal.html")
def refusal(sentence: str, code: str = "") -> dict[str, Any]:
    """Say no in the page (谢绝)."""
    return {"sentence": sentence, "code": code}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Iterable[Any], label: str) -> dict[str, Any]:
    """Show the sides of one thing (页签)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/segmented.html")
def segmented(items: Iterable[Any], label: str) -> dict[str, Any]:
    """Choose a period or unit (分段)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/chips.html")
def chips(items: Iterable[Any], label: str) -> dict[str, Any]:
    """Choose one kind with its count (筛选片)."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/compare.html")
def compare(
    rows: Iterable[Any], left: str, right: str, left_note: str = "", right_note: str = ""
) -> dict[str, Any]:
    """Put two candidate records side by side (并排比较)."""
    return locals_of(locals())


@register.inclusion_tag("ui/tally.html")
def tally(items: Iterable[Any], label: str, three: bool = False) -> dict[str, Any]:
    """Split one batch into parts that add up (几份数)."""
    return {"items": items, "label": label, "three": three}


@register.inclusion_tag("ui/progress.html")
def progress(done: int, total: int, label: str = "") -> dict[str, Any]:
    """Show work that takes over a minute (进度)."""
    words = label or f"已做{phrasing.thousands(done)}，共{phrasing.thousands(total)}"
    part = phrasing.percent1(done / total if total else 0)
    return {"done": done, "total": max(total, 1), "label": words, "part": part}


@register.inclusion_tag("ui/dl.html")
def dl(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Show names and values of one record (名和值)."""
    return {"items": items}


@register.inclusion_tag("ui/picklist.html")
def picklist(items: Iterable[Any], name: str = "", label: str = "") -> dict[str, Any]:
    """Offer two to five big choices (大项)."""
    return {"items": items, "name": name, "label": label}


@register.inclusion_tag("ui/chart.html")
def chart(chart: charts.Chart, level: int = 3, bare: bool = False) -> dict[str, Any]:
    """Show a drawing with its table, unit, rule and cut-off (图)."""
    return {"chart": chart, "about": chart.about, "level": level, "bare": bare}


# -- forms -----------------------------------------------------------------------------------------


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """Render one form field (表单项)."""
    return bound.as_field_group()


@register.inclusion_tag("ui/errors.html")
def errors(form: BaseForm) -> dict[str, Any]:
    """Sum up what must be mended, before the form (出错汇总)."""
    if not form.is_bound:
        return {"wrong": []}
    wrong = [("", message) for message in form.non_field_errors()]
    for bound in form:
        wrong += [(bound.auto_id, message) for message in bound.errors]
    return {"wrong": wrong}


@register.filter
def lines(text: str) -> list[str]:
    """Split a choice into its words and the explanation on its second line (选项说明)."""
    return str(text).split("\n", 1)


@register.simple_tag
def typed_in(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a refused request had filled in, without secrets (填过的内容)."""
    from gongzhi.ui.refusals import typed

    return typed(request.POST)
