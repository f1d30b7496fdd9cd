"""Many workers and many deeds in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from gongzhi.accounts.testing import make_user
from gongzhi.outbox import posting, services
from gongzhi.outbox.models import Delivery, Message
from gongzhi.outbox.testing import BROKEN, KEEPING, MOVED, NOW, WORDS, posted, tell
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(deed, times):
    start = Barrier(times)

    def press(number):
        start.wait()
        try:
            return deed(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as crowd:
        return list(crowd.map(press, range(times)))


def test_ten_workers_carry_each_of_twenty_messages_once(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = BROKEN  # so that what is sent here waits
    for n in range(20):
        tell(make_user(handle=f"j{n}", phone=f"138000{n:05}"))
    settings.GONGZHI_MESSAGE_GATEWAY = KEEPING
    Delivery.objects.update(state="waiting", not_before=NOW)
    pks = list(Delivery.objects.values_list("pk", flat=True))

    at_once(lambda _: [posting.carry_one(pk, NOW) for pk in pks], 10)

    assert sorted(p.to for p in posted) == [f"138000{n:05}" for n in range(20)]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_ten_deeds_with_one_key_write_and_send_one_message():
    user = make_user(phone="13800002076")

    at_once(
        lambda _: services.send(by=HOUSE, to=user, kind=MOVED, words=WORDS, now=NOW, key="moved:7"),
        10,
    )

    assert len(posted) == Message.objects.count() == Delivery.objects.count() == 1
