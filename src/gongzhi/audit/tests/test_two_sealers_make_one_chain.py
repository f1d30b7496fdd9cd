from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from gongzhi.audit import queries, services
from gongzhi.audit.models import Seal
from gongzhi.shared.permissions import HOUSE

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_writers_and_sealers_at_once_leave_a_gap_free_chain():
    def work(n):
        try:
            for _ in range(10):
                if n % 2:
                    services.record(HOUSE, "audit.book-read", reason=str(n), now=NOW)
                else:
                    services.seal(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    services.seal(now=NOW)

    assert list(Seal.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, 31)
    )
    assert list(queries.verify()) == []
