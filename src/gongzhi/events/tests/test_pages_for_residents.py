"""What residents see and press: the list, one activity, registering, one's own; every page is read strictly."""

from datetime import timedelta

import pytest
from django.urls import reverse

from gongzhi.accounts import testing as accounts
from gongzhi.accounts.models import PhoneCode
from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Person
from gongzhi.directory.testing import make_person
from gongzhi.events import offers, queries, services
from gongzhi.events.models import Feedback, Kind, Registration
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_attendance, make_event, make_registration
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE
from tests.browser import text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PHONE = "13800002076"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Stand at ten on Monday; `clock(moment)` goes on to another."""

    def go(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    go(NOW)
    return go


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = accounts.OUTBOX
    accounts.outbox.clear()
    return accounts.outbox


@pytest.fixture
def texted(django_capture_on_commit_callbacks):
    """Return a function that does something and gives the code that went to 王先生's phone."""

    def sent(act):
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return accounts.last_code(PHONE)

    return sent


@pytest.fixture
def village(db):
    return make_village("青溪社区", town=make_town("赵镇街道"))


def resident(person=None, **named):
    """Return the account of somebody who proved a phone; *person* is who they are."""
    user = make_user(name="王先生", person=person, phone=named.pop("phone", PHONE))
    user.phone_verified_at = NOW
    user.save()
    return user


def filled(event, **changed):
    return {"name": "王建国", "phone": PHONE, "place": event.place_id} | changed


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_what_is_on_and_where_seats_are_left(browser, village):
    make_event(place=village, seats=50)
    make_event("楼道电瓶车停哪里", place=village, kind=Kind.MEETING, starts_at=NOW + 3 * HOUR)

    words = text_of(browser("events:list"))

    assert words.index("今天和明天") < words.index("楼道电瓶车停哪里") < words.index("这周晚些时候")
    assert "还剩50个" in words
    assert "不限人数" in words
    assert "全部2" in words


def test_drafts_past_events_and_events_for_some_are_not_on_the_list(browser, village):
    make_event("还没想好", place=village, is_published=False)
    make_event("内部会", place=village, is_public=False)
    make_event("上周的", place=village, starts_at=NOW - 7 * DAY)

    words = text_of(browser("events:list", when="all"))

    assert "还没想好" not in words
    assert "内部会" not in words
    assert "上周的" not in words


def test_the_list_is_narrowed_by_place_day_whom_and_kind(browser, village):
    other = make_village("北滨社区", town=make_town("官仓街道"))
    make_event("剪纸课", place=village, kind=Kind.TRAINING, min_age=6, max_age=12)
    make_event("义诊", place=other, is_step_free=True)

    def found(**asked):
        words = text_of(browser("events:list", **asked))
        return [t for t in ("剪纸课", "义诊") if t in words]

    assert found() == ["剪纸课", "义诊"]
    assert found(place=village.pk) == ["剪纸课"]
    assert found(whom="young") == ["剪纸课"]
    assert found(whom="old") == ["义诊"]
    assert found(whom="wheels") == ["义诊"]
    assert found(kind="training") == ["剪纸课"]
    assert found(when="today") == []
    assert found(when="weekend") == ["剪纸课", "义诊"]


def test_whoever_chose_a_village_sees_what_is_near_it(browser, client, village):
    near = make_village("北滨社区", town=village.__class__.objects.get(name="赵镇街道"))
    make_event("隔壁的义诊", place=near)
    client.cookies["place"] = str(village.pk)

    tree = browser("events:list")

    assert "隔壁的义诊" in text_of(tree)
    [chosen] = [o for o in tree.iter("option") if o.get("selected") is not None][:1]
    assert text_of(chosen) == "赵镇街道"


def test_a_cancelled_event_that_people_counted_on_stays_on_the_list_and_says_why(browser, village):
    event = make_event("义诊", place=village)
    make_registration(event, make_person("甲一", place=village))
    services.cancel_event(by=HOUSE, event=event, why="医生有急事", now=NOW)

    words = text_of(browser("events:list"))

    assert "取消了" in words
    assert "医生有急事" in words


def test_a_list_of_many_costs_few_queries_and_turns_by_key(
    browser, village, django_assert_max_num_queries
):
    for n in range(30):
        make_event(f"第{n}场", place=village, starts_at=SUNDAY + n * HOUR / 4, seats=1)

    with django_assert_max_num_queries(12):
        tree = browser("events:list")

    [following] = [a for a in tree.iter("a") if a.get("rel") == "next"]
    words = text_of(browser(reverse("events:list") + following.get("href")))
    assert "第29场" in words
    assert "第3场" not in words


def test_a_home_page_shows_the_next_events_near_a_place(village, django_assert_max_num_queries):
    near = make_village("北滨社区", town=village.__class__.objects.get(name="赵镇街道"))
    make_event("隔壁的义诊", place=near)
    make_event("远处的", place=make_village("白果社区", town=make_town("官仓街道")))
    make_event("下个月的", place=village, starts_at=SUNDAY + 30 * DAY)

    with django_assert_max_num_queries(6):
        cards = queries.this_week(village, NOW)

    assert [card.event.title for card in cards] == ["隔壁的义诊"]


# --- one activity ---------------------------------------------------------------------------------


def test_the_page_says_where_the_seats_are_and_why_the_line_is_as_it_is(browser, village):
    event = make_event(place=village, seats=1)
    make_registration(event, make_person("甲一", place=village))
    make_registration(event, make_person("乙二", place=village))

    words = text_of(browser("events:event", event.pk))

    assert "报上了1" in words
    assert "空着0" in words
    assert "在排队1" in words
    assert "按报名先后排" in words
    assert "报满了，可以排队" in words


def test_a_moved_event_says_from_when_to_when_and_why(browser, village):
    event = make_event(place=village)
    services.move_event(
        by=HOUSE,
        event=event,
        starts_at=SUNDAY + 7 * DAY,
        ends_at=SUNDAY + 7 * DAY + HOUR,
        why="下雨",
        now=NOW,
    )

    words = text_of(browser("events:event", event.pk))

    assert "原来是11月29日星期日 9:00" in words
    assert "改到12月6日 星期日" in words
    assert "原因：下雨" in words


def test_nobody_without_business_sees_a_draft_or_an_event_for_some(browser, village):
    draft = make_event(place=village, is_published=False)
    closed = make_event(place=village, is_public=False)

    browser("events:event", draft.pk, status=404)
    browser("events:event", closed.pk, status=404)


# --- registering ----------------------------------------------------------------------------------


def test_a_phone_and_a_name_and_the_code_give_a_seat_and_the_codes_for_the_door(
    browser, village, texted
):
    event = make_event(place=village, seats=2)

    code = texted(lambda: browser.post("events:register", event.pk, data=filled(event)))
    words = text_of(browser.post("events:code", data={"code": code}))

    found = Registration.objects.select_related("person").get()
    assert (found.status, found.channel, found.person.name) == ("seated", "self", "王建国")
    assert "报上名了" in words
    assert found.spoken_code in words
    assert "王*国" in words or "王**" in words


def test_what_was_filled_in_is_not_asked_again_when_the_code_was_wrong(browser, village, texted):
    event = make_event(place=village)

    right = texted(lambda: browser.post("events:register", event.pk, data=filled(event)))
    wrong = "000000" if right != "000000" else "111111"
    words = text_of(browser.post("events:code", data={"code": wrong}, status=422))

    assert "验证码" in words
    assert not Registration.objects.exists()
    browser.post("events:code", data={"code": right})
    assert Registration.objects.count() == 1


def test_a_phone_without_a_name_is_said_at_the_field_and_nothing_is_sent(browser, village):
    event = make_event(place=village)

    words = text_of(
        browser.post("events:register", event.pk, data=filled(event, name=""), status=422)
    )

    assert "请填姓名" in words
    assert not PhoneCode.objects.exists()


def test_whoever_is_signed_in_is_asked_nothing_the_house_knows(browser, village):
    event = make_event(place=village)
    person = make_person("王建国", place=village, phone=PHONE)

    tree = browser("events:event", event.pk, user=resident(person))
    assert not [i for i in tree.iter("input") if i.get("name") == "phone"]
    browser.post("events:register", event.pk, data={"who": person.pk})

    assert Registration.objects.get().person == person


def test_a_member_of_the_family_is_entered_with_consent_noted(browser, village):
    event = make_event(place=village)
    person = make_person("王建国", place=village, phone=PHONE)

    browser.post(
        "events:register",
        event.pk,
        data={"who": "new", "name": "王奶奶", "place": village.pk, "family": "on"},
        user=resident(person),
    )

    found = Registration.objects.select_related("person").get()
    assert (found.channel, found.person.name) == ("family", "王奶奶")
    assert found.consent == "家里人11月23日代报，说本人愿意来"
    assert Person.objects.count() == 2


def test_a_full_event_gives_a_place_in_line_and_says_which(browser, village):
    event = make_event(place=village, seats=1)
    make_registration(event, make_person("甲一", place=village))
    make_registration(event, make_person("乙二", place=village))
    person = make_person("王建国", place=village, phone=PHONE)

    words = text_of(
        browser.post("events:register", event.pk, data={"who": person.pk}, user=resident(person))
    )

    assert "您在排队" in words
    assert "您，第2" in words
    assert "按报名先后排，11月23日10:00报的" in words


def test_questions_are_asked_and_a_required_one_is_wanted(browser, village):
    event = make_event(place=village)
    [question] = services.ask_questions(
        by=HOUSE,
        event=event,
        questions=[
            {"text": "要人接吗", "form": "one", "choices": ["不用", "要"], "is_required": True}
        ],
        now=NOW,
    )
    person = make_person("王建国", place=village, phone=PHONE)
    user = resident(person)

    words = text_of(
        browser.post("events:register", event.pk, data={"who": person.pk}, user=user, status=422)
    )
    assert "“要人接吗”还没有答" in words
    browser.post("events:register", event.pk, data={"who": person.pk, f"q{question.pk}": "要"})

    assert Registration.objects.get().answers.get().value == "要"


def test_a_child_needs_a_guardian_and_the_page_asks_for_one(browser, village):
    event = make_event(place=village)
    person = make_person(
        "王小朵", place=village, phone=PHONE, birth_on=None, birth_year=2018, id_number=""
    )
    user = resident(person)

    tree = browser.post("events:register", event.pk, data={"who": person.pk}, user=user, status=422)
    assert "要监护人同意" in text_of(tree)
    assert [i for i in tree.iter("input") if i.get("name") == "guardian"]
    browser.post(
        "events:register",
        event.pk,
        data={"who": person.pk, "guardian": "王建国", "guardian_phone": PHONE},
    )

    assert Registration.objects.get().guardian == "王建国"


def test_two_events_close_in_time_are_asked_about_once_more(browser, village):
    other = make_village("北滨社区", town=make_town("官仓街道"))
    person = make_person("王建国", place=village, phone=PHONE)
    first = make_event("早上的", place=village)
    make_registration(first, person)
    event = make_event("接着的", place=other, starts_at=first.ends_at + timedelta(minutes=10))
    user = resident(person)

    tree = browser.post("events:register", event.pk, data={"who": person.pk}, user=user, status=422)
    assert "只隔10分钟" in text_of(tree)
    browser.post("events:register", event.pk, data={"who": person.pk, "accepts_tight": "on"})

    assert Registration.objects.filter(event=event).count() == 1


def test_the_same_time_twice_is_refused_with_a_sentence(browser, village):
    person = make_person("王建国", place=village, phone=PHONE)
    make_registration(make_event("义诊", place=village), person)
    event = make_event(place=village)

    words = text_of(
        browser.post(
            "events:register", event.pk, data={"who": person.pk}, user=resident(person), status=409
        )
    )

    assert "同一时间已经报了“义诊”" in words


# --- one's own ------------------------------------------------------------------------------------


def offered_seat(village):
    """Return a seat that is offered to 王建国, because the first in the room left."""
    event = make_event(place=village, seats=1)
    first = make_registration(event, make_person("甲一", place=village))
    person = make_person(
        "王建国", place=village, phone=PHONE, birth_on=None, birth_year=1990, id_number=""
    )
    mine = make_registration(event, person)
    services.cancel_registration(by=HOUSE, registration=first, now=NOW)
    mine.refresh_from_db()
    return mine


def test_my_events_ask_for_a_phone_before_they_show_anything(browser, village, texted):
    mine = offered_seat(village)

    words = text_of(browser("events:mine"))

    assert "手机号" in words
    assert mine.event.title not in words
    code = texted(lambda: browser.post("events:mine", data={"phone": PHONE}))
    words = text_of(browser.post("events:code", data={"code": code}))
    assert "等您答复" in words
    assert "给您留到今天16:00" in words


def test_an_offered_seat_is_taken_or_left_to_the_next(browser, village):
    mine = offered_seat(village)
    user = resident(mine.person)

    browser.post("events:confirm", mine.pk, user=user)

    mine.refresh_from_db()
    assert mine.status == "seated"


def test_the_address_in_the_message_answers_for_this_one_seat(browser, village):
    mine = offered_seat(village)
    address = offers.address_of(mine)

    assert "给您留到" in text_of(browser(address))
    words = text_of(browser.post(address, data={"go": "no"}))

    assert "让给下一位了" in words
    mine.refresh_from_db()
    assert mine.status == "declined"
    browser(address.replace("~", "~x", 1), status=404)


def test_a_seat_whose_time_is_over_is_refused_with_a_sentence(browser, village, clock):
    mine = offered_seat(village)
    clock(NOW + 7 * HOUR)

    words = text_of(browser(offers.address_of(mine)))

    assert "留的时间过了" in words


def test_a_calendar_reads_what_was_registered_until_it_is_ended(browser, client, village):
    person = make_person("王建国", place=village, phone=PHONE)
    mine = make_registration(make_event(place=village), person)

    tree = browser.post("events:mine-calendar", data={"person": person.pk}, user=resident(person))
    [address] = [i.get("value") for i in tree.iter("input") if i.get("id") == "cal-address"]
    text = client.get(address).content.decode()
    assert f"event-{mine.event_id}@" in text

    browser.post("events:mine-calendar", data={"person": person.pk, "end": "yes"})
    assert client.get(address).status_code == 404


def test_others_registrations_are_not_found(browser, village):
    mine = offered_seat(village)
    stranger = resident(make_person("外人", place=village), phone="13900001111")

    browser("events:registration", mine.pk, user=stranger, status=404)
    browser.post("events:cancel", mine.pk, user=stranger, status=404)

    mine.refresh_from_db()
    assert mine.status == "offered"


def test_a_registration_is_cancelled_and_the_list_says_so(browser, village):
    person = make_person("王建国", place=village, phone=PHONE)
    mine = make_registration(make_event(place=village), person)

    words = text_of(browser.post("events:cancel", mine.pk, user=resident(person)))

    assert "取消了，空出来的给下一位" in words
    mine.refresh_from_db()
    assert mine.status == "cancelled"


def test_whoever_was_there_says_how_good_it_was_with_one_tap(browser, village, clock):
    person = make_person("王建国", place=village, phone=PHONE)
    there = make_attendance(make_event(place=village), person)
    user = resident(person)
    clock(SUNDAY + 5 * HOUR)

    assert "说说好不好" in text_of(browser("events:mine", user=user))
    browser.post("events:rate", there.pk, data={"rating": "5"})
    browser.post("events:rate", there.pk, data={"rating": "5", "words": "剪得好"})

    said = Feedback.objects.get()
    assert (said.rating, said.words) == (5, "剪得好")


def test_my_events_cost_few_queries(browser, village, django_assert_max_num_queries):
    person = make_person("王建国", place=village, phone=PHONE)
    for n in range(8):
        make_registration(
            make_event(f"第{n}场", place=village, starts_at=SUNDAY + n * 4 * HOUR), person
        )
    user = resident(person)
    browser("events:mine", user=user)

    with django_assert_max_num_queries(25):
        browser("events:mine")
