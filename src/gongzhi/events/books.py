"""The books that the figures of events are counted from."""

from __future__ import annotations

from django.db.models.functions import Coalesce

from gongzhi.shared.measures import Book

from .models import Attendance, Event, Headcount

# Nobody arrives at a draft, and what somebody came to is not cancelled: the status needs no asking.
# Cells keep 人次, 人数 and minutes for every place, month, kind, topic and role.
ATTENDANCES = Book(
    key="events.attendances",
    records=lambda: Attendance.objects.counted(),
    holder="event",
    place="event__place",
    day="event__day",
    subject=Coalesce("person__merged_into_id", "person_id"),
    amount="minutes",
    facets=("event__kind", "event__topic", "as_participant", "as_volunteer", "as_trainer"),
    cells=True,
)
SESSIONS = Book(
    key="events.sessions",
    records=lambda: Event.objects.held(),
    place="place",
    day="day",
    facets=("kind", "topic"),
)
HEADCOUNTS = Book(
    key="events.headcounts",
    records=lambda: Headcount.objects.filter(voided_at__isnull=True),
    place="event__place",
    day="event__day",
    amount="people",
)
