from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.centers import queries, services
from gongzhi.centers.models import Booking, BookingSlot
from gongzhi.centers.testing import (
    NOW,
    SATURDAY,
    THURSDAY,
    WEDNESDAY,
    book,
    make_center,
    make_venue,
)
from gongzhi.directory.testing import make_organization
from gongzhi.places.testing import make_town
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import Role
from gongzhi.shared.refusals import Refused
from gongzhi.shared.states import MoveNotAllowed

pytestmark = pytest.mark.django_db


def clerk_at(venue):
    return make_user(Role.CENTER_OPERATOR, venue.center.place, name="陈女士")


def test_a_free_venue_is_agreed_at_once_and_its_half_hours_are_taken():
    venue = make_venue()

    booking = book(venue)

    assert booking.state == Booking.State.CONFIRMED
    assert sorted(booking.slots.values_list("half", flat=True)) == [18, 19, 20, 21]
    assert (booking.name, booking.time) == ("张桂兰", "9:00–11:00")


def test_a_venue_that_needs_approval_waits_and_yet_holds_its_time():
    venue = make_venue(needs_approval=True)

    assert book(venue).state == Booking.State.REQUESTED
    with pytest.raises(services.SlotTaken):
        book(venue)


def test_the_refusal_says_who_has_it_until_when_and_what_is_free_nearest():
    venue = make_venue()
    organization = make_organization("青溪社会工作服务中心")
    book(venue, by=clerk_at(venue), organization=organization)

    with pytest.raises(services.SlotTaken) as refusal:
        book(venue, begins="10:00", ends="12:00")

    assert str(refusal.value) == (
        "11月26日（星期四）9:00–11:00一楼议事厅由青溪社会工作服务中心约了，用到11:00。"
        "最近的空档是11月26日（星期四）11:00–13:00，请改约那时或别的时间。"
    )


def test_the_refusal_does_not_name_a_resident():
    venue = make_venue()
    book(venue, by=make_user(name="王素芬"))

    with pytest.raises(services.SlotTaken, match="由一位街坊约了") as refusal:
        book(venue)

    assert "王素芬" not in str(refusal.value)


def test_a_booking_begins_where_another_ends():
    venue = make_venue()
    book(venue)

    assert book(venue, begins="11:00", ends="12:00").state == Booking.State.CONFIRMED


@pytest.mark.parametrize(
    ("day", "begins", "ends", "wrong"),
    [
        (THURSDAY, "8:00", "10:00", "开放时间是9:00–17:30"),
        (THURSDAY, "16:30", "18:30", "不全在开门的时间里"),
        (SATURDAY, "13:00", "14:00", "开放时间是9:30–12:00"),
        (SATURDAY + timedelta(days=1), "9:00", "10:00", "不开门"),
    ],
)
def test_the_doors_are_open_all_the_time_that_is_booked(day, begins, ends, wrong):
    with pytest.raises(services.OutsideHours, match=wrong):
        book(make_venue(), day=day, begins=begins, ends=ends)


def test_a_closed_special_day_takes_no_booking_and_says_why():
    venue = make_venue()
    services.set_special_day(
        by=clerk_at(venue), center=venue.center, day=THURSDAY, hours=None, note="停电检修", now=NOW
    )

    with pytest.raises(services.OutsideHours, match="停电检修，不开门"):
        book(venue)


def test_a_holiday_takes_no_booking():
    now = datetime(2026, 9, 28, 10, tzinfo=LOCAL)

    with pytest.raises(services.OutsideHours, match="国庆节放假"):
        book(make_venue(), day=date(2026, 10, 2), now=now)


@pytest.mark.parametrize(("minute", "is_taken"), [(-1, True), (0, False), (1, False)])
def test_a_time_that_has_begun_cannot_be_booked(minute, is_taken):
    venue = make_venue()
    now = datetime(2026, 11, 25, 10, 30, tzinfo=LOCAL) + timedelta(minutes=minute)

    if is_taken:
        assert book(venue, day=WEDNESDAY, begins="10:30", ends="11:30", now=now).pk
    else:
        with pytest.raises(services.InThePast, match="最近的空档是11月25日（星期三）11:00–12:00"):
            book(venue, day=WEDNESDAY, begins="10:30", ends="11:30", now=now)


def test_yesterday_cannot_be_booked():
    with pytest.raises(services.InThePast):
        book(make_venue(), day=WEDNESDAY - timedelta(days=1))


def test_a_venue_is_booked_as_far_ahead_as_the_dated_rule_says():
    venue = make_venue()
    last = queries.last_day(WEDNESDAY)
    assert last == WEDNESDAY + timedelta(days=60)

    book(venue, day=date(2027, 1, 22))
    with pytest.raises(services.TooFarAhead, match="最多提前60天约"):
        book(venue, day=date(2027, 1, 25))


def test_more_people_than_chairs_are_sent_to_a_larger_room():
    venue = make_venue(capacity=30)
    make_venue(venue.center, "淮州大讲坛", capacity=120)

    with pytest.raises(services.TooManyPeople, match="请改约淮州大讲坛，坐得下120人"):
        book(venue, headcount=31)
    assert book(venue, headcount=30).headcount == 30


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": "  "}, "purpose"),
        ({"headcount": 0}, "headcount"),
        ({"begins": "11:00", "ends": "9:00"}, "ends"),
    ],
)
def test_a_booking_that_says_too_little_is_unacceptable_and_names_the_field(changed, field):
    with pytest.raises(services.BookingUnclear) as refusal:
        book(make_venue(), **changed)

    assert (refusal.value.status, refusal.value.field) == (422, field)


def test_a_phone_that_is_no_mobile_number_is_unacceptable():
    with pytest.raises(BadValue):
        book(make_venue(), phone="84921000")


def test_one_person_does_not_fill_the_room_for_the_season():
    venue, resident = make_venue(), make_user(name="李建国")
    for number in range(6):
        book(
            venue,
            by=resident,
            day=date(2026, 11, 30),
            begins=f"{9 + number}:00",
            ends=f"{10 + number}:00",
        )

    with pytest.raises(services.TooManyBookings, match="您还有6场没用的预约"):
        book(venue, by=resident, day=date(2026, 12, 1))


def test_staff_book_for_residents_and_organizations_beneath_their_place():
    venue = make_venue()
    here = clerk_at(venue)
    elsewhere = make_user(Role.TOWN_OFFICER, make_town("竹篙镇"), name="赵先生")

    assert book(venue, by=here, name="罗大爷", phone="13800002076").name == "罗大爷"
    with pytest.raises(PermissionDenied):
        book(venue, by=elsewhere, name="罗大爷")


def test_a_manager_books_for_their_own_organization_only():
    venue = make_venue()
    own, other = make_organization("青溪社会工作服务中心"), make_organization("童伴社工服务中心")
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=own, name="何女士")

    assert book(venue, by=manager, organization=own).organization == own
    with pytest.raises(PermissionDenied):
        book(venue, by=manager, organization=other, begins="14:00", ends="15:00")


def test_a_resident_books_in_nobody_elses_name():
    with pytest.raises(PermissionDenied):
        book(make_venue(), name="罗大爷")


def test_a_visitor_does_not_book():
    with pytest.raises(PermissionDenied):
        book(make_venue(), by=Visitor())


def test_a_paused_venue_takes_no_booking():
    venue = make_venue()
    services.change_venue(
        by=clerk_at(venue),
        venue=venue,
        capacity=30,
        equipment="",
        needs_approval=False,
        takes_bookings=False,
        now=NOW,
    )

    with pytest.raises(services.VenueNotTaking, match="028-84921000"):
        book(venue)


def test_agreeing_declining_and_cancelling_move_a_booking_once():
    venue = make_venue(needs_approval=True)
    clerk = clerk_at(venue)

    agreed = services.confirm_booking(by=clerk, booking=book(venue), now=NOW)
    declined = services.decline_booking(
        by=clerk, booking=book(venue, begins="14:00", ends="15:00"), reason="那天装投影", now=NOW
    )

    assert agreed.state == Booking.State.CONFIRMED
    assert (declined.state, declined.reason) == (Booking.State.DECLINED, "那天装投影")
    with pytest.raises(MoveNotAllowed):
        services.decline_booking(by=clerk, booking=agreed, reason="改主意了", now=NOW)


def test_a_declined_or_cancelled_time_is_free_again_and_the_booking_stays_on_record():
    venue = make_venue(needs_approval=True)
    clerk, resident = clerk_at(venue), make_user(name="李建国")

    services.decline_booking(by=clerk, booking=book(venue), reason="那天装投影", now=NOW)
    services.cancel_booking(by=resident, booking=book(venue, by=resident), now=NOW)

    assert book(venue).pk
    assert Booking.objects.count() == 3
    assert BookingSlot.objects.count() == 4


def test_the_center_gives_a_reason_for_turning_somebody_away():
    venue = make_venue(needs_approval=True)
    clerk = clerk_at(venue)
    booking = book(venue)

    with pytest.raises(services.ReasonMissing):
        services.decline_booking(by=clerk, booking=booking, reason=" ", now=NOW)
    with pytest.raises(services.ReasonMissing):
        services.cancel_booking(by=clerk, booking=booking, now=NOW)


def test_nobody_agrees_to_or_cancels_what_is_over():
    venue = make_venue(needs_approval=True)
    clerk = clerk_at(venue)
    booking = book(venue)
    later = NOW + timedelta(days=2)

    with pytest.raises(services.BookingIsOver):
        services.confirm_booking(by=clerk, booking=booking, now=later)
    with pytest.raises(services.BookingIsOver):
        services.cancel_booking(by=clerk, booking=booking, reason="没来", now=later)


def test_only_who_booked_their_organization_and_the_center_cancel():
    venue = make_venue()
    organization = make_organization("青溪社会工作服务中心")
    booking = book(venue, by=clerk_at(venue), organization=organization)
    stranger = make_user(name="王素芬")
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="何女士")

    with pytest.raises(PermissionDenied):
        services.cancel_booking(by=stranger, booking=booking, now=NOW)
    assert services.cancel_booking(by=manager, booking=booking, now=NOW).state == "cancelled"


def test_opening_a_phone_asks_a_reason_and_leaves_a_line():
    venue = make_venue()
    clerk = clerk_at(venue)
    booking = book(venue, by=clerk, name="罗大爷", phone="138 0000 2076")

    with pytest.raises(services.ReasonMissing):
        services.open_phone(by=clerk, booking=booking, reason="", now=NOW)
    phone = services.open_phone(by=clerk, booking=booking, reason="通知换房间", now=NOW)

    assert phone == "13800002076"
    line = Line.objects.get(action="centers.phone-opened")
    assert line.reason == "通知换房间"
    assert phone not in str(line.changes)


def test_without_another_number_the_phone_is_the_accounts_own():
    venue = make_venue()
    booking = book(venue, by=make_user(name="李建国", phone="13800000911"))

    assert (
        services.open_phone(by=clerk_at(venue), booking=booking, reason="通知换房间", now=NOW)
        == "13800000911"
    )


def test_every_booking_leaves_one_line():
    venue = make_venue()
    before = Line.objects.count()

    book(venue)

    assert list(Line.objects.order_by("pk")[before:].values_list("action", flat=True)) == [
        "centers.venue-booked"
    ]


def test_a_refused_booking_leaves_nothing_behind():
    venue = make_venue()
    book(venue)
    before = Line.objects.count(), Booking.objects.count(), BookingSlot.objects.count()

    with pytest.raises(services.SlotTaken):
        book(venue, begins="10:30", ends="12:00")

    assert before == (Line.objects.count(), Booking.objects.count(), BookingSlot.objects.count())


def test_the_database_itself_refuses_a_second_booking_of_a_half_hour():
    booking = book(make_venue())

    with pytest.raises(IntegrityError), transaction.atomic():
        BookingSlot.objects.create(booking=booking, venue=booking.venue, day=booking.day, half=18)


def test_every_refusal_ends_as_a_sentence():
    for refusal in vars(services).values():
        if isinstance(refusal, type) and issubclass(refusal, Refused):
            assert refusal.message.endswith("。")
            assert refusal.code.startswith("centers.")


def test_a_center_that_closes_takes_no_booking_from_that_day_on():
    venue = make_venue(make_center())
    officer = make_user(Role.COUNTY_OFFICER, venue.center.place, name="杨先生")
    services.close_center(by=officer, center=venue.center, on=THURSDAY, reason="搬到新址", now=NOW)

    with pytest.raises(services.CenterClosed, match="已于2026年11月26日关闭"):
        book(venue)
    assert book(venue, day=WEDNESDAY, begins="14:00", ends="15:00").pk
