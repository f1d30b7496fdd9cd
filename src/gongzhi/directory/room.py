"""The sign on this room's door."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import reverse

from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room, Search

from . import queries, rules
from .actions import ACTIONS, OPENINGS
from .models import Candidate

Row = tuple[str, str, str]
Todo = tuple[str, int, str]


def organizations(by: Actor, words: str, limit: int) -> list[Row]:
    """Return (name, kind and place, address) of organizations that *words* name (搜组织)."""
    return [
        (
            o.name,
            f"{o.get_kind_display()} · {o.place}",
            reverse("directory:organization", args=[o.pk]),
        )
        for o in queries.find_organizations(by, words, limit)
    ]


def people(by: Actor, words: str, limit: int) -> list[Row]:
    """Return (name, year of birth and place, address) of people that *words* name (搜人)."""
    return [
        (
            p.name,
            " · ".join(filter(None, (f"{p.birth_year}年生" if p.birth_year else "", str(p.place)))),
            reverse("directory:person", args=[p.pk]),
        )
        for p in queries.find_people(by, words, limit)
    ]


def teams(by: Actor, words: str, limit: int) -> list[Row]:
    """Return (name, place, address) of teams that *words* name (搜志愿队)."""
    return [
        (t.name, f"志愿服务队 · {t.place}", reverse("directory:team", args=[t.pk]))
        for t in queries.find_teams(by, words, limit)
    ]


def candidates_waiting(by: Actor, now: datetime) -> Todo:
    """Return how many pairs wait to be compared (等我核的疑似重复)."""
    waiting = queries.candidates(by).filter(state=Candidate.State.OPEN).order_by()
    return "像是同一个人的登记等着核", waiting.count(), reverse("directory:candidates")


def disputes_waiting(by: Actor, now: datetime) -> Todo:
    """Return how many disputes wait for an answer, and how many of them press (等我答的登记异议)."""
    dues = list(queries.disputes_waiting(by).order_by().values_list("due_at", flat=True))
    late = sum(due < now for due in dues)
    soon = sum(due >= now and today(due) == today(now) for due in dues)
    parts = [f"{late}条超期"] * bool(late) + [f"{soon}条今天到期"] * bool(soon)
    note = f"，其中{'、'.join(parts)}" if parts else ""
    return f"本人提出的登记异议等着答复{note}", len(dues), reverse("directory:disputes")


def _acts(by: Actor) -> bool:
    """Tell whether *by* does something about deadlines, and does not only look on."""
    return rules.FILE_REPORTS.anywhere(by) or rules.RATE_ORGANIZATIONS.anywhere(by)


def ratings_ending(by: Actor, now: datetime) -> Todo:
    """Return how many ratings end soon (快到期的等级)."""
    found = queries.ratings_ending(by, today(now)).order_by().count() if _acts(by) else 0
    return "评估等级快到期，该准备复评", found, f"{reverse('directory:deadlines')}#ratings"


def reports_waiting(by: Actor, now: datetime) -> Todo:
    """Return how many yearly reports have not come, and how many of them are late (没有报的年报)."""
    on = today(now)
    late_from: list[date] = list(
        queries.reports_waiting(by, on).order_by().values_list("late_from", flat=True)
    )
    late = sum(day <= on for day in late_from)
    note = f"，其中{late}份逾期" if late else ""
    return f"年度报告还没有报{note}", len(late_from), f"{reverse('directory:deadlines')}#reports"


ROOM = Room(
    label="组织和人",
    menu=(
        Entry(
            label="组织和人",
            url="directory:hub",
            icon="build",
            seen_by=rules.VIEW_TEAMS,
            group="管理",
            order=10,
        ),
    ),
    search=(
        Search(label="组织", find=organizations, order=20),
        Search(label="人", find=people, order=25),
        Search(label="志愿服务队", find=teams, order=30),
    ),
    todos=(candidates_waiting, disputes_waiting, ratings_ending, reports_waiting),
)

__all__ = ["ACTIONS", "OPENINGS", "ROOM"]
