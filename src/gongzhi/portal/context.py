"""What every page may ask about the house around it; nothing is read before a template asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache as memory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property

from gongzhi.indicators import queries as indicators
from gongzhi.outbox import queries as outbox
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, rooms
from gongzhi.ui.chosen import place_chosen
from gongzhi.ui.doors import Request

Level = Place.Level
# Headings of the workbench menu in the order of the design; a heading nobody uses is not shown.
HEADINGS = ("", "活动", "五项服务", "钱和项目", "支撑", "名录", "管理", "系统")
# The public navigation: what a room of this house answers, in this order.
PUBLIC = (
    ("首页", "portal:public", "home"),
    ("活动", "events:list", "cal"),
    ("查我的登记", "portal:mine", "user"),
    ("支持中心", "centers:list", "build"),
    ("投诉建议", "suggestions:list", "chat"),
    ("志愿服务", "volunteering:list", "hand"),
    ("学院", "academy:academy", "cap"),
    ("数据", "indicators:figures", "chart"),
)
TODO_SECONDS = 300


@cache
def address(name: str) -> str:
    """Return where a page of the house is, empty when the house has no such room."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def house(request: Request) -> dict[str, Any]:
    """Give templates the house around the page (所在的家)."""
    return {"house": House(request)}


class House:
    """The frame of a page: where one stands, who one is, where one can go (框)."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._user = request.user

    # -- places ------------------------------------------------------------------------------------

    @cached_property
    def _standing(self) -> indicators.Standing | None:
        """Where the page stands: as its view found it, else asked here in two queries."""
        found = getattr(self._request, "standing", None)
        asked = self._request.GET.get("place", "")
        kept = place_chosen(self._request)
        return found or indicators.standing(self._user, asked, kept)

    @cached_property
    def _county(self) -> Place | None:
        if getattr(self._request, "standing", None) or "_standing" in self.__dict__:
            return self._standing.line[0] if self._standing else None
        return Place.objects.filter(level=Level.COUNTY).order_by("pk").first()

    @property
    def county(self) -> str:
        return self._county.name if self._county else ""

    @property
    def place(self) -> str:
        return " › ".join(p.name for p in self._standing.line) if self._standing else ""

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """The columns of the place switcher; whoever works sees the places they hold a role over."""
        if self._standing is None:
            return []
        line = {p.pk for p in self._standing.line}
        shown = [
            p
            for p in self._standing.near
            if not self._works or indicators.may_see(self._user, p.path)
        ]
        columns = (
            ("县", (Level.COUNTY,)),
            ("镇街", (Level.TOWN,)),
            ("园区", (Level.PARK,)),
            ("村社", (Level.VILLAGE,)),
            ("院落", (Level.COURTYARD,)),
        )
        return [
            {"heading": heading, "items": items}
            for heading, levels in columns
            if (
                items := [
                    {"name": p.name, "url": self._at(p), "current": p.pk in line}
                    for p in shown
                    if p.level in levels
                ]
            )
        ]

    def _at(self, place: Place) -> str:
        """Return this page for another place, or the overview where this page has no place of its own."""
        request = self._request
        if not self._works:
            return f"{address('portal:public')}?place={place.pk}"
        if "place" in request.GET and request.method == "GET":
            kept = [
                (k, v)
                for k, values in request.GET.lists()
                for v in values
                if k not in ("place", "after", "before", "from", "pk", "row")
            ]
            return f"{request.path}?{urlencode([('place', place.pk), *kept])}"
        return f"{address('indicators:dashboard')}?place={place.pk}"

    # -- who ---------------------------------------------------------------------------------------

    @cached_property
    def _works(self) -> bool:
        """Tell whether the person acts in a role."""
        return bool(self._user.is_authenticated and self._user.held())

    @cached_property
    def who(self) -> str:
        if not self._user.is_authenticated:
            return ""
        acting = getattr(self._user, "acting", None)
        name = self._user.spoken_name()
        return f"{name} · {acting.over}" if acting else name

    @property
    def home_url(self) -> str:
        return address("portal:home") if self._works else address("portal:public")

    @property
    def signin_url(self) -> str:
        return address("account_login")

    @property
    def signout_url(self) -> str:
        return address("account_logout") if self._user.is_authenticated else ""

    @property
    def roles_url(self) -> str:
        return address("accounts:roles") if self._user.is_authenticated else ""

    # -- where to ----------------------------------------------------------------------------------

    @property
    def search_url(self) -> str:
        return address("portal:search")

    @property
    def feedback_url(self) -> str:
        return address("suggestions:write")

    @property
    def open_data_url(self) -> str:
        return address("indicators:figures")

    @cached_property
    def public_nav(self) -> list[dict[str, Any]]:
        found = [(label, address(name), icon) for label, name, icon in PUBLIC]
        if self._works:
            found.append(("工作台", address("portal:home"), "list"))
        return [
            {"label": label, "url": url, "icon": icon, "current": self._is_current(url)}
            for label, url, icon in found
            if url
        ]

    def _is_current(self, url: str) -> bool:
        path = self._request.path
        return path == url if url == "/" else path.startswith(url)

    @cached_property
    def menu(self) -> list[dict[str, Any]]:
        """The workbench menu of this person, from what all rooms hang up."""
        counts = {at: n for _, n, at in self._todos}
        groups: dict[str, list[dict[str, Any]]] = {}
        for entry in _entries():
            if entry.seen_by is not None and not entry.seen_by.anywhere(self._user):
                continue
            url = address(entry.url)
            if url:
                groups.setdefault(entry.group, []).append(
                    {
                        "label": entry.label,
                        "url": url,
                        "icon": entry.icon,
                        "count": sum(n for at, n in counts.items() if at.split("?")[0] == url),
                        "hot": False,
                        "current": False,
                    }
                )
        for entries in groups.values():
            for made in entries:
                if made["url"] == address("portal:home"):
                    made["count"], made["hot"] = self.todo_count, True
                elif made["url"] == self.messages_url:
                    made["count"] = self.unseen
        self._mark_current(made for entries in groups.values() for made in entries)
        order = [*HEADINGS, *(g for g in groups if g not in HEADINGS)]
        return [{"heading": g, "entries": groups[g]} for g in order if g in groups]

    def _mark_current(self, entries: Iterable[dict[str, Any]]) -> None:
        """Mark the entry whose address is the longest beginning of this page's."""
        path = self._request.path
        fitting = [e for e in entries if path.startswith(e["url"])]
        if fitting:
            max(fitting, key=lambda e: len(e["url"]))["current"] = True

    @property
    def messages_url(self) -> str:
        return address("outbox:mine") if self._user.is_authenticated else ""

    @cached_property
    def unseen(self) -> int:
        """How many messages the person has not seen: one look at a partial index."""
        return outbox.unseen_count(self._user, timezone.now())

    # -- what waits --------------------------------------------------------------------------------

    @cached_property
    def _todos(self) -> list[tuple[str, int, str]]:
        """What waited when the person last looked at the home page: no page asks every room anew."""
        if not self._works:
            return []
        return memory.get(todo_key(self._user)) or []

    @property
    def todo_count(self) -> int:
        return sum(count for _, count, _ in self._todos)

    @property
    def todo_url(self) -> str:
        return address("portal:home")

    # -- foot --------------------------------------------------------------------------------------

    @cached_property
    def footer(self) -> dict[str, Any]:
        from django.conf import settings

        given = getattr(settings, "GONGZHI_FOOTER", {})
        county = self.county
        return {
            "organizer": given.get("organizer")
            or (f"中共{county}委城乡社区发展治理委员会" if county else ""),
            "operator": given.get("operator")
            or (f"{county}城乡社区发展治理支持中心" if county else ""),
            "numbers": given.get("numbers", ()),
        }


@cache
def _entries() -> tuple[Entry, ...]:
    found = [entry for room in rooms().values() for entry in room.menu]
    return tuple(sorted(found, key=lambda e: (e.order, e.label)))


def todo_key(user: Actor) -> str:
    """Return under which key the to-dos of *user* in the role acted for are remembered."""
    acting = getattr(user, "acting", None)
    return f"todos.{user.pk}.{acting.pk if acting else 0}"


def todos_of(user: Actor, now: Any = None) -> list[tuple[str, int, str]]:
    """Ask all rooms what waits for *user* and remember it for the frame of the next pages (我的待办)."""
    found = indicators.todos(user, now or timezone.now())
    memory.set(todo_key(user), found, TODO_SECONDS)
    return found
