from datetime import date

import pytest

from gongzhi.directory import measures as directory
from gongzhi.directory.testing import make_person, make_volunteer
from gongzhi.figures import queries as figures
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.listings import listings
from gongzhi.shared.measures import measures
from gongzhi.shared.permissions import HOUSE
from gongzhi.volunteering import services
from gongzhi.volunteering.testing import AFTER, HOUR, SUNDAY, make_service, make_shift, serve

pytestmark = pytest.mark.django_db


def figure(key, place):
    return figures.value(
        measures()[f"volunteering.{key}"], place.pk, date(2026, 11, 1), date(2026, 12, 1)
    )


def test_times_people_and_minutes_are_counted_from_services():
    village = make_village()
    person = make_person(place=village)
    make_service(person, place=village)
    make_service(person, place=village, starts_at=SUNDAY - 24 * HOUR, hours=1)
    county = make_county()
    assert (figure("services", county), figure("people", county), figure("minutes", county)) == (
        2,
        1,
        180,
    )


def test_a_parent_adds_up_times_and_counts_people_once():
    here = make_village()
    there = make_village(town=make_town("官仓街道"))
    person = make_person(place=here)
    make_service(person, place=here)
    make_service(person, place=there, starts_at=SUNDAY - 24 * HOUR)
    assert figure("services", make_county()) == figure("services", here) + figure("services", there)
    assert figure("people", make_county()) == 1


def test_a_correction_moves_the_figure_at_once():
    village = make_village()
    service = make_service(place=village)
    assert figure("minutes", village) == 120
    services.correct_hours(by=HOUSE, service=service, minutes=60, reason="早退", now=AFTER)
    assert figure("minutes", village) == 60
    services.correct_hours(by=HOUSE, service=service, minutes=0, reason="没来", now=AFTER)
    assert figure("services", village) == 0


def test_the_third_count_of_volunteers_comes_from_service_records():
    village = make_village()
    volunteer = make_volunteer(place=village)
    shift = make_shift(place=village)
    serve(shift, volunteer.person)
    day = date(2026, 12, 1)
    assert directory.ACTIVE.on(day).count() == 0
    services.confirm_hours(by=HOUSE, shift=shift, now=AFTER)
    assert directory.ACTIVE.on(day).count() == 1
    assert directory.ACTIVE.on(date(2027, 11, 29)).count() == 0


def test_every_figure_opens_a_list_and_says_it_grades_nobody():
    for key, measure in measures().items():
        if key.startswith("volunteering.") and key != "volunteering.typed-share":
            assert measure.listing in listings()
            assert not measure.appraisal
