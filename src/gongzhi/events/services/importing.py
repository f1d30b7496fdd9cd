"""An attendance sheet, typed from paper into a file: brought in as facts, and taken back as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory import services as people
from gongzhi.events import rules, sheets
from gongzhi.events.books import ATTENDANCES
from gongzhi.events.models import Attendance, Event
from gongzhi.figures import services as figures
from gongzhi.shared.permissions import HOUSE, Actor
from gongzhi.shared.registers import Withdrawn, Written

from .arriving import Fact, check_in_many


@transaction.atomic
def import_attendances(
    *, by: Actor, rows: dict[str, Sequence[Any]], context: sheets.Context, now: datetime
) -> Written:
    """
    Write a chunk of an attendance sheet as facts (导入签到表); doing it again changes nothing.

    Whoever gave a phone and is not in the directory is entered with it.

    :raises PermissionDenied: *by* may not import at that place.
    """
    rules.IMPORT.require_at(by, context.place.path)
    verdict = sheets.judge(rows, sheets.Context(place=context.place, on=context.on))
    written = Written(same=len(verdict.same), trace={"attendances": []})
    facts: dict[int, list[Fact]] = {}
    events = Event.objects.select_related("place").in_bulk(set(rows["event_id"]))
    for i in sorted(verdict.new):
        event = events[rows["event_id"][i]]
        person = rows["person_id"][i]
        if not person:
            # The house enters them: whoever types a sheet keeps no register.
            person = people.register_person(
                by=HOUSE, name=rows["name"][i], phone=rows["phone"][i], place=event.place, now=now
            ).pk
        facts.setdefault(event.pk, []).append(
            Fact(
                person=person,
                arrived_at=sheets.arrived_at(event, rows["arrived"][i]),
                roles={rows["part"][i]},
            )
        )
    for pk, said in sorted(facts.items()):
        before = set(Attendance.objects.filter(event=pk).values_list("pk", flat=True))
        union = check_in_many(
            by=by, event=events[pk], facts=said, channel=Attendance.Channel.IMPORTED, now=now
        )
        made = Attendance.objects.filter(event=pk).exclude(pk__in=before)
        written.trace["attendances"] += list(made.order_by("pk").values_list("pk", flat=True))
        written.new += union.new
        written.same += union.known
    audit.record(
        by,
        "events.sheet-imported",
        changes={"到场": [None, written.new]},
        place=context.place.path,
        now=now,
    )
    return written


@transaction.atomic
def withdraw_attendances(
    *, by: Actor, trace: Mapping[str, Any], reason: str, now: datetime
) -> Withdrawn:
    """
    Take back what one chunk of a sheet brought in (撤回导入); who was noted at the door as well stays.

    :raises PermissionDenied: *by* may not import at one of the places.
    """
    ids = list(trace.get("attendances", ()))
    brought = Attendance.objects.filter(pk__in=ids)
    for path in set(brought.values_list("event__place__path", flat=True)):
        rules.IMPORT.require_at(by, path)
    holders = sorted(set(brought.values_list("event_id", flat=True)))
    for pk in holders:
        Event.objects.lock(pk)
    taken = (
        brought.standing()
        .filter(channel=Attendance.Channel.IMPORTED, feedback__isnull=True)
        .values_list("pk", flat=True)
    )
    gone = Attendance.objects.filter(pk__in=list(taken)).update(
        voided_at=now, void_reason=f"导入撤回：{reason}"[:120]
    )
    figures.mark(ATTENDANCES, holders=holders)
    for event in Event.objects.filter(pk__in=holders):
        held = (
            event.attendances.standing().exists()
            or event.headcounts.filter(voided_at__isnull=True).exists()
        )
        if held != event.is_held:
            Event.objects.filter(pk=event.pk).update(is_held=held)
    audit.record(by, "events.sheet-withdrawn", changes={"到场": [gone, 0]}, reason=reason, now=now)
    return Withdrawn(taken=gone, kept=len(ids) - gone)
