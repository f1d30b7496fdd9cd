"""The pages of the network: what is where, what it was, and the forms that change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor, Permission
from gongzhi.ui.doors import needs, signed_in

from . import queries, rules, services
from .forms import (
    AliasForm,
    CloseForm,
    CourtyardForm,
    DeedForm,
    LinkForm,
    MergeForm,
    MoveForm,
    ParkForm,
    RenameForm,
)
from .models import Place

Level = Place.Level


@signed_in
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """Open the page of the county (五级网络)."""
    return place(request, queries.county().pk)


@signed_in
@require_GET
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a place is, where it lies and what it was, as it is or as it was on a day (地点)."""
    found = get_object_or_404(Place.objects.select_related("merged_into"), pk=pk)
    now = timezone.now()
    on = _day(request, today(now))
    return render(
        request,
        "places/place.html",
        {
            "page": queries.page_of(found, on=on, today=today(now)),
            "may_manage": rules.MANAGE.at(request.user, found.path),
            "may_add_courtyard": rules.ADD_COURTYARD.at(request.user, found.path)
            and found.level == Level.VILLAGE,
            "log": queries.log_of(request.user, found),
        },
    )


def _day(request: HttpRequest, today: date) -> date | None:
    """Return the day asked for, None for today and for what is no day."""
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None
    return day if day < today else None


def _deed(
    request: HttpRequest,
    pk: int,
    permission: Permission,
    form_class: type[DeedForm],
    act: Callable[[Actor, Place, dict[str, Any]], str],
    words: dict[str, Any],
) -> HttpResponse:
    """Ask, warn of the consequences, do the one deed and go back to the place."""
    found = get_object_or_404(Place, pk=pk)
    permission.require(request.user, found)
    form = form_class(request.POST or None, place=found)
    if request.method == "POST" and form.is_valid():
        messages.success(request, act(request.user, found, form.cleaned_data))
        return redirect("places:place", pk=found.pk)
    return render(
        request,
        "places/deed.html",
        {"form": form, "place": found, "line": queries.path_of(found), **words},
        status=422 if form.errors else 200,
    )


@needs(rules.ADD_COURTYARD)
@require_http_methods(["GET", "POST"])
def add_courtyard(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a courtyard under a village (登记院落)."""

    def act(by: Actor, village: Place, given: dict[str, Any]) -> str:
        made = services.add_courtyard(by=by, village=village, now=timezone.now(), **given)
        return f"登记了{made.name}，编号{made.code}。"

    return _deed(
        request,
        pk,
        rules.ADD_COURTYARD,
        CourtyardForm,
        act,
        {
            "title": "登记院落",
            "button": "登记这个院落",
            "consequences": (
                "院落没有法定代码，编号由系统按登记先后给。",
                "登记以后，活动、需求可以落到这个院落，也计入上面的村社。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a place another name or code (更名)."""

    def act(by: Actor, place: Place, given: dict[str, Any]) -> str:
        made = services.rename_place(by=by, place=place, now=timezone.now(), **given)
        return f"已改为{made.name}，从{say_day(given['effective_on'])}起。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        RenameForm,
        act,
        {
            "title": "更名或换代码",
            "button": "改名称",
            "consequences": (
                "旧名称、旧代码留在沿革里；表格里写旧名称，仍然认得。",
                "看那一天以前的页面和报表，还是旧名称。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Hang a place under another (改隶属)."""

    def act(by: Actor, place: Place, given: dict[str, Any]) -> str:
        services.move_place(by=by, place=place, now=timezone.now(), **given)
        return f"{place.name}已改到{given['parent'].name}下面。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        MoveForm,
        act,
        {
            "title": "改隶属",
            "button": "改隶属",
            "consequences": (
                "从生效日那个月的1日起，这里的数计入新的上级；以前各月的数留在原来的上级。",
                "报表选“按现在”时，以前的数也计入新的上级。",
                "下面的院落一起改；在原上级任职的人从现在起管不到这里。",
                "补办以前月份的，已经公布过的那几个月的数会变，请在说明里写清楚。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Merge a place into another (合并)."""

    def act(by: Actor, place: Place, given: dict[str, Any]) -> str:
        services.merge_places(by=by, place=place, now=timezone.now(), **given)
        return f"{place.name}已并入{given['into'].name}。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        MergeForm,
        act,
        {
            "title": "并入别处",
            "button": "并过去",
            "danger": True,
            "consequences": (
                "这里撤销，不能再登记新的事；已有的记录留在这里，打开时说明并到了哪里。",
                "下面的村社、院落从那个月的1日起改到新的地点下面。",
                "旧名称成为新地点的别名，表格里写旧名称仍然认得。",
                "合并不能撤回；写错了只能再新建、再调整。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a place without a successor (撤销)."""

    def act(by: Actor, place: Place, given: dict[str, Any]) -> str:
        services.close_place(by=by, place=place, now=timezone.now(), **given)
        return f"{place.name}已撤销。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        CloseForm,
        act,
        {
            "title": "撤销",
            "button": "撤销这个地点",
            "danger": True,
            "consequences": (
                "从那天起不能再登记新的事；已有的记录都留着，仍计入上级以前的数。",
                "有地方接手的，请办“并入别处”，不要办撤销。",
                "撤销不能撤回。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def add_alias(request: HttpRequest, pk: int) -> HttpResponse:
    """Note another name that people write (加别名)."""

    def act(by: Actor, place: Place, given: dict[str, Any]) -> str:
        services.add_alias(by=by, place=place, now=timezone.now(), **given)
        return f"以后写“{given['name']}”，就认作{place.name}。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        AliasForm,
        act,
        {
            "title": "加别名",
            "button": "加上别名",
            "consequences": (
                "以后导入的表格里写了这个别名，就归到这里。",
                "两个地点有同一个别名的，导入时会请人把镇街写在前面。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_POST
def drop_alias(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back an alias that was a mistake (去掉别名)."""
    found = get_object_or_404(Place, pk=pk)
    name = request.POST.get("name", "")
    services.drop_alias(by=request.user, place=found, name=name, now=timezone.now())
    messages.success(request, f"“{name}”不再认作{found.name}。")
    return redirect("places:place", pk=found.pk)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def add_park(request: HttpRequest) -> HttpResponse:
    """Register a park (登记园区)."""

    def act(by: Actor, county: Place, given: dict[str, Any]) -> str:
        park = services.add_park(by=by, county=county, now=timezone.now(), **given)
        return f"登记了{park.name}。下一步在它的页面上登记覆盖哪些镇街和村社。"

    return _deed(
        request,
        queries.county().pk,
        rules.MANAGE,
        ParkForm,
        act,
        {
            "title": "登记园区",
            "button": "登记这个园区",
            "consequences": (
                "园区盖在镇街和村社上面，不是谁的上级，也不是谁的下级。",
                "园区的数是它全部覆盖的地点的数，同一个人、同一条记录只计一次。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a park lies over a place (登记园区覆盖)."""

    def act(by: Actor, park: Place, given: dict[str, Any]) -> str:
        services.link_park(by=by, park=park, now=timezone.now(), **given)
        return f"{park.name}覆盖{given['place'].name}，已登记。"

    return _deed(
        request,
        pk,
        rules.MANAGE,
        LinkForm,
        act,
        {
            "title": "登记覆盖范围",
            "button": "登记",
            "consequences": (
                "从那个月的1日起，那里的数也计入园区；镇街自己的数不变。",
                "园区工作人员从现在起看得到、管得到那里。",
            ),
        },
    )


@needs(rules.MANAGE)
@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a park no longer lies over a place (结束园区覆盖)."""
    park = get_object_or_404(Place, pk=pk)
    covered = get_object_or_404(Place, pk=request.POST.get("place", 0))
    now = timezone.now()
    services.unlink_park(by=request.user, park=park, place=covered, until=today(now), now=now)
    messages.success(request, f"从本月1日起，{park.name}不再覆盖{covered.name}。")
    return redirect("places:place", pk=park.pk)
