"""One no, three voices: a piece for htmx, JSON for programs, a whole page for everybody else."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

# Never shown again and never sent again: what was typed here is typed anew.
SECRET = re.compile(r"code|otp.*|.*password.*|.*token", re.IGNORECASE)


def answer(
    request: HttpRequest, *, status: int, code: str, sentence: str, page: str, **named: Any
) -> HttpResponse:
    """Say no to *request* in the form it asked for (谢绝); *page* is the whole page's template."""
    htmx = getattr(request, "htmx", None)
    if htmx and not htmx.boosted:
        response = render(
            request, "ui/refusal.html", {"code": code, "sentence": sentence}, status=status
        )
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML show:#notices:top"
        return response
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"code": code, "detail": sentence}, status=status)
    context = {
        "code": code,
        "sentence": sentence,
        "back": came_from(request),
        "typed": typed(request.POST),
        "layout": layout_of(request),
        **named,
    }
    return render(request, page, context, status=status)


def layout_of(request: HttpRequest) -> str:
    """Return the frame that this person works in: the workbench for who acts in a role (页框)."""
    user = getattr(request, "user", None)
    works = user is not None and user.is_authenticated and bool(user.held())
    return "ui/workbench.html" if works else "ui/portal.html"


def came_from(request: HttpRequest) -> str:
    """Return the page of this site that led here, else the home page (返回处)."""
    address = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        parts = urlsplit(address)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return "/"


def typed(data: QueryDict) -> list[tuple[str, str]]:
    """Return what was filled in, name by name, without secrets (填过的内容)."""
    return [
        (name, value)
        for name, values in data.lists()
        for value in values
        if value and not SECRET.fullmatch(name)
    ]


def may_press_again(request: HttpRequest) -> bool:
    """Tell whether the form can be sent again as it was: nothing secret, no file (再试一次)."""
    secrets = [n for n in request.POST if SECRET.fullmatch(n) and n != "csrfmiddlewaretoken"]
    return request.method == "POST" and not request.FILES and not secrets
