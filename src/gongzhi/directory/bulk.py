"""
Many rows at once: sealed, fingerprinted, numbered, and poured into a table (整批写入).

The same values as the single deeds write, by the fastest door of each database: `executemany` on SQLite,
COPY on PostgreSQL. Constraints hold as always; callers run in a transaction.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection
from django.db.models import Model

from gongzhi.shared.sealed import AES, seal
from gongzhi.shared.text import bigrams

from .readers import HAN_NAME

_MOST_PARAMETERS = 30_000  # of SQLite's 32,766
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def seal_all(texts: Sequence[str]) -> list[bytes]:
    """Return each of *texts* as `shared.sealed.seal` would seal it (整批加密)."""
    if settings.GONGZHI_SEALING_CIPHER == "SM4":
        return [seal(text) for text in texts]
    encrypt = AESGCM(bytes.fromhex(settings.GONGZHI_SEALING_KEY)).encrypt
    noise = os.urandom(12 * len(texts))
    return [
        AES + (nonce := noise[at : at + 12]) + encrypt(nonce, text.encode(), None) if text else b""
        for at, text in zip(range(0, 12 * len(texts), 12), texts, strict=True)
    ]


def fingerprint_all(texts: Sequence[str]) -> list[str]:
    """Return each of *texts* as `shared.sealed.fingerprint` would (整批取指纹)."""
    key = bytes.fromhex(settings.GONGZHI_FINGERPRINT_KEY)
    block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    # HMAC with both of its fixed first blocks hashed once.
    inner = sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = sha256(bytes(byte ^ 0x5C for byte in block)).copy
    found = []
    for text in texts:
        if not text:
            found.append("")
            continue
        first, second = inner(), outer()
        first.update(text.encode())
        second.update(first.digest())
        found.append(second.hexdigest()[:32])
    return found


def tokens_of(names: Sequence[str]) -> list[str]:
    """Return the search tokens of people's names as `shared.text.bigrams` would (姓名分词)."""
    plain = HAN_NAME.fullmatch
    return [
        (
            name
            if len(name) == 2
            else f"{name[:2]} {name[1:]}"
            if len(name) == 3
            else f"{name[:2]} {name[1:3]} {name[2:]}"
        )
        if plain(name)
        else bigrams(name)
        for name in names
    ]


def reserve(model: type[Model], count: int) -> range | list[int]:
    """
    Return *count* new ids of *model*, ascending, that nobody else will get (预留编号).

    On SQLite the caller's IMMEDIATE transaction holds the one write lock; on PostgreSQL the sequence gives.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0),"
                f" coalesce((SELECT max(id) FROM {table}), 0))",
                [table],
            )
            first = cursor.fetchone()[0] + 1
            return range(first, first + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return sorted(row[0] for row in cursor.fetchall())


@dataclass(frozen=True)
class Among:
    """A condition that a column is one of many values, with them as its one parameter (在一列值之中)."""

    sql: str
    given: list[Any]


def among(column: str, values: Collection[Any]) -> Among:
    """
    Return the condition that *column* is one of *values*, for raw statements.

    One parameter for thousands of values: Django's `__in` takes longer to build than to answer.
    """
    if connection.vendor == "sqlite":
        return Among(f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(list(values))])
    return Among(f"{column} = ANY(%s)", [list(values)])


def holders(numbers: Sequence[str]) -> list[tuple[int, str, str, int | None]]:
    """Return (id, key, name, merged into) of the people with these fingerprints of ID numbers (按指纹找人)."""
    keyed = among("id_key", numbers)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, id_key, name, merged_into_id FROM directory_person"
            f" WHERE NOT (id_key = '') AND {keyed.sql}",
            keyed.given,
        )
        return cursor.fetchall()


def people_near(
    people: Collection[int] | None = None,
) -> list[tuple[int, str, int | None, int, str, int]]:
    """
    Return (id, name, birth year, place, key of the phone, has a number), the older first (附近的人).

    Of everybody, or of those in the places of *people* or with one of their phones.
    """
    ask = (
        "SELECT id, name, birth_year, place_id, phone_key, CASE WHEN id_key = '' THEN 0 ELSE 1 END"
        " FROM directory_person WHERE merged_into_id IS NULL AND erased_at IS NULL"
    )
    with connection.cursor() as cursor:
        if people is None:
            cursor.execute(f"{ask} ORDER BY id")
            return cursor.fetchall()
        own = among("id", people)
        cursor.execute(
            "SELECT phone_key, id_key = '' FROM directory_person"
            f" WHERE NOT (phone_key = '') AND {own.sql}",
            own.given,
        )
        phones = cursor.fetchall()
        cursor.execute(f"SELECT DISTINCT place_id FROM directory_person WHERE {own.sql}", own.given)
        here = among("place_id", [row[0] for row in cursor.fetchall()])
        # Elsewhere only who is alike by phone counts, and one of the two has no number.
        loose = among("phone_key", {phone for phone, is_loose in phones if is_loose})
        called = among("phone_key", {phone for phone, _ in phones})
        cursor.execute(f"{ask} AND {here.sql}", here.given)
        found = {row[0]: row for row in cursor.fetchall()}
        cursor.execute(f"{ask} AND {loose.sql}", loose.given)
        found |= {row[0]: row for row in cursor.fetchall()}
        cursor.execute(f"{ask} AND id_key = '' AND {called.sql}", called.given)
        found |= {row[0]: row for row in cursor.fetchall()}
    return [found[pk] for pk in sorted(found)]


def pour(model: type[Model], columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns {attribute name: values}, all of one length (整批插入)."""
    table = model._meta.db_table
    by_attribute = {field.attname: field.column for field in model._meta.concrete_fields}
    names = ", ".join(f'"{by_attribute[name]}"' for name in columns)
    if connection.vendor == "sqlite":
        _insert(f'INSERT INTO "{table}" ({names}) VALUES ', list(columns.values()))
        return
    with connection.cursor() as cursor:
        texts = [_copied(values) for values in columns.values()]
        # What COPY refuses is raised as Django's own errors, as everything else is.
        copying = f'COPY "{table}" ({names}) FROM STDIN'
        with connection.wrap_database_errors, cursor.copy(copying) as copy:
            copy.write("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n")


def _insert(into: str, columns: Sequence[Sequence[Any]]) -> None:
    """
    Insert rows on SQLite, a few statements for all of them.

    Not one a row: in a savepoint, as every deed within a deed is, the full-text index is written out at
    the beginning of each statement, and one statement a row takes six times as long. Past Django's cursor,
    which would look for its placeholders in some hundred thousand characters.
    """
    width, count = len(columns), len(columns[0])
    row = f"({', '.join('?' * width)})"
    step = _MOST_PARAMETERS // width
    with connection.wrap_database_errors:
        for at in range(0, count, step):
            part = [column[at : at + step] for column in columns]
            connection.connection.execute(
                into + ", ".join([row] * len(part[0])),
                list(chain.from_iterable(zip(*part, strict=True))),
            )


def _copied(values: Sequence[Any]) -> list[str]:
    """Return one column in the text format of COPY."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bytes):
        return ["\\N" if v is None else f"\\\\x{v.hex()}" for v in values]
    if isinstance(first, str):
        texts = ["\\N" if v is None else v for v in values]
        if any(c in text for text in ("".join(v for v in values if v),) for c in "\\\t\n\r"):
            return ["\\N" if v is None else v.translate(_ESCAPES) for v in values]
        return texts
    return ["\\N" if v is None else str(v) for v in values]


def change(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set the columns *names* of existing rows, each row given as (values…, id) (整批更新)."""
    table = model._meta.db_table
    by_attribute = {field.attname: field.column for field in model._meta.concrete_fields}
    sets = ", ".join(f'"{by_attribute[name]}" = %s' for name in names)
    rows = list(rows)
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(f'UPDATE "{table}" SET {sets} WHERE id = %s', rows)
