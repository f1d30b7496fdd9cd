"""What the figures of events open: events, arrivals and counts of people without a name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db.models import QuerySet, TextChoices

from gongzhi.shared.calendar import local
from gongzhi.shared.codes import mask_name
from gongzhi.shared.listings import Choice, Listing, Shown, moment_day
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import books, rules
from .models import Attendance, Event, Kind


def _labels(choices: type[TextChoices]) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices.choices}


_KINDS, _STATUSES = _labels(Kind), _labels(Event.Status)
_CHANNELS = _labels(Attendance.Channel)
_ROLES = {"participant": "来参加的", "volunteer": "来服务的", "trainer": "来讲课的"}


def _clock(moment: datetime | None) -> str:
    return f"{local(moment):%-H:%M}" if moment else ""


def _roles(participant: bool, volunteer: bool, trainer: bool) -> str:
    here = zip((participant, volunteer, trainer), _ROLES.values(), strict=True)
    return "、".join(label for is_so, label in here if is_so)


def _kind(path: str) -> Choice:
    def narrow(queryset: QuerySet, value: str, on: date) -> QuerySet:
        return queryset.filter(**{path: value}) if value in _KINDS else queryset

    return Choice(key="kind", label="类别", choices=lambda: tuple(_KINDS.items()), narrow=narrow)


def _role(queryset: QuerySet, value: str, on: date) -> QuerySet:
    return queryset.filter(**{f"as_{value}": True}) if value in _ROLES else queryset


def _find(path: str) -> Callable[[QuerySet, str], QuerySet]:
    def find(queryset: QuerySet, words: str) -> QuerySet:
        return matching(queryset, " ".join(query_bigrams(words)), model=Event, pk=path)

    return find


def _open(pk: object) -> str:
    return f"/events/{pk}/"


LISTINGS = (
    Listing(
        key="events.events",
        label="场次",
        unit="场",
        records=lambda: Event.objects.exclude(status=Event.Status.DRAFT),
        permission=rules.SEE,
        columns=(
            Shown(key="title", label="名称", fields=("title",)),
            Shown(key="kind", label="类别", fields=("kind",), text=_KINDS.__getitem__),
            Shown(key="place", label="村社", fields=("place__name",)),
            Shown(key="day", label="日期", fields=("day",), text=moment_day),
            Shown(key="time", label="开始", fields=("starts_at",), text=_clock),
            Shown(key="address", label="地点", fields=("address",)),
            Shown(key="host", label="主办", fields=("host__name",)),
            Shown(key="status", label="状态", fields=("status",), text=_STATUSES.__getitem__),
        ),
        filters=(_kind("kind"),),
        find=_find("pk"),
        find_label="名称或地点",
        opens=_open,
        note="办了多少场，不得作为考核依据。",
    ),
    Listing(
        key="events.attendances",
        label="到场",
        unit="人次",
        records=lambda: books.ATTENDANCES.records(),
        permission=rules.SEE_ATTENDANCES,
        place="event__place",
        columns=(
            Shown(key="name", label="姓名", fields=("person__name",), text=mask_name),
            Shown(key="event", label="场次", fields=("event__title",)),
            Shown(key="kind", label="类别", fields=("event__kind",), text=_KINDS.__getitem__),
            Shown(key="place", label="村社", fields=("event__place__name",)),
            Shown(key="day", label="日期", fields=("event__day",), text=moment_day),
            Shown(
                key="roles",
                label="身份",
                fields=("as_participant", "as_volunteer", "as_trainer"),
                text=_roles,
            ),
            Shown(key="arrived", label="到场", fields=("arrived_at",), text=_clock),
            Shown(key="minutes", label="分钟", fields=("minutes",), number=True),
            Shown(key="channel", label="怎么登的", fields=("channel",), text=_CHANNELS.__getitem__),
        ),
        filters=(
            _kind("event__kind"),
            Choice(key="role", label="身份", choices=lambda: tuple(_ROLES.items()), narrow=_role),
        ),
        find=_find("event_id"),
        find_label="场次名称",
        note="到了多少人次，不得作为考核依据。",
    ),
    Listing(
        key="events.headcounts",
        label="没留名的人数",
        unit="条",
        records=lambda: books.HEADCOUNTS.records(),
        permission=rules.SEE_ATTENDANCES,
        place="event__place",
        columns=(
            Shown(key="event", label="场次", fields=("event__title",)),
            Shown(key="place", label="村社", fields=("event__place__name",)),
            Shown(key="day", label="日期", fields=("event__day",), text=moment_day),
            Shown(key="people", label="人数", fields=("people",), number=True),
        ),
        filters=(_kind("event__kind"),),
        find=_find("event_id"),
        find_label="场次名称",
        note="没留名的人只记个数，不并进人次。",
    ),
)
