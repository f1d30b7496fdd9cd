"""
A second lock on the append-only tables: triggers that refuse to change or remove a line.

No correctness rests on it: whoever owns the database can drop a trigger, and `queries.verify` finds what
was done then. Django's SQLite table rebuilds drop triggers silently, so they are made after every migrate.
`GONGZHI_AUDIT_LOCKS` turns them on; the test suite empties its tables and runs without.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import connections

TABLES = ("audit_line", "audit_seal")
SAYING = "操作留痕只能添加，不能改也不能删。"


def install_if_asked(using: str) -> None:
    """Make the locks where the settings ask for them and the tables are there."""
    if getattr(settings, "GONGZHI_AUDIT_LOCKS", False) and _has_tables(using):
        install(using)


def install(using: str = "default") -> None:
    """Make the triggers on both tables (上第二道锁); making them twice changes nothing."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$BEGIN RAISE EXCEPTION '{SAYING}'; END$$"
            )
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                name = f"{table}_no_{verb.lower()}"
                if connection.vendor == "postgresql":
                    cursor.execute(
                        f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} "
                        "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
                    )
                else:
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{SAYING}'); END"
                    )


def remove(using: str = "default") -> None:
    """Drop the triggers, for a data repair that a county decided on (取下锁)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table in TABLES:
            for verb in ("update", "delete"):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}")


def missing(using: str = "default") -> list[str]:
    """Return the triggers that are not there."""
    connection = connections[using]
    wanted = {f"{table}_no_{verb}" for table in TABLES for verb in ("update", "delete")}
    table, column = (
        ("pg_trigger", "tgname") if connection.vendor == "postgresql" else ("sqlite_master", "name")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {table} WHERE {column} IN (%s, %s, %s, %s)",  # noqa: S608
            sorted(wanted),
        )
        return sorted(wanted - {row[0] for row in cursor.fetchall()})


def check(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Warn when the locks are asked for and not there (启动检查)."""
    if not getattr(settings, "GONGZHI_AUDIT_LOCKS", False):
        return []
    return [
        Warning(
            f"操作留痕的第二道锁不全：缺{'、'.join(gone)}。",
            hint="运行 gongzhi migrate 会补上。",
            id="audit.W001",
        )
        for using in databases or ()
        if _has_tables(using) and (gone := missing(using))
    ]


def _has_tables(using: str) -> bool:
    return set(TABLES) <= set(connections[using].introspection.table_names())
