"""The place that somebody chose last, kept for a year in a cookie of their own: every page starts there."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "place"
YEAR = 365 * 24 * 3600  # seconds


def place_chosen(request: HttpRequest) -> str:
    """Return the id of the place chosen last, as it was kept (选定的地点); empty when none was."""
    return request.COOKIES.get(COOKIE, "")


def keep_place(response: HttpResponse, place: int) -> HttpResponse:
    """Keep the place with this id as the chosen one, and return *response*."""
    response.set_cookie(
        COOKIE,
        str(place),
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
