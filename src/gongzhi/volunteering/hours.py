"""How long somebody served (时长): overlaps counted once, never more than a day holds. No database here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MINUTE = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One service as it was noted: a stretch of time, or only how many minutes (from another system)."""

    key: int
    day: date
    begins_at: datetime | None
    ends_at: datetime | None
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What counts of one claim (算多少): `overlap` and `over_cap` say what was left out and why."""

    minutes: int
    overlap: int = 0
    over_cap: int = 0

    @property
    def reason(self) -> str:
        """Say in words what was left out."""
        parts = []
        if self.overlap:
            parts.append(f"和另一次重叠的{self.overlap}分钟只算一次")
        if self.over_cap:
            parts.append(f"超过一天最多的{self.over_cap}分钟不算")
        return "，".join(parts) or "按到场和离场的时间算"


def whole(moment: datetime) -> datetime:
    """Return a moment cut to its minute, so that parts of an hour add up."""
    return moment.replace(second=0, microsecond=0)


def minutes_between(begins_at: datetime, ends_at: datetime) -> int:
    """Return the whole minutes from one moment to another, none backwards."""
    return max(0, (whole(ends_at) - whole(begins_at)) // MINUTE)


def credits(claims: Iterable[Claim], caps: Mapping[date, int]) -> dict[int, Credit]:
    """
    Return what counts of each claim of one person (各算多少).

    Stretches that overlap count once: 9–11 and 10–12 are three hours. Whatever came first keeps its minutes. The
    minutes of one day stop at its cap.
    """
    found: dict[int, Credit] = {}
    used: dict[date, int] = {}
    covered: datetime | None = None
    order = sorted(
        claims,
        key=lambda c: (
            c.begins_at is None,
            c.begins_at or _NEVER,
            c.ends_at or _NEVER,
            c.key,
        ),
    )
    for claim in order:
        fresh = claim.minutes
        if claim.begins_at is not None and claim.ends_at is not None:
            begins, ends = whole(claim.begins_at), whole(claim.ends_at)
            fresh = minutes_between(max(begins, covered) if covered else begins, ends)
            covered = max(ends, covered) if covered else ends
        room = max(0, caps[claim.day] - used.get(claim.day, 0))
        counted = min(fresh, room)
        used[claim.day] = used.get(claim.day, 0) + counted
        found[claim.key] = Credit(
            minutes=counted, overlap=claim.minutes - fresh, over_cap=fresh - counted
        )
    return found


def say_hours(minutes: int) -> str:
    """Return minutes as hours with one decimal, in whole minutes below an hour's tenth (小时): 95 → 1.6."""
    tenths = (minutes * 10 + 30) // 60
    return f"{tenths // 10:,}.{tenths % 10}"
