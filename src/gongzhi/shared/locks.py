"""
A second lock on tables that only grow: triggers that refuse to change or remove a row.

No correctness rests on it: whoever owns the database can drop a trigger, and the proof of the book finds what
was done then. Django's SQLite table rebuilds drop triggers silently, so they are made after every migrate.
`GONGZHI_AUDIT_LOCKS` turns them on; the test suite empties its tables and runs without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections
from django.db.models.signals import post_migrate


@dataclass(frozen=True, kw_only=True)
class AppendOnly:
    """The tables of one book of *room* that are added to and never changed (只添不改), and what a trigger says."""

    room: str
    book: str
    tables: tuple[str, ...]
    saying: str

    @property
    def names(self) -> dict[str, tuple[str, str]]:
        """Return (table, verb) by the name of the trigger that refuses it."""
        return {
            f"{table}_no_{verb.lower()}": (table, verb)
            for table in self.tables
            for verb in ("UPDATE", "DELETE")
        }

    def hang(self, room: AppConfig) -> None:
        """Make the locks after every migrate of *room*, and look for them at every start."""
        post_migrate.connect(
            lambda using, **_: self.install_if_asked(using), sender=room, weak=False
        )
        register(lambda app_configs, databases=None, **_: self.check(databases), Tags.database)

    def install_if_asked(self, using: str) -> None:
        """Make the locks where the settings ask for them and the tables are there."""
        if settings.GONGZHI_AUDIT_LOCKS and self._has_tables(using):
            self.install(using)

    def install(self, using: str = "default") -> None:
        """Make the triggers (上第二道锁); making them twice changes nothing."""
        connection = connections[using]
        refuse = f"{self.room}_append_only"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {refuse}() RETURNS trigger LANGUAGE plpgsql AS "
                    f"$$BEGIN RAISE EXCEPTION '{self.saying}'; END$$"
                )
            for name, (table, verb) in self.names.items():
                if connection.vendor == "postgresql":
                    cursor.execute(
                        f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} "
                        f"FOR EACH ROW EXECUTE FUNCTION {refuse}()"
                    )
                else:
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{self.saying}'); END"
                    )

    def remove(self, using: str = "default") -> None:
        """Drop the triggers, for a data repair that a county decided on (取下锁)."""
        connection = connections[using]
        with connection.cursor() as cursor:
            for name, (table, _) in self.names.items():
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")

    def missing(self, using: str = "default") -> list[str]:
        """Return the triggers that are not there."""
        connection = connections[using]
        ask = (
            "SELECT tgname FROM pg_trigger"
            if connection.vendor == "postgresql"
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        with connection.cursor() as cursor:
            cursor.execute(ask)
            there = {name for (name,) in cursor.fetchall()}
        return sorted(self.names.keys() - there)

    def check(self, databases: Iterable[str] | None) -> list[CheckMessage]:
        """Warn when the locks are asked for and not there (启动检查)."""
        if not settings.GONGZHI_AUDIT_LOCKS:
            return []
        return [
            Warning(
                f"{self.book}的第二道锁不全：缺{'、'.join(gone)}。",
                hint="运行 gongzhi migrate 会补上。",
                id=f"{self.room}.W001",
            )
            for using in databases or ()
            if self._has_tables(using) and (gone := self.missing(using))
        ]

    def _has_tables(self, using: str) -> bool:
        return set(self.tables) <= set(connections[using].introspection.table_names())
