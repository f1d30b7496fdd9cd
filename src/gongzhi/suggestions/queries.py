"""Questions about complaints and suggestions."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared.calendar import add_working_days, today
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.sealed import fingerprint

from . import rules
from .models import Kind, Step, Suggestion

State = Suggestion.State
OPEN = (State.RECEIVED, State.FORWARDED)
_NUMBER = re.compile(r"(\d{4})\D{0,3}(\d{1,9})")


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows of a list and the key of the next ones (一页)."""

    rows: list[Suggestion]
    next: str


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town with its villages, for choosing a place (镇街和村社)."""

    town: Place
    villages: list[Place]


def code_for(key: UUID) -> str:
    """
    Return the twelve-digit query code of the suggestion with *key* (查询号).

    It is derived with the site's key and stored nowhere: who reads the database cannot tell it.
    """
    return f"{int(fingerprint(f'suggestion {key}'), 16) % 10**12:012d}"


def is_code_of(suggestion: Suggestion, code: str) -> bool:
    """Tell whether *code* is the query code of *suggestion*, in constant time."""
    digits = re.sub(r"\D", "", code)
    return hmac.compare_digest(digits, code_for(suggestion.key))


def written_as(number: str, code: str) -> Suggestion | None:
    """Return the suggestion with this number and query code (凭编号和查询号查), None when they do not fit."""
    found = _NUMBER.fullmatch(number.strip())
    if not found:
        return None
    suggestion = (
        Suggestion.objects.filter(year=int(found[1]), sequence=int(found[2]))
        .select_related("place", "desk")
        .first()
    )
    return suggestion if suggestion and is_code_of(suggestion, code) else None


def numbered(queryset: QuerySet[Suggestion], words: str) -> QuerySet[Suggestion]:
    """Keep the suggestion with the number that *words* say, `2026-0012` or its last part (按编号找)."""
    if found := _NUMBER.fullmatch(words.strip()):
        return queryset.filter(year=int(found[1]), sequence=int(found[2]))
    digits = re.sub(r"\D", "", words)[:9]
    return queryset.filter(sequence=int(digits)) if digits else queryset.none()


def steps_of(suggestion: Suggestion) -> QuerySet[Step]:
    """Return what happened to a suggestion, oldest first (办理过程)."""
    return suggestion.steps.select_related("desk", "by").order_by("happened_at", "pk")


def due_after(moment: datetime) -> datetime:
    """Return the last moment of the reply to something received at *moment* (最晚答复时间), by the dated rule."""
    days = rule("suggestions.reply-working-days", today(moment)).number
    return add_working_days(moment, days, guess=True)


def reply_days(moment: datetime) -> int:
    """Return how many working days a reply may take, by the dated rule (答复期限)."""
    return rule("suggestions.reply-working-days", today(moment)).number


def desk_for(place: Place, kind: str) -> Place:
    """
    Return the place whose people answer (由哪里答).

    What somebody did badly is answered one level above; money goes to the county, where the supervisor sits.
    """
    if kind == Kind.MONEY:
        return places.county()
    if kind == Kind.SERVICE:
        above = places.path_of(place)
        return above[-2] if len(above) > 1 else place
    return place


def seen_by(by: Actor) -> QuerySet[Suggestion]:
    """Return the suggestions that *by* may read (看得到的)."""
    return Suggestion.objects.filter(
        Q(pk__in=rules.SEE.among(Suggestion.objects.all(), by).values("pk"))
        | Q(pk__in=rules.answerable(Suggestion.objects.all(), by).values("pk"))
    ).select_related("place", "desk")


def waiting_for(by: Actor) -> QuerySet[Suggestion]:
    """Return the suggestions that *by* has to answer, soonest due first (等我答的)."""
    return (
        rules.answerable(Suggestion.objects.all(), by)
        .filter(state__in=OPEN)
        .select_related("place", "desk")
        .order_by("due_at", "pk")
    )


def queue(by: Actor, *, done: bool, kind: str = "", after: str = "", size: int = 50) -> Page:
    """Return one page of what *by* may read (办理清单): open ones by due moment, replied ones newest first."""
    found = seen_by(by)
    if kind in Kind.values:
        found = found.filter(kind=kind)
    if done:
        found = found.exclude(state__in=OPEN).order_by("-replied_at", "-pk")
        return _page(found, "replied_at", after, size, backwards=True)
    found = found.filter(state__in=OPEN).order_by("due_at", "pk")
    return _page(found, "due_at", after, size, backwards=False)


def published(*, kind: str = "", after: str = "", size: int = 20) -> Page:
    """Return one page of the public answers, newest first (公开的答复)."""
    found = Suggestion.objects.filter(published_at__isnull=False).select_related("place", "desk")
    if kind in Kind.values:
        found = found.filter(kind=kind)
    return _page(
        found.order_by("-published_at", "-pk"), "published_at", after, size, backwards=True
    )


def _page(found: QuerySet[Suggestion], by: str, after: str, size: int, *, backwards: bool) -> Page:
    way = "lt" if backwards else "gt"
    stamp, _, pk = after.partition("_")
    if pk.isdecimal():
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            found = found.filter(
                Q(**{f"{by}__{way}": moment}) | Q(**{by: moment, f"pk__{way}": int(pk)})
            )
    rows = list(found[: size + 1])
    last = rows[size - 1] if len(rows) > size else None
    key = f"{getattr(last, by).isoformat()}_{last.pk}" if last else ""
    return Page(rows=rows[:size], next=key)


def towns() -> list[Town]:
    """Return the towns with their villages in the official order, in two queries (镇街和村社)."""
    villages: dict[str, list[Place]] = {}
    for village in places.places_at(Place.Level.VILLAGE):
        above = village.path.strip("/").rsplit("/", 1)[0]
        villages.setdefault(f"/{above}/", []).append(village)
    return [
        Town(town=town, villages=villages.get(town.path, []))
        for town in places.places_at(Place.Level.TOWN)
    ]


def may_ask_again(suggestion: Suggestion, now: datetime) -> bool:
    """Tell whether its writer may still ask once more (还能再问一次吗), by the dated rule."""
    if suggestion.replied_on is None or suggestion.asked_again_at is not None:
        return False
    days = rule("suggestions.objection-days", suggestion.replied_on).number
    return (today(now) - suggestion.replied_on).days <= days
