"""One tree for one page: whoever reads asks once whether the network changed (地点)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import trees


class TreeMiddleware:
    """
    Let a page that only reads ask the database once whether the network changed, not once a question.

    Deeds judge after they lock, so whatever may change something asks each time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with trees.asked_once():
            return self.get_response(request)
