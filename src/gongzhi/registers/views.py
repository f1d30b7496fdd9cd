"""The pages of imports: choose a register, send a file, look it over, let it be written."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.shared.measures import measures
from gongzhi.shared.registers import Register, registers
from gongzhi.shared.spreadsheets.guards import column_letters, size_in_mb
from gongzhi.ui.doors import Request, needs

from . import engine, queries, rules, services, tasks
from .forms import UploadForm
from .models import Import

State = Import.State
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

HOW = {
    engine.Recognized.SAME: ("ok", "一样"),
    engine.Recognized.ALIAS: ("ok", "认得这个别名"),
    engine.Recognized.CHOSEN: ("ok", "您选的"),
    engine.Recognized.ASK: ("now", "请选一下，不选就不导入"),
    engine.Recognized.LEFT: ("wait", "您选了不导入"),
    engine.Recognized.OURS: ("wait", "是下载时加的说明，不导入"),
    engine.Recognized.NUMBER: ("wait", "只是行号，不导入"),
}
PAGES = {
    State.RECEIVED: "registers/preview.html",
    State.JUDGED: "registers/preview.html",
    State.RUNNING: "registers/running.html",
    State.PAUSED: "registers/running.html",
    State.FAILED: "registers/running.html",
}
CRUMB = {"label": "导入登记表", "url": reverse_lazy("registers:list")}


@needs(rules.IMPORT)
@require_GET
def listing(request: Request) -> HttpResponse:
    """Show the registers one may bring in, and the files brought in lately (导入登记表)."""
    page = queries.import_page(request.user, before=_number(request.GET.get("before")))
    return render(
        request,
        "registers/list.html",
        {
            "registers": queries.registers_for(request.user),
            "page": page,
            "next": f"?before={page.after}" if page.after else "",
        },
    )


@needs(rules.IMPORT)
@require_GET
def template(request: Request, key: str) -> HttpResponse:
    """Give an empty form with drop-downs and instructions (下载模板)."""
    register = _register(request, key)
    return _file(engine.template(register), f"{register.label}模板.xlsx")


@needs(rules.IMPORT)
@require_http_methods(["GET", "POST"])
def upload(request: Request, key: str) -> HttpResponse:
    """Take in a file and look it over (选文件)."""
    register = _register(request, key)
    form = UploadForm(
        request.POST or None, request.FILES or None, register=register, by=request.user
    )
    if request.method == "POST" and form.is_valid():
        batch = services.receive_file(
            by=request.user,
            register=register,
            place=form.cleaned_data["place"],
            name=form.cleaned_data["file"].name,
            data=form.content,
            table=form.table,
            now=timezone.now(),
        )
        return redirect("registers:detail", pk=batch.pk)
    return render(
        request,
        "registers/upload.html",
        {"form": form, "register": register, "crumbs": [CRUMB, {"label": register.label}]},
        status=422 if form.errors else 200,
    )


@needs(rules.IMPORT)
@require_GET
def detail(request: Request, pk: int) -> HttpResponse:
    """
    Show an import where it stands: looked over, being written, or done, at one address (导入).
    """
    batch = _import(request, pk)
    register = registers()[batch.register]
    now = timezone.now()
    page = PAGES.get(State(batch.state), "registers/result.html")
    context: dict[str, Any] = {
        "batch": batch,
        "register": register,
        "crumbs": [
            CRUMB,
            {"label": register.label, "url": reverse("registers:upload", args=[register.key])},
            {"label": batch.number},
        ],
        "steps": _steps(batch),
        "size": _size(batch.size),
    }
    if page == "registers/preview.html":
        context |= _preview(request, batch, register, now)
    elif page == "registers/running.html":
        progress = queries.progress_of(batch, now)
        context["progress"] = progress
        context["progress_label"] = (
            f"已写{progress.done:,}{register.unit}，共{progress.total:,}{register.unit}"
            + ("，正在核对有没有重复的" if progress.is_finishing else "")
        )
    else:
        context |= _result(batch, register, now)
    if request.htmx:
        page += "#work"
    return render(request, page, context)


@needs(rules.IMPORT)
@require_POST
def map_columns(request: Request, pk: int) -> HttpResponse:
    """Say which column is which (改认列)."""
    batch = _import(request, pk)
    keys = {
        i: request.POST[f"column-{i}"]
        for i in range(len(batch.columns))
        if f"column-{i}" in request.POST
    }
    services.map_columns(by=request.user, batch=batch, keys=keys, now=timezone.now())
    return redirect("registers:detail", pk=pk)


@needs(rules.IMPORT)
@require_POST
def accept(request: Request, pk: int, fault: int) -> HttpResponse:
    """Read a misspelt name in the whole column as the suggested one (都改成)."""
    found = get_object_or_404(_import(request, pk).faults.select_related("batch"), pk=fault)
    services.accept_suggestion(by=request.user, fault=found, now=timezone.now())
    return redirect(f"{reverse('registers:detail', args=[pk])}#bad")


@needs(rules.IMPORT)
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Let the good rows be written, or leave the file waiting (导入)."""
    batch = _import(request, pk)
    if request.POST.get("how") == "wait":
        days = queries.preview_days(timezone.now())
        messages.info(request, f"先不写。这份预览留{days}天，改好以后把整份文件再传一次。")
    else:
        tasks.start(by=request.user, batch=batch, now=timezone.now())
    return redirect("registers:detail", pk=pk)


@needs(rules.IMPORT)
@require_POST
def pause(request: Request, pk: int) -> HttpResponse:
    """Let the writing rest (先停一停)."""
    services.pause_import(by=request.user, batch=_import(request, pk), now=timezone.now())
    return redirect("registers:detail", pk=pk)


@needs(rules.IMPORT)
@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    """Go on writing (接着写)."""
    tasks.go_on(by=request.user, batch=_import(request, pk), now=timezone.now())
    return redirect("registers:detail", pk=pk)


@needs(rules.IMPORT)
@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    """Not import this file (不导了)."""
    batch = _import(request, pk)
    services.drop_import(by=request.user, batch=batch, now=timezone.now())
    messages.success(request, "这份文件没有导，已经删掉了。")
    return redirect("registers:upload", key=batch.register)


@needs(rules.IMPORT)
@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take a written import back (撤回)."""
    services.withdraw_import(
        by=request.user,
        batch=_import(request, pk),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    return redirect("registers:detail", pk=pk)


@needs(rules.IMPORT)
@require_GET
def faulty_rows(request: Request, pk: int) -> HttpResponse:
    """Give the rows that must be mended, with what is wrong beside them (下载要改的行)."""
    batch = _import(request, pk)
    content = services.download_faulty_rows(by=request.user, batch=batch, now=timezone.now())
    return _file(
        content, f"要改的{batch.faulty_rows}行（{registers()[batch.register].label}）.xlsx"
    )


def _preview(request: Request, batch: Import, register: Register, now: Any) -> dict[str, Any]:
    kinds = queries.kinds_of(batch)
    kind = request.GET.get("kind", "")
    alike = queries.alike(batch)
    bad = queries.fault_page(
        batch,
        kind=kind,
        after=_number(request.GET.get("after")),
        before=_number(request.GET.get("before")),
    )
    changed = queries.change_page(
        batch,
        after=_number(request.GET.get("later")),
        before=_number(request.GET.get("earlier")),
    )
    return {
        "columns": _columns(batch, register),
        "missing": "、".join(engine.missing(register, [c["key"] for c in batch.columns])),
        "options": [(c.key, c.label) for c in register.columns],
        "tally": _tally(batch, register, done=False),
        "faults": [(fault, alike.get((fault.column, fault.typed), 1) - 1) for fault in bad.rows],
        "shown": _shown(bad, "条"),
        "chips": [
            {
                "label": label,
                "url": f"?{urlencode({'kind': value})}#bad" if value else "?#bad",
                "count": count,
                "current": kind == value,
            }
            for value, label, count in [
                ("", "全部", sum(count for _, count in kinds)),
                *((k, k, count) for k, count in kinds),
            ]
        ],
        "previous": f"?{urlencode({'kind': kind, 'before': bad.before})}#bad" if bad.before else "",
        "next": f"?{urlencode({'kind': kind, 'after': bad.after})}#bad" if bad.after else "",
        "changes": changed.rows,
        "changes_shown": _shown(changed, "行"),
        "changes_previous": f"?earlier={changed.before}#changed" if changed.before else "",
        "changes_next": f"?later={changed.after}#changed" if changed.after else "",
        "preview_days": queries.preview_days(now),
        "earlier": queries.same_file(batch),
    }


def _shown(page: queries.Page[Any], unit: str) -> str:
    """Say which rows a page shows."""
    return f"第{page.first:,}–{page.last:,}{unit}，共{page.total:,}{unit}" if page.rows else ""


def _result(batch: Import, register: Register, now: Any) -> dict[str, Any]:
    words = {
        State.DONE: f"{batch.written:,}{register.unit}写进名册了",
        State.WITHDRAWN: "这次导入已经撤回",
        State.DROPPED: "这份文件没有导",
    }
    return {
        "heading": words[State(batch.state)],
        "undo_title": f"撤回这{batch.written:,}{register.unit}？",
        "undo_url": reverse("registers:withdraw", args=[batch.pk]),
        "tally": _tally(batch, register, done=True),
        "roster": _roster(batch, register),
        "withdraw_days": queries.withdraw_days(now),
        "can_withdraw": queries.can_withdraw(batch, now),
        "found_url": reverse(register.found_at) if batch.found and register.found_at else "",
        "took": queries.took(batch),
    }


def _tally(batch: Import, register: Register, *, done: bool) -> list[dict[str, Any]]:
    words = (
        ("新增了", "更新了", "没变", "还没进来") if done else ("将新增", "将更新", "没变", "要改")
    )
    notes = (
        ("名册里原来没有的", "和原来不一样的", "没有动", "改好再传")
        if done
        else (
            "名册里还没有的",
            "和名册里不一样的，看前后对照",
            "和名册一样，不动",
            "有错，不会写进去",
        )
    )
    counts = (
        (batch.added, batch.updated, batch.same_rows + batch.unchanged, batch.faulty_rows)
        if done
        else (batch.new_rows, batch.changed_rows, batch.same_rows, batch.faulty_rows)
    )
    roster = _roster(batch, register) if done else ""
    faulty = "" if done or not batch.faulty_rows else "#bad"
    changed = "" if done or not batch.changed_rows else "#changed"
    return [
        {"label": w, "count": c, "unit": u, "note": n, "color": color, "url": url}
        for w, c, u, n, color, url in zip(
            words,
            counts,
            (register.unit,) * 3 + ("行",),
            notes,
            ("--c1", "--c3", "", "--danger"),
            (roster if counts[0] else "", changed, "", faulty),
            strict=True,
        )
    ]


def _roster(batch: Import, register: Register) -> str:
    """Return the address of the records that the register's first figure counts at this place."""
    for key in register.measures:
        measure = measures().get(key)
        if listing := getattr(measure, "listing", ""):
            query = urlencode({"measure": key, "place": batch.place_id})
            return f"{reverse('indicators:records', args=[listing])}?{query}"
    return ""


def _columns(batch: Import, register: Register) -> list[dict[str, Any]]:
    found = []
    for index, column in enumerate(batch.columns):
        kind, words = HOW.get(column["how"], ("wait", register.unwanted_reason))
        found.append({**column, "letter": column_letters(index + 1), "kind": kind, "words": words})
    return found


def _steps(batch: Import) -> list[dict[str, str]]:
    at = {State.RECEIVED: 1, State.JUDGED: 1, State.DROPPED: 1}.get(State(batch.state), 2)
    is_over = batch.state in (State.DONE, State.WITHDRAWN)
    return [
        {"label": label, "state": "done" if i < at or is_over else "now" if i == at else ""}
        for i, label in enumerate(("选文件", "看一遍", "写进名册"))
    ]


def _size(count: int) -> str:
    return f"{size_in_mb(count)}MB" if count >= 2**20 else f"{-(-count // 2**10)}KB"


def _register(request: Request, key: str) -> Register:
    for register in queries.registers_for(request.user):
        if register.key == key:
            return register
    raise Http404


def _import(request: Request, pk: int) -> Import:
    return get_object_or_404(queries.visible_to(request.user), pk=pk)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    return response
