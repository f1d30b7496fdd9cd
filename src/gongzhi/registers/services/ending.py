"""Not importing after all, taking back, and forgetting the file when its days are over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.registers import engine, queries, rules
from gongzhi.registers.holding import forget, locked
from gongzhi.registers.models import Import
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.registers import registers

State = Import.State


class TooLateToWithdraw(Refused):
    code = "registers.too-late-to-withdraw"
    message = "写完已经超过{days}天，不能整批撤回了。请在名册里逐条更正。"


class CannotWithdraw(Refused):
    code = "registers.cannot-withdraw"
    message = "没有撤回{register}。{why}"


class ReasonNeeded(Unacceptable):
    code = "registers.reason-needed"
    message = "没有写为什么撤回。请用一句话写明，留痕里要看得到。"
    field = "reason"


@transaction.atomic
def drop_import(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Not import this file after all, and delete it at once (不导了).

    :raises NotWaiting: some of it is written already: withdraw it instead.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.RECEIVED, State.JUDGED)
    batch.state = State.DROPPED
    batch.save(update_fields=["state"])
    forget(batch, now)
    audit.record(by, "registers.import-dropped", batch, place=batch.place.path, now=now)
    return batch


@transaction.atomic
def withdraw_import(*, by: Actor, batch: Import, reason: str, now: datetime) -> Import:
    """
    Take back what the import wrote (撤回这次导入), but for what people have confirmed or used
    since.

    What stays is counted in `kept_rows` and can be corrected record by record.

    :raises ReasonNeeded, NotWaiting, TooLateToWithdraw, CannotWithdraw
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.DONE, State.PAUSED, State.FAILED)
    register = registers()[batch.register]
    if not reason.strip():
        raise ReasonNeeded
    if register.withdraw is None:
        raise CannotWithdraw(
            register=register.label, why=register.stays or "不能整批撤回，请在名册里逐条更正。"
        )
    days = queries.withdraw_days(now)
    if batch.finished_at and now >= batch.finished_at + timedelta(days=days):
        raise TooLateToWithdraw(days=days)
    taken = kept = 0
    for chunk in batch.chunks.exclude(written_at=None).order_by("-number"):
        back = register.withdraw(by, engine.unpacked(chunk.trace), reason.strip(), now)
        taken, kept = taken + back.taken, kept + back.kept
    batch.state, batch.withdrawn_at, batch.withdrawn_reason = (
        State.WITHDRAWN,
        now,
        reason.strip()[:200],
    )
    batch.withdrawn_rows, batch.kept_rows = taken, kept
    batch.save(
        update_fields=[
            "state",
            "withdrawn_at",
            "withdrawn_reason",
            "withdrawn_rows",
            "kept_rows",
        ]
    )
    audit.record(
        by,
        "registers.import-withdrawn",
        batch,
        place=batch.place.path,
        changes={"撤回": [None, taken], "留下": [None, kept]},
        reason=batch.withdrawn_reason,
        now=now,
    )
    return batch


@transaction.atomic
def forget_file(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Delete the file and everything read from it, and keep the counts (按期删除文件).

    :raises NotWaiting: it is being written.
    """
    rules.require_import(by, batch)
    batch = locked(batch, *(s for s in State if s != State.RUNNING))
    if batch.state in (State.RECEIVED, State.JUDGED):
        batch.state = State.DROPPED
        batch.save(update_fields=["state"])
    forget(batch, now)
    audit.record(by, "registers.file-forgotten", batch, place=batch.place.path, now=now)
    return batch
