import pytest
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.directory import services as directory
from gongzhi.directory.testing import make_person
from gongzhi.outbox import queries, services
from gongzhi.outbox.models import Delivery, Message
from gongzhi.outbox.testing import MOVED, NEWS, NOW, WORDS, own, posted, tell
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.testing import wide

pytestmark = pytest.mark.django_db
PHONE = "13800002076"


def test_a_message_reaches_an_account_in_the_house_and_by_phone(ends):
    user = make_user(name="张桂兰", phone=PHONE)

    with ends():
        message = tell(user, about="/events/7/")

    assert (message.title, message.body) == ("坝坝电影改期了", "坝坝电影改到11月28日19:00。")
    assert queries.unseen_count(user, NOW) == 1
    [parcel] = posted
    assert parcel.to == PHONE
    assert parcel.text == "【共治】坝坝电影改到11月28日19:00。您收到这条消息，是因为您报了名。"
    assert (parcel.kind, parcel.words) == ("tests.moved", WORDS)
    assert Delivery.objects.get().state == "sent"


def test_nothing_goes_out_from_a_deed_that_did_not_end(ends):
    user = make_user(phone=PHONE)

    def deed_that_breaks():
        with transaction.atomic():
            tell(user)
            raise ZeroDivisionError

    with ends(), pytest.raises(ZeroDivisionError):
        deed_that_breaks()
    assert posted == []
    assert not Message.objects.exists()


def test_a_person_is_told_by_their_own_account(ends):
    person = make_person("李建国", phone="13900001234")
    user = make_user(name="李建国", person=person, phone=PHONE)
    with ends():
        tell(person)
    assert own(user) == ["坝坝电影改期了"]
    assert [p.to for p in posted] == [PHONE]


def test_a_merged_person_is_told_by_the_account_of_whom_they_stand_for(ends):
    head = make_person("李建国")
    user = make_user(name="李建国", person=head)
    twin = make_person("李建国", id_number="")
    directory.merge_people(by=HOUSE, person=twin, into=head, note="同一个人，核对过", now=NOW)
    twin.refresh_from_db()
    tell(twin)
    assert own(user) == ["坝坝电影改期了"]


def test_a_person_without_account_is_told_by_phone_alone(ends):
    with ends():
        message = tell(make_person("王秀英", phone=PHONE))
    assert message.user is None
    assert not message.in_app
    assert message.phone_key == fingerprint(PHONE)
    assert "2076" not in str(message.phone)
    assert [p.to for p in posted] == [PHONE]


def test_somebody_without_account_and_phone_is_named_as_unreached():
    old = make_person("王秀英", phone="")
    sent = services.send_to_many(by=HOUSE, to=[old], kind=MOVED, words=WORDS, now=NOW)
    assert (sent.messages, sent.unreached) == ([], [old])
    assert tell(old) is None


def test_a_bare_phone_must_be_one():
    with pytest.raises(BadValue):
        tell("12345")


def test_the_same_key_tells_the_same_person_once(ends):
    user = make_user(phone=PHONE)
    with ends():
        first = tell(user, key="events.moved:7:1")
    with ends():
        again = tell(user, key="events.moved:7:1")
    assert first == again
    assert len(posted) == Message.objects.count() == 1


def test_a_thousand_are_told_in_as_many_queries_as_ten(django_assert_max_num_queries):
    people = [make_user(name=f"街坊{n}", handle=f"j{n}", phone=f"138000{n:05}") for n in range(60)]
    with django_assert_max_num_queries(12):
        sent = services.send_to_many(by=HOUSE, to=people, kind=MOVED, words=WORDS, now=NOW)
    assert len(sent.messages) == Delivery.objects.count() == 60


def test_two_people_of_one_family_on_one_phone_get_one_message(ends):
    with ends():
        sent = services.send_to_many(
            by=HOUSE,
            to=[
                make_person("王秀英", phone=PHONE),
                make_person("王小宝", id_number="", phone=PHONE),
            ],
            kind=MOVED,
            words=WORDS,
            now=NOW,
        )
    assert len(sent.messages) == len(posted) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "510121196804261426",
        "510121 19680426 1426",
        wide("510121196804261426"),
        "51012119680426142X",
    ],
)
def test_an_id_number_never_stands_in_a_message(typed):
    message = services.send(
        by=HOUSE,
        to=make_user(),
        kind=MOVED,
        words={"event": f"王秀英{typed}的课", "when": "明天"},
        now=NOW,
    )
    kept = message.title + message.body + str(message.words)
    assert "19680426" not in kept
    assert "王秀英510121********142" in kept


def test_a_message_is_about_a_page_of_this_house():
    with pytest.raises(ValueError, match="page of this house"):
        tell(make_user(), about="https://elsewhere.example/")


def test_an_account_that_is_closed_is_told_nothing():
    closed = make_user(phone=PHONE)
    closed.is_active = False
    closed.save()
    assert tell(closed) is None


def test_a_channel_without_a_gateway_is_closed(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = ""
    message = tell(make_user(phone=PHONE))
    assert message.in_app
    assert not Delivery.objects.exists()


def test_the_database_keeps_no_message_to_nobody():
    with pytest.raises(IntegrityError):
        Message.objects.create(
            key="x", kind=NEWS.key, title="x", body="x", in_app=False, written_at=NOW, due_at=NOW
        )
