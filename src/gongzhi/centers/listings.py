"""What the figures of the support centers open: lists by place, printed and exported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from gongzhi.shared.codes import mask_name
from gongzhi.shared.listings import Choice, Listing, Shown, moment_day

from . import rules
from .models import Booking, Center, Operator, Venue
from .timetable import DAY, span

PLACE = "place__name"
_LEVELS, _STATES = set(Center.Level.values), set(Booking.State.values)


def _level_words(value: str) -> str:
    return str(Center.Level(value).label)


def _state_words(value: str) -> str:
    return str(Booking.State(value).label)


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _before(after: date | None) -> str:
    return moment_day(after - DAY if after else None)


def _level(path: str) -> Choice:
    def narrow(queryset: QuerySet, value: str, on: date) -> QuerySet:
        return queryset.filter(**{path: value}) if value in _LEVELS else queryset

    return Choice(
        key="level", label="级别", choices=lambda: tuple(Center.Level.choices), narrow=narrow
    )


def _named(path: str) -> Callable[[QuerySet, str], QuerySet]:
    return lambda queryset, words: queryset.filter(**{f"{path}__icontains": words})


def _state(queryset: QuerySet, value: str, on: date) -> QuerySet:
    return queryset.filter(state=value) if value in _STATES else queryset


LISTINGS = (
    Listing(
        key="centers.centers",
        label="支持中心",
        unit="个",
        records=lambda: Center.objects.all(),
        permission=None,
        columns=(
            Shown(key="name", label="名称", fields=("name",)),
            Shown(key="level", label="级别", fields=("level",), text=_level_words),
            Shown(key="place", label="服务的地方", fields=(PLACE,)),
            Shown(key="address", label="地址", fields=("address",)),
            Shown(key="phone", label="公开电话", fields=("phone",)),
            Shown(key="opened", label="启用日期", fields=("opened_on",), text=moment_day),
            Shown(key="closed", label="关闭日期", fields=("closed_on",), text=moment_day),
        ),
        filters=(_level("level"),),
        find=_named("name"),
        opens=lambda pk: reverse("centers:detail", args=[pk]),
    ),
    Listing(
        key="centers.operators",
        label="运营方",
        unit="条",
        records=lambda: Operator.objects.all(),
        permission=None,
        place="center__place",
        columns=(
            Shown(key="center", label="中心", fields=("center__name",)),
            Shown(key="organization", label="运营方", fields=("organization__name",)),
            Shown(key="place", label="服务的地方", fields=("center__place__name",)),
            Shown(key="since", label="起", fields=("since",), text=moment_day),
            Shown(key="until", label="到哪天", fields=("until",), text=_before),
            Shown(key="document", label="依据", fields=("document",)),
        ),
        filters=(_level("center__level"),),
        find=_named("organization__name"),
        find_label="运营方",
    ),
    Listing(
        key="centers.venues",
        label="场地",
        unit="处",
        records=lambda: Venue.objects.all(),
        permission=None,
        place="center__place",
        columns=(
            Shown(key="name", label="场地", fields=("name",)),
            Shown(key="center", label="中心", fields=("center__name",)),
            Shown(key="place", label="服务的地方", fields=("center__place__name",)),
            Shown(key="capacity", label="坐得下（人）", fields=("capacity",), number=True),
            Shown(key="equipment", label="有什么", fields=("equipment",)),
            Shown(key="approval", label="要中心同意", fields=("needs_approval",), text=_yes),
            Shown(key="taking", label="接受预约", fields=("takes_bookings",), text=_yes),
        ),
        filters=(_level("center__level"),),
        find=_named("name"),
    ),
    Listing(
        key="centers.bookings",
        label="场地预约",
        unit="场",
        records=lambda: Booking.objects.all(),
        permission=rules.SEE,
        place="venue__center__place",
        columns=(
            Shown(key="venue", label="场地", fields=("venue__name",)),
            Shown(key="center", label="中心", fields=("venue__center__name",)),
            Shown(key="day", label="日期", fields=("day",), text=moment_day),
            Shown(
                key="time",
                label="时间",
                fields=("begins", "ends"),
                text=lambda begins, ends: span((begins, ends)),
            ),
            Shown(key="organization", label="哪家组织", fields=("organization__name",)),
            Shown(key="name", label="谁来用", fields=("name",), text=mask_name),
            Shown(key="purpose", label="用来做什么", fields=("purpose",)),
            Shown(key="headcount", label="来多少人", fields=("headcount",), number=True),
            Shown(key="state", label="状态", fields=("state",), text=_state_words),
        ),
        filters=(
            Choice(
                key="state",
                label="状态",
                choices=lambda: tuple(Booking.State.choices),
                narrow=_state,
            ),
        ),
        find=_named("purpose"),
        find_label="用途",
        opens=lambda pk: reverse("centers:booking", args=[pk]),
        note="场地用了多少场，不得作为考核依据。",
    ),
)
