"""The job of writing an import, and picking up what stopped."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django_tasks import task

from gongzhi.shared.permissions import HOUSE, Actor

from . import queries, services
from .models import Import


@task()
def write_import(pk: int) -> None:
    """Write an import to its end, as the person who confirmed it (写进名册)."""
    batch = Import.objects.select_related("place", "confirmed_by").get(pk=pk)
    services.run_import(by=actor_of(batch), batch=batch, now=timezone.now())


def actor_of(batch: Import) -> Actor:
    """Return who the import is written for: whoever confirmed it, or the house itself."""
    return batch.confirmed_by or HOUSE


def start(*, by: Actor, batch: Import, now: datetime) -> None:
    """Confirm the import and queue its job (确认导入)."""
    services.confirm_import(by=by, batch=batch, now=now)
    write_import.enqueue(batch.pk)


def go_on(*, by: Actor, batch: Import, now: datetime) -> None:
    """
    Go on with a resting import (接着写): queued, or here and now when no worker has moved for a
    minute.
    """
    if queries.stopped(now).filter(pk=batch.pk).exists():
        services.run_import(by=by, batch=batch, now=now)
        return
    services.resume_import(by=by, batch=batch, now=now)
    write_import.enqueue(batch.pk)


def pick_up(now: datetime) -> tuple[int, int]:
    """
    Queue every import that stopped and forget every file whose days are over; return how many of
    each (收尾).
    """
    stopped = list(queries.stopped(now))
    for batch in stopped:
        write_import.enqueue(batch.pk)
    expired = list(queries.expired(now))
    for batch in expired:
        services.forget_file(by=HOUSE, batch=batch, now=now)
    return len(stopped), len(expired)
