"""Many hands in the same moment: nobody is counted twice, no number is given twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE
from gongzhi.volunteering import queries, services
from gongzhi.volunteering.models import Certificate, Entry, Service
from gongzhi.volunteering.testing import AFTER, HOUR, SUNDAY, make_service, make_shift, serve

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deeds):
    start = Barrier(len(deeds))

    def press(deed):
        start.wait()
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as crowd:
        return list(crowd.map(press, deeds))


def test_overlapping_shifts_that_are_confirmed_in_one_moment_count_once():
    village = make_village()
    people = [make_person(f"街坊{n}", place=village, id_number="") for n in range(4)]
    first = make_shift("巡河", place=village)
    second = make_shift("护河", place=village, starts_at=SUNDAY + HOUR)
    for shift in (first, second):
        for person in people:
            serve(shift, person, arrived=shift.event.starts_at)

    def confirm(shift):
        return lambda: services.confirm_hours(by=HOUSE, shift=shift, now=AFTER)

    at_once([confirm(first), confirm(second)] * 4)

    assert Service.objects.count() == 8
    for person in people:
        assert queries.total_of(queries.services_of(person)).minutes == 180
    for service in Service.objects.all():
        assert service.minutes == sum(
            Entry.objects.filter(service=service).values_list("minutes", flat=True)
        )


def test_certificates_that_are_issued_in_one_moment_have_numbers_of_their_own():
    village = make_village()
    people = [make_person(f"街坊{n}", place=village, id_number="") for n in range(8)]
    for person in people:
        make_service(person, place=village)

    def issue(person):
        return lambda: services.issue_certificate(
            by=Oneself(person.pk),
            person=person,
            since=date(2026, 11, 1),
            until=date(2026, 11, 30),
            now=AFTER,
        )

    made = at_once([issue(person) for person in people])

    assert sorted(c.number for c in made) == [f"JT-ZM-2026-{n:06}" for n in range(1, 9)]
    assert Certificate.objects.count() == 8
