"""The long lists of this room's own pages, read by key: the hundredth page costs what the first one costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from gongzhi.shared.permissions import Actor

from . import queries
from .models import Candidate, Membership, Team

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows and the key of the page after them, empty at the end (一页)."""

    rows: list[Any]
    next: str


def candidate_page(by: Actor, *, later: bool, after: str) -> Page:
    """Return pairs that wait, or that were put off, oldest first (疑似重复)."""
    state = Candidate.State.LATER if later else Candidate.State.OPEN
    found = queries.candidates(by).filter(state=state).order_by("pk")
    if after.isdecimal() and len(after) < 18:
        found = found.filter(pk__gt=int(after))
    return _cut(list(found[: PAGE + 1]), lambda c: f"{c.pk}")


def dispute_page(by: Actor, *, after: str) -> Page:
    """Return the disputes that wait for an answer, the most urgent first (待答复的异议)."""
    found = queries.disputes_waiting(by)
    when, _, pk = after.rpartition("~")
    if pk.isdecimal() and (due := _moment(when)):
        found = found.filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=int(pk[:18])))
    return _cut(list(found[: PAGE + 1]), lambda d: f"{d.due_at.isoformat()}~{d.pk}")


def member_page(team: Team, *, after: str) -> Page:
    """Return who is in a team, leaders first, then by the day they joined (队员)."""
    found = queries.members_of(team)
    part, _, rest = after.partition("~")
    day, _, pk = rest.partition("~")
    if part in Membership.Part.values and pk.isdecimal() and (joined := _day(day)):
        found = found.filter(
            Q(part__gt=part)
            | Q(part=part, joined_on__gt=joined)
            | Q(part=part, joined_on=joined, pk__gt=int(pk[:18]))
        )
    return _cut(list(found[: PAGE + 1]), lambda m: f"{m.part}~{m.joined_on}~{m.pk}")


def _cut(rows: list[Any], key: Any) -> Page:
    return Page(rows=rows[:PAGE], next=key(rows[PAGE - 1]) if len(rows) > PAGE else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
