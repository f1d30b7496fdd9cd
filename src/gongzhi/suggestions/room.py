"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many suggestions wait for *by* to answer, and how many of them press (等我答的投诉建议)."""
    dues = list(queries.waiting_for(by).order_by().values_list("due_at", flat=True))
    late = sum(due < now for due in dues)
    soon = sum(due >= now and today(due) == today(now) for due in dues)
    parts = [f"{late}条超期"] * bool(late) + [f"{soon}条今天到期"] * bool(soon)
    note = f"，其中{'、'.join(parts)}" if parts else ""
    return f"投诉建议等着答复{note}", len(dues), reverse("suggestions:queue")


ROOM = Room(
    label="投诉建议",
    menu=(
        Entry(
            label="答投诉建议",
            url="suggestions:queue",
            icon="chat",
            seen_by=rules.SEE,
            group="管理",
            order=40,
        ),
    ),
    todos=(waiting,),
)
ACTIONS = {
    "suggestions.written": "收到投诉建议",
    "suggestions.answered": "答复投诉建议",
    "suggestions.declined": "说明办不了的理由",
    "suggestions.forwarded": "转办投诉建议",
    "suggestions.asked-again": "再问一次",
    "suggestions.published": "公开答复",
    "suggestions.retracted": "撤下公开的答复",
    "suggestions.phone-opened": "打开留下的电话",
}
OPENINGS = ("suggestions.phone-opened",)
