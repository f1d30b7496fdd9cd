"""Events as calendars read them (日历订阅, RFC 5545): each change of an event is a new SEQUENCE of the same UID."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from icalendar import Calendar
from icalendar import Event as Entry

from .models import Event, Registration

_STATUS = {
    Event.Status.PUBLISHED: "CONFIRMED",
    Event.Status.CLOSED: "CONFIRMED",
    Event.Status.CANCELLED: "CANCELLED",
}
# A seat is sure, a place in line is not.
_OWN = {Registration.Status.SEATED: "CONFIRMED"}


def of_events(title: str, events: Iterable[Event], *, site: str, now: datetime) -> bytes:
    """Return a calendar of *events*; *site* is the address of this house, for links back (一个地方的日历)."""
    return _calendar(title, ((e, _STATUS[Event.Status(e.status)], "") for e in events), site, now)


def of_registrations(
    title: str, registrations: Iterable[Registration], *, site: str, now: datetime
) -> bytes:
    """Return what somebody registered for, each with where they stand in words (我的日历)."""
    rows = (
        (
            r.event,
            "CANCELLED"
            if r.event.status == Event.Status.CANCELLED
            else _OWN.get(Registration.Status(r.status), "TENTATIVE"),
            f"{r.get_status_display()}。",
        )
        for r in registrations
    )
    return _calendar(title, rows, site, now)


def _calendar(
    title: str, rows: Iterable[tuple[Event, str, str]], site: str, now: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//gongzhi//events//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval;value=duration", "PT1H")
    for event, status, said in rows:
        entry = Entry()
        entry.add("uid", f"event-{event.pk}@{site.partition('//')[2].rstrip('/') or 'gongzhi'}")
        entry.add("sequence", event.revision)
        entry.add("dtstamp", now.astimezone(UTC))
        entry.add("dtstart", event.starts_at.astimezone(UTC))
        entry.add("dtend", event.ends_at.astimezone(UTC))
        entry.add("summary", event.title)
        entry.add("location", f"{event.place}{event.address}")
        why = f"取消了：{event.why}。" if status == "CANCELLED" and event.why else ""
        entry.add("description", f"{said}{why}{event.summary}".strip())
        entry.add("url", f"{site.rstrip('/')}/events/{event.pk}/")
        entry.add("status", status)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
