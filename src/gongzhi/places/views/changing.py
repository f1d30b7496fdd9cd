"""The forms that change the network. Each says first what will happen; the deed itself refuses what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gongzhi.places import forms, network, queries, rules, services
from gongzhi.places.models import Place
from gongzhi.places.network import Around
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor, Permission
from gongzhi.ui.doors import Request, needs

Level = Place.Level
EVERY = tuple(Level)
BACK = f"最多补办{services.MONTHS_BACK}个月以内的；补办的月份，已经公布过的数会变，请写清依据。"


@dataclass(frozen=True, kw_only=True)
class Deed:
    """
    One form (办理): `tells` says what will happen before it does.

    `act(by, place, given)` does it and returns the result in words and the place to go on to.
    """

    title: str
    button: str
    form: type[forms.DeedForm]
    permission: Permission
    levels: tuple[int, ...]
    tells: Callable[[Around], list[str]]
    act: Callable[[Actor, Place, dict[str, Any]], tuple[str, Place]]
    danger: bool = False


def _page(request: Request, pk: int, deed: Deed) -> HttpResponse:
    """Say what will happen, ask, do the one deed and go on to the place."""
    place = get_object_or_404(Place, pk=pk)
    by = request.user
    deed.permission.require(by, place)
    asks = request.method != "POST"
    if asks and place.level not in deed.levels:
        raise Http404
    if asks and place.closed_on:
        return redirect(
            "places:detail", pk=pk
        )  # its page says that it is closed, and what took over
    form = deed.form(
        None if asks else request.POST, place=place, initial=request.GET.dict() if asks else None
    )
    if form.is_valid():
        given = {k: v for k, v in form.cleaned_data.items() if k != "sure"}
        words, onward = deed.act(by, place, given)
        messages.success(request, words)
        return redirect("places:detail", pk=onward.pk)
    found = network.around(place, today=today(timezone.now()))
    return render(
        request,
        "places/change.html",
        {
            "deed": deed,
            "form": form,
            "place": place,
            "around": found,
            "consequences": deed.tells(found),
            "crumbs": [
                {"label": "地点和区划", "url": reverse("places:tree")},
                *(
                    {"label": p.name, "url": reverse("places:detail", args=[p.pk])}
                    for p in queries.path_of(place)
                ),
                {"label": deed.title, "url": ""},
            ],
        },
        status=422 if form.errors else 200,
    )


# -- adding ----------------------------------------------------------------------------------------


def _add_courtyard(by: Actor, village: Place, given: dict[str, Any]) -> tuple[str, Place]:
    made = services.add_courtyard(by=by, village=village, now=timezone.now(), **given)
    return f"登记了{made.name}，编号{made.code}", village


ADD_COURTYARD = Deed(
    title="登记院落",
    button="登记这个院落",
    form=forms.CourtyardForm,
    permission=rules.ADD_COURTYARD,
    levels=(Level.VILLAGE,),
    tells=lambda at: [
        f"登记在{at.place.name}下面，今天起算；编号由系统照先后给。",
        "活动、需求可以落到这个院落，院落的数也计入上面的村社。",
        f"已经登记的：{at.along}。" if at.along else "这里还没有登记过院落。",
    ],
    act=_add_courtyard,
)


@needs(rules.ADD_COURTYARD)
@require_http_methods(["GET", "POST"])
def add_courtyard(request: Request, pk: int) -> HttpResponse:
    """Register a courtyard under a village (登记院落)."""
    return _page(request, pk, ADD_COURTYARD)


def _add_park(by: Actor, county: Place, given: dict[str, Any]) -> tuple[str, Place]:
    park = services.add_park(by=by, county=county, now=timezone.now(), **given)
    return f"登记了{park.name}，下一步登记它覆盖哪些镇街和村社", park


ADD_PARK = Deed(
    title="登记园区",
    button="登记这个园区",
    form=forms.ParkForm,
    permission=rules.MANAGE,
    levels=(Level.COUNTY,),
    tells=lambda at: [
        "园区盖在镇街和村社上面，不是谁的上级，也不是谁的下级。",
        "登记以后还要登记它覆盖哪里；没有登记覆盖，园区的数就是零。",
        "园区的数是它全部覆盖的地点的数，同一个人、同一条记录只计一次；镇街的数不变。",
    ],
    act=_add_park,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def add_park(request: Request) -> HttpResponse:
    """Register a park (登记园区)."""
    return _page(request, queries.county().pk, ADD_PARK)


def _link(by: Actor, park: Place, given: dict[str, Any]) -> tuple[str, Place]:
    covered = given.pop("covered")
    services.link_park(by=by, park=park, place=covered, now=timezone.now(), **given)
    return f"{park.name}覆盖{covered.name}，登记好了", park


LINK = Deed(
    title="登记覆盖范围",
    button="登记覆盖",
    form=forms.LinkForm,
    permission=rules.MANAGE,
    levels=(Level.PARK,),
    tells=lambda at: [
        "全部覆盖的，从那个月的1日起，那里的数也计入园区；镇街、村社自己的数不变。",
        "只覆盖一部分的，写在两边的页面上，不计入园区的数。",
        "在园区任职的人，从办好的那一刻起看得到、管得到全部覆盖的地方。",
        BACK,
    ],
    act=_link,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def link(request: Request, pk: int) -> HttpResponse:
    """Say that a park lies over a place (登记园区覆盖)."""
    return _page(request, pk, LINK)


def _unlink(by: Actor, park: Place, given: dict[str, Any]) -> tuple[str, Place]:
    covered = given.pop("covered")
    services.unlink_park(by=by, park=park, place=covered, now=timezone.now(), **given)
    return f"{park.name}不再覆盖{covered.name}，登记好了", park


UNLINK = Deed(
    title="结束覆盖",
    button="结束这条覆盖",
    form=forms.UnlinkForm,
    permission=rules.MANAGE,
    levels=(Level.PARK,),
    tells=lambda at: [
        "从那个月的1日起，那里的数不再计入园区；以前各月的数照旧留在园区。",
        "当月才登记、当月就结束的，等于没有覆盖过。",
        "在园区任职的人，从办好的那一刻起管不到那里。",
        BACK,
    ],
    act=_unlink,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def unlink(request: Request, pk: int) -> HttpResponse:
    """Say that a park no longer lies over a place (结束园区覆盖)."""
    return _page(request, pk, UNLINK)


# -- changing --------------------------------------------------------------------------------------


def _rename(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    made = services.rename_place(by=by, place=place, now=timezone.now(), **given)
    since = say_day(given["effective_on"])
    if made.name == place.name:
        return f"{made.name}的代码换成{made.code}，从{since}起", place
    return f"{place.name}改名{made.name}，从{since}起", place


RENAME = Deed(
    title="更名或换代码",
    button="改名称和代码",
    form=forms.RenameForm,
    permission=rules.MANAGE,
    levels=EVERY,
    tells=lambda at: [
        "从生效那天起，页面、报表和导出都写新名称；看那天以前的，还是旧名称。",
        "旧名称、旧代码留在沿革里；表格里写旧的，仍然认得。",
        "上级、下级和已有的记录一条也不动。",
    ],
    act=_rename,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def rename(request: Request, pk: int) -> HttpResponse:
    """Give a place another name or code (更名、换代码)."""
    return _page(request, pk, RENAME)


def _move(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    services.move_place(by=by, place=place, now=timezone.now(), **given)
    return f"{place.name}改到了{given['parent'].name}下面", place


def _tells_of_move(at: Around) -> list[str]:
    former = at.parent.name if at.parent else "原来的上级"
    return [
        f"跟着一起走的：{at.along}。" if at.along else "下面没有登记地点，只有这里自己走。",
        f"从生效日那个月的1日起，这里的数计入新的上级；以前各月的数留在{former}。",
        f"报表选“按现在”的，以前的数也计入新的上级，{former}的数会变少。",
        f"在{former}任职的人，从办好的那一刻起管不到这里，由新的上级接着管。",
        *(
            f"{found.park.name}是随{found.place.name}覆盖到这里的，走了以后不再算在{found.park.name}里。"
            for found in at.links
            if found.place_id != at.place.pk
        ),
        BACK,
    ]


MOVE = Deed(
    title="改隶属",
    button="改到新的上级",
    form=forms.MoveForm,
    permission=rules.MANAGE,
    levels=(Level.VILLAGE, Level.COURTYARD),
    tells=_tells_of_move,
    act=_move,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def move(request: Request, pk: int) -> HttpResponse:
    """Hang a place under another (改隶属)."""
    return _page(request, pk, MOVE)


def _merge(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    services.merge_places(by=by, place=place, now=timezone.now(), **given)
    return f"{place.name}并入了{given['into'].name}", place


def _tells_of_merge(at: Around) -> list[str]:
    return [
        *(
            f"{found.park.name}直接覆盖这里，要先结束这条覆盖才能合并。"
            for found in at.links
            if found.place_id == at.place.pk
        ),
        f"{at.place.name}从生效那天起撤销，不能再登记新的事；已有的记录都留着。",
        f"跟着过去的：{at.along}。" if at.along else "下面没有登记地点，只有这里自己过去。",
        "从生效日那个月的1日起，这里的数计入接手的地点；看以前各月的，还是分开的。",
        "旧名称成为接手地点的别名，表格里写旧名称仍然认得。",
        BACK,
    ]


MERGE = Deed(
    title="并入别处",
    button="并过去",
    form=forms.MergeForm,
    permission=rules.MANAGE,
    levels=services.LINKABLE,
    tells=_tells_of_merge,
    act=_merge,
    danger=True,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def merge(request: Request, pk: int) -> HttpResponse:
    """Merge a place into another (合并)."""
    return _page(request, pk, MERGE)


def _close(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    services.close_place(by=by, place=place, now=timezone.now(), **given)
    return f"{place.name}撤销了", place


def _tells_of_closing(at: Around) -> list[str]:
    if at.members and at.place.level != Level.PARK:
        return [f"下面还有{at.along}，要先移走、合并或撤销，现在还办不了。"]
    return [
        "从那天起不能再登记新的事；已有的记录都留着，仍计入上级以前的数。",
        "有地方接手的，请办“并入别处”，不要办撤销。",
        "园区的覆盖一起结束，从那个月的1日起不再计。"
        if at.place.level == Level.PARK
        else "盖在这里的园区覆盖一起结束。",
    ]


CLOSE = Deed(
    title="撤销",
    button="撤销这个地点",
    form=forms.CloseForm,
    permission=rules.MANAGE,
    levels=(*services.LINKABLE, Level.PARK),
    tells=_tells_of_closing,
    act=_close,
    danger=True,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def close(request: Request, pk: int) -> HttpResponse:
    """Close a place without a successor (撤销)."""
    return _page(request, pk, CLOSE)


def _add_alias(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    services.add_alias(by=by, place=place, now=timezone.now(), **given)
    return f"以后写“{given['name']}”，就认作{place.name}", place


ADD_ALIAS = Deed(
    title="加别名",
    button="加上别名",
    form=forms.AliasForm,
    permission=rules.MANAGE,
    levels=EVERY,
    tells=lambda at: [
        f"以后导入的表格、搜索里写了这个别名，就认作{at.place.name}。",
        "两个地点用同一个别名的，导入时会请人把镇街写在前面。",
        "正式名称不变；写错了可以去掉，去掉以前按它导入的记录不动。",
    ],
    act=_add_alias,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def add_alias(request: Request, pk: int) -> HttpResponse:
    """Note another name that people write (加别名)."""
    return _page(request, pk, ADD_ALIAS)


def _drop_alias(by: Actor, place: Place, given: dict[str, Any]) -> tuple[str, Place]:
    services.drop_alias(by=by, place=place, now=timezone.now(), **given)
    return f"“{given['name']}”不再认作{place.name}", place


DROP_ALIAS = Deed(
    title="去掉别名",
    button="去掉这个别名",
    form=forms.AliasDropForm,
    permission=rules.MANAGE,
    levels=EVERY,
    tells=lambda at: [
        f"以后表格里写了它，不再认作{at.place.name}，导入时会请人改写。",
        "已经按它导入的记录不动。",
    ],
    act=_drop_alias,
)


@needs(rules.MANAGE)
@require_http_methods(["GET", "POST"])
def drop_alias(request: Request, pk: int) -> HttpResponse:
    """Take back an alias that was a mistake (去掉别名)."""
    return _page(request, pk, DROP_ALIAS)
