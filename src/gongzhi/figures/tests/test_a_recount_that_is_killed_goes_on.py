import hashlib
import os
import subprocess
import sys
from datetime import date

import pytest
from django.db import connection

from gongzhi.figures import queries, services
from gongzhi.figures.models import Cell, Mark

from .bookroom.books import HEAVY, PRESENCES
from .bookroom.testing import make_small

REBUILD = """
import django, sys
from django.conf import settings
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from gongzhi.figures import services
from gongzhi.figures.tests.bookroom.books import PRESENCES

def tell(execute, sql, params, many, context):
    found = execute(sql, params, many, context)
    if sql.startswith(("DELETE", "INSERT")) and "figures_cell" in sql:
        print("halfway", flush=True)
        sys.stdin.readline()
    return found

with connection.execute_wrapper(tell):
    services.rebuild(PRESENCES)
"""


def fingerprint() -> str:
    cells = Cell.objects.order_by("place_id", "month", "facet").values_list(
        "place_id", "month", "facet", "records", "total", "people", "subjects", "own_subjects"
    )
    text = repr([tuple(bytes(v) if isinstance(v, memoryview) else v for v in c) for c in cells])
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.django_db(transaction=True)
def test_a_recount_that_is_killed_goes_on_where_it_stopped():
    make_small(months=6)
    services.rebuild(PRESENCES)
    undisturbed = fingerprint()

    for lines in (1, 4):
        child = subprocess.Popen(
            [sys.executable, "-c", REBUILD, str(connection.settings_dict["NAME"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        for _ in range(lines):
            assert child.stdout.readline() == "halfway\n"
            child.stdin.write("go on\n")
            child.stdin.flush()
        assert child.stdout.readline() == "halfway\n"
        child.kill()
        child.communicate()
        assert Mark.objects.filter(month__gt=0).exists()

    queries.value(HEAVY[0], 1, date(2026, 1, 1), date(2027, 1, 1))

    assert not Mark.objects.exists()
    assert fingerprint() == undisturbed
