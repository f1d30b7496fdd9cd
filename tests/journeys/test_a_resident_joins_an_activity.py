"""A resident on a phone: finds an activity, waits because it is full, gets the freed seat, comes, says how it was."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gongzhi.accounts import testing as accounts
from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_person
from gongzhi.events import services
from gongzhi.events.models import Attendance, Feedback, Registration
from gongzhi.events.testing import make_event, make_registration
from gongzhi.places.testing import make_village
from gongzhi.shared.permissions import HOUSE, Role

from .conftest import axe_faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PHONE = "13800002076"
TITLE = "社区讲坛：冬天血压怎么管"


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = accounts.OUTBOX
    settings.GONGZHI_MFA_REQUIRED = False
    accounts.outbox.clear()
    return accounts.outbox


@pytest.fixture
def full(transactional_db):
    """Return an event within the hour whose only seat somebody else has."""
    now = timezone.now()
    village = make_village("杨柳桥社区")
    event = make_event(
        TITLE,
        place=village,
        starts_at=now + timedelta(minutes=50),
        ends_at=now + timedelta(hours=2),
        seats=1,
        now=now - timedelta(days=1),
    )
    person = make_person("甲一", place=village)
    return make_registration(event, person, now=now - timedelta(hours=1))


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
@pytest.mark.parametrize("look", [{}, {"mode": "elder"}], ids=["plain", "elder"])
def test_a_resident_registers_waits_confirms_comes_and_rates(visit, full, script, look, picture):
    event = full.event
    snap = picture if script and not look else (lambda *_, **__: None)

    def clean(page):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not (script and axe_faults(page))

    page = visit("/events/?when=month", width=390, look=look, script=script)
    clean(page)
    snap(page, "events-390")
    page.locator(".evt h3 a").click()
    expect(page.locator("h1")).to_have_text(TITLE)
    clean(page)

    snap(page, "event-390", full=True)
    page.get_by_label("姓名").fill("王建国")
    page.get_by_label("手机号").fill(PHONE)
    page.get_by_role("button", name="排上队").last.click()
    page.get_by_label("短信里的6位验证码").fill(accounts.last_code(PHONE))
    clean(page)
    page.get_by_role("button", name="填好了，报名").click()
    expect(page.locator("main")).to_contain_text("您在排队")
    expect(page.locator(".queue .me")).to_have_text("您，第1")
    clean(page)

    services.cancel_registration(by=HOUSE, registration=full, now=timezone.now())
    page.goto("/events/mine/")
    expect(page.locator("main")).to_contain_text("空出1个座位，给您留着")
    clean(page)
    page.get_by_role("button", name="我要去").click()
    mine = Registration.objects.get(event=event, person__name="王建国")
    expect(page.locator(".pass")).to_contain_text(mine.spoken_code)
    assert page.locator(".pass svg[role=img]").is_visible()
    clean(page)
    snap(page, "pass-390")

    clerk = make_user(Role.COMMUNITY_CLERK, event.place, name="李干事")
    door = visit(f"/events/door/{event.pk}/", width=390, user=clerk, script=False)
    door.fill("#ck", mine.spoken_code)
    door.get_by_role("button", name="登记这一位").first.click()
    expect(door.locator("#came-server")).to_contain_text("到了")
    assert Attendance.objects.get(event=event).person == mine.person

    page.goto("/events/mine/")
    page.locator("#m-been ~ ul a").first.click()
    clean(page)
    snap(page, "rate-390")
    page.get_by_role("button", name="很好").click()
    expect(page.locator("main")).to_contain_text("记下了，谢谢您")
    assert Feedback.objects.get().rating == 5
    clean(page)


def test_public_pages_are_light(visit, full):
    page = visit("/accessibility/", width=390)
    page.context.clear_cookies()
    weights = []
    page.on("response", lambda answer: weights.append(len(gzip.compress(answer.body()))))
    for address in ("/events/?when=month", f"/events/{full.event_id}/"):
        weights.clear()
        page.goto(address, wait_until="networkidle")
        assert 0 < sum(weights) <= 150 * 1024, address


@pytest.mark.parametrize("look", [{}, {"theme": "dark"}, {"mode": "elder"}])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_pages_of_events_fit_every_screen_and_look(visit, full, width, look):
    event, place = full.event, full.event.place
    clerk = make_user(Role.COMMUNITY_CLERK, place, name="李干事")
    page = visit("/events/?when=month", width=width, look=look, user=clerk)
    for address in (
        "/events/?when=month",
        f"/events/{event.pk}/",
        "/events/work/",
        f"/events/{event.pk}/desk/",
        "/events/new/",
        f"/events/{event.pk}/enter/",
        "/events/door/",
        f"/events/door/{event.pk}/",
        f"/events/door/{event.pk}/roll/",
        f"/events/door/{event.pk}/screen/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert not axe_faults(page), address
