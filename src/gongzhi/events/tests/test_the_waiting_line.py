"""A freed seat goes down the line: offered, taken, left or lapsed, and everybody sees why they stand where."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.events import queries, services
from gongzhi.events.models import Event
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_event, make_registration
from gongzhi.outbox.models import Message
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.states import MoveNotAllowed

pytestmark = pytest.mark.django_db


def by(registration):
    return Oneself(registration.person_id)


def cancel(registration, now=NOW):
    return services.cancel_registration(by=by(registration), registration=registration, now=now)


def states(*registrations):
    for one in registrations:
        one.refresh_from_db()
    return [one.status for one in registrations]


def crowd(count, seats=1, **details):
    event = make_event(seats=seats, **details)
    return event, [make_registration(event) for _ in range(count)]


def test_a_freed_seat_is_offered_to_whoever_waited_longest_for_six_hours():
    _, (first, second, third) = crowd(3)

    cancel(first)

    assert states(first, second, third) == ["cancelled", "offered", "waiting"]
    assert second.offer_until == NOW + 6 * HOUR


def test_the_old_are_given_a_day_and_nobody_longer_than_until_it_begins():
    event = make_event(seats=1)
    first = make_registration(event)
    old = make_registration(event, make_person("王奶奶", birth_on=date(1950, 3, 1)))
    cancel(first)
    states(old)
    assert old.offer_until == NOW + 24 * HOUR

    late = SUNDAY - 2 * HOUR
    services.decline_offer(by=by(old), registration=old, now=NOW)
    new, last = make_registration(event, now=late), make_registration(event, now=late)
    cancel(new, now=late)
    states(last)
    assert (last.status, last.offer_until) == ("offered", SUNDAY)


def test_an_offered_seat_is_taken():
    event, (first, second) = crowd(2)
    cancel(first)

    services.confirm_offer(by=by(second), registration=second, now=NOW + HOUR)

    assert states(second) == ["seated"]
    assert Event.objects.get(pk=event.pk).seats_taken == 1


def test_an_offered_seat_is_left_to_the_next():
    _, (first, second, third) = crowd(3)
    cancel(first)

    services.decline_offer(by=by(second), registration=second, now=NOW + HOUR)

    assert states(second, third) == ["declined", "offered"]


def test_an_offer_nobody_answered_goes_on_to_the_next():
    event, (first, second, third) = crowd(3)
    cancel(first)

    assert services.expire_offers(by=HOUSE, now=NOW + 6 * HOUR - timedelta(seconds=1)) == 0
    assert services.expire_offers(by=HOUSE, now=NOW + 6 * HOUR) == 1

    assert states(second, third) == ["expired", "offered"]
    assert third.offer_until == NOW + 12 * HOUR
    with pytest.raises(services.NothingOffered, match="没来得及答复"):
        services.confirm_offer(by=by(second), registration=second, now=NOW + 7 * HOUR)
    assert Event.objects.get(pk=event.pk).seats_taken == 1


def test_an_offer_is_over_at_its_minute_also_before_the_worker_comes():
    _, (first, second) = crowd(2)
    cancel(first)

    with pytest.raises(services.OfferOver, match="座位给您留到11月23日星期一 16:00，已经过了"):
        services.confirm_offer(by=by(second), registration=second, now=NOW + 6 * HOUR)


def test_whoever_registers_later_does_not_overtake_the_line_when_an_offer_lapses():
    event, (first, second, third) = crowd(3)
    cancel(first)

    newcomer = make_registration(event, now=NOW + 7 * HOUR)

    assert states(second, third) == ["expired", "offered"]
    assert newcomer.status == "waiting"


def test_where_nobody_waits_a_lapsed_seat_is_the_newcomers():
    event, (first, _second) = crowd(2)
    cancel(first)

    assert make_registration(event, now=NOW + 7 * HOUR).status == "seated"


def test_an_offer_that_lapsed_this_moment_cannot_be_left_twice():
    event, (first, second, third) = crowd(3)
    cancel(first)

    services.decline_offer(by=by(second), registration=second, now=NOW + 7 * HOUR)

    assert states(second, third) == ["expired", "offered"]
    assert Event.objects.get(pk=event.pk).seats_taken == 1


def test_more_seats_are_offered_down_the_line_at_once():
    event, registrations = crowd(4)

    services.amend_event(by=HOUSE, event=event, changes={"capacity": 3}, now=NOW)

    assert states(*registrations) == ["seated", "offered", "offered", "waiting"]


def test_when_the_limit_falls_away_everybody_who_waits_is_offered_a_seat():
    event, registrations = crowd(3)

    services.amend_event(by=HOUSE, event=event, changes={"capacity": None}, now=NOW)

    assert states(*registrations) == ["seated", "offered", "offered"]


def test_seats_that_are_given_cannot_be_taken_away():
    event, _ = crowd(3, seats=3)

    with pytest.raises(services.CapacityBelowTaken, match="已经有3个名额给出去了，不能改成2个"):
        services.amend_event(by=HOUSE, event=event, changes={"capacity": 2}, now=NOW)


def test_nothing_is_offered_once_it_has_begun():
    _, (first, second) = crowd(2)

    with pytest.raises(services.EventBegun, match="已经开始，报名不能再取消了"):
        cancel(first, now=SUNDAY)
    assert states(second) == ["waiting"]


def test_what_is_over_cannot_be_cancelled_again():
    made = make_registration()
    cancel(made)

    with pytest.raises(MoveNotAllowed):
        cancel(made)


def test_somebody_who_goes_elsewhere_meanwhile_is_told_when_taking_the_offer():
    _, (first, second) = crowd(2)
    make_registration(make_event("读报"), second.person)
    cancel(first)

    with pytest.raises(services.TimeTaken, match="读报"):
        services.confirm_offer(by=by(second), registration=second, now=NOW)


def test_only_the_person_whoever_registered_them_and_staff_answer():
    event = make_event(seats=1)
    first = make_registration(event)
    daughter = make_user(name="李女士", person=make_person("李芳"))
    mother = services.enter_for(
        by=daughter, event=event, person=make_person(), consent="当面问过", now=NOW
    )
    cancel(first)

    for other in (make_user(name="别人"), Oneself(first.person_id)):
        with pytest.raises(PermissionDenied):
            services.confirm_offer(by=other, registration=mother, now=NOW)
    services.confirm_offer(by=daughter, registration=mother, now=NOW)
    clerk = make_user(Role.COMMUNITY_CLERK, event.place, name="陈女士")
    services.cancel_registration(by=clerk, registration=mother, now=NOW)
    assert states(mother) == ["cancelled"]


# --- the order, and why ---------------------------------------------------------------------------


def test_everybody_sees_the_order_and_its_reasons_without_names():
    event, (_, second, third) = crowd(3)

    services.put_ahead(by=HOUSE, registration=third, reason="腿脚不便，优先", now=NOW)

    line = queries.line_of(event)
    assert [(t.position, t.registration, t.is_put_ahead) for t in line] == [
        (1, third.pk, True),
        (2, second.pk, False),
    ]
    assert [t.reason for t in line] == ["腿脚不便，优先", "按报名先后排，11月23日10:00报的"]


def test_whoever_is_put_ahead_is_served_first():
    _, (first, second, third) = crowd(3)
    services.put_ahead(by=HOUSE, registration=third, reason="腿脚不便，优先", now=NOW)

    cancel(first)

    assert states(second, third) == ["waiting", "offered"]


def test_nobody_is_put_ahead_without_a_reason_or_a_right():
    _event, (first, second) = crowd(2)

    with pytest.raises(services.TurnReasonMissing, match="排队的人都看得到"):
        services.put_ahead(by=HOUSE, registration=second, reason=" ", now=NOW)
    with pytest.raises(services.NobodyWaits):
        services.put_ahead(by=HOUSE, registration=first, reason="优先", now=NOW)
    with pytest.raises(PermissionDenied):
        services.put_ahead(by=by(second), registration=second, reason="优先", now=NOW)


def test_the_breakdown_adds_up_in_one_query(django_assert_num_queries):
    event, (first, *_) = crowd(5, seats=3)
    cancel(first)

    with django_assert_num_queries(1):
        found = queries.breakdown(event)

    assert (found.seated, found.offered, found.waiting, found.free) == (2, 1, 1, 0)


def test_offers_and_lapses_are_in_the_book_and_told():
    _, (first, second) = crowd(2)
    account = make_user(name="王先生", person=second.person)
    cancel(first)
    services.expire_offers(by=HOUSE, now=NOW + 6 * HOUR)

    actions = Line.objects.filter(record_id=second.pk, record="events.registration")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "events.registered",
        "events.seat-offered",
        "events.offer-expired",
    ]
    told = Message.objects.filter(user=account).order_by("pk").values_list("title", flat=True)
    assert [t.partition("：")[0] for t in told] == ["轮到您了", "座位给了下一位"]
