"""What the figures of volunteer service open: services, one line each."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from gongzhi.shared.codes import mask_name
from gongzhi.shared.listings import Choice, Listing, Shown, moment_day

from . import queries, rules
from .hours import say_hours
from .models import Service

_SOURCES = {str(value): str(label) for value, label in Service.Source.choices}


def _source(queryset: QuerySet, value: str, on: date) -> QuerySet:
    return queryset.filter(source=value) if value in _SOURCES else queryset


LISTINGS = (
    Listing(
        key="volunteering.services",
        label="志愿服务记录",
        unit="人次",
        records=lambda: Service.objects.counted(),
        permission=rules.SEE,
        columns=(
            Shown(
                key="name",
                label="姓名",
                fields=("person__name",),
                text=mask_name,
                full=lambda value: value,
            ),
            Shown(key="title", label="服务内容", fields=("title",)),
            Shown(key="place", label="村社", fields=("place__name",)),
            Shown(key="day", label="日期", fields=("day",), text=moment_day),
            Shown(key="team", label="志愿队", fields=("team__name",)),
            Shown(
                key="hours", label="时长（小时）", fields=("minutes",), text=say_hours, number=True
            ),
            Shown(
                key="minutes", label="时长（分钟）", fields=("minutes",), number=True, wide=False
            ),
            Shown(key="source", label="怎么来的", fields=("source",), text=_SOURCES.__getitem__),
        ),
        filters=(
            Choice(
                key="source",
                label="怎么来的",
                choices=lambda: tuple(_SOURCES.items()),
                narrow=_source,
            ),
        ),
        find=queries.find_services,
        find_label="服务内容",
        note="服务了多少，不得作为考核依据；谁也不排名。",
        personal=True,
    ),
)
