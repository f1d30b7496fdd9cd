"""Registering, leaving, offering, taking, lapsing in any order: the seats always add up and nobody waits beside one."""

import contextlib
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.events import services
from gongzhi.events.judging import Seats
from gongzhi.events.models import Event, Quota, Registration
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_event
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

PEOPLE = st.integers(0, 4)


class Seating(RuleBasedStateMachine):
    """Five people, up to three seats, some kept for one of two communities; the clock only goes on."""

    @initialize(seats=st.integers(1, 3), kept=st.integers(0, 2))
    def begin(self, seats, kept):
        self.way_back = transaction.atomic()
        self.way_back.__enter__()
        here, there = make_village("青溪社区"), make_village("北滨社区")
        self.people = [make_person(place=here if n % 2 else there) for n in range(5)]
        self.event = make_event(seats=seats)
        if 0 < kept <= seats:
            services.add_quota(
                by=HOUSE,
                event=self.event,
                place=here,
                seats=kept,
                releases_on=NOW.date() + timedelta(days=1),
                now=NOW,
            )
        self.now = NOW

    def teardown(self):
        if hasattr(self, "way_back"):
            transaction.set_rollback(True)
            self.way_back.__exit__(None, None, None)

    def act(self, deed, n, **named):
        person = self.people[n]
        found = Registration.objects.filter(event=self.event, person=person).first()
        try:
            if deed is services.register:
                deed(by=Oneself(person.pk), event=self.event, person=person, now=self.now)
            elif found is not None:
                deed(by=Oneself(person.pk), registration=found, now=self.now, **named)
        except Refused:
            pass

    @rule(n=PEOPLE)
    def register(self, n):
        self.act(services.register, n)

    @rule(n=PEOPLE)
    def cancel(self, n):
        self.act(services.cancel_registration, n)

    @rule(n=PEOPLE)
    def confirm(self, n):
        self.act(services.confirm_offer, n)

    @rule(n=PEOPLE)
    def decline(self, n):
        self.act(services.decline_offer, n)

    @rule(n=PEOPLE)
    def come_through_the_door(self, n):
        if self.now >= SUNDAY - 2 * HOUR:
            services.check_in(
                by=HOUSE, event=self.event, person=self.people[n], channel="name", now=self.now
            )

    @rule(hours=st.integers(1, 20))
    def wait(self, hours):
        self.now += hours * HOUR

    @rule()
    def the_worker_comes(self):
        services.expire_offers(by=HOUSE, now=self.now)
        services.release_quotas(by=HOUSE, now=self.now)

    @precondition(lambda self: self.event.capacity < 4)
    @rule()
    def add_a_seat(self):
        capacity = Event.objects.get(pk=self.event.pk).capacity + 1
        with contextlib.suppress(Refused):
            self.event = services.amend_event(
                by=HOUSE, event=self.event, changes={"capacity": capacity}, now=self.now
            )

    @invariant()
    def seats_add_up(self):
        if not hasattr(self, "event"):
            return
        event = Event.objects.select_related("place").get(pk=self.event.pk)
        holding = event.registrations.filter(status__in=Registration.HOLDS_SEAT)
        assert event.seats_taken == holding.count() <= event.capacity
        for quota in Quota.objects.filter(event=event):
            assert quota.taken == holding.filter(quota=quota).count() <= quota.seats
        assert len(set(event.registrations.values_list("code", flat=True))) == len(
            event.registrations.values_list("code", flat=True)
        )

    @invariant()
    def nobody_waits_beside_a_free_seat(self):
        if not hasattr(self, "event") or self.now >= SUNDAY:
            return
        seats = Seats.of(Event.objects.get(pk=self.event.pk))
        for one in Registration.objects.filter(event=self.event, status="waiting"):
            assert not seats.find(one.person.place.path, None)[0], f"{one.number} waits"

    @invariant()
    def an_earlier_one_is_served_before_a_later_one_of_the_same_place(self):
        if not hasattr(self, "event") or self.now >= SUNDAY - 2 * HOUR:
            return
        offered = Registration.objects.filter(event=self.event, status="offered")
        for one in offered:
            assert not Registration.objects.filter(
                event=self.event,
                status="waiting",
                person__place=F("person__place"),
                number__lt=one.number,
                person__place__pk=one.person.place_id,
                registered_at__lte=one.offered_at,
            ).exists()


@pytest.mark.django_db
class TestSeating(Seating.TestCase):
    settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
