import pytest

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.outbox import queries, services
from gongzhi.outbox.models import Choice, Delivery, Message
from gongzhi.outbox.testing import MOVED, NEWS, NOW, tell

pytestmark = pytest.mark.django_db
PHONE = "13800002076"
USUAL = {"tests.moved:sms", "tests.news:in_app", "tests.news:sms"}


@pytest.fixture
def user():
    return make_user(name="张桂兰", phone=PHONE)


def test_what_is_as_usual_leaves_no_row(user):
    assert services.choose(by=user, wanted=USUAL, now=NOW) == 0
    assert not Choice.objects.exists()


def test_a_kind_is_switched_off_for_one_channel_only(user):
    services.choose(by=user, wanted=USUAL - {"tests.news:sms"}, now=NOW)
    assert tell(user, NEWS).in_app
    assert not Delivery.objects.exists()
    tell(user, MOVED)
    assert Delivery.objects.count() == 1


def test_a_kind_that_is_off_everywhere_is_not_written(user):
    services.choose(by=user, wanted={"tests.moved:sms"}, now=NOW)
    assert tell(user, NEWS) is None
    assert not Message.objects.exists()


def test_what_must_be_known_stays_on_inside_the_house(user):
    services.choose(by=user, wanted=[], now=NOW)
    assert tell(user, MOVED).in_app
    assert not Delivery.objects.exists()


def test_a_channel_that_is_usually_off_can_be_switched_on(user):
    services.choose(by=user, wanted=USUAL | {"tests.news:wechat"}, now=NOW)
    tell(user, NEWS)
    assert set(Delivery.objects.values_list("channel", flat=True)) == {"sms", "wechat"}


def test_switching_back_forgets_the_choice_and_both_leave_a_line(user):
    services.choose(by=user, wanted=[], now=NOW)
    assert services.choose(by=user, wanted=USUAL, now=NOW) == 3
    assert not Choice.objects.exists()
    first, _ = Line.objects.filter(action="outbox.chosen").order_by("pk")
    assert first.changes["新的活动（短信）"] == ["收", "不收"]


def test_the_account_that_holds_a_phone_decides_for_the_family(user):
    services.choose(by=user, wanted=USUAL - {"tests.news:sms"}, now=NOW)
    assert tell(PHONE, NEWS) is None
    assert tell(PHONE, MOVED) is not None


def test_a_visitor_has_nothing_to_choose():
    with pytest.raises(services.rules.PermissionDenied):
        services.choose(by=Visitor(), wanted=[], now=NOW)
    assert queries.unseen_count(Visitor(), NOW) == 0
