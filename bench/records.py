"""
The page of 50 volunteers out of 88,107, asked for over HTTP by somebody who works for the county.

- ours: `indicators:records`, one `values_list` a page, by keyset.
- peer: the same page as a plain Django view and template: model objects, `select_related`,
  `prefetch_related`, `Paginator`, a loop in the template. Same bars, same figures above it.
- floor: the same fifty rows by one raw SQL statement, as JSON, through the same middleware.

A search is measured where it differs: the ids of everybody whose name has two characters in a row.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from .both import on_both

PAGE, FAR, RUNS = 50, 900, 30
WARM, COLD = 100, 1000  # milliseconds that somebody may wait for the overview of a county
DAY = date(2026, 11, 23)
MEASURE = "directory.volunteers-registered"
TEMPLATE = """{% extends "ui/workbench.html" %}{% load ui %}{% block title %}志愿者{% endblock %}
{% block main %}<div class="stack"><div class="head"><h1>志愿者</h1></div>
<section class="card fig"><div class="stack-2"><span class="v">{{ page.paginator.count|thousands }}
<span class="u">人</span></span>{% for label, n in beside %}<span class="fine">{{ label }}{{ n|thousands }}人
</span>{% endfor %}</div><dl class="dl"><dt>怎么数</dt><dd>{{ rule }}</dd></dl></section>
<section class="card flush"><form class="filters inset" method="get" action=""><select name="place">
{% for town in towns %}<option value="{{ town.pk }}">{{ town.name }}</option>{% endfor %}</select>
<input class="input" type="search" name="q"><button class="btn">{% icon "filter" %}筛选</button></form>
<div class="tw"><table class="table stick"><thead><tr><th></th><th>姓名和编号</th><th>村社</th>
<th>志愿队</th><th>手机号</th><th>证件号</th><th>登记来源</th><th>登记日期</th><th>最近一次</th></tr></thead><tbody>
{% for v in page %}<tr><td><input type="checkbox" name="pk" value="{{ v.pk }}"
aria-label="选中{{ v.person.name }}"></td><th scope="row"><a href="{{ v.link }}">{{ v.person.name }}
<span class="sub">{{ v.number }}</span></a></th><td>{{ v.place.name }}</td>
<td>{% for m in v.person.memberships.all %}{% if forloop.first %}{{ m.team.name }}{% endif %}{% endfor %}</td>
<td>{% if v.phone %}<span class="mask">{{ v.phone }}</span>{% endif %}</td>
<td>{% if v.id_number %}<span class="mask">{{ v.id_number }}</span>{% endif %}</td>
<td>{% if v.confirmed_on %}<span class="status ok">本人确认</span>{% else %}<span class="status wait">
{{ v.get_source_display }}</span>{% endif %}</td><td>{{ v.registered_on|date:"Y年n月j日" }}</td>
<td>{{ v.last_served_on|date:"Y年n月j日" }}</td></tr>
{% endfor %}</tbody></table></div><nav class="pager">{% if page.has_next %}
<a href="?page={{ page.next_page_number }}">下一页</a>{% endif %}</nav></section></div>{% endblock %}"""


def run() -> list[dict]:
    """Measure on SQLite, and on PostgreSQL when GONGZHI_DATABASE names one."""
    return on_both("records")


# -- in a process of its own ----------------------------------------------------------------------


def measure_all() -> list[dict]:
    """Measure the first page, a far page and a search, and how long a county's overview takes."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.test.utils import override_settings
    from django.urls import reverse

    operator = _county()
    unswept = _race(_search_ways())
    _sweep()
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(operator)
    with override_settings(ROOT_URLCONF="bench.records_urls"):
        after = _cursor()
        asked = {"measure": MEASURE, "on": DAY.isoformat()}
        listed = reverse("indicators:records", args=("directory.volunteers",))
        first, far = (f"{listed}?{urlencode(asked | more)}" for more in ({}, {"after": after}))
        plain = reverse("bench-plain")
        ways = {
            "ours": lambda: _ok(client, first),
            "ours far": lambda: _ok(client, far),
            "peer": lambda: _ok(client, plain),
            "peer far": lambda: _ok(client, f"{plain}?page={FAR}"),
            "floor": lambda: _ok(client, reverse("bench-raw")),
        }
        overview = reverse("indicators:dashboard")
        assert ways["ours far"]().count(b"<tr>") == ways["peer far"]().count(b"<tr>") == PAGE + 1
        quiet = _race(ways)
        # Whatever is committed between two readers makes the counts be made anew.
        busy = _race({name: ways[name] for name in ("ours", "peer", "floor")}, between=_commit)
        warm = _race({"ours": lambda: _ok(client, overview)})
        cold = _race({"ours": lambda: _ok(client, overview)}, between=_commit)
    found = _race(_search_ways())
    plain_page, raw = "普通Django模板页", "裸SQL+JSON"
    return [
        _record("志愿者第1页50人", quiet, "ours", "peer", plain_page, "floor", raw),
        _record("志愿者第1页50人，其间有别的提交", busy, "ours", "peer", plain_page, "floor", raw),
        _record(
            f"志愿者第{FAR}页50人", quiet, "ours far", "peer far", plain_page, "ours", "我们的第1页"
        ),
        _record("县总览，没有别的提交", warm, "ours", floor_ms=WARM, floor_name="上限"),
        _record("县总览，刚有提交", cold, "ours", floor_ms=COLD, floor_name="上限"),
        _record("两个字找人（88,107人里）", found, "ours", "peer", "LIKE"),
        _record("两个字找人，刚导入还没整理", unswept, "ours", "peer", "LIKE"),
    ]


def _record(
    name: str,
    took: dict[str, Took],
    ours: str,
    peer: str = "",
    peer_name: str = "",
    floor: str = "",
    floor_name: str = "",
    floor_ms: float | None = None,
) -> dict:
    """Return one line of the result: the wall clock, and beside it what it cost this process."""
    found: dict[str, Any] = {"name": name, "unit": "ms", "runs": RUNS, "floor": floor_ms}
    for role, way in (("ours", ours), ("peer", peer), ("floor", floor)):
        if way:
            found |= {role: took[way].wall, f"{role}_cpu": took[way].cpu}
    return found | {"peer_name": peer_name, "floor_name": floor_name}


def _ok(client: Any, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return response.content


@dataclass(frozen=True, kw_only=True)
class Took:
    """The median of many runs in milliseconds: on the wall, and of this process's own time."""

    wall: float
    cpu: float


def _race(
    ways: dict[str, Callable[[], object]], between: Callable[[], object] = lambda: None
) -> dict[str, Took]:
    """Measure all *ways* in turn, so that a noisy moment hits each of them; the first runs warm up."""
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus: dict[str, list[float]] = {name: [] for name in ways}
    for run_number in range(-3, RUNS):
        for name, way in ways.items():
            between()
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            if run_number >= 0:
                walls[name].append((time.perf_counter() - wall) * 1000)
                cpus[name].append((time.process_time() - cpu) * 1000)
    return {
        name: Took(wall=statistics.median(walls[name]), cpu=statistics.median(cpus[name]))
        for name in ways
    }


def _commit() -> None:
    """Commit something that no figure counts."""
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.filter(app_label="directory", model="volunteer").update(model="volunteer")


def _county() -> Any:
    """Make the demonstration's county and its volunteers, and somebody who works for it."""
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from gongzhi.accounts.testing import make_user
    from gongzhi.demo import generator, stage
    from gongzhi.directory import registers
    from gongzhi.directory.models import Volunteer
    from gongzhi.shared.permissions import HOUSE, Role

    call_command("migrate", verbosity=0)
    county = stage.county(timezone.now())
    if not Volunteer.objects.exists():
        people, now = generator._people(stage.spots()), timezone.now()
        register = registers.VOLUNTEERS
        context = register.prepare(HOUSE, county, now, {})
        for at in range(0, len(people.names), 5000):
            part = slice(at, at + 5000)
            given = {
                "name": people.names[part],
                "id_number": people.ids[part],
                "phone": people.phones[part],
                "place": [spot.full for spot in people.places[part]],
                "registered": people.joined[part],
                "birth": people.births[part],
                "served": [DAY if n % 5 == 0 else "" for n in range(len(people.names[part]))],
            }
            empty = [""] * len(given["name"])
            rows = {c.key: c.read(given.get(c.key, empty), context)[0] for c in register.columns}
            rows["row"] = list(range(at, at + len(empty)))
            register.judge(rows, context)
            with transaction.atomic():
                register.write(HOUSE, rows, context, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return make_user(Role.COUNTY_OPERATOR, county)


def _sweep() -> None:
    """Leave the database as it is at rest, after autovacuum: counted, and the list of pending words put away."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _cursor() -> str:
    """Return where the page before the far one ends, as the page's own links write it."""
    from gongzhi.directory import measures

    rows = measures.VOLUNTEERS.on(DAY).order_by("place__sort_key", "pk")
    key, pk = rows.values_list("place__sort_key", "pk")[PAGE * (FAR - 1) - 1]
    return f"{key}.{pk}"


def _search_ways() -> dict[str, Callable[[], object]]:
    """Find everybody called 桂兰, by the index of bigrams and by LIKE; both find the same people."""
    from gongzhi.directory import listings
    from gongzhi.directory.models import Volunteer

    words = "桂兰"
    rows = Volunteer.objects.filter(ended_on=None).values_list("pk", flat=True)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: sorted(listings.find_volunteers(rows, words)),
        "peer": lambda: sorted(rows.filter(person__name__contains=words)),
    }
    assert ways["ours"]() == ways["peer"]()
    return ways


# -- the peer and the floor ------------------------------------------------------------------------


def plain(request: Any) -> Any:
    """Show the page as a plain Django view would."""
    from django.core.paginator import Paginator
    from django.db.models import Prefetch
    from django.http import HttpResponse
    from django.template import engines
    from django.urls import reverse

    from gongzhi.directory import measures
    from gongzhi.directory.models import Membership
    from gongzhi.places.models import Place
    from gongzhi.shared.codes import mask_id, mask_phone

    if not hasattr(plain, "template"):
        plain.template = engines["django"].from_string(TEMPLATE)
    teams = Membership.objects.filter(left_on=None).select_related("team").order_by("pk")
    rows = (
        measures.VOLUNTEERS.on(DAY)
        .select_related("person", "place")
        .prefetch_related(Prefetch("person__memberships", teams))
        .order_by("place__sort_key", "pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for volunteer in page:
        volunteer.phone = volunteer.person.phone.masked(mask_phone)
        volunteer.id_number = volunteer.person.id_number.masked(mask_id)
        volunteer.link = reverse("directory:volunteer", args=(volunteer.pk,))
    context = {
        "page": page,
        "rule": next(m.rule for m in measures.MEASURES if m.key == MEASURE),
        "beside": (
            ("本人确认", measures.CONFIRMED.on(DAY).count()),
            ("近12个月服务过", measures.ACTIVE.on(DAY).count()),
        ),
        "towns": Place.objects.filter(level=Place.Level.TOWN).order_by("sort_key"),
    }
    return HttpResponse(plain.template.render(context, request))


def raw(request: Any) -> Any:
    """Give the same fifty rows with the least work."""
    from django.db import connection
    from django.http import HttpResponse

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.id, p.name, l.name, v.source, v.registered_on, v.last_served_on"
            " FROM places_place l JOIN directory_volunteer v ON v.place_id = l.id"
            " JOIN directory_person p ON p.id = v.person_id"
            " WHERE l.sort_key >= '' AND v.ended_on IS NULL"
            " ORDER BY l.sort_key, v.id LIMIT 50"
        )
        rows = cursor.fetchall()
    return HttpResponse(json.dumps(rows, ensure_ascii=False, default=str))


if __name__ == "__main__":
    print(json.dumps(measure_all(), ensure_ascii=False))
