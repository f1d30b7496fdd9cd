"""The lists of this room: the places that a figure of the network opens, called as they were on its day."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from gongzhi.shared.listings import Listing, Shown, moment_day
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from .models import Designation, Place

_EVER = Designation.EVER


def _link(name: str, place: int) -> str:
    return format_html('<a href="{}">{}</a>', reverse("places:place", args=[place]), name)


def _find(rows: QuerySet, words: str) -> QuerySet:
    return matching(rows, " ".join(query_bigrams(words)), model=Place, pk="place")


_NAME = Shown(
    key="name",
    label="名称",
    fields=("name", "place_id"),
    text=lambda name, place: name,
    cell=_link,
)
_COLUMNS = (
    Shown(
        key="kind",
        label="类别",
        fields=("place__kind",),
        text=lambda kind: str(Place.Kind(kind).label),
    ),
    Shown(key="code", label="区划代码", fields=("code",)),
    Shown(
        key="since",
        label="从哪天起这样叫",
        fields=("since",),
        text=lambda since: "一直" if since == _EVER else moment_day(since),
    ),
    Shown(key="source", label="依据", fields=("source",), wide=False),
)


def _listing(key: str, label: str, level: int, note: str = "") -> Listing:
    return Listing(
        key=f"places.{key}",
        label=label,
        unit="个",
        records=lambda: Designation.objects.filter(place__level=level),
        everything=lambda on: Designation.objects.filter(place__level=level, until=None),
        columns=(_NAME, *_COLUMNS),
        permission=None,
        find=_find,
        note=note,
    )


LISTINGS = (
    _listing("towns", "镇街", Place.Level.TOWN),
    _listing(
        "villages",
        "村社",
        Place.Level.VILLAGE,
        "名称和代码是当日的；更名以前的写在地点页的沿革里。",
    ),
    _listing(
        "courtyards", "院落", Place.Level.COURTYARD, "院落没有法定代码，编号是村社代码加4位。"
    ),
)
