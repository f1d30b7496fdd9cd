"""Which rule did the database say no to? (数据库拒绝的是哪一条)"""

from __future__ import annotations

import re
from functools import cache

from django.apps import apps
from django.db import Error

_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")
_NAMED = re.compile(r"CHECK constraint failed: (\w+)|constraint \"(\w+)\"")


@cache
def _rules() -> tuple[frozenset[str], dict[str, str]]:
    names: set[str] = set()
    by_columns: dict[str, str] = {}
    for model in apps.get_models():
        for rule in model._meta.constraints:
            names.add(rule.name)
            fields = getattr(rule, "fields", ())
            columns = [model._meta.get_field(field).column for field in fields]  # type: ignore[union-attr]
            if columns:
                table = model._meta.db_table
                by_columns[", ".join(f"{table}.{column}" for column in columns)] = rule.name
    return frozenset(names), by_columns


def broken_rule(error: Error) -> str | None:
    """
    Return the name of the constraint behind *error*, alike on SQLite, PostgreSQL and Citus (哪一条约束).

    Citus puts a shard's number behind the name, sometimes; SQLite names a CHECK, but lists the
    columns of a UNIQUE.
    """
    names, by_columns = _rules()
    text = str(error)
    if match := _UNIQUE.search(text):
        return by_columns.get(match[1])
    if match := _NAMED.search(text):
        name = match[1] or match[2]
        for candidate in (name, re.sub(r"_\d+$", "", name)):
            if candidate in names:
                return candidate
    return None
