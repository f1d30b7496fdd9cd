"""Hours from other systems: a chunk of a register written, or taken back, in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Withdrawn, Written
from gongzhi.volunteering import rules
from gongzhi.volunteering.models import Service
from gongzhi.volunteering.reckoning import hold, reckon, touch

Rows = dict[str, Sequence[Any]]


@transaction.atomic
def import_hours(
    *, by: Actor, rows: Rows, place: Place, batch: int | None, now: datetime
) -> Written:
    """
    Write a chunk of hours that another system recorded (导入别的系统的时长), known by that system and its number.

    :raises PermissionDenied: *by* imports no hours at *place*.
    """
    rules.IMPORT.require_at(by, place.path)
    hold(rows["person_id"])
    known = {s.key: s for s in Service.objects.filter(key__in=rows["key"])}
    fresh, changed, written = [], [], Written()
    for i, key in enumerate(rows["key"]):
        day = date.fromisoformat(rows["day"][i])
        one = known.get(key)
        if one is None:
            fresh.append(
                Service(
                    key=key,
                    person_id=rows["person_id"][i],
                    place_id=rows["place_id"][i],
                    day=day,
                    title=rows["title"][i],
                    claimed=rows["minutes"][i],
                    source=Service.Source.IMPORTED,
                    recorded_by_id=by.pk,
                    recorded_as=rules.role_of(by),
                    recorded_at=now,
                    batch=batch,
                )
            )
        elif one.claimed != rows["minutes"][i]:
            written.trace.setdefault("before", {})[str(one.pk)] = one.claimed
            one.claimed = rows["minutes"][i]
            changed.append(one)
        else:
            written.same += 1
    made = Service.objects.bulk_create(fresh, batch_size=500)
    Service.objects.bulk_update(changed, ["claimed"], batch_size=500)
    touch((*made, *changed))
    days = {s.day for s in (*made, *changed)}
    reckon(by, set(rows["person_id"]), days, now)
    written.new, written.changed = len(made), len(changed)
    written.trace |= {"place": place.pk, "services": [s.pk for s in made]}
    audit.record(
        by,
        "volunteering.hours-imported",
        place=place.path,
        changes={"新记": [None, written.new], "改": [None, written.changed]},
        now=now,
    )
    return written


@transaction.atomic
def withdraw_hours(*, by: Actor, trace: Mapping[str, Any], reason: str, now: datetime) -> Withdrawn:
    """
    Take back a chunk of hours that an import wrote (撤回导入的时长): the records stay and count nothing.

    :raises PermissionDenied: *by* imports no hours at the place of the import.
    """
    place = Place.objects.get(pk=trace["place"])
    rules.IMPORT.require_at(by, place.path)
    before = {int(pk): minutes for pk, minutes in trace.get("before", {}).items()}
    wanted = {pk: 0 for pk in trace["services"]} | before
    people = Service.objects.filter(pk__in=wanted).values_list("person_id", flat=True)
    held = hold(people)
    found = list(Service.objects.select_for_update(of=("self",)).filter(pk__in=wanted))
    for one in found:
        one.claimed = wanted[one.pk]
    Service.objects.bulk_update(found, ["claimed"], batch_size=500)
    touch(found)
    reckon(by, set(held), {s.day for s in found}, now)
    audit.record(
        by,
        "volunteering.hours-withdrawn",
        place=place.path,
        changes={"撤回": [None, len(found)]},
        reason=reason,
        now=now,
    )
    return Withdrawn(taken=len(found))
