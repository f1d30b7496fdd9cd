"""Thirty people press 提交 in the same second; one person presses it many times."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.accounts.models import Visitor
from gongzhi.places.testing import make_county
from gongzhi.suggestions import services
from gongzhi.suggestions.models import Kind, Suggestion
from gongzhi.suggestions.testing import CHAIRS, NOW, make_key

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count, deed):
    start = Barrier(count)

    def press(number):
        start.wait()
        try:
            return deed(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(press, range(count)))


def write(place, number, address):
    try:
        return services.write_suggestion(
            by=Visitor(),
            key=make_key(number),
            place=place,
            kind=Kind.IDEA,
            text=CHAIRS,
            address=address,
            now=NOW,
        ).suggestion.sequence
    except services.TooManyLately:
        return None


def test_thirty_at_once_get_thirty_numbers_without_a_gap():
    place = make_county()

    numbers = at_once(30, lambda n: write(place, n, f"10.0.0.{n}"))

    assert sorted(numbers) == list(range(1, 31))


def test_pressing_ten_times_at_once_writes_once():
    place = make_county()

    numbers = at_once(10, lambda n: write(place, 1, "10.0.0.1"))

    assert numbers == [1] * 10
    assert Suggestion.objects.count() == 1


def test_forty_at_once_from_one_address_let_thirty_in():
    place = make_county()

    numbers = at_once(40, lambda n: write(place, n, "10.0.0.1"))

    assert len([n for n in numbers if n]) == 30
    assert Suggestion.objects.count() == 30
