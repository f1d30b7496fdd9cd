from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.outbox import posting, queries, services
from gongzhi.outbox.models import Delivery, Message
from gongzhi.outbox.testing import BROKEN, DEAD, KEEPING, MOVED, NEWS, NIGHT, NOW, posted, tell
from gongzhi.places.testing import make_county, make_town
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
PHONE = "13800002076"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def user():
    return make_user(name="张桂兰", phone=PHONE)


def the():
    return Delivery.objects.get()


def test_what_the_provider_did_not_take_is_tried_again_after_a_pause(user, settings):
    settings.GONGZHI_MESSAGE_GATEWAY = BROKEN
    tell(user)
    assert posting.carry_one(the().pk, NOW) == "waiting"
    assert (the().tries, the().not_before, the().error) == (1, NOW + MINUTE, "ConnectionError")
    assert posting.carry_one(the().pk, NOW) == ""

    settings.GONGZHI_MESSAGE_GATEWAY = KEEPING
    assert posting.carry_one(the().pk, NOW + MINUTE) == "sent"
    assert [p.to for p in posted] == [PHONE]


def test_after_the_last_try_it_has_failed_and_says_no_number(user, settings, caplog):
    settings.GONGZHI_MESSAGE_GATEWAY = BROKEN
    tell(user)
    tries, now = 0, NOW
    while the().state == "waiting":
        now = max(now, the().not_before)
        posting.carry_one(the().pk, now)
        tries += 1
    assert (tries, the().state, the().done_at) == (5, "failed", now)
    assert PHONE not in caplog.text
    assert PHONE not in the().error


def test_a_dead_number_is_not_tried_again(user, settings):
    settings.GONGZHI_MESSAGE_GATEWAY = DEAD
    tell(user)
    assert posting.carry_one(the().pk, NOW) == "failed"
    assert the().error == "这个号码收不到"


@pytest.mark.parametrize(
    ("hour", "goes_at"),
    [(21, (25, 21)), (22, (26, 8)), (23, (26, 8)), (0, (25, 8)), (7, (25, 8)), (8, (25, 8))],
)
def test_a_short_message_that_can_wait_rests_at_night(user, hour, goes_at):
    tell(user, NEWS, now=datetime(2026, 11, 25, hour, tzinfo=LOCAL))
    here = the().not_before.astimezone(LOCAL)
    assert (here.day, here.hour) == goes_at


def test_a_next_try_at_night_waits_for_the_morning_too(user):
    tell(user, NEWS)
    assert posting.carry_one(the().pk, NIGHT) == "waiting"
    assert (the().not_before, the().tries) == (datetime(2026, 11, 26, 8, tzinfo=LOCAL), 0)
    assert posted == []


def test_a_cancelled_evening_is_told_at_night(user):
    tell(user, MOVED, now=NIGHT)
    assert posting.carry_one(the().pk, NIGHT) == "sent"


def test_a_reminder_goes_when_its_time_comes_and_not_before(user, ends):
    tomorrow = NOW + timedelta(days=1)
    with ends():
        services.remind(
            by=HOUSE,
            to=user,
            kind=MOVED,
            words={"event": "坝坝电影", "when": "今晚7点"},
            at=tomorrow,
            key="events.soon:7",
            now=NOW,
        )
    with ends():
        assert services.send_due(by=HOUSE, now=tomorrow - MINUTE) == 0
    assert queries.unseen_count(user, tomorrow - MINUTE) == 0
    assert services.send_due(by=HOUSE, now=tomorrow) == 1
    assert queries.unseen_count(user, tomorrow) == 1
    assert posting.carry_one(the().pk, tomorrow) == "sent"


def test_a_reminder_that_is_called_off_never_goes(user):
    other = make_user(name="李建国", phone="13900001234")
    tomorrow = NOW + timedelta(days=1)
    for one in (user, other):
        tell(one, at=tomorrow, key="events.soon:7")
    assert services.call_off(by=HOUSE, key="events.soon:7", to=user, now=NOW) == 1
    assert queries.unseen_count(user, tomorrow) == 0
    assert queries.unseen_count(other, tomorrow) == 1
    assert services.call_off(by=HOUSE, key="events.soon:7", now=NOW) == 1
    assert services.send_due(by=HOUSE, now=tomorrow) == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"called_off"}


def test_what_went_out_is_not_called_off_any_more(user):
    tell(user, key="events.soon:7")
    assert services.call_off(by=HOUSE, key="events.soon:7", now=NOW) == 0


def test_calling_off_one_event_leaves_the_next_number_alone(user):
    tomorrow = NOW + timedelta(days=1)
    tell(user, at=tomorrow, key="events.soon:71")
    assert services.call_off(by=HOUSE, key="events.soon:7", now=NOW) == 0


def test_what_a_dead_worker_left_is_taken_up_as_a_failed_try(user):
    tell(user)
    Delivery.objects.update(state="sending", claimed_at=NOW, tries=1)
    assert services.send_due(by=HOUSE, now=NOW + 9 * MINUTE) == 0
    services.send_due(by=HOUSE, now=NOW + 11 * MINUTE)
    assert (the().state, the().not_before) == ("waiting", NOW + 12 * MINUTE)


def test_a_result_that_comes_too_late_changes_nothing(user):
    tell(user)
    Delivery.objects.update(state="sending", claimed_at=NOW, tries=1)
    late = the()
    Delivery.objects.update(state="sent", done_at=NOW)
    posting.failed_try(late, NOW, "x")
    assert the().state == "sent"


def test_whoever_switched_it_off_meanwhile_gets_nothing(user):
    tell(user, NEWS)
    services.choose(by=user, wanted=["tests.news:in_app", "tests.moved:sms"], now=NOW)
    assert posting.carry_one(the().pk, NOW) == "off"
    assert posted == []


def test_a_failed_message_can_be_let_go_again_by_whoever_keeps_the_ways(user, settings, ends):
    settings.GONGZHI_MESSAGE_GATEWAY = DEAD
    tell(user)
    posting.carry_one(the().pk, NOW)
    settings.GONGZHI_MESSAGE_GATEWAY = KEEPING
    with pytest.raises(PermissionDenied):
        services.try_again(by=make_user(Role.COUNTY_OPERATOR, make_town()), delivery=the(), now=NOW)
    with ends():
        services.try_again(
            by=make_user(Role.COUNTY_OPERATOR, make_county()), delivery=the(), now=NOW
        )
    assert the().state == "sent"
    assert Line.objects.filter(action="outbox.tried-again").count() == 1
    with pytest.raises(services.NothingToTryAgain, match="发出了"):
        services.try_again(by=HOUSE, delivery=the(), now=NOW)


def test_old_messages_are_forgotten_with_their_phones():
    tell(PHONE)
    assert services.forget_old(by=HOUSE, now=NOW + timedelta(days=399)) == 0
    assert services.forget_old(by=HOUSE, now=NOW + timedelta(days=401)) == 1
    assert not Message.objects.exists()


def test_only_the_house_itself_runs_the_clock():
    for deed in (services.send_due, services.forget_old):
        with pytest.raises(PermissionDenied):
            deed(by=make_user(Role.COUNTY_OPERATOR, make_county()), now=NOW)
