import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.centers import services
from gongzhi.centers.testing import NOW, book, make_venue
from gongzhi.outbox.models import Delivery, Message
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
PHONE = "13800002076"


@pytest.fixture
def resident():
    return make_user(name="张桂兰", phone=PHONE)


def test_the_answer_of_the_center_reaches_whoever_booked(resident):
    booking = book(make_venue(needs_approval=True), by=resident)
    services.confirm_booking(by=HOUSE, booking=booking, now=NOW)
    told = Message.objects.get(user=resident)
    assert told.title == "一楼议事厅约好了"
    assert "2026年11月26日9:00–11:00" in told.body
    assert told.about == f"/centers/bookings/{booking.pk}/"


def test_a_booking_that_the_center_cancels_is_told_by_phone_with_the_reason(resident):
    booking = book(make_venue(), by=resident)
    services.cancel_booking(by=HOUSE, booking=booking, reason="停电检修。", now=NOW)
    assert "中心取消了：停电检修。请另约" in Message.objects.get(user=resident).body
    assert list(Delivery.objects.values_list("channel", flat=True)) == ["sms"]


def test_somebody_for_whom_a_clerk_booked_is_told_at_the_number_that_was_left():
    venue = make_venue(needs_approval=True)
    clerk = make_user(Role.COMMUNITY_CLERK, venue.center.place, name="周敏")
    booking = book(venue, by=clerk, name="王秀英", phone="13900001234")
    services.decline_booking(by=HOUSE, booking=booking, reason="已有安排", now=NOW)
    assert Message.objects.filter(user=None).count() == 1
    assert Message.objects.filter(user=clerk).count() == 1


def test_nobody_is_told_what_they_did_themselves(resident):
    services.cancel_booking(by=resident, booking=book(make_venue(), by=resident), now=NOW)
    assert not Message.objects.exists()
