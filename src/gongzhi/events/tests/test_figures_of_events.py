"""场次, 人次, 人数 and 时长: each is the number of its own records, whoever came, moved, merged or was taken back."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.directory.models import Merge, Person
from gongzhi.directory.services import merge_people, split_people
from gongzhi.directory.testing import make_person
from gongzhi.events import services
from gongzhi.events.books import ATTENDANCES
from gongzhi.events.measures import MEASURES
from gongzhi.events.models import Attendance, Kind
from gongzhi.events.services import Fact
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_attendance, make_event, make_registration
from gongzhi.figures import queries as figures
from gongzhi.figures.testing import every_change_is_marked
from gongzhi.places import testing as make
from gongzhi.shared.listings import listings
from gongzhi.shared.measures import Counts
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

pytestmark = pytest.mark.django_db

BY_KEY = {m.key: m for m in MEASURES}
MONTH = (date(2026, 11, 1), date(2026, 12, 1))


def value(key, place, period=MONTH):
    return figures.value(BY_KEY[f"events.{key}"], place.pk, *period)


def test_one_person_at_one_event_is_one_whatever_else_they_did():
    village = make.make_village()
    event, other = make_event(place=village), make_event(place=village, starts_at=SUNDAY + 5 * HOUR)
    person = make_person()
    make_attendance(event, person)
    services.check_in(by=HOUSE, event=event, person=person, channel="name", now=SUNDAY)
    make_attendance(other, person)
    make_attendance(event)

    assert (value("attendances", village), value("people", village)) == (3, 2)
    assert (value("sessions", village), value("minutes", village)) == (2, 450)


def test_waiting_cancelled_absent_and_nameless_people_are_no_attendances():
    event = make_event(seats=1)
    make_registration(event)
    make_registration(event)
    services.count_anonymous(by=HOUSE, event=event, people=9, now=SUNDAY)

    assert value("attendances", event.place) == 0
    assert (value("headcount", event.place), value("sessions", event.place)) == (9, 1)


def test_an_event_that_nobody_came_to_or_that_was_cancelled_is_no_session():
    event = make_event()
    make_registration(event)
    services.cancel_event(by=HOUSE, event=make_event(place=event.place), why="下雨", now=NOW)

    assert value("sessions", event.place) == 0


def test_two_roles_count_once_in_all_and_in_each_role():
    event, person = make_event(), make_person()
    make_attendance(event, person)
    make_attendance(event, person, roles=("volunteer",))
    make_attendance(event, roles=("trainer",))

    said = [
        value(f"{r}attendances", event.place)
        for r in ("", "participant-", "volunteer-", "trainer-")
    ]
    assert said == [2, 1, 1, 1]
    assert value("volunteer-minutes", event.place) == 150


def test_kinds_add_up_to_all():
    village = make.make_village()
    for n, kind in enumerate(Kind):
        make_attendance(make_event(kind=kind, place=village, starts_at=SUNDAY - 24 * n * HOUR))

    for what in ("sessions", "attendances", "minutes"):
        parts = [value(f"{k.value.replace('_', '-')}-{what}", village) for k in Kind]
        assert sum(parts) == value(what, village) > 0


def test_attendances_of_the_parts_add_up_and_people_are_distinct():
    town = make.make_town()
    one, other = make.make_village(town=town), make.make_village("北滨社区", town=town)
    person = make_person()
    make_attendance(make_event(place=one), person)
    make_attendance(make_event(place=other, starts_at=SUNDAY + 5 * HOUR), person)

    assert [value("attendances", p) for p in (one, other, town)] == [1, 1, 2]
    assert [value("people", p) for p in (one, other, town)] == [1, 1, 1]


def test_a_moved_event_counts_where_and_when_it_is_now():
    one, other = make.make_village(), make.make_village("北滨社区")
    event = make_event(place=one)
    december = SUNDAY + timedelta(days=7)
    services.move_event(
        by=HOUSE,
        event=event,
        starts_at=december,
        ends_at=december + HOUR,
        place=other,
        why="下雨",
        now=NOW,
    )
    event.refresh_from_db()
    make_attendance(event)

    assert value("attendances", one) == value("attendances", other) == 0
    assert value("attendances", other, (date(2026, 12, 1), date(2027, 1, 1))) == 1


# --- merging --------------------------------------------------------------------------------------


def test_merging_two_people_who_were_at_one_event_lowers_it_by_exactly_one_and_is_undone():
    event = make_event()
    one, other = make_person(id_number=""), make_person()
    alone = make_event(place=event.place, starts_at=SUNDAY + 5 * HOUR)
    for person in (one, other, make_person()):
        make_attendance(event, person)
    make_attendance(alone, one)
    before = [value(k, event.place) for k in ("attendances", "people", "minutes", "sessions")]
    assert before == [4, 3, 600, 2]

    merge_people(by=HOUSE, person=one, into=other, note="打电话问过", now=NOW)

    merged = [value(k, event.place) for k in ("attendances", "people", "minutes", "sessions")]
    assert merged == [3, 2, 450, 2]
    assert figures.verify(date(2026, 12, 31), measures=MEASURES) == []

    split_people(by=HOUSE, merge=Merge.objects.get(), note="弄错了", now=NOW)

    assert [
        value(k, event.place) for k in ("attendances", "people", "minutes", "sessions")
    ] == before


def test_of_two_merged_records_that_were_there_without_their_head_one_counts():
    event = make_event()
    one, other, head = make_person(id_number=""), make_person(id_number=""), make_person()
    for person in (one, other):
        make_attendance(event, person)
        merge_people(by=HOUSE, person=person, into=head, note="打电话问过", now=NOW)

    assert (value("attendances", event.place), value("people", event.place)) == (1, 1)


def test_what_was_taken_back_leaves_the_other_record_to_count():
    event = make_event()
    one, head = make_person(id_number=""), make_person()
    make_attendance(event, one)
    wrong = make_attendance(event, head)
    merge_people(by=HOUSE, person=one, into=head, note="打电话问过", now=NOW)

    services.void_attendance(by=HOUSE, attendance=wrong, reason="按错了人", now=SUNDAY)

    assert value("attendances", event.place) == 1


# --- every figure opens its records ----------------------------------------------------------------


def test_every_measure_says_its_rule_and_opens_a_list_and_appraises_nobody():
    for measure in MEASURES:
        assert measure.rule.endswith("。")
        assert measure.listing in listings()
        assert not measure.appraisal


numbers = st.integers(0, 300)
steps = st.lists(st.tuples(st.integers(0, 9), numbers, numbers, numbers), min_size=6, max_size=20)


def act(events, people, deed, a, b, c):
    event = events[a % len(events)]
    event.refresh_from_db()
    person = Person.objects.select_related("place").get(pk=people[b % len(people)].pk)
    at = event.starts_at + timedelta(minutes=c % 60)
    match deed:
        case 0 | 1 | 2 | 3:
            role = ("participant", "volunteer", "trainer")[c % 3]
            services.check_in(
                by=HOUSE, event=event, person=person, channel="name", roles={role}, now=at
            )
        case 4:
            facts = [Fact(person=p.pk, arrived_at=at, roles={"volunteer"}) for p in people[b % 4 :]]
            services.check_in_many(by=HOUSE, event=event, facts=facts, channel="paper", now=at)
        case 5:
            if came := Attendance.objects.standing().order_by("pk").first():
                services.void_attendance(by=HOUSE, attendance=came, reason="按错了", now=at)
        case 6:
            into = Person.objects.get(pk=people[c % len(people)].pk)
            merge_people(by=HOUSE, person=person, into=into, note="问过", now=NOW)
        case 7:
            if merge := Merge.objects.filter(undone_at=None).order_by("-pk").first():
                split_people(by=HOUSE, merge=merge, note="弄错了", now=NOW)
        case 8:
            services.check_out(by=HOUSE, event=event, person=person, now=at)
        case 9:
            services.amend_event(
                by=HOUSE,
                event=event,
                changes={"topic": ("brand-430", "brand-sunday")[c % 2]},
                now=at,
            )


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_every_figure_is_the_number_of_its_records_at_every_place_and_month(steps):
    with transaction.atomic():
        towns = [make.make_town(), make.make_town("官仓街道")]
        villages = [make.make_village(f"{n}社区", town=towns[n % 2]) for n in range(3)]
        everywhere = [make.make_county(), *towns, *villages]
        people = [make_person(id_number="", place=villages[n % 3]) for n in range(5)]
        events = [
            make_event(
                place=villages[n % 3], kind=list(Kind)[n % 6], starts_at=SUNDAY - 20 * n * 24 * HOUR
            )
            for n in range(5)
        ]
        for step in steps:
            try:
                with every_change_is_marked([ATTENDANCES]), transaction.atomic():
                    act(events, people, *step)
            except Refused:
                pass
        months = [(date(2026, m, 1), date(2026, m + 1, 1)) for m in (8, 9, 10, 11)]
        for measure in MEASURES:
            for place in everywhere:
                for month in months:
                    opened = figures.records(measure, place.pk, *month)
                    assert figures.value(measure, place.pk, *month) == figures.live(measure, opened)
            if measure.counts != Counts.SUBJECTS:
                whole = (date(2026, 8, 1), date(2026, 12, 1))
                total = figures.value(measure, everywhere[0].pk, *whole)
                assert total == sum(figures.value(measure, v.pk, *whole) for v in villages)
        assert figures.verify(date(2026, 12, 31), measures=MEASURES) == []
        transaction.set_rollback(True)
