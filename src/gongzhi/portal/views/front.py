"""The public home, the workbench home, the search box, help."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongzhi.accounts.models import User
from gongzhi.indicators import queries as indicators
from gongzhi.places.models import Place
from gongzhi.portal import context, queries
from gongzhi.shared.periods import say_day
from gongzhi.ui.chosen import keep_place, place_chosen
from gongzhi.ui.doors import Request, public, signed_in
from gongzhi.ui.phrasing import moment

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def _stand(request: Request) -> indicators.Standing | None:
    asked = request.GET.get("place", "")
    found = indicators.standing(
        request.user,
        asked,
        place_chosen(request),
    )
    if found is not None and asked and asked != str(found.place.pk):
        raise Http404("没有这个地点")
    request.standing = found
    return found


@public
@require_safe
def public_home(request: Request) -> HttpResponse:
    """Show the public home, in elder mode four big choices (门户首页、长者版首页)."""
    now, stand = timezone.now(), _stand(request)
    if stand is None:
        return render(request, "portal/empty.html")
    elder = request.look.is_elder
    found: dict[str, Any] = {
        "place": stand.place,
        "now": now,
        "cut_off": moment(now),
        "greeting": _greeting(request, now),
    }
    if elder:
        near = queries.near_centers(stand.place, now=now)
        found |= {"centers": near[:2], "weekday": WEEKDAYS[timezone.localtime(now).weekday()]}
        if near:
            # Whoever answers now, else the nearest.
            desk = next((one for one in near if one.standing.is_open), near[0])
            found |= {"phone": desk.center.phone, "phone_of": desk.center.name}
    else:
        found |= {
            "front": queries.front(stand.place, now=now),
            "suggest_url": reverse("suggestions:write"),
        }
    template = "portal/elder.html" if elder else "portal/public.html"
    response = render(request, template, found)
    # Only a place that somebody chose is remembered, so that whoever just reads gets no cookie.
    return keep_place(response, stand.place.pk) if request.GET.get("place") else response


def _day(now: datetime) -> str:
    local = timezone.localtime(now)
    return f"{say_day(local.date())} {WEEKDAYS[local.weekday()]}"


def _greeting(request: Request, now: datetime) -> str:
    hour = timezone.localtime(now).hour
    words = "早上好" if hour < 9 else "上午好" if hour < 12 else "下午好" if hour < 18 else "晚上好"
    user = request.user
    person = getattr(user, "person", None) if isinstance(user, User) else None
    return f"{queries.called(person)}，{words}" if person else words


@signed_in
@require_safe
def home(request: Request) -> HttpResponse:
    """Show what waits for me, my places and the shortest ways (工作台首页)."""
    now, user, stand = timezone.now(), request.user, _stand(request)
    todos = context.todos_of(user, now)
    post = getattr(user, "acting", None)
    places: list[Place] = []
    if post is not None and stand is not None:
        places = [p for p in stand.near if indicators.may_see(user, p.path)][:24]
    return render(
        request,
        "portal/home.html",
        {
            "todos": todos,
            "post": post,
            "posts": getattr(user, "posts", tuple)(),
            "places": [
                {"name": p.name, "url": f"{reverse('indicators:dashboard')}?place={p.pk}"}
                for p in places
            ],
            "standing": f"{_greeting(request, now)}。{_day(now)}" + (f" · {post}" if post else ""),
            "waiting": sum(count for _, count, _ in todos),
        },
    )


@public
@require_safe
def search(request: Request) -> HttpResponse:
    """Find places, organizations, people and teams by what somebody types (搜索)."""
    words = request.GET.get("q", "").strip()[:60]
    found = queries.search(request.user, words)
    works = bool(request.user.is_authenticated and request.user.held())
    return render(
        request,
        "portal/search.html",
        {
            "words": words,
            "found": found,
            "count": sum(len(one.rows) for one in found),
            "base": "ui/workbench.html" if works else "ui/portal.html",
            "works": works,
            "empty_title": f"没有搜到“{words}”",
            "empty_text": "少写一两个字再试，只写名称里最特别的两个字，例如“玉龙”。"
            + (
                "您的范围以外的人和组织搜不到。"
                if works
                else "人不能在这里搜；查自己的登记，用手机验证码。"
            ),
            "mine_url": reverse("portal:mine"),
        },
    )


@public
@require_safe
def help_page(request: Request) -> HttpResponse:
    """Say how to get things done by phone, at a counter, through family, in large type (帮助)."""
    now = timezone.now()
    stand = _stand(request)
    found = queries.near_centers(stand.place, now=now) if stand else []
    return render(request, "portal/help.html", {"centers": found})


@public
@require_safe
def robots(request: Request) -> HttpResponse:
    """Tell search engines what is not for them: pages of work, and of one's own registrations."""
    lines = ["User-agent: *", "Disallow: /work/", "Disallow: /mine/", "Disallow: /accounts/"]
    lines += ["Disallow: /records/", "Disallow: /search/", "Allow: /"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@public
@require_safe
def healthz(request: Request) -> HttpResponse:
    """Answer whoever watches the site: the program runs and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
