"""The look of each request, and the one place where a refusal of a deed becomes an answer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from gongzhi.shared.refusals import Refused

from .doors import Request
from .look import Look
from .refusals import answer, may_press_again

GetResponse = Callable[[Request], HttpResponse]


class LookMiddleware:
    """Read the look cookies into `request.look` (外观)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.look = Look.of(request)
        return self.get_response(request)


class RefusalMiddleware:
    """Translate `Refused` once for every view, so that no view needs a try block (谢绝)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        htmx = getattr(request, "htmx", None)
        if htmx and response.status_code == 302:
            sign_in = resolve_url(settings.LOGIN_URL)
            if response["Location"].partition("?")[0] == sign_in:
                # The session ended in the middle of work: sign in on a page of its own,
                # not inside the piece that htmx would have swapped.
                came_from = urlencode({"next": htmx.current_url_abs_path or "/"})
                return HttpResponseClientRedirect(f"{sign_in}?{came_from}")
        return response

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        """Answer a refusal with its own status; every other exception goes on."""
        if not isinstance(exception, Refused):
            return None
        return answer(
            request,
            status=exception.status,
            code=exception.code,
            sentence=str(exception),
            page="ui/refused.html",
            again=may_press_again(request),
        )
