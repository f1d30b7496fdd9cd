"""One part measured on SQLite, and on PostgreSQL when GONGZHI_DATABASE names one: in databases of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit


def on_both(part: str, *, settings: str = "gongzhi.config.settings.dev") -> list[dict]:
    """
    Run `python -m bench.PART` on an empty database of each kind and return its records, named by the database.

    It prints them as JSON in its last line. Nothing is left behind.
    """
    records = []
    for name, env in databases(part):
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{part}"],
            env=env | {"DJANGO_SETTINGS_MODULE": settings},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        for r in json.loads(done.stdout.strip().rpartition("\n")[2]):
            records.append({**r, "name": f"{r['name']}（{name}）"})
    return records


def databases(part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name of each kind of database and an environment in which the site uses an empty one."""
    url = os.environ.get("GONGZHI_DATABASE", "")
    home = Path("build/bench").resolve() / part
    found = {"SQLite": ""}
    if url.startswith("postgres"):
        found["PostgreSQL"] = urlsplit(url)._replace(path=f"/{_beside(url, part)}").geturl()
    for name, address in found.items():
        _clear(home, url if address else "", part, make=True)
        try:
            yield name, {**os.environ, "GONGZHI_HOME": str(home), "GONGZHI_DATABASE": address}
        finally:
            _clear(home, url if address else "", part, make=False)


def _beside(url: str, part: str) -> str:
    return f"{urlsplit(url).path[1:]}_bench_{part}"


def _clear(home: Path, url: str, part: str, *, make: bool) -> None:
    """Remove the part's own database, a file or one beside the named one; *make* an empty one again."""
    shutil.rmtree(home, ignore_errors=True)
    if make:
        home.mkdir(parents=True)
    if not url:
        return
    import psycopg

    postgres = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f'DROP DATABASE IF EXISTS "{_beside(url, part)}" WITH (FORCE)')
        if make:
            db.execute(f'CREATE DATABASE "{_beside(url, part)}"')
