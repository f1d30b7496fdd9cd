"""The machine dies at any moment: what was acknowledged is there, and nothing is there by half."""

import os
import signal
import time
from uuid import UUID

import pytest
from django.db import connections

from gongzhi.ledger import queries
from gongzhi.ledger.models import Transfer
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import account, give, make_fund, post
from gongzhi.shared.keys import new_key

pytestmark = pytest.mark.django_db(transaction=True)
CUTS = 50


def write_until_killed(acknowledge, lines):
    """Post two lines at a time for ever, in a process of its own; say each key once it is booked."""
    while True:
        key = new_key()
        post(*lines, key=key)
        os.write(acknowledge, key.bytes)


def cut(lines, delay):
    """Kill a writer *delay* seconds after its first acknowledgement; return the keys it acknowledged."""
    connections.close_all()  # no connection is shared with the child
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            write_until_killed(said, lines)
        finally:
            os._exit(1)
    os.close(said)
    keys = os.read(heard, 16)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(heard, 4096):
        keys += more
    os.close(heard)
    return [UUID(bytes=keys[n : n + 16]) for n in range(0, len(keys), 16)]


def test_fifty_deaths_lose_nothing_acknowledged_and_leave_no_half_posting():
    bank = make_fund()
    give(bank, 10**9)
    lines = [
        Line(amount_fen=100, debit=account("5101").pk, credit=bank.pk, restriction="restricted"),
        Line(amount_fen=7, debit=account("5201").pk, credit=bank.pk, restriction="restricted"),
    ]

    acknowledged = [key for n in range(CUTS) for key in cut(lines, n * 0.0007)]

    kept = set(Transfer.objects.filter(line=2).values_list("posting", flat=True))
    assert len(acknowledged) >= CUTS
    assert set(acknowledged) <= kept
    assert len(kept) - len(acknowledged) <= CUTS  # booked, and dead before saying so
    bank.refresh_from_db()
    assert bank.balance_fen == 10**9 - 107 * len(kept)
    assert list(queries.verify()) == []
