"""到场登记没有网：the page opens in flight mode, knows the list, keeps the facts and unites them afterwards."""

import json

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_person
from gongzhi.events import tickets
from gongzhi.events.models import Attendance, Event, Registration
from gongzhi.events.testing import make_event
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import Role

from .conftest import axe_faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
NAMES = "安丙陈丁二方高何江孔李马牛欧潘秦任孙唐王"


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.GONGZHI_MFA_REQUIRED = False


@pytest.fixture
def village(transactional_db):
    return make_village("杨柳桥社区")


@pytest.fixture
def clerk(village):
    return make_user(Role.COMMUNITY_CLERK, village, name="李干事")


def going_on(village, guests):
    """Return an event that began a quarter of an hour ago, with so many registrations."""
    now = timezone.now()
    event = make_event(
        "百姓星期天：理发、磨刀、量血压",
        place=village,
        starts_at=now - timezone.timedelta(minutes=15),
        ends_at=now + timezone.timedelta(hours=2),
        now=now - timezone.timedelta(days=2),
    )
    people = [
        make_person(f"{NAMES[n % 20]}小{n}", place=village, phone=f"13800{n:06}", id_number="")
        for n in range(guests)
    ]
    made = Registration.objects.bulk_create(
        Registration(
            event=event,
            person=person,
            status="seated",
            number=n,
            turn=n,
            registered_at=event.created_at,
            changed_at=event.created_at,
            channel="self",
            token=tickets.new_token(),
            code=tickets.spoken_code(event.pk, n),
        )
        for n, person in enumerate(people, 1)
    )
    return event, made


def open_door(visit, event, clerk):
    page = visit(f"/events/door/{event.pk}/", width=390, user=clerk)
    page.wait_for_selector("[data-door][data-kept=yes]", state="attached", timeout=15000)
    return page


def say_code(page, code):
    page.check("#m-code")
    page.fill("#ck", code)
    page.get_by_role("button", name="登记这一位").first.click()


def test_the_door_works_in_flight_mode_and_syncs_when_the_network_is_back(visit, village, clerk):
    event, made = going_on(village, 6)
    page = open_door(visit, event, clerk)
    assert not axe_faults(page)

    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("[data-door][data-ready=yes]", state="attached")
    assert page.get_by_text("没有网，照样登记。").is_visible()
    assert "6" in page.inner_text("#n-missing")

    say_code(page, made[0].code.lower())
    page.wait_for_selector("#came:not([hidden])")
    assert "到了" in page.inner_text("#came")
    expect(page.locator("#n-kept")).to_have_text("1人")
    assert page.get_by_text("存在手机里").first.is_visible()
    say_code(page, made[0].code)
    page.get_by_text("只算一次，请让下一位来").wait_for()
    expect(page.locator("#n-kept")).to_have_text("1人")

    page.check("#m-name")
    page.fill("#nm", made[1].person.name[0])
    page.locator("#found button").first.click()
    expect(page.locator("#n-kept")).to_have_text("2人")
    assert not axe_faults(page)
    assert not Attendance.objects.exists()

    page.reload()
    page.wait_for_selector("[data-door][data-ready=yes]", state="attached")
    expect(page.locator("#n-kept")).to_have_text("2人")

    page.context.set_offline(False)
    expect(page.locator("#n-kept")).to_have_text("0人")
    expect(page.locator("#net-result")).to_contain_text("新到2人")
    assert Attendance.objects.filter(event=event).count() == 2
    assert set(Attendance.objects.values_list("channel", flat=True)) == {"offline"}


def test_a_code_nobody_knows_is_kept_and_refused_with_a_sentence_when_the_network_is_back(
    visit, village, clerk
):
    event, _ = going_on(village, 1)
    page = open_door(visit, event, clerk)
    page.context.set_offline(True)
    page.wait_for_selector("#net-off:not([hidden])", state="attached")

    say_code(page, "ZZZZZZ")
    page.get_by_text("先存在手机里，有网再核对").wait_for()
    page.context.set_offline(False)

    page.get_by_text("没有这个码，没有登记。").first.wait_for()
    assert not Attendance.objects.exists()
    assert event.faults.filter(fault="unknown").count() == 1


def test_two_devices_that_noted_the_same_five_hundred_people_give_five_hundred_facts(
    visit, village, clerk
):
    event, made = going_on(village, 500)
    other = make_user(Role.COMMUNITY_CLERK, village, name="王干事")
    devices = [open_door(visit, event, user) for user in (clerk, other)]
    note = """async (codes) => {
      const page = document.querySelector('script[src*="events/door"]').src;
      const store = await import(page.replace('door.js', 'store.js'));
      const event = Number(document.querySelector('[data-door]').dataset.door);
      const list = await store.listOf(event);
      for (const code of codes) {
        const hash = await store.hashed(list.salt, code);
        const who = list.people.find((p) => p.c === hash);
        await store.addFact({ key: `${event}:${who.r}`, event, how: 'code', name: who.n, registration: who.r,
          token: '', code: '', at: new Date().toISOString(), sent: false, refused: '' });
      }
      return (await store.factsOf(event)).length;
    }"""
    codes = [one.code for one in made]
    for page, order in zip(devices, (codes, codes[::-1]), strict=True):
        page.context.set_offline(True)
        assert page.evaluate(note, order) == 500

    for page in devices:
        page.context.set_offline(False)
        page.reload()
        expect(page.locator("#net-result")).to_contain_text("传上去了", timeout=60000)
        expect(page.locator("#n-kept")).to_have_text("0人", timeout=60000)

    assert Attendance.objects.filter(event=event).count() == 500
    assert "早就登过500人" in devices[1].inner_text("#net-result")
    assert Event.objects.get(pk=event.pk).is_held


def test_without_script_the_door_is_plain_forms(visit, village, clerk):
    event, made = going_on(village, 2)
    page = visit(f"/events/door/{event.pk}/", width=320, user=clerk, script=False)

    page.fill("#ck", made[0].spoken_code)
    page.get_by_role("button", name="登记这一位").first.click()

    assert "，到了" in page.inner_text("#came-server")
    page.goto(f"/events/door/{event.pk}/?q={made[1].person.name}")
    page.get_by_role("button", name="到了").first.click()
    assert Attendance.objects.filter(event=event).count() == 2
    page.goto(f"/events/door/{event.pk}/")
    page.fill("#ck", made[0].spoken_code)
    page.get_by_role("button", name="登记这一位").first.click()
    assert "已经到了，这个码只算一次" in page.inner_text("#refused-server")


def test_facts_are_taken_from_who_keeps_this_door_alone(village, clerk):
    event, made = going_on(village, 1)
    stranger = make_user(Role.COMMUNITY_CLERK, make_village("北滨路社区"), name="外人")
    client = Client()
    client.force_login(stranger)

    answer = client.post(
        f"/events/door/{event.pk}/facts/",
        json.dumps({"facts": [{"ref": "a", "how": "code", "code": made[0].code}]}),
        content_type="application/json",
    )

    assert answer.status_code == 404
    assert not Attendance.objects.exists()
