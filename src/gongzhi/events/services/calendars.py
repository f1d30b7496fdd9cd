"""Private addresses under which a calendar reads what somebody registered for (日历订阅)."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Person
from gongzhi.events import rules
from gongzhi.events.models import Calendar
from gongzhi.shared.permissions import Actor


@transaction.atomic
def open_calendar(*, by: Actor, person: Person, now: datetime) -> Calendar:
    """
    Give a person a private calendar address (订到日历); the one before it ends.

    :raises PermissionDenied: *by* is somebody else.
    """
    rules.require_oneself(by, person.pk)
    Person.objects.hold(person.pk)
    Calendar.objects.filter(person=person, ended_at__isnull=True).update(ended_at=now)
    calendar = Calendar.objects.create(person=person, token=secrets.token_urlsafe(32), made_at=now)
    audit.record(by, "events.calendar-opened", subject=person.pk, now=now)
    return calendar


@transaction.atomic
def close_calendar(*, by: Actor, person: Person, now: datetime) -> int:
    """
    End a person's calendar address (不再订): it opens nothing from now on.

    :raises PermissionDenied: *by* is somebody else.
    """
    rules.require_oneself(by, person.pk)
    ended = Calendar.objects.filter(person=person, ended_at__isnull=True).update(ended_at=now)
    audit.record(by, "events.calendar-closed", subject=person.pk, now=now)
    return ended
