"""
A burst of registrations: fifty people press at once, while others leave and offers run out.

- ours: `POST /api/events/events/N/registration` on 8 workers of granian: session, CSRF, permission, locks, conflicts,
  audit line, message. Ten people leave in the same moment and three offers lapse, worked off beside it.
- peer: a minimal Django view without any middleware: lock the row of the event, count, insert, update.

Bursts of both alternate, so that the machine is as busy for one as for the other. After each burst the seats are
counted: `oversold` are seats given twice, `undersold` free seats beside which somebody waits.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from gongzhi.shared.gateways import Gateway

from .both import on_both

CLIENTS, WORKERS, SEATS = 50, 8, 20
LEAVING, OFFERED, WAITING = 10, 3, 5
BURSTS = int(os.environ.get("GONGZHI_BENCH_BURSTS", "100"))
SERIES = 13_000


class Silent(Gateway):
    """Takes every message and tells nobody."""

    def send(self, parcel: Any) -> None:
        pass


def run() -> list[dict]:
    """Measure on SQLite, and on PostgreSQL when GONGZHI_DATABASE names one."""
    return on_both("registrations", settings="bench.registrations_settings")


def minimal_view(request: Any, event: int, person: int) -> Any:
    """The peer: what anybody would write who knows about row locks."""
    from django.db import transaction
    from django.http import JsonResponse
    from django.utils import timezone

    from gongzhi.events import tickets
    from gongzhi.events.models import Event, Registration

    with transaction.atomic():
        held = Event.objects.select_for_update().get(pk=event)
        found = held.seats_taken < (held.capacity or 0)
        held.last_number += 1
        held.seats_taken += found
        now = timezone.now()
        Registration.objects.create(
            event=held,
            person_id=person,
            status="seated" if found else "waiting",
            number=held.last_number,
            turn=held.last_number,
            registered_at=now,
            changed_at=now,
            channel="self",
            token=tickets.new_token(),
            code=f"{held.last_number:06}",
        )
        held.save(update_fields=["seats_taken", "last_number"])
    return JsonResponse({"status": "seated" if found else "waiting"}, status=201)


# -- in a process of its own ----------------------------------------------------------------------


def measure_all() -> list[dict]:
    """Measure bursts, a list of 13,000 events and the check-in of one person."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import get_resolver

    # As a served process does when it starts. Otherwise the first offer that lapses here, whose message names an
    # address, would read every room's pages while it holds SQLite's one lock: twenty seconds on a busy machine.
    _ = get_resolver().url_patterns
    call_command("migrate", verbosity=0)
    town = _town()
    ours = _serve("gongzhi.config.wsgi:application")
    peer = _serve("bench.registrations_bare:application")
    try:
        bursts = _bursts(town, ours[1], peer[1])
    finally:
        for process, _ in (ours, peer):
            process.terminate()
        for process, _ in (ours, peer):
            process.wait()
    return [*bursts, *_series(town), _door(town)]


def _town() -> dict[str, Any]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from gongzhi.accounts.sessions import SessionStore
    from gongzhi.accounts.testing import make_user
    from gongzhi.directory.testing import make_person
    from gongzhi.places.testing import make_village

    place = make_village()
    people, cookies = [], []
    for n in range(CLIENTS + SEATS + WAITING):
        person = make_person(f"王{n}", place=place, id_number="", birth_year=1980)
        user = make_user(name=f"王{n}", handle=f"wang{n}", person=person)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "gongzhi.accounts.backends.PhoneBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session["since"] = time.time()
        session.create()
        people.append(person)
        cookies.append(session.session_key)
    return {"place": place, "people": people, "cookies": cookies}


def _serve(application: str) -> tuple[subprocess.Popen, int]:
    """Start 8 workers of one blocking thread each, as many as may wait for the database; return them and the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
            *("--workers", str(WORKERS), "--blocking-threads", "1", "--no-access-log"),
            *("--blocking-threads-idle-timeout", "600", "--log-level", "error", application),
        ],
        stdout=sys.stderr,
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            line.request("GET", "/healthz")
            line.getresponse().read()
            return process, port
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise RuntimeError("the server did not come up")


def _event(town: dict[str, Any], day: int) -> Any:
    """Return an event with all seats given, three of them offered and about to lapse, and five people waiting."""
    from django.utils import timezone

    from gongzhi.events import tickets
    from gongzhi.events.models import Event, Registration
    from gongzhi.events.testing import NOW, make_event

    now = timezone.now()
    starts = (now + timedelta(days=2 + day)).replace(minute=0, second=0, microsecond=0)
    event = make_event(f"第{day}场", place=town["place"], seats=SEATS, starts_at=starts, now=NOW)
    before = town["people"][CLIENTS:]
    rows = []
    for number, person in enumerate(before, 1):
        status = "seated" if number <= SEATS else "waiting"
        if SEATS - OFFERED < number <= SEATS:
            status = "offered"
        rows.append(
            Registration(
                event=event,
                person=person,
                status=status,
                number=number,
                turn=number,
                registered_at=now,
                changed_at=now,
                offered_at=now if status == "offered" else None,
                offer_until=now + timedelta(seconds=0.3) if status == "offered" else None,
                channel="self",
                token=tickets.new_token(),
                code=tickets.spoken_code(event.pk, number),
            )
        )
    Registration.objects.bulk_create(rows)
    Event.objects.filter(pk=event.pk).update(seats_taken=SEATS, last_number=len(rows))
    return event


def _bursts(town: dict[str, Any], port: int, bare: int) -> list[dict]:
    from gongzhi.events.models import Event, Registration

    lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in town["people"]]
    bare_lines = [http.client.HTTPConnection("127.0.0.1", bare, timeout=60) for _ in range(CLIENTS)]
    pool = ThreadPoolExecutor(CLIENTS + LEAVING)
    waits: list[float] = []
    spent, bare_spent, oversold, undersold, wrong = 0.0, 0.0, 0, 0, []
    requests = 0
    for burst in range(-1, BURSTS):  # the first warms every worker and is not counted
        event = _event(town, burst + 1)
        leaving = list(
            Registration.objects.filter(event=event, status="seated").order_by("number")[:LEAVING]
        )
        start = threading.Barrier(CLIENTS + LEAVING)
        jobs = [(n, "POST", f"/api/events/events/{event.pk}/registration") for n in range(CLIENTS)]
        by_person = {p.pk: n for n, p in enumerate(town["people"])}
        jobs += [
            (by_person[r.person_id], "DELETE", f"/api/events/registrations/{r.pk}") for r in leaving
        ]

        def press(job: tuple[int, str, str], start: threading.Barrier = start) -> float:
            n, method, address = job
            _open(lines[n])
            start.wait()
            return _ask(lines[n], method, address, town["cookies"][n], wrong)

        began = time.perf_counter()
        ending = threading.Event()
        worker = threading.Thread(target=_work_off, args=(ending,))
        worker.start()
        found = list(pool.map(press, jobs))
        took = time.perf_counter() - began
        ending.set()
        worker.join()
        _expire()
        event = Event.objects.get(pk=event.pk)
        holding = event.registrations.filter(status__in=Registration.HOLDS_SEAT).count()
        waiting = event.registrations.filter(status="waiting").count()
        oversold += max(0, holding - SEATS) + abs(event.seats_taken - holding)
        undersold += min(waiting, max(0, SEATS - holding))

        empty = _bare_event(town, burst + 1)
        start_bare = threading.Barrier(CLIENTS)

        def press_bare(n: int, start: threading.Barrier = start_bare, pk: int = empty.pk) -> None:
            _open(bare_lines[n])
            start.wait()
            person = town["people"][n].pk
            _ask(bare_lines[n], "POST", f"/seat/{pk}/{person}/", "", wrong)

        began = time.perf_counter()
        list(pool.map(press_bare, range(CLIENTS)))
        if burst >= 0:
            bare_spent += time.perf_counter() - began
            spent += took
            waits += found
            requests += len(jobs)
        else:
            wrong.clear()
    pool.shutdown()
    if wrong:
        print(f"{len(wrong)} answers were not as they should be: {wrong[:3]}", file=sys.stderr)
    waits.sort()
    p99 = waits[min(len(waits) - 1, int(len(waits) * 0.99))] * 1000
    return [
        {
            "name": f"同时报名，{CLIENTS}人抢{SEATS}个名额，{BURSTS}轮",
            "unit": "次/秒",
            "ours": requests / spent,
            "peer": CLIENTS * BURSTS / bare_spent,
            "peer_name": "最简单的Django视图加行锁",
            "oversold": oversold,
            "undersold": undersold,
            "failed": len(wrong),
            "p50_ms": round(statistics.median(waits) * 1000, 1),
            "p99_ms": round(p99, 1),
        },
        {
            "name": "同时报名，第99百分位等多久",
            "unit": "毫秒",
            "ours": p99,
            "floor": 500,
            "floor_name": "上限",
            "oversold": oversold,
            "undersold": undersold,
        },
    ]


def _bare_event(town: dict[str, Any], day: int) -> Any:
    from django.utils import timezone

    from gongzhi.events.testing import NOW, make_event

    starts = timezone.now() + timedelta(days=400 + day)
    return make_event(f"对照{day}", place=town["place"], seats=SEATS, starts_at=starts, now=NOW)


def _open(line: http.client.HTTPConnection) -> None:
    """Connect anew: a server may have closed what was idle between two bursts."""
    line.close()
    line.connect()


def _ask(
    line: http.client.HTTPConnection, method: str, address: str, cookie: str, wrong: list
) -> float:
    headers = {"Content-Type": "application/json", "Host": "127.0.0.1"}
    if cookie:
        token = "a" * 32
        headers |= {"Cookie": f"sessionid={cookie}; csrftoken={token}", "X-CSRFToken": token}
    began = time.perf_counter()
    line.request(method, address, body="{}" if method == "POST" else None, headers=headers)
    answer = line.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status not in (200, 201):
        wrong.append((answer.status, body[:200].decode(errors="replace")))
    return took


def _work_off(ending: threading.Event) -> None:
    from django.db import connection

    while not ending.wait(0.2):
        _expire()
    connection.close()


def _expire() -> None:
    from django.utils import timezone

    from gongzhi.events import services
    from gongzhi.shared.permissions import HOUSE

    services.expire_offers(by=HOUSE, now=timezone.now())


def _series(town: dict[str, Any]) -> list[dict]:
    """Ask for the list of a series of 13,000 events, the first page and one far behind, as anybody sees it."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from gongzhi.events import services
    from gongzhi.events.models import Event
    from gongzhi.events.testing import make_series
    from gongzhi.shared.permissions import HOUSE

    now = timezone.now()
    series = make_series(place=town["place"], topic="brand-sunday")
    plans = [
        {
            "starts_at": now + timedelta(hours=3 * n + 1),
            "ends_at": now + timedelta(hours=3 * n + 3),
            "address": "3号院坝",
        }
        for n in range(SERIES)
    ]
    services.plan_events(by=HOUSE, series=series, plans=plans, now=now)
    services.publish_series(by=HOUSE, series=series, now=now)
    last = Event.objects.filter(series=series).order_by("starts_at", "pk")[SERIES - 500]
    client, records = Client(), []
    key = f"{last.starts_at.isoformat()}~{last.pk}".replace("+", "%2B")
    for name, more in (("第一页", ""), ("很后面的一页", f"&after={key}")):
        address = f"/events/?when=all&kind=brand-sunday{more}"
        client.get(address)
        took, asked = [], 0
        for _ in range(20):
            with CaptureQueriesContext(connection) as statements:
                began = time.perf_counter()
                answer = client.get(address)
                took.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"the list answers {answer.status_code}")
            asked = max(asked, len(statements))
        records.append(
            {
                "name": f"{SERIES:,}场的系列，{name}",
                "unit": "毫秒",
                "ours": statistics.median(took),
                "floor": 300,
                "floor_name": "上限",
                "queries": asked,
            }
        )
    return records


def _door(town: dict[str, Any]) -> dict:
    """Check people in by the code they say, one after another."""
    from django.utils import timezone

    from gongzhi.events import services
    from gongzhi.events.testing import make_event, make_registration
    from gongzhi.shared.permissions import HOUSE

    now = timezone.now()
    event = make_event(place=town["place"], starts_at=now + timedelta(hours=1, days=1200))
    made = [make_registration(event, person, now=now) for person in town["people"]]
    took = []
    for registration in made:
        began = time.perf_counter()
        scan = services.check_in(
            by=HOUSE,
            event=event,
            channel="code",
            code=registration.code,
            now=event.starts_at,
        )
        took.append((time.perf_counter() - began) * 1000)
        if scan.refusal:
            raise RuntimeError(str(scan.refusal))
    return {
        "name": "一个人到场登记",
        "unit": "毫秒",
        "ours": statistics.median(took),
        "floor": 50,
        "floor_name": "上限",
        "slowest_ms": round(max(took), 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure_all(), ensure_ascii=False))
