"""The book of deeds on pages: for auditors alone, but for the daily chain values, which are for everybody."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gongzhi.shared.spreadsheets import Column, csv_lines
from gongzhi.ui.doors import Request, needs, public

from . import queries, rules, services
from .forms import AskForm, ExportForm


@require_safe
@needs(rules.READ_BOOK)
def line_list(request: Request) -> HttpResponse:
    """List the lines by day, person, deed, record and place (操作留痕)."""
    form = AskForm(request.GET)
    if not form.is_valid():
        return render(request, "audit/line_list.html", {"form": form, "page": None}, status=422)
    asked = form.asked()
    services.read_book(by=request.user, asked=asked, now=timezone.now())
    page = queries.page_of(
        request.user, asked, before=form.cleaned_data["before"], after=form.cleaned_data["after"]
    )
    return render(
        request,
        "audit/line_list.html",
        {
            "form": form,
            "page": page,
            "filters": _filters(form),
            "newer": _at(form, after=page.newer),
            "older": _at(form, before=page.older),
        },
    )


@require_POST
@needs(rules.READ_BOOK)
def export(request: Request) -> HttpResponse | StreamingHttpResponse:
    """Send the lines that were asked for as a csv, line by line (导出留痕)."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return render(request, "audit/line_list.html", {"form": form, "page": None}, status=422)
    asked, now = form.asked(), timezone.now()
    services.export_lines(by=request.user, asked=asked, reason=form.cleaned_data["reason"], now=now)
    columns = [Column(title=title) for title in queries.EXPORTED]
    answer = StreamingHttpResponse(
        csv_lines(columns, queries.exported(request.user, asked)), content_type="text/csv"
    )
    answer["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''audit-{timezone.localtime(now):%Y%m%d-%H%M}.csv"
    )
    return answer


@require_safe
@public
def head_list(request: Request) -> HttpResponse:
    """Show the end of the chain on each day, for everybody to keep (每日链值)."""
    heads = queries.daily_heads(today=timezone.localdate())
    return render(request, "audit/head_list.html", {"heads": heads})


def _filters(form: AskForm) -> dict[str, str]:
    return {
        name: form.data[name]
        for name in form.fields
        if name not in ("before", "after", "reason") and form.data.get(name)
    }


def _at(form: AskForm, **key: int | None) -> str:
    ((name, value),) = key.items()
    if value is None:
        return ""
    return f"{reverse('audit:list')}?{urlencode({**_filters(form), name: value})}"
