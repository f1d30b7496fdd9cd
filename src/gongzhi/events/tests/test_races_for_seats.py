"""Thirty people press the button in the same second, and some leave while others come."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.events import services
from gongzhi.events.models import Attendance, Event, Registration
from gongzhi.events.services import Fact
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_event, make_registration
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deeds):
    """Run all deeds from as many threads in the same moment; return what each gave back."""
    start = Barrier(len(deeds))

    def press(deed):
        start.wait()
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as crowd:
        return list(crowd.map(press, deeds))


def registering(event, person, now=NOW):
    def press():
        try:
            return services.register(
                by=Oneself(person.pk), event=event, person=person, now=now
            ).status
        except (services.AlreadyRegistered, services.TimeTaken) as refusal:
            return refusal.code

    return press


def counted(event):
    event.refresh_from_db()
    holding = event.registrations.filter(status__in=Registration.HOLDS_SEAT).count()
    waiting = event.registrations.filter(status="waiting").count()
    assert event.seats_taken == holding <= event.capacity
    assert not (waiting and holding < event.capacity), "somebody waits beside a free seat"
    return holding, waiting


def test_thirty_at_once_get_ten_seats_and_twenty_places_in_line():
    place = make_village()
    event, people = make_event(seats=10, place=place), [make_person(place=place) for _ in range(30)]

    answers = at_once([registering(event, p) for p in people])

    assert (answers.count("seated"), answers.count("waiting")) == (10, 20)
    assert counted(event) == (10, 20)
    numbers = event.registrations.values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, 31))


def test_one_person_who_presses_eight_times_is_registered_once():
    event, person = make_event(seats=10), make_person()

    answers = at_once([registering(event, person)] * 8)

    assert sorted(answers) == ["events.already-registered"] * 7 + ["seated"]
    assert counted(event) == (1, 0)


def test_one_person_at_two_events_of_one_time_gets_a_seat_at_one():
    place = make_village()
    one, other = make_event("手机课", place=place), make_event("读报", place=place)
    for _ in range(5):
        person = make_person(place=place)

        answers = at_once([registering(one, person), registering(other, person)])

        assert sorted(answers) == ["events.time-taken", "seated"]


def test_people_who_leave_and_come_in_the_same_moment_leave_no_seat_empty():
    place = make_village()
    for _ in range(6):
        event = make_event(seats=4, place=place)
        seated = [make_registration(event, make_person(place=place)) for _ in range(4)]
        make_registration(event, make_person(place=place))

        def leaving(registration):
            def press():
                return services.cancel_registration(
                    by=Oneself(registration.person_id), registration=registration, now=NOW
                ).status

            return press

        people = [make_person(place=place) for _ in range(4)]
        at_once([*map(leaving, seated[:3]), *(registering(event, p) for p in people)])

        counted(event)
        event.registrations.update(status="cancelled", offer_until=None, quota=None)


def test_an_offer_that_lapses_while_it_is_taken_is_taken_or_goes_on_and_never_both():
    place = make_village()
    for _ in range(6):
        event = make_event(seats=1, place=place)
        first, second, third = (
            make_registration(event, make_person(place=place)) for _ in range(3)
        )
        services.cancel_registration(by=Oneself(first.person_id), registration=first, now=NOW)
        end = NOW + 6 * HOUR

        def take(second=second, end=end):
            try:
                return services.confirm_offer(
                    by=Oneself(second.person_id),
                    registration=second,
                    now=end.replace(microsecond=0) - HOUR / 3600,
                ).status
            except (services.OfferOver, services.NothingOffered):
                return "late"

        def expire(end=end):
            return services.expire_offers(by=HOUSE, now=end)

        at_once([take, expire])

        counted(event)
        second.refresh_from_db()
        third.refresh_from_db()
        assert (second.status, third.status) in (("seated", "waiting"), ("expired", "offered"))
        services.cancel_event(by=HOUSE, event=event, why="试完了", now=NOW)


def test_two_devices_that_scanned_the_same_people_give_the_same_facts():
    place = make_village()
    event = make_event(seats=60, place=place)
    people = [make_registration(event, make_person(place=place)) for _ in range(50)]
    facts = [Fact(token=r.token, arrived_at=SUNDAY, ref=str(n)) for n, r in enumerate(people)]

    def sync(facts):
        return lambda: services.check_in_many(
            by=HOUSE, event=event, facts=facts, channel="offline", now=SUNDAY + HOUR
        )

    unions = at_once([sync(facts), sync(facts[::-1]), sync(facts[:30])])

    assert sum(u.new for u in unions) == 50
    assert Attendance.objects.count() == 50


def test_one_person_at_two_doors_is_there_once():
    event, person = make_event(), make_person()

    def arrive():
        return services.check_in(
            by=HOUSE, event=event, person=person, channel="name", now=SUNDAY
        ).refusal

    answers = at_once([arrive] * 6)

    assert sum(a is None for a in answers) == 1
    assert Attendance.objects.count() == 1
    assert Event.objects.get().is_held


def test_somebody_who_registers_while_the_door_lets_them_in_holds_up_nobody():
    place = make_village()
    for _ in range(6):
        event, person = make_event(seats=3, place=place), make_person(place=place)
        now = SUNDAY - HOUR

        def arrive(event=event, person=person, now=now):
            scan = services.check_in(by=HOUSE, event=event, person=person, channel="name", now=now)
            return scan.refusal

        answers = at_once([registering(event, person, now), arrive])

        assert answers[0] in ("seated", "events.already-registered", "events.time-taken")
        assert answers[1] is None
        counted(event)
        services.cancel_registration(
            by=Oneself(person.pk), registration=event.registrations.get(), now=now
        )
