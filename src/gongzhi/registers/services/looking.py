"""Taking a file in and looking it over. Nothing of it reaches the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.places.models import Place
from gongzhi.registers import engine, rules, store
from gongzhi.registers.holding import locked, opened
from gongzhi.registers.models import Import, ImportChange, ImportChunk, ImportFault
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.registers import Register, registers
from gongzhi.shared.spreadsheets import Table

State = Import.State


class MissingColumns(Unacceptable):
    code = "registers.missing-columns"
    message = "少了必填的列：{columns}。请在下面指明哪一列是，或者在表里补上这一列再传。"
    field = "columns"


class ColumnTwice(Unacceptable):
    code = "registers.column-twice"
    message = "有两列都认作“{column}”，不知道用哪一列。请只留一列，另一列选“不导入”。"
    field = "columns"


class NothingSuggested(Refused):
    code = "registers.nothing-suggested"
    message = "这一处没有可以照着改的名称。请在表里改好再传。"


@transaction.atomic
def receive_file(
    *,
    by: Actor,
    register: Register,
    place: Place,
    name: str,
    data: bytes,
    table: Table | None = None,
    now: datetime,
) -> Import:
    """
    Take in a file, seal it, tell what its columns are, and look it over if all that must be
    there are (收下文件).

    *table* is the file as the caller has opened it, which spares opening it twice.

    :raises PermissionDenied: *by* may not bring this register in for *place*.
    :raises SheetRefused: the file cannot be read.
    """
    rules.require_receive(by, register, place)
    if table is None:
        table = engine.opened(data, name, register)
    columns = engine.recognize(register, table.titles)
    engine.add_examples(register, columns, table)
    batch = Import.objects.create(
        register=register.key,
        place=place,
        file_name=name[-120:],
        size=len(data),
        sha256=store.keep(data),
        sheet=table.name[:60],
        other_sheets=list(table.other_sheets),
        header_row=table.header_row,
        columns=[vars(c) for c in columns],
        uploaded_by_id=by.pk,
        uploaded_at=now,
    )
    if not engine.missing(register, [c.key for c in columns]):
        _look_over(by, batch, table, now)
    audit.record(
        by,
        "registers.file-received",
        batch,
        place=place.path,
        changes={
            "登记表": ["", register.label],
            "文件摘要": ["", batch.sha256],
            **_counted(batch),
        },
        now=now,
    )
    return batch


@transaction.atomic
def map_columns(*, by: Actor, batch: Import, keys: Mapping[int, str], now: datetime) -> Import:
    """
    Say which column of the file is which (改认列), and look the file over again if none is missing.

    :raises NotWaiting: it is being written already.
    :raises ColumnTwice: two columns are said to be the same one.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.RECEIVED, State.JUDGED)
    register = registers()[batch.register]
    labels = {c.key: c.label for c in register.columns}
    chosen = [k for k in keys.values() if k]
    for key in chosen:
        if chosen.count(key) > 1:
            raise ColumnTwice(column=labels.get(key, key))
    before = [c["key"] for c in batch.columns]
    for index, column in enumerate(batch.columns):
        key = keys.get(index, column["key"])
        if key != column["key"] and (not key or key in labels):
            column["key"] = key
            column["how"] = engine.Recognized.CHOSEN if key else engine.Recognized.LEFT
    after = [c["key"] for c in batch.columns]
    batch.state = State.RECEIVED
    batch.save(update_fields=["state", "columns"])
    if not engine.missing(register, after):
        _look_over(by, batch, opened(batch, register), now)
    audit.record(
        by,
        "registers.columns-mapped",
        batch,
        place=batch.place.path,
        changes={"各列认作": [before, after], **_counted(batch)},
        now=now,
    )
    return batch


@transaction.atomic
def accept_suggestion(*, by: Actor, fault: ImportFault, now: datetime) -> Import:
    """
    Read what was typed in a whole column as the near name that was suggested (都改成), and look
    the file over again.

    The file itself stays as it came.

    :raises NotWaiting: it is being written already.
    :raises NothingSuggested: no near name was found for it.
    """
    rules.require_import(by, fault.batch)
    batch = locked(fault.batch, State.JUDGED)
    column = next((i for i, c in enumerate(batch.columns) if c["label"] == fault.column), None)
    if column is None or not fault.suggested:
        raise NothingSuggested
    batch.replacements = [*batch.replacements, [column, fault.typed, fault.suggested]]
    batch.save(update_fields=["replacements"])
    _look_over(by, batch, opened(batch, registers()[batch.register]), now)
    audit.record(
        by,
        "registers.suggestion-accepted",
        batch,
        place=batch.place.path,
        changes={fault.column: [fault.typed, fault.suggested], **_counted(batch)},
        now=now,
    )
    return batch


@transaction.atomic
def judge_import(*, by: Actor, batch: Import, now: datetime) -> Import:
    """
    Look the whole file over again (再看一遍): what would be new, changed and the same, and what
    is wrong where.

    Writes nothing but its own findings.

    :raises MissingColumns: a column that must be there is not recognized.
    :raises NotWaiting: the file is being written already, or was.
    """
    rules.require_import(by, batch)
    batch = locked(batch, State.RECEIVED, State.JUDGED)
    register = registers()[batch.register]
    if gone := engine.missing(register, [c["key"] for c in batch.columns]):
        raise MissingColumns(columns="、".join(gone))
    _look_over(by, batch, opened(batch, register), now)
    audit.record(
        by,
        "registers.file-judged",
        batch,
        place=batch.place.path,
        changes=_counted(batch),
        now=now,
    )
    return batch


def _look_over(by: Actor, batch: Import, table: Table, now: datetime) -> None:
    register = registers()[batch.register]
    columns = [engine.Recognized(**c) for c in batch.columns]
    batch.chunks.all().delete()
    batch.faults.all().delete()
    batch.changes.all().delete()
    context = register.prepare(by, batch.place, now, {"batch": batch.pk})
    total, number = engine.Judged(), 0
    for chunk in table.chunks(engine.CHUNK):
        engine.replace(chunk, batch.replacements)
        judged = engine.judge(register, context, columns, chunk)
        total.count(judged)
        ImportFault.objects.bulk_create(
            [ImportFault(batch=batch, **vars(found)) for found in judged.faults]
        )
        ImportChange.objects.bulk_create(
            [ImportChange(batch=batch, **vars(changed)) for changed in judged.changes],
            batch_size=500,
        )
        if judged.to_write:
            ImportChunk.objects.create(
                batch=batch,
                number=number,
                rows=judged.to_write,
                ready=engine.packed(judged.ready),
            )
            number += 1
    batch.rows, batch.faulty_rows = total.rows, total.faulty
    batch.new_rows, batch.changed_rows, batch.same_rows = total.new, total.changed, total.same
    batch.state = State.JUDGED
    batch.save(
        update_fields=[
            "state",
            "rows",
            "new_rows",
            "changed_rows",
            "same_rows",
            "faulty_rows",
        ]
    )


def _counted(batch: Import) -> dict[str, list[int | None]]:
    return {
        "将新增": [None, batch.new_rows],
        "将更新": [None, batch.changed_rows],
        "没变": [None, batch.same_rows],
        "要改": [None, batch.faulty_rows],
    }


@transaction.atomic
def download_faulty_rows(*, by: Actor, batch: Import, now: datetime) -> bytes:
    """
    Return the rows that must be mended, as they came, with what is wrong beside them
    (下载要改的行).

    They hold personal numbers as typed, so whoever takes them leaves a line.

    :raises Forgotten: the file was deleted when its days were over.
    """
    rules.require_import(by, batch)
    register = registers()[batch.register]
    table = opened(batch, register)
    faults = batch.faults.order_by("pk").values_list("row", "column", "wrong", "mend")
    workbook = engine.faulty_workbook(table, faults, sheet=f"要改的{register.label}"[:31])
    audit.record(
        by,
        "registers.faulty-rows-downloaded",
        batch,
        place=batch.place.path,
        changes={"行数": [None, batch.faulty_rows]},
        now=now,
    )
    return workbook
