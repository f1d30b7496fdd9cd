"""Deeds of this room: taking records away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Unacceptable

from . import records, rules, sheets
from .records import Asked
from .sheets import Numbers


class ReasonMissing(Unacceptable):
    code = "indicators.export-reason-missing"
    message = "完整号码要写明理由才能导出，本人查得到。请写报给谁、依据哪份文件，至少6个字。"
    field = "reason"


class NothingToExport(Unacceptable):
    code = "indicators.nothing-to-export"
    message = "按这些条件一条记录也没有，不用导出。请放宽筛选条件再试。"


@dataclass(frozen=True, kw_only=True)
class Export:
    """Records on their way out (导出): heads, and rows that are read only while they are written."""

    heads: Sequence[str]
    rows: Iterable[Sequence[str | float]]
    count: int


@transaction.atomic
def export_records(
    *, by: Actor, asked: Asked, numbers: Numbers, reason: str, now: datetime
) -> Export:
    """
    Hand out the records that were asked for, numbers masked, left out or in full (导出记录).

    :raises PermissionDenied: *by* may not export here, or not in full.
    :raises ReasonMissing: full numbers without a reason.
    :raises NothingToExport: no record fits.
    """
    rules.EXPORT.require_at(by, asked.place.path)
    if numbers == Numbers.FULL:
        rules.EXPORT_FULL.require_at(by, asked.place.path)
    reason = " ".join(reason.split())[:300]
    if numbers == Numbers.FULL and len(reason) < 6:
        raise ReasonMissing
    rows = records.narrowed(records.behind(asked, by), asked)
    count = rows.order_by().count()
    if not count:
        raise NothingToExport
    columns = sheets.columns_for(asked.listing, numbers)
    audit.record(
        by,
        "indicators.full-records-exported"
        if numbers == Numbers.FULL
        else "indicators.records-exported",
        asked.place,
        changes={
            "清单": ["", asked.listing.label],
            "条数": ["", count],
            "号码": ["", numbers.label],
            "筛选": ["", "、".join(records.said(asked)) or "没有筛选"],
        },
        reason=reason,
        place=asked.place.path,
        now=now,
    )
    ordered = records.in_order(rows, asked.listing)
    return Export(
        heads=[column.label for column in columns],
        rows=sheets.cells(asked.listing, columns, ordered.iterator(sheets.CHUNK), numbers),
        count=count,
    )
