"""The API and the calendars: the same deeds, the same sentences, nothing private without its owner."""

from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar as Read

from gongzhi.accounts.testing import make_user
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.events import services
from gongzhi.events.models import Registration
from gongzhi.events.testing import HOUR, make_event, make_registration
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db
API = "/api/events"


@pytest.fixture
def soon():
    """Return a moment two days ahead: the interface goes by the real clock."""
    return (timezone.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def make(soon):
    """Return a maker of events two days ahead."""

    def event(title="坝坝会", **details):
        return make_event(title, starts_at=soon, now=timezone.now(), **details)

    return event


@pytest.fixture
def resident(client):
    """Return a signed-in account with its person."""
    user = make_user(name="王先生", person=make_person("王建国"))
    client.force_login(user)
    return user


def post(client, address, **given):
    return client.post(f"{API}{address}", given, content_type="application/json")


def test_everybody_lists_public_events_by_place_and_page(client, make):
    here, there = make_village("青溪社区"), make_village("北滨社区")
    shown = make(place=here)
    make(place=there), make(place=here, is_public=False), make(place=here, is_published=False)

    found = client.get(f"{API}/events", {"place": here.code}).json()

    assert [e["id"] for e in found["events"]] == [shown.pk]
    assert (found["events"][0]["place"], found["next"]) == ("青溪社区", "")
    assert len(client.get(f"{API}/events").json()["events"]) == 2


def test_one_event_shows_seats_line_and_lots_without_names(client, make):
    event = make(seats=1)
    for _ in range(2):
        make_registration(event, now=timezone.now())

    found = client.get(f"{API}/events/{event.pk}").json()

    assert found["seats"] == {
        "capacity": 1,
        "seated": 1,
        "offered": 0,
        "waiting": 1,
        "entered": 0,
        "walk_ins": 0,
        "free": 0,
    }
    assert [t["position"] for t in found["line"]] == [1]
    assert "张桂兰" not in str(found)
    assert found["draw"] is None
    assert client.get(f"{API}/events/{event.pk + 99}").status_code == 404


def test_a_resident_registers_sees_it_and_leaves(client, make, resident):
    event = make(seats=1)

    made = post(client, f"/events/{event.pk}/registration")
    assert (made.status_code, made.json()["status"]) == (201, "seated")
    assert len(made.json()["code"]) == 6
    again = post(client, f"/events/{event.pk}/registration")
    assert (again.status_code, again.json()["code"]) == (409, "events.already-registered")
    assert again.json()["detail"].endswith("不用再报。")
    assert [r["id"] for r in client.get(f"{API}/registrations").json()] == [made.json()["id"]]

    gone = client.delete(f"{API}/registrations/{made.json()['id']}")
    assert gone.json()["status"] == "cancelled"
    assert client.get(f"{API}/registrations").json() == []


def test_an_offer_is_taken_or_left_over_the_interface(client, make, resident):
    event, other = make(seats=1), make("手机课", seats=1, place=make_village())
    for one, answer, result in ((event, "confirm", "seated"), (other, "decline", "declined")):
        first = make_registration(one, now=timezone.now())
        given = {"accepts_tight": True} if answer == "confirm" else {}
        mine = post(client, f"/events/{one.pk}/registration", **given).json()
        assert mine.get("status") == "waiting" or answer == "decline", mine
        if mine.get("code") == "events.time-taken":  # seated at the first by now
            services.cancel_registration(
                by=resident,
                registration=Registration.objects.get(event=event, person=resident.person),
                now=timezone.now(),
            )
            mine = post(client, f"/events/{one.pk}/registration").json()
        services.cancel_registration(
            by=Oneself(first.person_id), registration=first, now=timezone.now()
        )
        answered = post(client, f"/registrations/{mine['id']}/{answer}", **given)
        assert answered.json()["status"] == result


def test_nobody_registers_without_an_account_its_person_and_its_own_registrations(client, make):
    event = make()
    other = make_registration(event, now=timezone.now())
    assert post(client, f"/events/{event.pk}/registration").status_code == 401

    client.force_login(make_user(name="没对上"))
    refused = post(client, f"/events/{event.pk}/registration")
    assert (refused.status_code, refused.json()["code"]) == (409, "events.account-not-linked")

    client.force_login(make_user(name="王先生", handle="wang", person=make_person("王建国")))
    assert client.delete(f"{API}/registrations/{other.pk}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/events/0", "/events/99999999999", "/events?place=x", "/events?after=%00", "/places/1.ics"],
)
def test_what_makes_no_sense_is_answered_and_never_breaks(client, address):
    make_county()
    assert client.get(f"{API}{address}").status_code in (200, 404, 422)


# --- calendars ------------------------------------------------------------------------------------


def entries(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    return {str(e["summary"]): e for e in Read.from_ical(answer.content).walk("VEVENT")}


def test_the_calendar_of_a_place_follows_every_change(client, make, soon):
    village = make_village()
    event = make("坝坝会", place=village)
    address = f"{API}/places/{make_county().code}.ics"

    before = entries(client.get(address))["坝坝会"]
    services.move_event(
        by=HOUSE,
        event=event,
        starts_at=soon + 24 * HOUR,
        ends_at=soon + 26 * HOUR,
        why="下雨",
        now=timezone.now(),
    )
    moved = entries(client.get(address))["坝坝会"]
    services.cancel_event(by=HOUSE, event=event, why="停电", now=timezone.now())
    gone = entries(client.get(address))["坝坝会"]

    assert before["uid"] == moved["uid"] == gone["uid"]
    assert [e["sequence"] for e in (before, moved, gone)] == [0, 1, 2]
    assert moved["dtstart"].dt == soon + 24 * HOUR
    assert [str(e["status"]) for e in (before, gone)] == ["CONFIRMED", "CANCELLED"]
    assert "停电" in str(gone["description"])


def test_ones_own_calendar_has_a_private_address_that_ends(client, make, resident):
    event = make(seats=1)
    make_registration(event, now=timezone.now())
    services.register(by=resident, event=event, person=resident.person, now=timezone.now())
    calendar = services.open_calendar(by=resident, person=resident.person, now=timezone.now())
    client.logout()
    address = f"{API}/calendars/{calendar.token}.ics"

    answer = client.get(address)
    mine = entries(answer)["坝坝会"]
    assert str(mine["status"]) == "TENTATIVE"
    assert "在排队" in str(mine["description"])
    assert "no-store" in answer["Cache-Control"]

    services.open_calendar(by=resident, person=resident.person, now=timezone.now())
    assert client.get(address).status_code == 404
    assert services.close_calendar(by=resident, person=resident.person, now=timezone.now()) == 1
    assert client.get(f"{API}/calendars/{'a' * 43}.ics").status_code == 404
