"""How long somebody was there (时长): from arrival to leaving, within the event."""

from __future__ import annotations

from datetime import datetime, timedelta

from .models import Attendance, Event


def minutes_of(event: Event, arrived_at: datetime, left_at: datetime | None) -> int:
    """Return whole minutes: not before the start, not after the end; whoever did not say stayed to the end."""
    begin = max(arrived_at, event.starts_at)
    end = min(left_at or event.ends_at, event.ends_at)
    return max(0, int((end - begin) / timedelta(minutes=1)))


def measure_again(event: Event) -> None:
    """Count the minutes of everybody anew because the event ended at another time; the caller marks the figures."""
    found = list(Attendance.objects.filter(event=event))
    for one in found:
        one.minutes = minutes_of(event, one.arrived_at, one.left_at)
    Attendance.objects.bulk_update(found, ["minutes"], batch_size=500)
