"""The catalogue, the look of the site, the two statements, and the pages that say no."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from gongzhi.shared.refusals import Refused

from . import samples
from .chosen import YEAR
from .doors import public
from .look import CHOICES, Look
from .refusals import answer


@public
@require_POST
def change_look(request: HttpRequest) -> HttpResponse:
    """Keep the look that was asked for in cookies, and go back (换外观)."""
    back = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    for name, values in CHOICES.items():
        asked = request.POST.get(name)
        if asked in values:
            response.set_cookie(
                name,
                asked,
                max_age=YEAR,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        elif asked == "":
            response.delete_cookie(name, samesite="Lax")
    return response


@public
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every component in every state (组件手册)."""
    return render(request, "ui/catalogue.html", samples.catalogue())


@public
@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    """Show the frame of staff pages with what stands in it (工作台样张)."""
    return render(request, "ui/catalogue_workbench.html", samples.workbench())


class ShownRefusal(Refused):
    """What the catalogue's own button answers with, so that a refusal can be seen at leisure."""

    code = "ui.shown-on-purpose"
    message = "这是一次有意的谢绝：名额刚被别人报走了。请换一场，或者排队候补。"


@public
@require_POST
def refuse_on_purpose(request: HttpRequest) -> HttpResponse:
    """Refuse, to show how a refusal looks on the page and in a piece of it (谢绝样张)."""
    raise ShownRefusal


@public
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what works for whom, what does not yet, and whom to tell (无障碍声明)."""
    return render(request, "ui/accessibility.html")


@public
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept about people, why, for how long, and how to end it (隐私说明)."""
    return render(request, "ui/privacy.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer PermissionDenied (403)."""
    code = str(exception) if isinstance(exception, PermissionDenied) else ""
    return answer(
        request,
        status=403,
        code=code or "house.forbidden",
        sentence="您现在的身份没有这项权限。换一个身份，或者请权限管理员开通。",
        page="403.html",
    )


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """Answer an address or record that is not there, or not for this person (404)."""
    return answer(
        request,
        status=404,
        code="house.not-found",
        sentence="没有这一页，或者这条记录您现在看不到。请从首页或搜索再找。",
        page="404.html",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused (400), without asking the database anything."""
    return HttpResponse(render_to_string("400.html", {"look": Look.of(request)}), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer our own failure (500), without asking the database anything."""
    return HttpResponse(render_to_string("500.html", {"look": Look.of(request)}), status=500)
