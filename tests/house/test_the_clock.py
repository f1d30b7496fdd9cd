"""What the worker does each minute: every room's deeds, and one that fails stops no other."""

import logging

import pytest
from django.utils import timezone

from gongzhi.audit.models import Line
from gongzhi.config import worker
from gongzhi.shared import rooms as signs
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.rooms import Room

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_deed_of_the_clock_runs_on_an_empty_county(world):
    assert worker.tick(timezone.now(), is_new_day=True) == []


def test_a_deed_that_fails_is_named_and_the_others_go_on(monkeypatch, caplog):
    done = []

    def fails(*, by, now):
        raise RuntimeError("the gateway is down")

    def goes_on(*, by, now):
        done.append(by)

    planted = {
        "first": Room(label="一", each_minute=(fails,)),
        "second": Room(label="二", each_minute=(goes_on,), each_day=(goes_on,)),
    }
    monkeypatch.setattr(signs, "rooms", lambda: planted)

    with caplog.at_level(logging.ERROR):
        failed = worker.tick(timezone.now(), is_new_day=False)

    assert [name.rpartition(".")[2] for name in failed] == ["fails"]
    assert done == [HOUSE]
    assert "the gateway is down" in caplog.text
    assert not Line.objects.exists()
