"""One setting names the database; what correctness needs is set here for both kinds."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Each thread of a served site keeps its own connection over many requests: opening one costs a page more than
# its queries, and what `indicators.unchanged` remembers on SQLite is kept with it. It is asked whether it still
# lives before each request, and after ten minutes a new one is opened.
KEPT = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def database_from(url: str, home: Path) -> dict[str, Any]:
    """
    Read `GONGZHI_DATABASE`: empty or `sqlite:///path` for SQLite, `postgresql://user@host:port/name`.

    :raises ValueError: the address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme in ("", "sqlite"):
        name = (
            unquote(parts.path.removeprefix("/")) if parts.path else str(home / "gongzhi.sqlite3")
        )
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                # With deferred transactions 28 of 30 concurrent deeds failed: database is locked.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                " PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;",
            },
            **KEPT,
            # A file, not memory: the race tests open several connections.
            "TEST": {"NAME": str(home / "test.sqlite3")},
        }
    if parts.scheme in ("postgres", "postgresql"):
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "HOST": unquote(parts.hostname or options.pop("host", "")),
            "PORT": str(parts.port or ""),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "OPTIONS": options,
            **KEPT,
        }
    raise ValueError(
        f"GONGZHI_DATABASE 写的是“{parts.scheme}://…”，只认 sqlite:///路径 或 postgresql://用户@主机/库名。"
    )
