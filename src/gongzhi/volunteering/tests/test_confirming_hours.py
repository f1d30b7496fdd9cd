from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.models import Volunteer
from gongzhi.directory.testing import make_person, make_volunteer
from gongzhi.events import services as events
from gongzhi.events.models import Attendance, Event
from gongzhi.events.testing import make_attendance
from gongzhi.outbox.testing import own
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.volunteering import queries, services
from gongzhi.volunteering.models import Entry, Service
from gongzhi.volunteering.testing import AFTER, HOUR, SUNDAY, make_service, make_shift, serve

pytestmark = pytest.mark.django_db


def confirm(shift, now=AFTER):
    return services.confirm_hours(by=HOUSE, shift=shift, now=now)


def of(shift, person):
    return Service.objects.get(event=shift.event_id, person=person)


def test_whoever_served_gets_the_time_from_arrival_to_leaving():
    shift, person = make_shift(), make_person()
    serve(shift, person, arrived=SUNDAY + HOUR / 2)
    events.check_out(by=HOUSE, event=shift.event, person=person, now=SUNDAY + 1.5 * HOUR)

    assert confirm(shift) == 1

    service = of(shift, person)
    assert (service.minutes, service.source, service.day) == (60, "scanned", date(2026, 11, 29))
    assert [e.reason for e in service.entries.all()] == ["按到场和离场的时间算"]


def test_time_before_the_start_and_after_the_end_does_not_count():
    shift, person = make_shift(), make_person()
    serve(shift, person, arrived=SUNDAY - HOUR / 4)
    confirm(shift)
    assert of(shift, person).minutes == 120


def test_whoever_took_the_shift_and_came_counts_also_when_the_door_did_not_say_in_what_role():
    shift, person = make_shift(), make_person()
    services.take_shift(
        by=HOUSE, shift=shift, person=person, consent="电话里说好的", now=SUNDAY - 48 * HOUR
    )
    make_attendance(shift.event, person)
    confirm(shift)
    assert of(shift, person).minutes == 120


def test_a_neighbor_who_came_for_a_haircut_served_nobody():
    shift = make_shift("百姓星期天：理发")
    make_attendance(Event.objects.get(pk=shift.event_id), make_person())
    assert confirm(shift) == 0
    assert not Service.objects.exists()


def test_two_shifts_that_overlap_give_three_hours_and_say_so():
    person, village = make_person(), make_village()
    first = make_shift("移动430课堂", place=village)
    second = make_shift("院落互助", place=village, starts_at=SUNDAY + HOUR)
    for shift in (second, first):
        serve(shift, person, arrived=shift.event.starts_at)
        confirm(shift)

    assert (of(first, person).minutes, of(second, person).minutes) == (120, 60)
    assert queries.total_of(queries.services_of(person)).minutes == 180
    # The second was confirmed first and had its two hours; what it lost is an entry of its own.
    assert [e.minutes for e in of(second, person).entries.order_by("pk")] == [120, -60]


def test_confirming_again_adds_nothing_but_what_changed():
    shift, person = make_shift(), make_person()
    serve(shift, person)
    confirm(shift)
    confirm(shift)
    assert Entry.objects.count() == 1

    late = make_person("李建国")
    serve(shift, late)
    events.void_attendance(
        by=HOUSE, attendance=Attendance.objects.get(person=person), reason="按错了人", now=AFTER
    )
    confirm(shift)

    assert (of(shift, person).minutes, of(shift, late).minutes) == (0, 120)
    assert [e.minutes for e in of(shift, person).entries.order_by("pk")] == [120, -120]
    assert list(Service.objects.counted()) == [of(shift, late)]


def test_hours_wait_for_the_end_of_the_shift():
    with pytest.raises(services.NotOver, match="11月29日11:00才结束"):
        confirm(make_shift(), now=SUNDAY)


def test_a_cancelled_shift_gives_no_hours():
    shift = make_shift()
    events.cancel_event(by=HOUSE, event=shift.event, why="下大雨", now=SUNDAY - HOUR)
    with pytest.raises(services.NotOver, match="取消了"):
        confirm(shift)


def test_whoever_works_in_another_town_confirms_nothing():
    stranger = make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("官仓街道")))
    with pytest.raises(PermissionDenied):
        services.confirm_hours(by=stranger, shift=make_shift(), now=AFTER)


def test_the_register_of_volunteers_learns_when_somebody_last_served():
    volunteer = make_volunteer()
    service = make_service(volunteer.person)
    volunteer.refresh_from_db()
    assert volunteer.last_served_on == date(2026, 11, 29)
    assert volunteer.active_until == date(2027, 11, 29)

    services.correct_hours(by=HOUSE, service=service, minutes=0, reason="记错了人", now=AFTER)
    volunteer.refresh_from_db()
    assert (volunteer.last_served_on, volunteer.active_until) == (None, None)


def test_a_later_day_that_a_register_brought_in_stays():
    volunteer = make_volunteer(last_served_on=date(2026, 12, 1))
    service = make_service(volunteer.person)
    services.correct_hours(by=HOUSE, service=service, minutes=0, reason="记错了人", now=AFTER)
    assert Volunteer.objects.get().last_served_on == date(2026, 12, 1)


def test_the_volunteer_is_told_and_one_line_is_left():
    person = make_person()
    user = make_user(name="张桂兰", person=person)
    make_service(person)
    assert own(user)[-1] == "记了2.0小时：巡沱江：捡一捡岸边的垃圾"
    assert Line.objects.filter(action="volunteering.hours-confirmed").count() == 1


def test_five_hundred_are_confirmed_in_few_queries(django_assert_max_num_queries):
    shift = make_shift(seats=None)
    village = shift.event.place
    people = [make_person(f"街坊{n}", place=village, id_number="") for n in range(40)]
    facts = [events.Fact(person=p.pk, arrived_at=SUNDAY, roles={"volunteer"}) for p in people]
    events.check_in_many(
        by=HOUSE, event=shift.event, facts=facts, channel="paper", now=SUNDAY + HOUR
    )
    with django_assert_max_num_queries(30 + 12 * 40):
        assert confirm(shift) == 40


def test_two_records_of_one_person_at_one_shift_count_once():
    from gongzhi.directory import services as directory

    shift = make_shift()
    first, second = make_person(), make_person(id_number="")
    for person in (first, second):
        serve(shift, person)
    confirm(shift)
    assert Service.objects.counted().count() == 2

    merge = directory.merge_people(
        by=HOUSE, person=second, into=first, note="同一个人，核对过", now=AFTER
    )
    assert Service.objects.counted().count() == 1
    directory.split_people(by=HOUSE, merge=merge, note="不是一个人", now=AFTER)
    assert Service.objects.counted().count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": 5}, {"by_rule": -1, "minutes": -1}, {"state": "waiting"}],
)
def test_the_database_keeps_no_minutes_without_entries(wrong):
    service = make_service()
    with pytest.raises(IntegrityError):
        Service.objects.filter(pk=service.pk).update(**wrong)


def test_the_cap_of_a_day_holds_over_shifts():
    person, village = make_person(), make_village()
    for n, hours in enumerate((5, 5)):
        make_service(
            person, title=f"清河{n}", starts_at=SUNDAY + n * 5 * HOUR, hours=hours, place=village
        )
    assert queries.total_of(queries.services_of(person)).minutes == 480
    assert Entry.objects.order_by("-pk")[0].reason == "超过一天最多的120分钟不算"
