"""The reply clock in words and shapes (答复时限)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gongzhi.shared.calendar import local, today, working_days_between

from .models import Suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a suggestion stands with its time (时限): `kind` is the shape of the status tag."""

    words: str
    kind: str


def say_moment(moment: datetime, now: datetime) -> str:
    """Return `12月2日 18:00`, with the year when it is another one."""
    here = local(moment)
    year = "" if here.year == local(now).year else f"{here.year}年"
    return f"{year}{here.month}月{here.day}日 {here.hour}:{here.minute:02d}"


def clock(suggestion: Suggestion, now: datetime) -> Clock:
    """Return how much time is left, in working days, or whether the reply came in time (时限)."""
    due = suggestion.due_at
    if suggestion.replied_at is not None:
        if suggestion.replied_at <= due:
            return Clock(words="按时答复", kind="ok")
        late = working_days_between(today(due), today(suggestion.replied_at), guess=True)
        return Clock(words=f"晚了{late}个工作日" if late else "当天晚了", kind="wait")
    if due < now:
        late = working_days_between(today(due), today(now), guess=True)
        return Clock(words=f"超期{late}个工作日" if late else "今天18:00已到期", kind="bad")
    if today(due) == today(now):
        return Clock(words=f"今天{local(due).hour}:{local(due).minute:02d}到期", kind="now")
    left = working_days_between(today(now), today(due), guess=True)
    return Clock(words=f"还剩{left}个工作日", kind="now" if left <= 1 else "wait")
