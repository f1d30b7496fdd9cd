"""What the figures of complaints and suggestions open: themes and clocks, never the words, which are personal."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse

from gongzhi.shared.calendar import local
from gongzhi.shared.listings import Choice, Listing, Shown, moment_day

from . import queries, rules
from .models import Kind, Suggestion

_KINDS, _STATES = set(Kind.values), set(Suggestion.State.values)


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    here = local(value)
    return f"{moment_day(here)} {here.hour}:{here.minute:02d}"


def _kind_words(value: str) -> str:
    return str(Kind(value).label)


def _state_words(value: str) -> str:
    return str(Suggestion.State(value).label)


def _in_time(replied: datetime | None, due: datetime) -> str:
    if replied is None:
        return ""
    return "按时" if replied <= due else "晚了"


def _kind(queryset: QuerySet, value: str, on: date) -> QuerySet:
    return queryset.filter(kind=value) if value in _KINDS else queryset


def _state(queryset: QuerySet, value: str, on: date) -> QuerySet:
    return queryset.filter(state=value) if value in _STATES else queryset


LISTINGS = (
    Listing(
        key="suggestions.suggestions",
        label="投诉建议",
        unit="条",
        records=lambda: Suggestion.objects.all(),
        permission=rules.SEE,
        columns=(
            Shown(
                key="number",
                label="编号",
                fields=("year", "sequence"),
                text=lambda year, sequence: f"{year}-{sequence:04d}",
            ),
            Shown(key="kind", label="哪一类", fields=("kind",), text=_kind_words),
            Shown(key="place", label="说的是哪里", fields=("place__name",)),
            Shown(key="desk", label="由哪里答", fields=("desk__name",)),
            Shown(key="received", label="收到", fields=("received_at",), text=_moment),
            Shown(key="due", label="最晚答复", fields=("due_at",), text=_moment),
            Shown(key="replied", label="答复", fields=("replied_at",), text=_moment),
            Shown(
                key="in-time",
                label="按时吗",
                fields=("replied_at", "due_at"),
                text=_in_time,
            ),
            Shown(key="state", label="状态", fields=("state",), text=_state_words),
        ),
        filters=(
            Choice(key="kind", label="哪一类", choices=lambda: tuple(Kind.choices), narrow=_kind),
            Choice(
                key="state",
                label="状态",
                choices=lambda: tuple(Suggestion.State.choices),
                narrow=_state,
            ),
        ),
        find=queries.numbered,
        find_label="编号",
        opens=lambda pk: reverse("suggestions:detail", args=[pk]),
        note="这张表不写原话和电话，也不得用来给单位或个人打分。",
    ),
)
