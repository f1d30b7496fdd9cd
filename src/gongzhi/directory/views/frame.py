"""What the pages of this room have in common: the path above the title, and the form page of the staff."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from gongzhi.shared.permissions import Actor

Crumbs = list[dict[str, str]]


def actor(request: HttpRequest) -> Actor:
    """Return who asks; the doors let nobody in who is not signed in."""
    return cast(Actor, request.user)


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, None when the form is only opened."""
    return request.POST if request.method == "POST" else None


def list_of(listing: str, **asked: Any) -> str:
    """Return the address of a list of this room, narrowed as *asked* (名册的地址)."""
    asked = {k: v for k, v in asked.items() if v not in ("", None)}
    address = reverse("indicators:records", args=[f"directory.{listing}"])
    return f"{address}?{urlencode(asked)}" if asked else address


def crumbs(*path: tuple[str, str] | str) -> Crumbs:
    """Return the path to a page of this room; each piece is (label, address) or the page's own name."""
    found: Crumbs = [{"label": "组织和人", "url": reverse("directory:hub")}]
    for piece in path:
        label, url = piece if isinstance(piece, tuple) else (piece, "")
        found.append({"label": label, "url": url})
    return found


def form_page(
    request: HttpRequest,
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
        "directory/form.html",
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
