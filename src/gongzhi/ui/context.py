"""What every template may know about the page itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from .look import Look


def look(request: HttpRequest) -> dict[str, Any]:
    """Return the person's look (外观) and today's date in Asia/Shanghai."""
    return {
        "look": getattr(request, "look", None) or Look.of(request),
        "today": timezone.localdate(),
    }
