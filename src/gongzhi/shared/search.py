"""
Search by bigrams: FTS5 with external content on SQLite, a GIN index over `simple` tsvector on PostgreSQL.

A searchable model has a text field `tokens` (from `shared.text.bigrams`) and names itself in `SEARCHABLE` of its
room's `search.py`. The SQLite triggers are made after every migrate, because a table rebuild drops them silently.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

from .rooms import declared
from .text import fts5_query, tsquery


def install(using: str = "default") -> None:
    """
    Make what every searchable model is searched by; doing it again changes nothing.

    The full-text table with its triggers on SQLite, the GIN index on PostgreSQL.
    """
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in declared("search", "SEARCHABLE"):
            table = model._meta.db_table
            if table not in present:
                continue
            for statement in (
                _sqlite(table) if connection.vendor == "sqlite" else _postgresql(table)
            ):
                cursor.execute(statement)
            if connection.vendor == "sqlite":
                _fill(cursor, table)


def _sqlite(table: str) -> list[str]:
    fts = f"{table}_fts"
    return [
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {fts} USING fts5"
        f"(tokens, content='{table}', content_rowid='id', detail='none', tokenize='unicode61')",
        f"DROP TRIGGER IF EXISTS {fts}_added",
        f"DROP TRIGGER IF EXISTS {fts}_gone",
        f"DROP TRIGGER IF EXISTS {fts}_changed",
        f"CREATE TRIGGER {fts}_added AFTER INSERT ON {table} BEGIN"
        f" INSERT INTO {fts}(rowid, tokens) VALUES (new.id, new.tokens); END",
        f"CREATE TRIGGER {fts}_gone AFTER DELETE ON {table} BEGIN"
        f" INSERT INTO {fts}({fts}, rowid, tokens) VALUES ('delete', old.id, old.tokens); END",
        f"CREATE TRIGGER {fts}_changed AFTER UPDATE OF tokens ON {table} BEGIN"
        f" INSERT INTO {fts}({fts}, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
        f" INSERT INTO {fts}(rowid, tokens) VALUES (new.id, new.tokens); END",
    ]


def _fill(cursor: Any, table: str) -> None:
    cursor.execute(
        f"SELECT (SELECT count(*) FROM {table}_fts_docsize), (SELECT count(*) FROM {table})"
    )
    indexed, rows = cursor.fetchone()
    if indexed != rows:
        cursor.execute(f"INSERT INTO {table}_fts({table}_fts) VALUES ('rebuild')")


def _postgresql(table: str) -> list[str]:
    # A search reads the whole list of words that wait to be put in their place. A short list costs an import
    # a tenth more and spares every search after it nine tenths.
    return [
        f"CREATE INDEX IF NOT EXISTS {table}_tokens_gin ON {table}"
        " USING gin (to_tsvector('simple', tokens)) WITH (gin_pending_list_limit = 256)"
    ]


def matching(queryset: QuerySet, tokens: str, *, model: type[Model], pk: str = "pk") -> QuerySet:
    """
    Keep the rows whose *model* has all of *tokens* (from `shared.text.query_bigrams`); `pk` is the look-up to it.

    Nothing to search for keeps everything.
    """
    words = tokens.split()
    if not words:
        return queryset
    table = model._meta.db_table
    if connections[queryset.db].vendor == "sqlite":
        select = f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH %s"
        ask = fts5_query(words)
    else:
        select = f"SELECT id FROM {table} WHERE to_tsvector('simple', tokens) @@ %s::tsquery"
        ask = tsquery(words)
    return queryset.filter(**{f"{pk}__in": RawSQL(select, (ask,))})  # noqa: S611
