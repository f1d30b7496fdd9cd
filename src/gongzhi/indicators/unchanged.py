"""
A count is not made twice while nothing at all was committed to the database in between (没变就不重数).

Both databases can tell that cheaply and exactly. PostgreSQL: two equal snapshots see the same rows. SQLite:
`data_version` moves on with every commit of another connection, `total_changes` with every change of this one.
So what is remembered is never stale: it only spares counting the same thing for every reader of a quiet hour.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")
MOST = 500
KEPT = "_remembered"

_held: tuple[object, dict[Hashable, Any]] = (None, {})


def remembered(key: Hashable, make: Callable[[], T]) -> T:
    """
    Return what *make* gave for *key*, or make it anew when anything was committed since (没变就不重数).

    Inside a transaction nothing is remembered: its own changes show in no version.
    """
    global _held
    if connection.in_atomic_block:
        return make()
    version = _version()
    # Versions of SQLite mean something to one connection only, so they are kept with it.
    of = connection if connection.vendor == "sqlite" else None
    kept, found = getattr(of, KEPT, (None, {})) if of else _held
    if kept == version and key in found:
        return found[key]
    made = make()
    if _version() != version:
        return made  # somebody committed while this was counted: it belongs to no one version
    found = {**found, key: made} if kept == version and len(found) < MOST else {key: made}
    if of:
        setattr(of, KEPT, (version, found))
    else:
        _held = (version, found)
    return made


def _version() -> object:
    """Return what is the same as long as no change was committed."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        raw: Any = connection.connection
        return id(raw), raw.total_changes, raw.execute("PRAGMA data_version").fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]
