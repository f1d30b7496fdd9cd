from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.academy import queries, services
from gongzhi.academy.models import Completion, Trainer
from gongzhi.academy.testing import (
    NOW,
    after,
    make_class,
    make_completion,
    make_course,
    make_learner,
    make_trainer,
)
from gongzhi.accounts.testing import make_user
from gongzhi.directory import services as directory
from gongzhi.directory.testing import make_person
from gongzhi.events.models import Attendance
from gongzhi.events.testing import make_attendance
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def marks(run, person, now):
    return "".join(c.mark for c in queries.learner(run, person, now).cells)


def mark(run, number, person, what, now, reason="纸单上签了名"):
    session = run.sessions.select_related("event", "class_run").get(number=number)
    services.mark_attendance(
        by=HOUSE, session=session, person=person, mark=what, reason=reason, now=now
    )


def test_the_sheet_says_who_came_who_is_on_leave_and_who_was_absent():
    run = make_class()
    person = make_learner(run, came=[1])
    mark(run, 3, person, "假", NOW, "儿子结婚")

    second = queries.sessions_of(run)[1].event
    assert marks(run, person, second.starts_at - DAY) == "到—假"
    assert marks(run, person, after(run)) == "到缺假"


def test_a_cell_is_changed_with_a_reason_and_the_arrival_follows():
    run = make_class()
    person = make_learner(run, came=[1])
    now = after(run)

    mark(run, 2, person, "到", now)
    mark(run, 1, person, "缺", now, "点错了名，那天没来")

    assert marks(run, person, now) == "缺到缺"
    assert Attendance.objects.standing().filter(person=person).count() == 1


def test_an_arrival_before_the_session_is_refused():
    run = make_class()
    person = make_learner(run)

    with pytest.raises(services.NotHeldYet, match="第1次课还没有开始"):
        mark(run, 1, person, "到", NOW)


def test_somebody_who_does_not_learn_here_is_not_marked():
    with pytest.raises(services.NotALearner):
        mark(make_class(), 1, make_person(place=make_village()), "假", NOW)


def test_enough_sessions_and_the_work_make_a_completion():
    run = make_class(make_course(work="一份坝坝会方案"))
    person = make_learner(run, came=[1, 2])
    now = after(run)

    with pytest.raises(services.NotEnough, match="罗玉芳还没交一份坝坝会方案，还不能结业"):
        services.complete_learner(by=HOUSE, run=run, person=person, now=now)
    services.receive_work(
        by=HOUSE, run=run, person=person, title="3号院坝停车的事", received_on=today(now), now=now
    )
    done = services.complete_learner(by=HOUSE, run=run, person=person, now=now)

    assert (done.sessions, done.minutes, done.override) == (2, 240, "")
    assert queries.certificate(done.number, done.code) == done
    with pytest.raises(services.AlreadyCompleted):
        services.complete_learner(by=HOUSE, run=run, person=person, now=now)


def test_a_named_person_may_let_somebody_complete_with_a_reason():
    run = make_class()
    person = make_learner(run, came=[1])

    done = services.complete_learner(
        by=HOUSE, run=run, person=person, now=after(run), override="住院，自己补完了两次录音"
    )

    assert done.override == "住院，自己补完了两次录音"


def test_all_who_may_complete_together_and_nobody_twice():
    run = make_class()
    make_learner(run, came=[1, 2])
    make_learner(run, "陈建国", came=[1, 2, 3])
    make_learner(run, "王秀兰", came=[3])

    assert services.complete_class(by=HOUSE, run=run, now=after(run)) == 2
    assert services.complete_class(by=HOUSE, run=run, now=after(run)) == 0
    assert len(set(Completion.objects.values_list("number", flat=True))) == 2


def test_a_revoked_certificate_says_so_and_a_new_one_may_follow():
    done = make_completion()
    run, person = done.class_run, done.person
    services.revoke_completion(by=HOUSE, completion=done, reason="名字写错了", now=after(run))

    assert queries.certificate(done.number, done.code).revoked_why == "名字写错了"
    again = services.complete_learner(by=HOUSE, run=run, person=person, now=after(run))
    assert again.number != done.number


def test_two_records_of_one_person_are_one_learner():
    run = make_class()
    stands = make_learner(run, came=[1])
    other = make_person("罗玉芳", id_number="", place=make_village())
    make_attendance(queries.sessions_of(run)[1].event, other)

    directory.merge_people(by=HOUSE, person=other, into=stands, note="同一个人", now=after(run))

    [one] = queries.learners_of(run, after(run))
    assert (one.person, one.came) == (stands, 2)


def test_the_sheet_is_turned_by_key_and_tells_each_learner_once():
    run = make_class()
    people = [make_learner(run, f"学员{n}") for n in "甲乙丙丁戊己庚"]

    page = queries.sheet_of(run, NOW, limit=3)
    seen = [one.person for one in page.learners]
    while page.next:
        page = queries.sheet_of(run, NOW, after=page.next, limit=3)
        seen += [one.person for one in page.learners]

    assert seen == sorted(people, key=lambda p: (p.place.sort_key, p.pk))


def test_the_tally_adds_up():
    run = make_class()
    make_learner(run, came=[1, 2])
    make_learner(run, "陈建国", came=[1])
    now = after(run)

    tally = queries.tally_of(queries.learners_of(run, now), queries.sessions_of(run), now)

    assert (tally.learners, tally.came, tally.due) == (2, 3, 6)
    assert (tally.enough, tally.one_short, tally.completed) == (1, 1, 0)


def test_those_of_another_town_complete_nobody():
    run = make_class()
    person = make_learner(run, came=[1, 2])
    stranger = make_user(Role.CENTER_OPERATOR, make_town("淮口街道"))

    with pytest.raises(PermissionDenied):
        services.complete_learner(by=stranger, run=run, person=person, now=after(run))
    with pytest.raises(PermissionDenied):
        services.complete_class(by=stranger, run=run, now=after(run))


def test_a_class_closes_when_its_last_session_is_over():
    run = make_class()

    with pytest.raises(services.NotHeldYet):
        services.close_class(by=HOUSE, run=run, now=NOW)
    services.close_class(by=HOUSE, run=run, now=after(run))
    with pytest.raises(services.ClassClosed):
        services.close_class(by=HOUSE, run=run, now=after(run))


def test_whoever_completes_a_class_of_trainers_learns_to_teach_beneath_its_trainer():
    teacher = make_trainer()
    run = make_class(make_course("讲师入门", plan="tot"), trainer=teacher.person)

    done = make_completion(run)

    pupil = Trainer.objects.get(person=done.person)
    assert (pupil.taught_by, pupil.subject) == (teacher, "讲师入门")
