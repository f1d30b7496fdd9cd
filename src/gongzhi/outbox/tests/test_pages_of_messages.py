from datetime import timedelta

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.outbox import posting
from gongzhi.outbox.models import Delivery, Message
from gongzhi.outbox.testing import DEAD, NEWS, NOW, own, tell
from gongzhi.places.testing import make_county, make_town
from gongzhi.shared.permissions import Role
from tests.browser import read

pytestmark = pytest.mark.django_db
PHONE = "13800002076"
MINE, CHOICES = reverse("outbox:mine"), reverse("outbox:choices")
DELIVERIES = reverse("outbox:deliveries")


@pytest.fixture
def user(client):
    user = make_user(name="张桂兰", phone=PHONE)
    client.force_login(user)
    return user


def test_a_message_is_new_once_and_says_why_it_came(client, user):
    tell(user, about="/centers/")
    page = client.get(MINE).content.decode()
    assert "坝坝电影改到11月28日19:00。" in page
    assert "您收到这条消息，是因为您报了名。" in page
    assert '<span class="status now">新</span>' in page
    assert 'href="/centers/"' in page
    assert '<span class="status now">新</span>' not in client.get(MINE).content.decode()


def test_nobody_reads_the_messages_of_another(client, user):
    tell(make_user(name="李建国"))
    assert "现在没有消息" in client.get(MINE).content.decode()
    assert Message.objects.get().seen_at is None


def test_the_frame_counts_what_is_unseen(client, user):
    tell(user)
    assert '<span class="count">1</span>' in client.get("/accounts/me/").content.decode()
    client.get(MINE)
    assert "条没看过" not in client.get("/accounts/me/").content.decode()


def test_page_two_goes_on_where_page_one_ended(client, user, django_assert_max_num_queries):
    for n in range(25):
        tell(user, now=NOW - timedelta(hours=n // 2))
    with django_assert_max_num_queries(12):
        first = client.get(MINE)
    [*_, more] = first.context["rows"]
    second = client.get(MINE + first.context["next"])
    seen = {r.message.pk for r in first.context["rows"]} | {
        r.message.pk for r in second.context["rows"]
    }
    assert len(seen) == 25
    assert more.message.due_at >= second.context["rows"][0].message.due_at
    assert second.context["next"] == ""


@pytest.mark.parametrize(
    "after", ["x", "2026~1", "2026-11-25T10:00:00+08:00~9999999999999999999999"]
)
def test_a_key_that_somebody_made_up_is_no_error(client, user, after):
    assert client.get(MINE, {"after": after}).status_code == 200


def test_choices_are_kept_without_script(client, user):
    read(client.get(CHOICES).content.decode())
    answer = client.post(CHOICES, {"on": ["tests.moved:sms", "tests.news:in_app"]}, follow=True)
    assert "改好了1处" in answer.content.decode()
    assert tell(user, NEWS).in_app
    assert not Delivery.objects.exists()


def test_the_page_of_choices_masks_the_phone(client, user):
    page = client.get(CHOICES).content.decode()
    assert "138****2076" in page
    assert PHONE not in page


def test_whoever_keeps_the_ways_sees_what_failed_with_masked_numbers(client, settings):
    settings.GONGZHI_MESSAGE_GATEWAY = DEAD
    tell(make_user(phone=PHONE))
    posting.carry_one(Delivery.objects.get().pk, NOW)
    client.force_login(make_user(Role.COUNTY_OPERATOR, make_county(), name="陈女士"))
    page = client.get(DELIVERIES).content.decode()
    read(page)
    assert "138****2076" in page
    assert PHONE not in page
    answer = client.post(reverse("outbox:try-again", args=[Delivery.objects.get().pk]))
    assert answer.status_code == 302


def test_whoever_works_in_a_town_does_not(client):
    client.force_login(make_user(Role.COUNTY_OPERATOR, make_town()))
    assert client.get(DELIVERIES).status_code == 403


def test_every_page_is_good_html(client, user):
    tell(user)
    for address in (MINE, CHOICES):
        read(client.get(address).content.decode())
    assert own(user)
