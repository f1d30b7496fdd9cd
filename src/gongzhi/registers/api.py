"""Bringing files in from another program: the same deeds and the same sentences as on the pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from ninja.security import django_auth

from gongzhi.places.models import Place
from gongzhi.places.queries import find_place
from gongzhi.shared.registers import Register
from gongzhi.shared.spreadsheets.guards import check_size
from gongzhi.ui.doors import Request

from . import engine, queries, services, tasks
from .models import Import

router = Router(auth=django_auth)


class FaultOut(Schema):
    """One thing wrong in one row (错处)."""

    row: int
    column: str
    typed: str
    kind: str
    wrong: str
    mend: str
    suggested: str


class ChangeOut(Schema):
    """What one row would change (前后对照): [column, before, after]."""

    row: int
    named: str
    pairs: list[list[str]]


class ImportOut(Schema):
    """A file where it stands (导入), with one page of what must be mended and of what would change."""

    id: int
    number: str
    table: str
    place: str
    state: str
    rows: int
    new: int
    changed: int
    same: int
    faulty: int
    added: int
    updated: int
    found: int
    missing: list[str]
    faults: list[FaultOut]
    next_fault: int
    changes: list[ChangeOut]
    next_change: int


class Sorry(Schema):
    """Why not, in the words of the pages (谢绝)."""

    code: str
    detail: str


REFUSED = {409: Sorry, 422: Sorry}


@router.post("/{key}", response={201: ImportOut, **REFUSED}, summary="传一份登记表，先看一遍")
def receive(
    request: Request, key: str, place: Form[str], file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Take in a file for a place, by name or code, and look it over; nothing is written yet (收下文件)."""
    register = _register(request, key)
    levels = (Place.Level.COUNTY, Place.Level.TOWN)
    over = find_place(place, levels=levels)
    check_size(file.size or 0, settings.GONGZHI_UPLOAD_LIMIT)
    batch = services.receive_file(
        by=request.user,
        register=register,
        place=over,
        name=file.name or "",
        data=file.read(),
        now=timezone.now(),
    )
    return Status(201, _said(batch, register))


@router.get("/imports/{pk}", response=ImportOut, summary="一份登记表到哪一步了")
def progress(request: Request, pk: int, fault: int = 0, change: int = 0) -> dict[str, Any]:
    """Show an import where it stands; `fault` and `change` page on from an earlier answer (导入)."""
    batch, register = _import(request, pk)
    return _said(batch, register, fault, change)


@router.post("/imports/{pk}/confirm", response={202: ImportOut, **REFUSED}, summary="确认导入")
def confirm(request: Request, pk: int) -> Status[dict[str, Any]]:
    """Let the good rows be written; the job goes on by itself (确认导入)."""
    batch, register = _import(request, pk)
    tasks.start(by=request.user, batch=batch, now=timezone.now())
    batch.refresh_from_db()
    return Status(202, _said(batch, register))


def _said(batch: Import, register: Register, fault: int = 0, change: int = 0) -> dict[str, Any]:
    faults = queries.fault_page(batch, after=fault)
    changes = queries.change_page(batch, after=change)
    return {
        "id": batch.pk,
        "number": batch.number,
        "table": register.key,
        "place": batch.place.name,
        "state": batch.state,
        "rows": batch.rows,
        "new": batch.new_rows,
        "changed": batch.changed_rows,
        "same": batch.same_rows,
        "faulty": batch.faulty_rows,
        "added": batch.added,
        "updated": batch.updated,
        "found": batch.found,
        "missing": engine.missing(register, [c["key"] for c in batch.columns]),
        "faults": faults.rows,
        "next_fault": faults.after,
        "changes": changes.rows,
        "next_change": changes.after,
    }


def _register(request: Request, key: str) -> Register:
    allowed = queries.registers_for(request.user)
    if not allowed:
        raise PermissionDenied
    for register in allowed:
        if register.key == key:
            return register
    raise Http404


def _import(request: Request, pk: int) -> tuple[Import, Register]:
    batch = get_object_or_404(queries.visible_to(request.user), pk=pk)
    return batch, _register(request, batch.register)
