"""Writing the good rows: one resumable job, chunk by chunk."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.utils import timezone

from gongzhi.audit import services as audit
from gongzhi.registers import engine, rules
from gongzhi.registers.holding import locked
from gongzhi.registers.models import Import, ImportChunk
from gongzhi.shared.permissions import HOUSE, Actor
from gongzhi.shared.refusals import Refused
from gongzhi.shared.registers import registers

State = Import.State


class NothingToWrite(Refused):
    code = "registers.nothing-to-write"
    message = "这份文件里没有要写的行：名册里都已经有了，或者都要改。请改好要改的行再传。"


@transaction.atomic
def confirm_import(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Let the good rows be written (确认导入); the job itself is `run_import`.

    :raises NothingToWrite: there is no new or changed row.
    :raises NotWaiting: somebody confirmed or dropped it meanwhile.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.JUDGED)
    if not batch.to_write:
        raise NothingToWrite
    batch.state = State.RUNNING
    batch.confirmed_by_id, batch.confirmed_at, batch.heartbeat_at = by.pk, now, now
    batch.save(update_fields=["state", "confirmed_by", "confirmed_at", "heartbeat_at"])
    audit.record(
        by,
        "registers.import-confirmed",
        batch,
        place=batch.place.path,
        changes={"要写": [0, batch.to_write]},
        now=now,
    )
    return batch


@transaction.atomic
def run_import(*, by: Actor, batch: Import, now: datetime) -> None:
    """
    Take the import up and write what is left of it, chunk by chunk (写进名册；接着写).

    Once this is committed the writing begins, in the same process; each chunk is a deed of its own.
    Whoever takes it up last writes: an earlier worker stops at its next chunk.

    :raises NotWaiting: it is not confirmed, or already written.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.RUNNING)
    if batch.worker:
        batch.resumed_at, batch.resumed_from = now, batch.written
    batch.worker, batch.heartbeat_at = uuid4().hex, now
    batch.save(update_fields=["worker", "heartbeat_at", "resumed_at", "resumed_from"])
    audit.record(
        by,
        "registers.import-taken-up",
        batch,
        place=batch.place.path,
        changes={"已写": [None, batch.written]},
        now=now,
    )
    transaction.on_commit(partial(_write_all, by, batch))


def _write_all(by: Actor, batch: Import) -> None:
    register = registers()[batch.register]
    context = register.prepare(by, batch.place, timezone.now(), {"batch": batch.pk})
    try:
        while write_chunk(by=by, batch=batch, context=context, now=timezone.now()):
            pass
    except OperationalError:
        raise  # the database is away: the import stays running, and is taken up when it is back
    except Exception as error:
        stop_import(by=HOUSE, batch=batch, why=_why(error), now=timezone.now())
        if not isinstance(error, Refused | PermissionDenied):
            raise


def _why(error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, PermissionDenied):
        return "确认的人现在没有导入的权限了，请有权限的人接着写。"
    return "写这一批时程序出了错，已经记下。"


@transaction.atomic
def write_chunk(*, by: Actor, batch: Import, context: object, now: datetime) -> bool:
    """
    Write the next chunk of the import: its rows, the cursor and the audit line together or not
    at all (写一批). After the last one, do the next step of what the register finishes with (收尾).

    Return whether there may be more: not when it is finished, paused, or taken up by another
    worker.
    """
    rules.require_import(by, batch)
    held = Import.objects.select_for_update(of=("self",)).select_related("place").get(pk=batch.pk)
    if held.state != State.RUNNING or held.worker != batch.worker:
        return False
    chunk = held.chunks.filter(number=held.cursor).first()
    if chunk is not None:
        action = "registers.chunk-written"
        _write(by, held, chunk, context, now)
    elif _finish(by, held, now):
        action = "registers.import-finishing"
    else:
        action = "registers.import-finished"
        held.state, held.finished_at = State.DONE, now
    held.heartbeat_at = now
    held.save(
        update_fields=[
            "state",
            "finished_at",
            "cursor",
            "added",
            "updated",
            "unchanged",
            "tail",
            "found",
            "heartbeat_at",
        ]
    )
    audit.record(
        by,
        action,
        held,
        place=held.place.path,
        changes={"新增": [None, held.added], "更新": [None, held.updated]},
        now=now,
    )
    return held.state == State.RUNNING


def _write(by: Actor, held: Import, chunk: ImportChunk, context: object, now: datetime) -> None:
    written = registers()[held.register].write(by, engine.unpacked(chunk.ready), context, now)
    chunk.ready, chunk.trace, chunk.written_at = "", engine.packed(written.trace), now
    chunk.save(update_fields=["ready", "trace", "written_at"])
    held.cursor += 1
    held.added += written.new
    held.updated += written.changed
    held.unchanged += written.same


def _finish(by: Actor, held: Import, now: datetime) -> bool:
    """Do the next step after the last row; tell whether there was one to do."""
    finish = registers()[held.register].finish
    if finish is None:
        return False
    step = finish(by, held.pk, held.place, held.tail, now)
    held.found += step.found
    if step.after is None:
        return False
    held.tail = step.after
    return True


@transaction.atomic
def stop_import(*, by: Actor, batch: Import, why: str, now: datetime) -> Import:
    """Mark an import that cannot go on, keeping what is written (写到一半停了)."""
    rules.require_import(by, batch)
    batch = locked(batch, State.RUNNING)
    batch.state, batch.failure = State.FAILED, why[:300]
    batch.save(update_fields=["state", "failure"])
    audit.record(
        by,
        "registers.import-stopped",
        batch,
        place=batch.place.path,
        changes={"已写": [None, batch.written]},
        reason=batch.failure,
        now=now,
    )
    return batch


@transaction.atomic
def pause_import(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Let the writing rest after the chunk it is at (先停一停); `run_import` goes on from there.

    :raises NotWaiting: it is not being written.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.RUNNING)
    batch.state = State.PAUSED
    batch.save(update_fields=["state"])
    audit.record(
        by,
        "registers.import-paused",
        batch,
        place=batch.place.path,
        changes={"已写": [None, batch.written]},
        now=now,
    )
    return batch


@transaction.atomic
def resume_import(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Let a resting or stopped import go on, in the name of *by* (接着写); the job itself is `run_import`.

    :raises NotWaiting: it is not resting.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.PAUSED, State.FAILED)
    batch.state, batch.failure, batch.heartbeat_at = State.RUNNING, "", now
    batch.confirmed_by_id = by.pk
    batch.save(update_fields=["state", "failure", "heartbeat_at", "confirmed_by"])
    audit.record(
        by,
        "registers.import-resumed",
        batch,
        place=batch.place.path,
        changes={"已写": [None, batch.written]},
        now=now,
    )
    return batch
