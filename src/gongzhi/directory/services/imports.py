"""The bulk deeds: a chunk of a register written, or taken back, in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory import rules
from gongzhi.directory.incoming import incomes, organizations, ratings, teams, volunteers
from gongzhi.directory.incoming.context import Context
from gongzhi.directory.locks import hold_registers
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Withdrawn, Written

Rows = dict[str, Sequence[Any]]


@transaction.atomic
def import_organizations(*, by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of organizations, known by their code (导入组织).

    :raises PermissionDenied: *by* may not import organizations at the place of the import.
    """
    rules.IMPORT_ORGANIZATIONS.require_at(by, context.place.path)
    hold_registers()
    written = organizations.pour(rows, context, now)
    _record(by, "directory.organizations-imported", context, written, now)
    return written


@transaction.atomic
def withdraw_organizations(
    *, by: Actor, trace: Mapping[str, Any], reason: str, now: datetime
) -> Withdrawn:
    """
    Take back a chunk of organizations that an import wrote (撤回导入的组织).

    :raises PermissionDenied: *by* may not import organizations at the place of the import.
    """
    place = Place.objects.get(pk=trace["place"])
    rules.IMPORT_ORGANIZATIONS.require_at(by, place.path)
    hold_registers()
    taken = organizations.take_back(trace)
    audit.record(
        by,
        "directory.organizations-withdrawn",
        place=place.path,
        changes={"撤回": [None, taken.taken], "留下": [None, taken.kept]},
        reason=reason,
        now=now,
    )
    return taken


@transaction.atomic
def import_ratings(*, by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of published ratings, known by organization and day (导入评估等级).

    :raises PermissionDenied: *by* may not import organizations at the place of the import.
    """
    rules.IMPORT_ORGANIZATIONS.require_at(by, context.place.path)
    hold_registers()
    written = ratings.pour(rows, context, now)
    _record(by, "directory.ratings-imported", context, written, now)
    return written


@transaction.atomic
def import_incomes(*, by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of yearly incomes of collectives, known by village and year (导入集体经济收入).

    :raises PermissionDenied: *by* may not import organizations at the place of the import.
    """
    rules.IMPORT_ORGANIZATIONS.require_at(by, context.place.path)
    hold_registers()
    written = incomes.pour(rows, context, now)
    _record(by, "directory.incomes-imported", context, written, now)
    return written


@transaction.atomic
def import_teams(*, by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of teams with members, known by place, name and person (导入志愿队和队员).

    :raises PermissionDenied: *by* may not import people at the place of the import.
    """
    rules.IMPORT_PEOPLE.require_at(by, context.place.path)
    hold_registers()
    written = teams.pour(rows, context, now)
    _record(by, "directory.teams-imported", context, written, now)
    return written


@transaction.atomic
def withdraw_teams(*, by: Actor, trace: Mapping[str, Any], reason: str, now: datetime) -> Withdrawn:
    """
    Take back a chunk of teams and members that an import wrote (撤回导入的志愿队).

    :raises PermissionDenied: *by* may not import people at the place of the import.
    """
    place = Place.objects.get(pk=trace["place"])
    rules.IMPORT_PEOPLE.require_at(by, place.path)
    hold_registers()
    taken = teams.take_back(trace, reason, today(now), now)
    audit.record(
        by,
        "directory.teams-withdrawn",
        place=place.path,
        changes={"撤回": [None, taken.taken], "留下": [None, taken.kept]},
        reason=reason,
        now=now,
    )
    return taken


@transaction.atomic
def import_volunteers(*, by: Actor, rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of volunteers, known by their key: again the same chunk adds nothing (导入志愿者).

    :raises PermissionDenied: *by* may not import people at the place of the import.
    """
    rules.IMPORT_PEOPLE.require_at(by, context.place.path)
    hold_registers()
    written = volunteers.pour(rows, context, now)
    _record(by, "directory.volunteers-imported", context, written, now)
    return written


@transaction.atomic
def withdraw_volunteers(
    *, by: Actor, trace: Mapping[str, Any], reason: str, now: datetime
) -> Withdrawn:
    """
    Take back a chunk of volunteers that an import wrote (撤回导入的志愿者).

    :raises PermissionDenied: *by* may not import people at the place of the import.
    """
    place = Place.objects.get(pk=trace["place"])
    rules.IMPORT_PEOPLE.require_at(by, place.path)
    hold_registers()
    taken = volunteers.take_back(trace, reason, today(now), now)
    audit.record(
        by,
        "directory.volunteers-withdrawn",
        place=place.path,
        changes={"撤回": [None, taken.taken], "留下": [None, taken.kept]},
        reason=reason,
        now=now,
    )
    return taken


def _record(by: Actor, action: str, context: Context, written: Written, now: datetime) -> None:
    audit.record(
        by,
        action,
        place=context.place.path,
        changes={
            "新增": [None, written.new],
            "更新": [None, written.changed],
            "没变": [None, written.same],
            "批次": [None, context.batch],
        },
        now=now,
    )
