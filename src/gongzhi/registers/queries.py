"""Questions about imports, each for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from gongzhi.places.models import Place
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.registers import Register, registers

from . import rules
from .models import Import, ImportChange, ImportFault

Row = TypeVar("Row", ImportFault, ImportChange)
PAGE = 20
# A worker that has not moved a chunk for this long is taken for dead.
SILENCE = timedelta(seconds=60)


def visible_to(by: Actor) -> QuerySet[Import]:
    """Return the imports that *by* may handle, newest first (我能管的导入)."""
    allowed = [key for key, r in registers().items() if r.permission.anywhere(by)]
    found = rules.IMPORT.among(Import.objects.filter(register__in=allowed), by)
    return found.select_related("place", "uploaded_by", "confirmed_by").order_by("-pk")


def waiting_for(by: Actor) -> int:
    """Return how many files wait for *by* to confirm or drop them (等着确认的)."""
    return visible_to(by).filter(state=Import.State.JUDGED).count()


def registers_for(by: Actor) -> list[Register]:
    """Return the registers that *by* may bring in somewhere (我能导的登记表)."""
    return [r for r in registers().values() if r.permission.anywhere(by)]


def kinds_of(batch: Import) -> list[tuple[str, int]]:
    """
    Return the kinds of fault in *batch* with how many there are of each, most first (错在哪里).
    """
    return list(
        batch.faults.values_list("kind").annotate(count=Count("pk")).order_by("-count", "kind")
    )


def stopped(now: datetime) -> QuerySet[Import]:
    """Return the imports that should be running and have not moved for a minute (停住的)."""
    return Import.objects.filter(
        state=Import.State.RUNNING, heartbeat_at__lt=now - SILENCE
    ).order_by("pk")


def expired(now: datetime) -> QuerySet[Import]:
    """
    Return the imports whose file is kept no longer: days after the upload, or after the writing
    (该删文件的).
    """
    kept = Import.objects.filter(forgotten_at__isnull=True).exclude(state=Import.State.RUNNING)
    return kept.filter(
        Q(finished_at__isnull=True, uploaded_at__lte=now - timedelta(days=preview_days(now)))
        | Q(finished_at__lte=now - timedelta(days=withdraw_days(now)))
    ).order_by("pk")


def preview_days(now: datetime) -> int:
    """Return how many days a file waits for its confirmation (预览留几天)."""
    return rule("imports.preview-days", timezone.localdate(now)).number


def withdraw_days(now: datetime) -> int:
    """Return within how many days a written import can be withdrawn (几天内可以撤回)."""
    return rule("imports.withdraw-days", timezone.localdate(now)).number


def same_file(batch: Import) -> Import | None:
    """
    Return an earlier import of the very same file into the same register, written to the end
    (同一份文件).
    """
    return (
        Import.objects.filter(
            register=batch.register, sha256=batch.sha256, state=Import.State.DONE, pk__lt=batch.pk
        )
        .order_by("-pk")
        .first()
    )


def places_for(by: Actor, register: Register) -> QuerySet[Place]:
    """
    Return the county and towns for which *by* may bring *register* in, in the official order
    (替哪里导).
    """
    towns = Place.objects.filter(
        level__in=(Place.Level.COUNTY, Place.Level.TOWN), closed_on__isnull=True
    )
    paths = set(rules.IMPORT.paths(by)) & set(register.permission.paths(by))
    allowed = [p.pk for p in towns if p.path.startswith(tuple(paths))] if paths else []
    return towns.filter(pk__in=allowed).order_by("sort_key")


@dataclass(frozen=True)
class Progress:
    """
    How far the writing is (进度): `left` says in words how long it may still take; `is_stalled`
    that nobody writes.
    """

    done: int
    total: int
    left: str
    is_stalled: bool
    is_finishing: bool  # all rows are written, and what they brought is being compared


def progress_of(batch: Import, now: datetime) -> Progress:
    """Return how far *batch* is written, from what its last run did (写到哪里)."""
    since, at_start = batch.confirmed_at, 0
    if batch.resumed_at:
        since, at_start = batch.resumed_at, batch.resumed_from
    left = "后台接到就开始写"
    if since and batch.heartbeat_at and batch.written > at_start:
        pace = (batch.heartbeat_at - since).total_seconds() / (batch.written - at_start)
        minutes = pace * (batch.to_write - batch.written) / 60
        left = "不到1分钟" if minutes < 1 else f"{round(minutes)}分钟左右"
    return Progress(
        done=batch.written,
        total=batch.to_write,
        left=left,
        is_stalled=batch.state == Import.State.RUNNING
        and bool(batch.heartbeat_at and batch.heartbeat_at < now - SILENCE),
        is_finishing=0 < batch.to_write <= batch.written
        and registers()[batch.register].finish is not None,
    )


@dataclass(frozen=True)
class Page(Generic[Row]):
    """
    One page of what was found in a file (一页), with the ids that the pages before and after start
    from.
    """

    rows: list[Row]
    first: int
    last: int
    total: int
    before: int
    after: int


def fault_page(
    batch: Import, *, kind: str = "", after: int = 0, before: int = 0, limit: int = PAGE
) -> Page[ImportFault]:
    """
    Return the page after or before a fault, in the order of the rows, of all kinds or one
    (错处分页).
    """
    found = batch.faults.filter(kind=kind) if kind else batch.faults.all()
    return _page(found, after, before, limit)


def change_page(
    batch: Import, *, after: int = 0, before: int = 0, limit: int = PAGE
) -> Page[ImportChange]:
    """Return the page after or before a changed row, in the order of the rows (前后对照分页)."""
    return _page(batch.changes.all(), after, before, limit)


def _page(found: QuerySet[Row], after: int, before: int, limit: int) -> Page[Row]:
    if before:
        page = list(found.filter(pk__lt=before).order_by("-pk")[:limit])[::-1]
    else:
        page = list(found.filter(pk__gt=after).order_by("pk")[:limit])
    total = found.count()
    skipped = found.filter(pk__lt=page[0].pk).count() if page else 0
    return Page(
        rows=page,
        first=skipped + 1,
        last=skipped + len(page),
        total=total,
        before=page[0].pk if skipped else 0,
        after=page[-1].pk if page and skipped + len(page) < total else 0,
    )


def alike(batch: Import) -> dict[tuple[str, str], int]:
    """Return how many rows wrote the same misspelt name in the same column (同样写法的): for 都改成."""
    found = batch.faults.exclude(suggested="").values_list("column", "typed")
    return {(c, t): n for c, t, n in found.annotate(count=Count("pk"))}


@dataclass(frozen=True)
class ImportPage:
    """
    One page of imports, newest first (一页导入); `after` is the id that the next page starts
    below.
    """

    rows: list[tuple[Import, str]]
    after: int


def import_page(by: Actor, *, before: int = 0, limit: int = PAGE) -> ImportPage:
    """
    Return the imports that *by* may handle, with their register's name, below an id (导入记录).
    """
    found = visible_to(by)
    if before:
        found = found.filter(pk__lt=before)
    page = list(found[: limit + 1])
    rows = [(batch, registers()[batch.register].label) for batch in page[:limit]]
    return ImportPage(rows=rows, after=page[limit - 1].pk if len(page) > limit else 0)


def can_withdraw(batch: Import, now: datetime) -> bool:
    """Tell whether a written import can still be taken back (还能撤回吗)."""
    is_in_time = bool(
        batch.finished_at and now < batch.finished_at + timedelta(days=withdraw_days(now))
    )
    is_done = batch.state == Import.State.DONE
    return is_done and is_in_time and registers()[batch.register].withdraw is not None


def took(batch: Import) -> str:
    """Return in words how long the writing took (用时)."""
    if not (batch.finished_at and batch.confirmed_at):
        return ""
    seconds = round((batch.finished_at - batch.confirmed_at).total_seconds())
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes}分{seconds}秒" if minutes else f"{max(seconds, 1)}秒"
