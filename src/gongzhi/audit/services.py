"""Writing lines into the book of deeds, and sealing them into a chain."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from structlog.contextvars import get_contextvars

from gongzhi.shared.permissions import Actor, Role
from gongzhi.shared.refusals import Unacceptable

from . import queries, rules
from .models import Line, Seal, SealHead

# Nothing that writes a line lasts longer: after it, a line with a lower number can only have been put in by hand.
SETTLED_AFTER = timedelta(hours=24)
BATCH = 2000


class ReasonMissing(Unacceptable):
    code = "audit.reason-missing"
    message = "导出留痕要写明用途，至少6个字，比如“配合年度内部审计”。请写好再导出。"
    field = "reason"


def record(
    by: Actor,
    action: str,
    record: Model | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    subject: int | None = None,
    place: str = "",
    now: datetime | None = None,
) -> Line:
    """
    Write one line of the caller's deed in its transaction (操作留痕).

    `changes` maps field to [before, after] with personal fields already masked; `subject` is the id of the
    person whose data it touches; `place` a place path. The line carries a keyed digest of itself.
    """
    line = Line(
        happened_at=now or timezone.now(),
        actor_id=by.pk,
        actor_name=by.spoken_name()[:60],
        role="、".join(dict.fromkeys(_label(h.role) for h in by.held()))[:120] if by.pk else "",
        action=action,
        record=record._meta.label_lower if record is not None else "",
        record_id=record.pk if record is not None else None,
        subject_id=subject,
        place_path=place,
        # As the database will give it back, so that the digest still fits when it is read again.
        changes=json.loads(json.dumps(dict(changes or {}), cls=DjangoJSONEncoder)),
        reason=reason[:300],
        request_id=str(get_contextvars().get("request_id", ""))[:40],
    )
    line.digest = queries.digest_of(line, secrets.token_hex(8))
    line.save(force_insert=True)
    return line


@transaction.atomic
def seal(*, now: datetime) -> int:
    """
    Add every line that is not sealed yet to the chain, without a gap, and return how many (封存).

    Run each minute by the worker. A line whose digest does not fit is left out: `queries.verify` names it.
    """
    head, _ = SealHead.objects.select_for_update().get_or_create(pk=1)
    day = timezone.localdate(now)
    last, added = head.settled_id, 0
    while True:
        waiting = (
            Line.objects.filter(pk__gt=last)
            .filter(~Exists(Seal.objects.filter(line_id=OuterRef("pk"))))
            .order_by("pk")[:BATCH]
        )
        lines = list(waiting)
        if not lines:
            break
        last = lines[-1].pk
        seals = []
        for line in lines:
            if line.digest != queries.digest_of(line, line.digest[:16]):
                continue
            head.number += 1
            head.chain = queries.chain_of(head.chain, head.number, line.pk, line.digest, day)
            seals.append(
                Seal(
                    number=head.number,
                    line_id=line.pk,
                    line_digest=line.digest,
                    day=day,
                    chain=head.chain,
                )
            )
        Seal.objects.bulk_create(seals)
        added += len(seals)
    if head.settling_since is None or now - head.settling_since >= SETTLED_AFTER:
        head.settled_id = head.settling_id
        head.settling_id = Line.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        head.settling_since = now
    head.save()
    return added


@transaction.atomic
def read_book(*, by: Actor, asked: queries.Asked, now: datetime) -> None:
    """
    Leave a line that somebody looked into the book of deeds, and at what (查看留痕).

    :raises PermissionDenied: *by* may not read the book anywhere.
    """
    rules.require_reader(by)
    record(by, "audit.book-read", changes={"筛选": ["", asked.spoken()]}, now=now)


@transaction.atomic
def export_lines(*, by: Actor, asked: queries.Asked, reason: str, now: datetime) -> int:
    """
    Allow the lines that were asked for to leave the house, and return how many they are (导出留痕).

    :raises PermissionDenied: *by* may not read the book anywhere.
    :raises ReasonMissing: no reason of six characters or more.
    """
    rules.require_reader(by)
    reason = " ".join(reason.split())
    if len(reason) < 6:
        raise ReasonMissing
    count = queries.lines(by, asked).count()
    record(
        by,
        "audit.book-exported",
        changes={"筛选": ["", asked.spoken()], "条数": ["", count]},
        reason=reason,
        now=now,
    )
    return count


def _label(role: str) -> str:
    return Role(role).label if role in Role.values else role
