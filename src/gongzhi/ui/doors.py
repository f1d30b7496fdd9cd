"""Who comes to a view, and who may: every view carries one of three doors, and a house test demands it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Generic

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails
from typing_extensions import TypeVar

from gongzhi.shared.permissions import Actor, Permission

from .look import Look

Acts = TypeVar("Acts", default=Actor, covariant=True)
View = TypeVar("View", bound=Callable[..., Any])


class Request(HttpRequest, Generic[Acts]):
    """
    A request as it reaches a view, behind every middleware of the house (请求).

    `user` acts: an account, or a visitor without roles; a view that only an account reaches takes
    `Request[User]`. `standing` is the place that the page is about, left by its view for the frame around it.
    """

    user: Acts  # type: ignore[assignment]  # Django's own two kinds of user; accounts' middleware sets ours
    look: Look
    htmx: HtmxDetails
    standing: object


def public(view: View) -> View:
    """Open *view* to everybody, signed in or not (公开)."""
    open_view: Any = login_not_required(view)
    open_view.door = "public"
    return open_view


def signed_in(view: View) -> View:
    """Open *view* to everybody with an account (登录可用); LoginRequiredMiddleware asks for it."""
    marked: Any = view
    marked.door = "signed-in"
    return marked


def needs(permission: Permission, *others: Permission) -> Callable[[View], View]:
    """
    Open a view to whoever holds one of these permissions over anything at all (凭权限).

    Which object they may touch is asked again where it is read or changed.

    :raises PermissionDenied: the signed-in person holds none of them anywhere.
    """
    permissions = (permission, *others)

    def hang(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **named: Any) -> HttpResponseBase:
            if not any(p.anywhere(request.user) for p in permissions):
                raise PermissionDenied(permission.code)
            return view(request, *args, **named)

        door: Any = guarded
        door.door = permissions
        return door

    return hang
