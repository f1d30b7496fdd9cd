"""What the worker does for the book each minute."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from . import services


@task()
def seal_lines() -> int:
    """Seal what was written since the last minute (封存)."""
    return services.seal(now=timezone.now())
