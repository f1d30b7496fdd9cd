"""
The few statements that every posting is made of, written out: the ORM took 60 % of a posting's time.

They name our own tables and columns, taken from the models; every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateField, Field, Model, UUIDField

from .models import Account, Transfer

COUNTERS = ("debits_fen", "credits_fen", "debits_reserved_fen", "credits_reserved_fen")


def _here() -> BaseDatabaseWrapper:
    """The connection itself: `django.db.connection` asks where it is at every touch."""
    return connections[DEFAULT_DB_ALIAS]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a table go in and out of one kind of database: columns, and the few that need work."""

    names: tuple[str, ...]
    columns: str
    read: tuple[tuple[int, tuple[Callable[..., Any], ...]], ...]
    written: tuple[tuple[int, Field[Any, Any]], ...]


@cache
def _plan(model: type[Model], vendor: str, with_key: bool) -> Plan:
    here = _here()
    fields = [f for f in model._meta.concrete_fields if with_key or not f.primary_key]
    read = []
    for n, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        backend = here.ops.get_db_converters(column)
        if converters := (*backend, *field.get_db_converters(here)):
            read.append((n, tuple(converters)))
    return Plan(
        names=tuple(str(f.attname) for f in fields),
        columns=", ".join(str(f.column) for f in fields),
        read=tuple(read),
        # Days, moments and keys are kept as text on SQLite; numbers and words go as they are.
        written=tuple((n, f) for n, f in enumerate(fields) if isinstance(f, DateField | UUIDField)),
    )


def hold(numbers: Iterable[int]) -> dict[int, Account]:
    """Fetch accounts and hold them in the order of their numbers: `Account.objects.hold`, written out (锁账户)."""
    here = _here()
    plan = _plan(Account, here.vendor, with_key=True)
    wanted = sorted(set(numbers))
    lock = " FOR NO KEY UPDATE" if here.features.has_select_for_no_key_update else ""
    with here.cursor() as cursor:
        cursor.execute(
            f"SELECT {plan.columns} FROM ledger_account"
            f" WHERE number IN ({', '.join(['%s'] * len(wanted))}) ORDER BY number{lock}",
            wanted,
        )
        rows = cursor.fetchall()
    found = {}
    for row in rows:
        values = list(row)
        for n, converters in plan.read:
            for convert in converters:
                values[n] = convert(values[n], None, here)
        found[row[0]] = Account.from_db(DEFAULT_DB_ALIAS, plan.names, values)
    return found


def known(key: UUID) -> str | None:
    """Return the request that a key was used for; None when it was not (这个键用过没有)."""
    here = _here()
    with here.cursor() as cursor:
        cursor.execute(
            "SELECT request_hash FROM ledger_transfer WHERE posting = %s LIMIT 1",
            [key if here.features.has_native_uuid_field else key.hex],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def carry(accounts: Iterable[Account]) -> None:
    """Write back the totals of held accounts, in one round trip (写回累计)."""
    with _here().cursor() as cursor:
        cursor.executemany(
            "UPDATE ledger_account SET debits_fen = %s, credits_fen = %s,"
            " debits_reserved_fen = %s, credits_reserved_fen = %s WHERE number = %s",
            [
                (a.debits_fen, a.credits_fen, a.debits_reserved_fen, a.credits_reserved_fen, a.pk)
                for a in accounts
            ],
        )


def insert(transfers: Sequence[Transfer]) -> None:
    """Insert the lines of one posting and give each its number (写入分录)."""
    here = _here()
    plan = _plan(Transfer, here.vendor, with_key=False)
    values: list[Any] = []
    for transfer in transfers:
        own = transfer.__dict__
        row = [own[name] for name in plan.names]
        for n, field in plan.written:
            row[n] = field.get_db_prep_save(row[n], here)
        values += row
    places = f"({', '.join(['%s'] * len(plan.names))})"
    with here.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_transfer ({plan.columns})"
            f" VALUES {', '.join([places] * len(transfers))} RETURNING id, line",
            values,
        )
        by_line = {line: number for number, line in cursor.fetchall()}
    for transfer in transfers:
        transfer.pk = by_line[transfer.line]
        transfer._state.adding = False
        transfer._state.db = DEFAULT_DB_ALIAS
