"""Who a request acts for, how long a session lasts, and the second factor of people at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from . import signing
from .models import User, Visitor


class ActingMiddleware:
    """
    Narrows the roles of `request.user` to the chosen one (替谁办事); a visitor becomes an actor without roles.

    Whoever works with other people's data and has no second factor yet holds no role at all,
    and is sent to set one up from every page that asks for sign-in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        now = timezone.now()
        if user.is_authenticated and signing.is_over(request, now):
            logout(request)
            request.session[signing.ENDED] = True
            user = request.user
        if isinstance(user, User):
            user.act_for(request.session.get(signing.ACTING))
            if user.person_id is None and (oneself := request.session.get(signing.ONESELF)):
                user.be(oneself)
            signing.touch(request, now)
            if signing.lacks_second_factor(request, user):
                user.withhold()
                request.lacks_second_factor = True  # type: ignore[attr-defined]  # for the set-up page alone
        else:
            request.user = Visitor()
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, named: Any
    ) -> HttpResponse | None:
        """Send people at work who lack a second factor to the page that sets it up."""
        if not getattr(request, "lacks_second_factor", False):
            return None
        if not getattr(view, "login_required", True) or getattr(
            view, "before_second_factor", False
        ):
            return None
        return redirect("mfa_index")
