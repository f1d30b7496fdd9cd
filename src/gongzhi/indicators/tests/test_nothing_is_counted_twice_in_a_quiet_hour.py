"""What is remembered is never stale: any commit, of this process or of another, makes it counted anew."""

from threading import Thread

import pytest
from django.db import connection, transaction

from gongzhi.directory.models import Volunteer
from gongzhi.directory.testing import make_volunteer
from gongzhi.indicators import unchanged
from gongzhi.indicators.unchanged import remembered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def counting(monkeypatch):
    """A count of volunteers that knows how often it was made."""
    monkeypatch.setattr(unchanged, "_held", (None, {}))
    connection.__dict__.pop("_remembered", None)
    made = []

    def count():
        made.append(Volunteer.objects.count())
        return made[-1]

    return lambda: remembered("volunteers", count), made


def test_a_count_is_made_once_while_nothing_is_committed(counting):
    ask, made = counting

    assert [ask() for _ in range(5)] == [0] * 5
    assert len(made) == 1


def test_a_change_of_our_own_is_seen_at_once(counting):
    ask, _ = counting
    ask()

    make_volunteer("张桂兰")

    assert ask() == 1


def test_a_change_of_somebody_else_is_seen_at_once(counting):
    ask, _ = counting
    ask()

    def elsewhere():
        make_volunteer("李建国")
        connection.close()

    other = Thread(target=elsewhere)
    other.start()
    other.join()

    assert ask() == 1


def test_inside_a_transaction_nothing_is_remembered(counting):
    ask, _ = counting
    ask()

    with transaction.atomic():
        make_volunteer("王玉芳")
        assert ask() == 1
        transaction.set_rollback(True)

    assert ask() == 0


def test_what_was_counted_while_somebody_committed_is_not_kept(counting, monkeypatch):
    ask, made = counting
    versions = iter([("then",), ("later",), ("later",), ("later",)])
    monkeypatch.setattr(unchanged, "_version", lambda: next(versions))

    ask()
    ask()

    assert len(made) == 2


def test_a_process_keeps_no_more_than_it_may(counting, monkeypatch):
    monkeypatch.setattr(unchanged, "MOST", 3)

    for number in range(10):
        assert remembered(number, lambda number=number: number) == number

    kept = connection._remembered if connection.vendor == "sqlite" else unchanged._held
    assert len(kept[1]) <= 3
