"""What the worker does for the books."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from gongzhi.shared.permissions import HOUSE

from . import services


@task()
def seal_books() -> int:
    """Seal what was booked since the last time, so that a new voucher has its number at once (封存)."""
    return services.seal(by=HOUSE, now=timezone.now())
