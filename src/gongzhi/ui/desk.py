"""The form page of the staff: one form, its button, one remark beside it."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from .doors import Request

Crumbs = list[dict[str, str]]


def sent(request: Request) -> QueryDict | None:
    """Return what was sent, None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: Request,
    form: forms.Form,
    *,
    title: str,
    button: str,
    back: str,
    path: Crumbs,
    note: str = "",
    danger: bool = False,
    more: tuple[str, str, str] = ("", "", ""),
) -> HttpResponse:
    """
    Show a form of the staff (工作人员表单) with its button and one remark beside it; 422 when it must be mended.

    *more* is a second way to send it: name, value, label of its button.
    """
    return render(
        request,
        "ui/desk.html",
        {
            "form": form,
            "title": title,
            "button": button,
            "back": back,
            "crumbs": path,
            "note": note,
            "danger": danger,
            "more": more,
        },
        status=422 if form.errors else 200,
    )
