"""Makers of complaints and suggestions, for tests and for the demonstration."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from gongzhi.accounts.models import Visitor
from gongzhi.places.models import Place
from gongzhi.places.testing import make_village
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import Actor

from . import services
from .models import Kind, Suggestion

# A Wednesday, ten in the morning: five working days later is the Wednesday after.
NOW = datetime(2026, 11, 25, 10, tzinfo=LOCAL)
CHAIRS = "3号院坝量血压的椅子太少，老人站着等。11月16日又是这样。"


def make_key(number: int) -> UUID:
    """Return a fixed key, as the page would make one."""
    return uuid5(NAMESPACE_URL, f"suggestion {number}")


def make_suggestion(
    text: str = CHAIRS,
    *,
    kind: str = Kind.EVENT,
    place: Place | None = None,
    by: Actor | None = None,
    now: datetime = NOW,
    **named: Any,
) -> Suggestion:
    """Return a suggestion that a visitor has just written."""
    return services.write_suggestion(
        by=by or Visitor(),
        key=make_key(Suggestion.objects.count() + 1),
        place=place or make_village(),
        kind=kind,
        text=text,
        now=now,
        **named,
    ).suggestion
