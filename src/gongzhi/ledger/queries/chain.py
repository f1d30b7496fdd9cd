"""The chain of seals: what a seal covers, how one hangs on the other, where each day ended."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import DateField, Max

from gongzhi.ledger.models import Books, Ledger, Seal, Transfer


@cache
def columns() -> tuple[str, ...]:
    """Return the columns of a transfer in the order in which a seal reads them."""
    return tuple(str(f.column) for f in Transfer._meta.concrete_fields)


def _as_kept() -> str:
    """Name the columns so that SQLite gives days and moments as the text it keeps, which saves parsing them."""
    kept = []
    for field in Transfer._meta.concrete_fields:
        is_text = connection.vendor == "sqlite" and isinstance(field, DateField)
        kept.append(f"t.{field.column} || ''" if is_text else f"t.{field.column}")
    return ", ".join(kept)


def plain(value: Any) -> Any:
    """Return a value as SQLite keeps it, so that both databases say the same."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    return value


def canonical(row: Sequence[Any]) -> str:
    """Return the words that a seal covers: every column of a transfer, in one fixed form (封存内容)."""
    values = row if connection.vendor == "sqlite" else [plain(value) for value in row]
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def link(previous: str, sequence: int, month: int, voucher: int, row: Sequence[Any]) -> str:
    """Return the chain value of a seal (链值): it holds everything sealed before it."""
    text = f"{previous}|{sequence}|{month}|{voucher}|{canonical(row)}"
    return hmac.digest(_key(), text.encode(), sha256).hex()


def _key() -> bytes:
    return bytes.fromhex(settings.GONGZHI_AUDIT_KEY)


def raw(where: str, values: Sequence[Any], limit: int = 0) -> list[tuple[Any, ...]]:
    """Return transfers as the database keeps them, in the order of their numbers; *where* is ours (原样)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_as_kept()} FROM ledger_transfer t"
            f" WHERE {where} ORDER BY t.id" + (f" LIMIT {int(limit)}" if limit else ""),
            values,
        )
        return cursor.fetchall()


def sealed(ledger: int) -> Iterator[tuple[Any, ...]]:
    """Yield each seal of a ledger with its transfer as kept, None where it is gone, in their order (封条和转账)."""
    batch, after = 20_000, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.sequence, s.transfer_id, s.month, s.voucher, s.hash, "
                + _as_kept()
                + " FROM ledger_seal s LEFT JOIN ledger_transfer t ON t.id = s.transfer_id"
                " WHERE s.ledger = %s AND s.sequence > %s ORDER BY s.sequence LIMIT %s",
                [ledger, after, batch],
            )
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1][0]


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where the chain of one ledger ended on one day, for everybody to keep (每日封存码)."""

    ledger: Ledger
    day: date
    sequence: int
    chain: str

    @property
    def code(self) -> str:
        """The first sixteen digits in fours, as people compare them."""
        return " ".join(self.chain[n : n + 4].upper() for n in range(0, 16, 4))


def daily_heads(ledger: int, *, day: date, days: int = 60) -> list[Head]:
    """Return the last seal of each of the latest days, newest first (每日封存码)."""
    recent = Seal.objects.filter(ledger=ledger, day__gt=day - timedelta(days=days), day__lte=day)
    last = {
        row["last"]: row["day"]
        for row in recent.values("day").annotate(last=Max("sequence")).order_by("-day")
    }
    found = Seal.objects.filter(ledger=ledger, sequence__in=last).order_by("-sequence")
    return [
        Head(ledger=Ledger(ledger), day=last[s.sequence], sequence=s.sequence, chain=s.hash)
        for s in found
    ]


def head_of(books: Books) -> Head | None:
    """Return where the chain ends now; None when nothing is sealed (封存到哪)."""
    last = Seal.objects.filter(ledger=books.pk, sequence=books.sealed).first()
    if last is None:
        return None
    return Head(ledger=Ledger(books.pk), day=last.day, sequence=last.sequence, chain=last.hash)


def unsealed_count(books: Books) -> int:
    """Return how many transfers wait for the next seal (还没封的)."""
    waiting = Transfer.objects.filter(ledger=books.pk, pk__gt=books.settled_id, seal__isnull=True)
    return waiting.count()
