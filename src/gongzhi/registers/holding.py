"""An import held for a deed, its file opened, its file forgotten: what several deeds begin or end with."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from gongzhi.shared.refusals import Refused
from gongzhi.shared.registers import Register
from gongzhi.shared.spreadsheets import Table

from . import engine, store
from .models import Import


class NotWaiting(Refused):
    code = "registers.not-waiting"
    message = "这份文件现在是“{state}”，不能这样做。请刷新页面看看它走到哪一步了。"


class Forgotten(Refused):
    code = "registers.forgotten"
    message = "这份文件已经按期删除，只留下了几个数。请把文件再传一次。"


def locked(batch: Import, *states: str) -> Import:
    """
    Return the import as it is now, held until the transaction ends (锁住).

    :raises NotWaiting: it is in none of *states*.
    """
    held = Import.objects.select_for_update(of=("self",)).select_related("place").get(pk=batch.pk)
    if held.state not in states:
        raise NotWaiting(state=held.get_state_display())
    return held


def opened(batch: Import, register: Register) -> Table:
    """
    Open the file of an import once more (再打开).

    :raises Forgotten: it was deleted when its days were over.
    """
    if batch.forgotten_at:
        raise Forgotten
    return engine.opened(store.fetch(batch.sha256), batch.file_name, register, batch.sheet)


def forget(batch: Import, now: datetime) -> None:
    """Delete what was read from the file, and the file itself unless another import needs it (删文件)."""
    batch.chunks.all().delete()
    batch.faults.exclude(typed="").update(typed="")
    batch.changes.all().delete()
    batch.forgotten_at = now
    batch.save(update_fields=["forgotten_at"])
    if not Import.objects.filter(sha256=batch.sha256, forgotten_at=None).exists():
        transaction.on_commit(partial(store.drop, batch.sha256))
