"""
Bringing in 88,107 volunteers with 2 % bad rows, end to end: read, preview, fault lists, write, audit.

Each contestant runs in a process of its own on a fresh copy of the same database, and is measured
there: CPU seconds (user and system; on PostgreSQL with those of its server process) and peak memory
of the whole process.

- ours: the file received, looked over, confirmed and written by the deeds of `registers`.
- floor: calamine, numpy for the check characters, executemany (COPY on PostgreSQL) into the same two
  tables with their indexes and search, the numbers as they are: no sealing, no fingerprints, no
  faults told, no preview, no audit, no second look at the database.
- bare: the floor with two tables that have no index at all: nothing that a county could use.
- peer: django-import-export with bulk writes, no diff, no reports, places looked up in a dictionary.
  It writes the people only, not their registrations.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RUNS = {"ours": 3, "floor": 3, "bare": 3, "peer": 1}
DAY = date(2026, 11, 23)
HEADER_ROW = 3


def run() -> list[dict]:
    """Measure on SQLite, and on PostgreSQL when GONGZHI_DATABASE names one."""
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-bench-import-"))
    databases = [("SQLite", "")]
    url = os.environ.get("GONGZHI_DATABASE", "")
    if url.startswith("postgres"):
        databases.append(("PostgreSQL", url))
    records = []
    try:
        for name, url in databases:
            records += _measure(name, url, folder)
    finally:
        shutil.rmtree(folder)
    return records


def _measure(name: str, url: str, folder: Path) -> list[dict]:
    base = folder / name
    _child("prepare", base, url, base)
    found: dict[str, list[dict[str, Any]]] = {}
    for who, runs in RUNS.items():
        found[who] = []
        for turn in range(runs):
            home = folder / f"{name}-{who}-{turn}"
            found[who].append(_child(who, home, _fresh(url, base, home), base))
            _drop(url)
            shutil.rmtree(home)
    cpu = {who: statistics.median(f["cpu"] for f in turns) for who, turns in found.items()}
    wall = {who: statistics.median(f["wall"] for f in turns) for who, turns in found.items()}
    peak = max(f["peak"] for f in found["ours"])
    rows = found["ours"][0]["rows"]
    peer = {"peer_name": "import-export", "runs": RUNS["ours"], "peak_mib": peak}
    way = "calamine+numpy+" + ("COPY" if url else "executemany")

    def record(what: str, unit: str, took: dict[str, float], floor: str) -> dict:
        label = f"{way}，{'同样的表' if floor == 'floor' else '没有索引的表'}"
        return {
            "name": f"{what}（{name}）",
            "unit": unit,
            "ours": took["ours"],
            "peer": took["peer"],
            "floor": took[floor],
            "floor_name": label,
            **peer,
        }

    memory = {who: max(f["peak"] for f in turns) for who, turns in found.items()}
    return [
        record(f"导入{rows:,}行，CPU", "s", cpu, "floor"),
        record(f"导入{rows:,}行，CPU", "s", cpu, "bare"),
        record(f"导入{rows:,}行，用时", "s", wall, "floor"),
        record("导入时整个进程的内存", "MiB", memory, "floor"),
    ]


def _child(who: str, home: Path, url: str, base: Path) -> dict[str, Any]:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "gongzhi.config.settings.dev",
        "GONGZHI_HOME": str(home),
        "GONGZHI_DATABASE": url,
    }
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", who, str(base / "volunteers.xlsx")],
        env=env,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.strip().rpartition("\n")[2])


def _fresh(url: str, base: Path, home: Path) -> str:
    """Give a contestant a copy of the prepared database."""
    home.mkdir(parents=True)
    shutil.copy(base / "keys.json", home)
    if not url:
        shutil.copy(base / "gongzhi.sqlite3", home)
        return ""
    _psql(url, f'DROP DATABASE IF EXISTS "{_copy(url)}"')
    _psql(url, f'CREATE DATABASE "{_copy(url)}" TEMPLATE "{urlsplit(url).path[1:]}"')
    return urlsplit(url)._replace(path=f"/{_copy(url)}").geturl()


def _drop(url: str) -> None:
    if url:
        _psql(url, f'DROP DATABASE IF EXISTS "{_copy(url)}"')


def _copy(url: str) -> str:
    return urlsplit(url).path[1:] + "_copy"


def _psql(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as db:
        db.execute(statement)


# -- in the process of a contestant ----------------------------------------------------------------


def prepare(file: Path) -> dict[str, Any]:
    """Make the county's database and the file: every 50th row has one of nine common mistakes."""
    from django.core.management import call_command
    from django.utils import timezone

    from gongzhi.demo import generator, stage

    call_command("migrate", verbosity=0)
    stage.county(timezone.now())
    spots = stage.spots()
    people = generator._people(spots)
    rows = list(generator._volunteers(people, DAY))
    for at in range(0, len(rows), 50):
        rows[at] = _spoil(list(rows[at]), at // 50 % 9, rows[at - 1] if at else rows[1])
    generator._write(
        file, ("金堂县注册志愿者登记表", "填报单位：金堂县"), generator._VOLUNTEER, rows
    )
    _without_titles(file)
    return {"rows": len(rows)}


def _spoil(row: list, kind: int, before: tuple) -> tuple:
    number = row[3] or "510199196804260010"
    match kind:
        case 0:
            row[3] = number[:17] + "B"
        case 1:
            row[3] = 5.10199196804269e17
        case 2:
            row[6] = "赵镇街道没有的村"
        case 3:
            row[3] = number[:6] + "2868" + number[10:]
        case 4:
            row[5] = "1990010201"
        case 5:
            row[4] = "2091/3/5"
        case 6:
            row[8] = "去年春天"
        case 7:
            row[6] = ""
        case 8:
            row[3] = number[:10] + ("13" if number[10:12] != "13" else "14") + number[12:]
    return tuple(row)


def ours(file: Path) -> dict[str, Any]:
    """Bring the file in through the deeds of the house."""
    from django.utils import timezone

    from gongzhi.places.queries import county
    from gongzhi.registers import services
    from gongzhi.shared.permissions import HOUSE
    from gongzhi.shared.registers import registers

    batch = services.receive_file(
        by=HOUSE,
        register=registers()["directory.volunteers"],
        place=county(),
        name=file.name,
        data=file.read_bytes(),
        now=timezone.now(),
    )
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
    batch.refresh_from_db()
    services.run_import(by=HOUSE, batch=batch, now=timezone.now())
    batch.refresh_from_db()
    assert batch.state == "done", batch.failure
    assert batch.rows == batch.added + batch.faulty_rows, (batch.added, batch.faulty_rows)
    return {"rows": batch.rows, "good": batch.added}


def floor(file: Path) -> dict[str, Any]:
    """Do the least that brings good rows into the two tables of the house."""
    from django.utils import timezone

    now = timezone.now().isoformat(sep=" ")[:26]
    people = (
        "id, name, sex, birth_year, birth_on, id_number, id_key, phone, phone_key, address,"
        " place_id, tokens, created_at"
    )
    volunteers = (
        "id, person_id, place_id, national_number, source, consent, registered_on,"
        " ended_how, ended_reason"
    )
    kept = _read_and_check(file)
    return _pour(
        [
            (
                "directory_person",
                people,
                [
                    (
                        *(
                            k,
                            name,
                            "m" if sex == "男" else "f",
                            int(birth[:4]),
                            birth,
                            number.encode(),
                        ),
                        *(number, phone.encode(), phone, b"", home, f"{name[:2]} {name[1:]}", now),
                    )
                    for k, name, sex, number, birth, phone, home, _ in kept
                ],
            ),
            (
                "directory_volunteer",
                volunteers,
                [(row[0], row[0], row[6], "", "imported", "", row[7], "", "") for row in kept],
            ),
        ]
    )


def bare(file: Path) -> dict[str, Any]:
    """Do the least that brings good rows into two tables without any index."""
    from django.db import connection

    kept = _read_and_check(file)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_person (id integer, name text, sex text, number text, birth text,"
            " phone text, place_id integer, joined text)"
        )
        cursor.execute(
            "CREATE TABLE bench_volunteer (id integer, person_id integer, place_id integer, joined text)"
        )
    return _pour(
        [
            ("bench_person", "id, name, sex, number, birth, phone, place_id, joined", kept),
            (
                "bench_volunteer",
                "id, person_id, place_id, joined",
                [(row[0], row[0], row[6], row[7]) for row in kept],
            ),
        ]
    )


def _read_and_check(file: Path) -> list[tuple]:
    """Return the good rows: (number, name, sex, ID number, birth, phone, place, joined)."""
    import numpy as np
    from python_calamine import load_workbook

    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    letters = np.frombuffer(b"10X98765432", dtype=np.uint8)
    places = _places()
    rows = load_workbook(str(file)).get_sheet_by_index(0).to_python()[HEADER_ROW:]
    _, names, sexes, numbers, births, phones, where, _, joined, _ = zip(*rows, strict=True)
    del rows
    numbers = [n.upper() if isinstance(n, str) else "?" for n in numbers]
    phones = [str(int(p)) if p.__class__ is float else p for p in phones]
    text = "".join([n if len(n) == 18 else "?" * 18 for n in numbers]).encode()
    matrix = np.frombuffer(text, dtype=np.uint8).reshape(-1, 18)
    digits = matrix[:, :17].astype(np.int32) - 48
    good = ((digits >= 0) & (digits < 10)).all(axis=1)
    good &= matrix[:, 17] == letters[np.where(good[:, None], digits, 0) @ weights % 11]
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1])
    good &= (year >= 1900) & (year <= DAY.year)
    good |= np.array([not n for n in numbers])
    good &= np.array([not p or (len(p) == 11 and p[0] == "1") for p in phones])
    homes = [places.get(w) for w in where]
    good &= np.array([h is not None for h in homes])
    good &= np.array([j.__class__ is date for j in joined])
    days = [b.isoformat() if b.__class__ is date else _dotted(b) for b in births]
    good &= np.array(days) <= DAY.isoformat()
    return [
        (
            *(k, names[i], sexes[i], numbers[i], days[i], phones[i], homes[i]),
            joined[i].isoformat(),
        )
        for k, i in enumerate(np.flatnonzero(good).tolist(), 1)
    ]


def _dotted(text: str) -> str:
    year, month, day = text.replace("/", ".").split(".")
    return f"{year}-{month:0>2}-{day:0>2}"


def _places() -> dict[str, int]:
    from gongzhi.places.models import Place

    towns = dict(Place.objects.filter(level=2).values_list("path", "name"))
    places = {}
    for pk, path, name in Place.objects.filter(level=3).values_list("pk", "path", "name"):
        places[name] = places[towns[path.removesuffix(f"{pk}/")] + name] = pk
    return places


def _pour(tables: list[tuple[str, str, list[tuple]]]) -> dict[str, Any]:
    from django.db import connection, transaction

    for table, columns, values in tables:
        marks = ", ".join(["%s"] * len(columns.split(", ")))
        for at in range(0, len(values), 10_000):
            part = values[at : at + 10_000]
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", part)
                    continue
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for value in part:
                        copy.write_row(value)
    return {"rows": len(tables[0][2])}


def peer(file: Path) -> dict[str, Any]:
    """
    Bring the people of the file in with django-import-export, tuned as its documentation says.
    """
    from django.utils import timezone
    from import_export import fields, resources, widgets
    from import_export.formats.base_formats import XLSX

    from gongzhi.directory.models import Person
    from gongzhi.shared import codes
    from gongzhi.shared.sealed import fingerprint
    from gongzhi.shared.text import bigrams

    places = _places()
    now = timezone.now()

    class Number(widgets.CharWidget):
        def clean(self, value, row=None, **named):
            text = "" if value is None else str(value)
            if text and (fault := codes.id_faults(text, DAY)):
                raise ValueError(fault)
            return codes.normalize_id(text)

    class Phone(widgets.CharWidget):
        def clean(self, value, row=None, **named):
            text = "" if value is None else str(value)
            if text and (fault := codes.phone_faults(text)):
                raise ValueError(fault)
            return text

    class Home(widgets.Widget):
        def clean(self, value, row=None, **named):
            if value not in places:
                raise ValueError("村社不认得")
            return places[value]

    class People(resources.ModelResource):
        name = fields.Field("name", "姓名", widget=widgets.CharWidget())
        id_number = fields.Field("id_number", "证件号码", widget=Number())
        phone = fields.Field("phone", "联系电话", widget=Phone())
        place_id = fields.Field("place_id", "所属村社", widget=Home())

        class Meta:
            model = Person
            import_id_fields = ()
            fields = ("name", "id_number", "phone", "place_id")
            use_bulk = True
            batch_size = 2000
            skip_diff = True
            skip_html_diff = True
            force_init_instance = True
            use_transactions = True

        def before_save_instance(self, instance, row, **named):
            instance.id_key = fingerprint(instance.id_number)
            instance.phone_key = fingerprint(instance.phone)
            instance.tokens = bigrams(instance.name)
            instance.created_at = now

    data = XLSX().create_dataset(file.with_name("peer.xlsx").read_bytes())
    result = People().import_data(data, raise_errors=False, collect_failed_rows=False)
    return {"rows": len(data), "good": Person.objects.count(), "faulty": len(result.row_errors())}


def _without_titles(file: Path) -> None:
    """
    Write the file once more for the peer, which wants the header in the first row; this is not
    counted.
    """
    from python_calamine import load_workbook
    from xlsxwriter import Workbook

    book = Workbook(str(file.with_name("peer.xlsx")), {"constant_memory": True})
    page = book.add_worksheet()
    for at, row in enumerate(load_workbook(str(file)).get_sheet_by_index(0).iter_rows()):
        if at >= HEADER_ROW - 1:
            page.write_row(
                at - HEADER_ROW + 1, 0, [str(c) if isinstance(c, date) else c for c in row]
            )
    book.close()


def _backend() -> int:
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def _server_cpu(pid: int) -> float:
    """Return the CPU seconds of our server process, when it runs on this machine."""
    try:
        spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run one contestant and print what it took."""
    import time

    who, file = sys.argv[1], Path(sys.argv[2])
    import django

    django.setup()
    from gongzhi.shared.registers import registers

    contestant = {f.__name__: f for f in (prepare, ours, floor, bare, peer)}[who]
    registers()  # what a running site has loaded long ago
    pid = _backend()
    began, cpu = time.perf_counter(), time.process_time() + _server_cpu(pid)
    said = contestant(file)
    said["wall"] = time.perf_counter() - began
    said["cpu"] = time.process_time() + _server_cpu(pid) - cpu
    said["peak"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
