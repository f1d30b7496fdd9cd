from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.academy import queries, services
from gongzhi.academy.models import Trainer
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
from gongzhi.directory.queries import add_years
from gongzhi.events.testing import make_attendance, make_event
from gongzhi.figures import queries as figures
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + timedelta(days=120)


def teach(person, times):
    for n in range(times):
        event = make_event("试讲", place=make_village(), starts_at=NOW + (n + 1) * DAY)
        make_attendance(event, person, roles=("trainer",))


def graduate():
    run = make_class(make_course("讲师入门", plan="tot"), trainer=make_trainer().person)
    return Trainer.objects.get(person=make_completion(run).person)


def test_what_it_takes_is_counted_from_records():
    trainer = graduate()
    teach(trainer.person, 1)

    assert [
        (r.have, r.want, r.is_met) for r in queries.requirements_of(trainer.person, today(LATER))
    ] == [
        (1, 1, True),
        (1, 2, False),
    ]


def test_who_has_done_what_it_takes_may_teach_for_three_years():
    trainer = graduate()
    teach(trainer.person, 2)

    trainer = services.qualify_trainer(by=HOUSE, trainer=trainer, now=LATER)

    assert trainer.qualified_until == add_years(today(LATER), 3)
    assert trainer in queries.qualified(today(LATER))
    assert trainer not in queries.qualified(trainer.qualified_until)
    with pytest.raises(services.AlreadyQualified):
        services.qualify_trainer(by=HOUSE, trainer=trainer, now=LATER)


def test_who_lacks_something_is_told_what():
    with pytest.raises(services.NotReadyToTeach, match="学完讲师培训还差1个班、上台讲过还差2次课"):
        services.qualify_trainer(by=HOUSE, trainer=make_trainer(), now=NOW)


def test_a_named_person_may_qualify_with_a_reason():
    trainer = services.qualify_trainer(
        by=HOUSE, trainer=make_trainer(), override="省委党校外请老师", now=NOW
    )

    assert trainer.override == "省委党校外请老师"


def test_a_trainer_who_left_is_qualified_no_more():
    trainer = services.retire_trainer(by=HOUSE, trainer=make_trainer(), now=NOW)

    with pytest.raises(services.TrainerLeft):
        services.qualify_trainer(by=HOUSE, trainer=trainer, override="再请回来", now=NOW)


def test_those_of_a_town_qualify_nobody():
    trainer = make_trainer()

    with pytest.raises(PermissionDenied):
        services.qualify_trainer(
            by=make_user(Role.CENTER_OPERATOR, make_town("淮口街道")), trainer=trainer, now=NOW
        )


def test_the_chain_goes_from_a_trainer_to_those_they_taught_and_on():
    first = make_trainer()
    tot = make_class(make_course("讲师入门", plan="tot"), trainer=first.person)
    second = Trainer.objects.get(person=make_completion(tot, "陈建国").person)
    third_run = make_class(make_course("讲师入门", plan="tot"), trainer=second.person)
    third = Trainer.objects.get(person=make_completion(third_run, "王秀兰").person)
    plain = make_class(trainer=second.person)
    make_completion(plain, "李桂英")

    [root] = queries.chain(today(LATER))

    assert (root.trainer, root.taught) == (first, 1)
    [child] = root.beneath
    assert (child.trainer, child.taught) == (second, 2)
    assert [b.trainer for b in child.beneath] == [third]
    assert root.reach == 3


def test_the_figures_of_a_plan_come_out_of_attendance():
    run = make_class()
    make_learner(run, came=[1, 2])
    make_learner(run, "陈建国", came=[1])
    county = make_county()
    day = today(after(run))

    def count(key):
        measure = figures.measure(key)
        return figures.value(measure, county.pk, day.replace(month=1, day=1), day + DAY)

    assert count("academy.partner-sessions") == 2
    assert count("academy.partner-attendances") == 3
    assert count("academy.partner-people") == 2
    assert count("academy.governance-school-attendances") == 3
    assert count("academy.wings-attendances") == 0
