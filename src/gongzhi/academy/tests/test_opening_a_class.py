from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.academy import queries, services
from gongzhi.academy.models import ClassRun, Plan, School
from gongzhi.academy.testing import NOW, make_class, make_course, make_learner
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.testing import make_person
from gongzhi.events import services as events
from gongzhi.events.models import Event, Kind
from gongzhi.events.testing import make_registration
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_three_schools_and_their_plans_come_with_the_program_once():
    make_county()

    assert services.set_up_schools(by=HOUSE, now=NOW) == 6
    assert services.set_up_schools(by=HOUSE, now=NOW) == 0
    assert set(School.objects.values_list("name", flat=True)) == {
        "治理学苑", "社工学苑", "友邻学苑",
    }  # fmt: skip
    assert dict(Plan.objects.values_list("name", "school__name")) == {
        "伙伴计划": "治理学苑",
        "展翅计划": "社工学苑",
        "TOT计划": "友邻学苑",
    }


def test_a_class_is_a_series_of_training_and_people_register_for_the_first_session():
    run = make_class(sessions=3, capacity=36)

    sessions = queries.sessions_of(run)
    assert run.title == "伙伴计划第1班：怎样开好一次坝坝会"
    assert [s.event.takes_registrations for s in sessions] == [True, False, False]
    assert [s.event.capacity for s in sessions] == [36, None, None]
    assert {(s.event.kind, s.event.topic) for s in sessions} == {(Kind.TRAINING, "partner")}
    assert Line.objects.filter(action="academy.class-opened").count() == 1


def test_classes_of_a_plan_are_numbered_one_by_one():
    first, second = make_class(), make_class(make_course("写好一个项目"))

    assert (first.number, second.number) == (1, 2)


def test_seats_kept_for_a_town_return_to_everybody_on_their_day():
    town, other = make_town(), make_town("淮口街道")
    village = make_village(town=town)
    run = make_class(capacity=2, quotas={town.pk: 1, other.pk: 1}, releases_on=today(NOW + 3 * DAY))
    event = queries.sessions_of(run)[0].event
    mine = make_registration(event, make_person(place=village))
    next_in_line = make_registration(event, make_person("李桂英", place=village))
    assert (mine.status, next_in_line.status) == ("seated", "waiting")

    events.release_quotas(by=HOUSE, now=NOW + 3 * DAY)

    next_in_line.refresh_from_db()
    assert next_in_line.status == "offered"
    assert [(q.seats + q.returned, q.taken, q.returned) for q in queries.quotas_of(run)][1][2] == 1


def test_more_sessions_than_there_are_cannot_be_wanted():
    with pytest.raises(services.ClassUnclear, match="要到2次课才结业，却只排了1次"):
        make_class(sessions=1)
    assert not ClassRun.objects.exists()
    assert not Event.objects.exists()


def test_a_session_gone_by_is_refused():
    course, village = make_course(), make_village()

    with pytest.raises(services.ClassUnclear, match="已经过了"):
        services.open_class(
            by=HOUSE,
            course=course,
            place=village,
            address="县支持中心二楼",
            times=[(NOW - DAY, NOW - DAY + HOUR), (NOW + DAY, NOW + DAY + HOUR)],
            now=NOW,
        )


def test_those_of_another_town_open_no_class_here():
    course, village = make_course(), make_village()
    stranger = make_user(Role.CENTER_OPERATOR, make_town("淮口街道"))

    with pytest.raises(PermissionDenied):
        services.open_class(
            by=stranger,
            course=course,
            place=village,
            address="县支持中心二楼",
            times=[(NOW + DAY, NOW + DAY + HOUR), (NOW + 2 * DAY, NOW + 2 * DAY + HOUR)],
            now=NOW,
        )


def test_an_ended_course_opens_no_class():
    course = make_course()
    services.end_course(by=HOUSE, course=course, now=NOW)

    with pytest.raises(services.CourseEnded):
        make_class(course)


def test_a_plan_has_a_course_once():
    course = make_course()

    with pytest.raises(services.CourseTaken):
        services.found_course(
            by=HOUSE, plan=course.plan, title=course.title, sessions_wanted=2, now=NOW
        )


def test_a_class_that_takes_learners_is_shown_to_everybody():
    run = make_class()
    make_class(is_published=False)

    assert queries.open_to_register(NOW) == [run]
    assert queries.open_to_register(NOW + 30 * DAY) == []


def test_who_has_a_seat_or_came_learns_and_who_waits_does_not():
    run = make_class(capacity=1)
    seated = make_learner(run)
    waiting = make_learner(run, "李桂英")

    assert set(queries.learner_ids(run)) == {seated}
    assert waiting not in queries.learner_ids(run)
