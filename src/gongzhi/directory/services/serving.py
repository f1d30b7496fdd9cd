"""When volunteers last served, as the service records of the room above say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from gongzhi.audit import services as audit
from gongzhi.directory import queries, rules
from gongzhi.directory.models import Volunteer
from gongzhi.shared.permissions import Actor

Moved = tuple[date | None, date | None]


@transaction.atomic
def note_service(*, by: Actor, moved: Mapping[int, Moved], now: datetime) -> int:
    """
    Note when people last served (最近一次服务): `moved` says for whom the last day moved, from and to; return how many.

    The house does it for the deed that counts hours. A later day that a register brought in stays.

    :raises PermissionDenied: *by* is not the house.
    """
    rules.KEEP_PEOPLE.require_at(by, "/")
    live = Volunteer.objects.filter(
        Q(person__in=moved) | Q(person__merged_into__in=moved), ended_on__isnull=True
    ).select_related("person")
    changed = []
    for volunteer in live.select_for_update(of=("self",)).order_by("pk"):
        before, after = moved[volunteer.person.standing_id]
        kept = volunteer.last_served_on
        if kept == after or (kept is not None and kept != before and (not after or after < kept)):
            continue
        volunteer.last_served_on = after
        volunteer.active_until = queries.active_until(after) if after else None
        changed.append(volunteer)
    Volunteer.objects.bulk_update(changed, ["last_served_on", "active_until"], batch_size=500)
    if changed:
        audit.record(by, "directory.service-noted", changes={"人": [None, len(changed)]}, now=now)
    return len(changed)
