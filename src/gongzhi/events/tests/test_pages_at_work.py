"""What those who run events see and press: the list, one event, its forms, the door; every page is read strictly."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person
from gongzhi.events import services, tickets
from gongzhi.events.models import Attendance, Event, Kind, Registration
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_attendance, make_event, make_registration
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAMES = "安丙陈丁二方高何江孔李马牛欧潘秦任孙唐王"


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    """Stand at ten on Monday; `clock(moment)` goes on to another."""
    settings.GONGZHI_MFA_REQUIRED = False

    def go(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    go(NOW)
    return go


@pytest.fixture
def village(db):
    return make_village("青溪社区", town=make_town("赵镇街道"))


@pytest.fixture
def clerk(village):
    return make_user(Role.COMMUNITY_CLERK, village, name="李干事")


def guests(event, number):
    return [
        make_registration(
            event, make_person(f"{NAMES[n % 20]}小{n}", place=event.place, phone=f"1380000{n:04}")
        )
        for n in range(number)
    ]


def planned(**changed):
    return {
        "kind": "activity",
        "title": "百姓星期天",
        "place": "青溪社区",
        "address": "3号院坝",
        "starts_at": "2026-11-29T09:00",
        "ends_at": "2026-11-29T11:30",
        "takes_registrations": "on",
        "capacity": "50",
        "rule": "first_come",
        "offer_hours": "6",
        "has_waiting_list": "on",
        "takes_walk_ins": "on",
        "is_public": "on",
    } | changed


# --- the list and one event -----------------------------------------------------------------------


def test_the_list_holds_the_events_of_ones_places_and_no_others(browser, village, clerk):
    make_event(place=village, seats=20)
    make_event("别处的", place=make_village("北滨社区", town=make_town("官仓街道")))

    words = text_of(browser("events:work", user=clerk))

    assert "百姓星期天" in words
    assert "别处的" not in words


def test_the_list_is_narrowed_by_state_kind_and_words(browser, village, clerk):
    make_event("义诊", place=village)
    make_event("剪纸课", place=village, kind=Kind.TRAINING)
    make_event("还没想好", place=village, is_published=False)

    def found(**asked):
        words = text_of(browser("events:work", user=clerk, **asked))
        return [t for t in ("义诊", "剪纸课", "还没想好") if t in words]

    assert found() == ["义诊", "剪纸课"]
    assert found(state="draft") == ["还没想好"]
    assert found(kind="training") == ["剪纸课"]
    assert found(q="剪纸") == ["剪纸课"]


def test_the_list_costs_few_queries_and_turns_by_key(
    browser, village, clerk, django_assert_max_num_queries
):
    for n in range(60):
        make_event(f"第{n}场", place=village, starts_at=SUNDAY + n * HOUR)
    browser("events:work", user=clerk)

    with django_assert_max_num_queries(12):
        tree = browser("events:work")

    [following] = [a for a in tree.iter("a") if a.get("rel") == "next"]
    words = text_of(browser(reverse("events:work") + following.get("href")))
    assert "第59场" in words
    assert "第9场" not in words


def test_the_desk_shows_people_masked_and_the_line_with_reasons(
    browser, village, clerk, django_assert_max_num_queries
):
    event = make_event(place=village, seats=3)
    guests(event, 6)
    browser("events:desk", event.pk, user=clerk)

    with django_assert_max_num_queries(25):
        words = text_of(browser("events:desk", event.pk))

    assert "安小0" not in words
    assert "尾号0000" in words
    assert "第1位" in words
    assert "按报名先后排，11月23日10:00报的" in words


def test_a_stranger_finds_no_desk_and_no_door(browser, village):
    event = make_event(place=village)
    stranger = make_user(
        Role.COMMUNITY_CLERK, make_village("北滨社区", town=make_town("官仓街道")), name="外人"
    )

    browser("events:desk", event.pk, user=stranger, status=404)
    browser("events:door", event.pk, status=404)


# --- planning -------------------------------------------------------------------------------------


def test_an_event_is_drafted_and_published(browser, village, clerk):
    words = text_of(browser.post("events:create", data=planned(), user=clerk))
    assert "存成草稿了" in words
    event = Event.objects.get()
    assert (event.status, event.capacity, event.offer_minutes) == ("draft", 50, 360)

    browser.post("events:publish", event.pk)

    event.refresh_from_db()
    assert event.status == "published"


def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(browser, village, clerk):
    tree = browser.post(
        "events:create", data=planned(ends_at="2026-11-29T08:00"), user=clerk, status=422
    )

    assert "结束不晚于开始" in text_of(tree)
    [title] = [i for i in tree.iter("input") if i.get("name") == "title"]
    assert title.get("value") == "百姓星期天"


def test_an_event_is_amended_moved_and_called_off(browser, village, clerk):
    event = make_event(place=village, seats=20)
    guests(event, 1)

    data = planned(capacity="30", title="百姓星期天：义诊")
    browser.post("events:amend", event.pk, data=data, user=clerk)
    event.refresh_from_db()
    assert (event.capacity, event.title) == (30, "百姓星期天：义诊")

    data = {
        "starts_at": "2026-12-06T09:00",
        "ends_at": "2026-12-06T11:30",
        "place": "青溪社区",
        "address": "3号院坝",
        "why": "下雨",
    }
    browser.post("events:move", event.pk, data=data)
    event.refresh_from_db()
    assert (event.day.isoformat(), event.why) == ("2026-12-06", "下雨")

    browser.post("events:call-off", event.pk, data={"why": ""}, status=422)
    browser.post("events:call-off", event.pk, data={"why": "医生有急事"})
    event.refresh_from_db()
    assert event.status == "cancelled"


def test_seats_are_kept_for_a_village_until_a_day(browser, village, clerk):
    event = make_event(place=village, seats=20)
    data = {"for_whom": "青溪社区", "seats": "5", "releases_on": "2026-11-27"}

    words = text_of(browser.post("events:quota", event.pk, data=data, user=clerk))

    assert "0／5" in words
    assert event.quotas.get().place == village


def test_questions_are_written_a_line_each(browser, village, clerk):
    event = make_event(place=village)
    lines = "多选 想做什么：理发、磨刀\n要人接吗：不用、要 必答\n有什么忌口"

    browser.post("events:questions", event.pk, data={"questions": lines}, user=clerk)

    asked = [(q.form, q.choices, q.is_required) for q in event.questions.order_by("number")]
    assert asked == [
        ("many", ["理发", "磨刀"], False),
        ("one", ["不用", "要"], True),
        ("words", [], False),
    ]


def test_a_resident_who_called_is_entered_with_how_they_agreed(browser, village, clerk):
    event = make_event(place=village)
    data = {
        "name": "王奶奶",
        "phone": "13800002076",
        "place": village.pk,
        "channel": "clerk",
        "consent": "11月23日电话里说愿意来",
    }

    browser.post("events:enter", event.pk, data=data | {"consent": ""}, user=clerk, status=422)
    words = text_of(browser.post("events:enter", event.pk, data=data))

    found = Registration.objects.get()
    assert (found.channel, found.consent) == ("clerk", "11月23日电话里说愿意来")
    assert found.spoken_code in words


def test_somebody_is_put_ahead_for_a_reason_that_the_line_reads(browser, village, clerk):
    event = make_event(place=village, seats=1)
    *_, last = guests(event, 3)

    words = text_of(
        browser.post("events:ahead", last.pk, data={"reason": "腿脚不便，优先"}, user=clerk)
    )

    assert "腿脚不便，优先" in words
    last.refresh_from_db()
    assert last.turn_reason == "腿脚不便，优先"


def test_lots_are_drawn_when_their_hour_has_come(browser, village, clerk, clock):
    event = make_event(
        place=village,
        seats=1,
        rule="lottery",
        registration_closes_at=SUNDAY - 2 * DAY,
        draw_at=SUNDAY - DAY,
    )
    guests(event, 3)
    clock(SUNDAY - DAY)

    words = text_of(browser.post("events:draw", event.pk, user=clerk))

    assert "3人抽完了" in words
    assert event.registrations.filter(status="seated").count() == 1
    assert "抽签用的数" in text_of(browser("events:event", event.pk))


def test_a_few_opinions_have_no_mean(browser, village, clerk, clock):
    event = make_event(place=village)
    for n, one in enumerate(guests(event, 5)):
        there = make_attendance(event, one.person)
        clock(SUNDAY + 4 * HOUR)
        services.give_feedback(
            by=Oneself(one.person_id), attendance=there, rating=5, now=SUNDAY + 4 * HOUR
        )
        words = text_of(browser("events:desk", event.pk, user=clerk))
        assert ("不算平均" in words) == (n < 4)


# --- the door -------------------------------------------------------------------------------------


def test_a_spoken_code_notes_somebody_once(browser, village, clerk, clock):
    event = make_event(place=village)
    [one] = guests(event, 1)
    clock(SUNDAY)

    words = text_of(
        browser.post("events:door-code", event.pk, data={"six": one.spoken_code}, user=clerk)
    )
    assert "，到了" in words
    words = text_of(browser.post("events:door-code", event.pk, data={"six": one.code}))

    assert "这个码只算一次" in words
    assert Attendance.objects.get().channel == "code"


def test_a_name_notes_somebody_and_who_came_unregistered_is_introduced(
    browser, village, clerk, clock
):
    event = make_event(place=village)
    [one] = guests(event, 1)
    clock(SUNDAY)

    assert "尾号0000" in text_of(browser("events:door", event.pk, user=clerk, q="an"))
    browser.post("events:door-name", event.pk, data={"registration": one.pk})
    browser.post("events:door-walk-in", event.pk, data={"name": "王奶奶", "phone": "13800002076"})

    assert Attendance.objects.filter(channel="name").count() == 2
    assert Registration.objects.filter(channel="walk_in").count() == 1


def test_the_roll_is_called_from_paper_and_an_arrival_taken_back(browser, village, clerk, clock):
    event = make_event(place=village)
    some = guests(event, 3)
    clock(SUNDAY + HOUR)

    assert "签名" in text_of(browser("events:door-sheet", event.pk, user=clerk))
    browser.post("events:door-roll", event.pk, data={"here": [some[0].pk, some[2].pk]})
    assert Attendance.objects.filter(channel="paper").count() == 2

    there = Attendance.objects.order_by("pk").first()
    words = text_of(browser.post("events:door-void", there.pk, data={"reason": "按错了人"}))
    assert "撤掉了" in words
    assert Attendance.objects.standing().count() == 1


def test_people_without_a_name_are_a_number_apart(browser, village, clerk, clock):
    event = make_event(place=village)
    clock(SUNDAY)

    browser.post("events:door-headcount", event.pk, data={"people": "14"}, user=clerk)
    browser.post("events:door-headcount", event.pk, data={"people": "十四"}, status=422)

    assert event.headcounts.get(voided_at=None).people == 14
    assert "没留名的14人" in text_of(browser("events:desk", event.pk))


def test_a_device_takes_along_masked_names_and_no_code(client, village, clerk):
    event = make_event(place=village)
    [one] = guests(event, 1)
    client.force_login(clerk)

    text = client.get(reverse("events:door-people", args=[event.pk])).content.decode()

    [person] = json.loads(text)["people"]
    assert set(person) == {"r", "n", "t", "q", "c", "h"}
    for secret in (one.code, one.token, one.person.name, "13800000000"):
        assert secret not in text


def sent(client, event, *facts):
    return client.post(
        reverse("events:door-facts", args=[event.pk]),
        json.dumps({"facts": list(facts)}),
        content_type="application/json",
    )


def test_two_devices_with_the_same_five_hundred_people_give_five_hundred_facts(
    client, village, clerk, clock
):
    event = make_event(place=village)
    some = guests(event, 1)
    people = [make_person(f"某{n}", place=village, id_number="") for n in range(499)]
    some += Registration.objects.bulk_create(
        Registration(
            event=event,
            person=person,
            status="seated",
            number=n,
            turn=n,
            registered_at=NOW,
            changed_at=NOW,
            channel="self",
            token=tickets.new_token(),
            code=tickets.spoken_code(event.pk, n),
        )
        for n, person in enumerate(people, 2)
    )
    clock(SUNDAY + HOUR)
    client.force_login(clerk)
    facts = [
        {"ref": str(r.pk), "how": "code", "code": r.code, "at": (SUNDAY + HOUR / 2).isoformat()}
        for r in some
    ]

    first = sent(client, event, *facts).json()
    second = sent(client, event, *reversed(facts)).json()

    assert (first["new"], first["known"], first["refused"]) == (500, 0, {})
    assert (second["new"], second["known"], second["refused"]) == (0, 500, {})
    assert Attendance.objects.count() == 500


def test_what_a_device_brings_is_judged_line_by_line(client, village, clerk, clock):
    event, other = make_event(place=village), make_event("别场", place=village, starts_at=NOW + DAY)
    [mine], [foreign] = guests(event, 1), guests(other, 1)
    clock(SUNDAY)
    client.force_login(clerk)

    answer = sent(
        client,
        event,
        {"ref": "a", "how": "name", "registration": mine.pk, "at": "gestern"},
        {"ref": "b", "how": "qr", "token": foreign.token, "at": SUNDAY.isoformat()},
        {"ref": "c", "how": "code", "code": "ZZZZZZ"},
        "nonsense",
    ).json()

    assert answer["new"] == 1
    assert set(answer["refused"]) == {"b", "c"}
    assert "别场" in answer["refused"]["b"]
    assert sent(client, event).status_code == 200
    bad = client.post(
        reverse("events:door-facts", args=[event.pk]), "x", content_type="application/json"
    )
    assert bad.status_code == 400


def test_the_venues_picture_changes_by_the_minute_and_the_page_by_itself(
    browser, village, clerk, clock
):
    event = make_event(place=village)
    clock(SUNDAY)

    browser("events:door-screen", event.pk, user=clerk)

    assert browser.response["Refresh"] == "20"
    assert tickets.venue_code(event.pk, SUNDAY) != tickets.venue_code(event.pk, SUNDAY + HOUR)


def test_whoever_scans_the_picture_is_noted_after_showing_who_they_are(browser, village, clock):
    event = make_event(place=village)
    person = make_person("王建国", place=village, phone="13800002076")
    make_registration(event, person)
    clock(SUNDAY)
    user = make_user(name="王建国", person=person, phone="13800002076")

    browser("events:here", event.pk, status=404)
    browser("events:here", event.pk, c=tickets.venue_code(event.pk, SUNDAY))
    browser("events:here", event.pk, c=tickets.venue_code(event.pk, SUNDAY), user=user)
    words = text_of(browser.post("events:here", event.pk, data={"person": person.pk}))

    assert "登记好了" in words
    assert Attendance.objects.get().channel == "venue_qr"


def test_an_old_picture_is_refused_with_a_sentence(browser, village, clock):
    event = make_event(place=village)
    person = make_person("王建国", place=village, phone="13800002076")
    make_registration(event, person)
    user = make_user(name="王建国", person=person, phone="13800002076")
    clock(SUNDAY)

    browser("events:here", event.pk, c=tickets.venue_code(event.pk, SUNDAY - HOUR), user=user)
    words = text_of(browser.post("events:here", event.pk, data={"person": person.pk}, status=409))

    assert "现场的码换过了" in words
    assert event.faults.get().fault == "stale"


def test_the_event_is_closed_with_a_sentence_or_none(browser, village, clerk, clock):
    event = make_event(place=village)
    make_attendance(event, make_person("王建国", place=village))
    clock(SUNDAY + 2 * HOUR)

    data = {"ended_at": "2026-11-29T11:30", "note": "来的人多，下回多摆几张凳子"}
    browser.post("events:close", event.pk, data=data, user=clerk)

    event.refresh_from_db()
    assert (event.status, event.note[:5]) == ("closed", "来的人多，")
    assert event.ends_at == SUNDAY + 2 * HOUR


def test_the_worker_serves_the_doors_and_nothing_else(client, db):
    answer = client.get(reverse("events:door-worker"))

    assert answer["Content-Type"].startswith("text/javascript")
    assert reverse("events:door-worker").startswith(reverse("events:doors"))
    assert "Service-Worker-Allowed" not in answer
