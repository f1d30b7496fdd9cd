import pytest
from django.db import connection

from gongzhi.figures.testing import every_change_is_marked

from .bookroom import deeds
from .bookroom.books import LIVE, PRESENCES
from .bookroom.models import Gathering, Presence, Someone
from .bookroom.testing import make_small

pytestmark = pytest.mark.django_db


def update_brand(small):
    Gathering.objects.update(brand="430课堂")


def save_whole_event(small):
    small.gatherings[0].save()


def add_many(small):
    Presence.objects.bulk_create(
        [Presence(gathering=small.gatherings[0], person=p, role="guest") for p in small.people]
    )


def point_somewhere_else(small):
    Someone.objects.filter(pk=small.people[0].pk).update(merged_into=small.people[1])


def delete(small):
    Presence.objects.all().delete()


def write_raw(small):
    with connection.cursor() as cursor:
        cursor.execute('UPDATE "bookroom_presence" SET "minutes" = 1 WHERE "id" > 0')


@pytest.mark.parametrize(
    "careless",
    [update_brand, save_whole_event, add_many, point_somewhere_else, delete, write_raw],
)
def test_a_deed_that_changes_a_figure_and_marks_nothing_is_found(careless):
    small = make_small()

    with (
        pytest.raises(AssertionError, match=r"changes figures of “bookroom\.presences”"),
        every_change_is_marked([PRESENCES]),
    ):
        careless(small)


def test_deeds_that_mark_and_changes_that_count_nothing_pass():
    small = make_small()
    gathering, person, other = small.gatherings[0], small.people[0], small.people[1]

    with every_change_is_marked([PRESENCES]):
        deeds.void(deeds.check_in(gathering, person))
        deeds.move_gathering(gathering, place=small.courtyard)
        deeds.merge(person, other)
        Gathering.objects.update(title="重阳活动")
        Someone.objects.create(name="李建国")


def test_a_book_that_is_counted_live_needs_no_mark():
    small = make_small()

    with every_change_is_marked([LIVE]):
        update_brand(small)
