"""What the worker does for accounts once a day."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from gongzhi.shared.permissions import HOUSE

from . import services


@task()
def forget_expired() -> int:
    """Forget sessions, codes and counts that serve nobody any more (清理过期的)."""
    return services.forget_expired(by=HOUSE, now=timezone.now())
