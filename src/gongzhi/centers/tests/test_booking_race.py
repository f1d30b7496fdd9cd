"""Thirty people press the button in the same second."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.accounts.testing import make_user
from gongzhi.centers import services
from gongzhi.centers.models import Booking, BookingSlot
from gongzhi.centers.testing import NOW, THURSDAY, book, make_venue
from gongzhi.shared.permissions import Role

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


def test_thirty_at_once_get_one_booking_and_twenty_nine_sentences():
    venue = make_venue()
    people = [make_user(name=f"街坊{n}", handle=f"jiefang{n}") for n in range(30)]

    def deed(person):
        def pressed():
            try:
                return book(venue, by=person).state
            except services.SlotTaken as refusal:
                return str(refusal)

        return pressed

    answers = at_once([deed(person) for person in people])

    assert answers.count("confirmed") == 1
    assert all("由一位街坊约了，用到11:00。" in a for a in answers if a != "confirmed")
    assert Booking.objects.count() == 1
    assert BookingSlot.objects.count() == 4


def test_overlapping_times_from_thirty_people_never_share_a_half_hour():
    venue = make_venue()
    people = [make_user(name=f"街坊{n}", handle=f"jiefang{n}") for n in range(30)]

    def deed(number, person):
        def pressed():
            begins = 18 + number % 14
            try:
                return services.book_venue(
                    by=person,
                    venue=venue,
                    day=THURSDAY,
                    begins=begins,
                    ends=begins + 1 + number % 3,
                    purpose="坝坝会",
                    headcount=5,
                    now=NOW,
                ).pk
            except services.SlotTaken:
                return None

        return pressed

    answers = at_once([deed(n, person) for n, person in enumerate(people)])

    booked = Booking.objects.filter(pk__in=[a for a in answers if a])
    halves = sorted(h for b in booked for h in range(b.begins, b.ends))
    assert booked.count() == Booking.objects.count() > 0
    assert len(halves) == len(set(halves)) == BookingSlot.objects.count()


def test_a_time_given_back_in_the_same_moment_goes_to_nobody_or_to_one():
    venue = make_venue()
    leaving, coming = make_user(name="李建国"), make_user(name="张桂兰")
    for _ in range(10):
        held = book(venue, by=leaving)

        def leave(held=held):
            services.cancel_booking(by=leaving, booking=held, now=NOW)

        def come():
            try:
                return book(venue, by=coming)
            except services.SlotTaken:
                return None

        _, got = at_once([leave, come])

        assert list(Booking.objects.filter(state="confirmed")) == ([got] if got else [])
        assert BookingSlot.objects.count() == (4 if got else 0)
        if got:
            services.cancel_booking(by=coming, booking=got, now=NOW)


def test_a_day_that_closes_in_the_same_moment_keeps_no_booking_outside_its_hours():
    venue = make_venue()
    resident = make_user(name="李建国")
    clerk = make_user(Role.CENTER_OPERATOR, venue.center.place, name="陈女士")

    def close():
        try:
            services.set_special_day(
                by=clerk, center=venue.center, day=THURSDAY, hours=None, note="停电", now=NOW
            )
        except services.BookingsInTheWay:
            return "refused"
        return "closed"

    def come():
        try:
            return book(venue, by=resident).state
        except services.OutsideHours:
            return "refused"

    assert sorted(at_once([close, come])) in (["closed", "refused"], ["confirmed", "refused"])
