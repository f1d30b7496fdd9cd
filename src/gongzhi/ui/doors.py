"""Who may use a view: every view carries one of these three, and a house test demands it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from gongzhi.shared.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])


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
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if not any(p.anywhere(request.user) for p in permissions):  # type: ignore[arg-type]
                raise PermissionDenied(permission.code)
            return view(request, *args, **named)

        door: Any = guarded
        door.door = permissions
        return door

    return hang
