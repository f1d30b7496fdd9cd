"""An event is drafted, published, changed, moved, called off and closed; whoever counts on it is told."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_organization, make_person
from gongzhi.events import queries, services
from gongzhi.events.models import Event
from gongzhi.events.testing import (
    HOUR,
    NOW,
    SUNDAY,
    make_attendance,
    make_event,
    make_registration,
    make_series,
)
from gongzhi.outbox.models import Message
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.states import MoveNotAllowed

pytestmark = pytest.mark.django_db


def move(event, by_days=7, why="下雨", **where):
    return services.move_event(
        by=HOUSE,
        event=event,
        starts_at=event.starts_at + timedelta(days=by_days),
        ends_at=event.ends_at + timedelta(days=by_days),
        why=why,
        now=NOW,
        **where,
    )


# --- drafting and publishing ----------------------------------------------------------------------


def test_a_clerk_plans_at_their_own_community_and_an_organization_what_it_hosts():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_user(Role.COMMUNITY_CLERK, here, name="陈女士")
    organization = make_organization(place=there)
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="何女士")

    assert make_event(place=here, by=clerk).created_by == clerk
    with pytest.raises(PermissionDenied):
        make_event(place=there, by=clerk)
    assert make_event(place=here, by=manager, host=organization).host == organization
    with pytest.raises(PermissionDenied):
        make_event(place=here, by=manager)


@pytest.mark.parametrize(
    ("wrong", "given"),
    [
        ("结束不晚于开始", {"ends_at": SUNDAY}),
        ("没有写名称", {"title": " "}),
        ("没有写地点", {"address": ""}),
        ("名额不到1个", {"seats": 0}),
        ("报名截止在开始以后", {"registration_closes_at": SUNDAY + HOUR}),
        ("报名开始不早于截止", {"registration_opens_at": SUNDAY}),
        ("最小年龄大过最大年龄", {"min_age": 60, "max_age": 12}),
        ("抽签没有写名额", {"rule": "lottery", "draw_at": SUNDAY - HOUR}),
        ("抽签时间没有写", {"rule": "lottery", "seats": 3}),
        (
            "抽签要在报名截止以后、开始以前",
            {"rule": "lottery", "seats": 3, "draw_at": SUNDAY + HOUR},
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(wrong, given):
    with pytest.raises(services.EventUnclear, match=wrong):
        make_event(**given)


def test_nobody_but_those_who_run_it_sees_a_draft():
    draft = make_event(is_published=False)
    clerk = make_user(Role.COMMUNITY_CLERK, draft.place)

    assert not queries.visible_to(make_user()).exists()
    assert queries.visible_to(clerk).get() == draft
    services.publish_event(by=clerk, event=draft, now=NOW)
    assert queries.visible_to(make_user()).get() == draft
    with pytest.raises(MoveNotAllowed):
        services.publish_event(by=clerk, event=draft, now=NOW)


def test_what_is_over_is_not_published():
    draft = make_event(is_published=False)

    with pytest.raises(services.EventUnclear, match="已经过了"):
        services.publish_event(by=HOUSE, event=draft, now=SUNDAY + 9 * HOUR)


def test_a_series_is_planned_and_published_in_a_few_statements(django_assert_max_num_queries):
    series = make_series(topic="brand-sunday")
    plans = [
        {
            "starts_at": SUNDAY + n * 24 * HOUR,
            "ends_at": SUNDAY + (n * 24 + 2) * HOUR,
            "address": "3号院坝",
        }
        for n in range(60)
    ]

    with django_assert_max_num_queries(14):
        made = services.plan_events(by=HOUSE, series=series, plans=plans, now=NOW)
        assert services.publish_series(by=HOUSE, series=series, now=NOW) == 60

    assert {e.topic for e in queries.events_in(series)} == {"brand-sunday"}
    assert (len(made), queries.events_in(series).filter(status="published").count()) == (60, 60)


# --- changing -------------------------------------------------------------------------------------


def test_a_draft_changes_freely_and_a_published_event_is_moved():
    event = make_event(is_published=False)
    later = {"starts_at": SUNDAY + HOUR, "ends_at": SUNDAY + 3 * HOUR}
    assert (
        services.amend_event(by=HOUSE, event=event, changes=later, now=NOW).starts_at
        == SUNDAY + HOUR
    )
    services.publish_event(by=HOUSE, event=event, now=NOW)

    with pytest.raises(services.MovesInstead, match="要用“改期”来改"):
        services.amend_event(by=HOUSE, event=event, changes={"starts_at": SUNDAY}, now=NOW)
    changed = services.amend_event(by=HOUSE, event=event, changes={"title": "坝坝会"}, now=NOW)
    assert (changed.title, changed.revision) == ("坝坝会", 1)


def test_the_rule_of_seats_stands_once_somebody_registered():
    event = make_event(seats=3)
    make_registration(event)

    with pytest.raises(services.RuleIsSet):
        services.amend_event(by=HOUSE, event=event, changes={"rule": "lottery"}, now=NOW)


def test_moving_keeps_seats_and_line_and_asks_everybody_anew():
    event = make_event(seats=1, registration_closes_at=SUNDAY - 24 * HOUR)
    seated, waiting = make_registration(event), make_registration(event)
    account = make_user(name="王先生", person=seated.person)

    moved = move(event)

    seated.refresh_from_db()
    waiting.refresh_from_db()
    assert (moved.starts_at, moved.was_at) == (SUNDAY + timedelta(days=7), SUNDAY)
    assert moved.registration_closes_at == SUNDAY + timedelta(days=6)
    assert (moved.day.isoformat(), moved.revision) == ("2026-12-06", 1)
    assert (seated.status, seated.is_asked_again, waiting.status) == ("seated", True, "waiting")
    told = Message.objects.get(user=account, kind="events.moved")
    assert "改到12月6日星期日 9:00–11:30" in told.body
    assert "原因：下雨。" in told.body

    services.keep_after_move(by=Oneself(seated.person_id), registration=seated, now=NOW)
    with pytest.raises(services.NothingToKeep):
        services.keep_after_move(by=Oneself(seated.person_id), registration=seated, now=NOW)


def test_an_offer_does_not_outlast_the_new_start():
    event = make_event(seats=1, offer_minutes=60 * 24 * 30)
    first, second = make_registration(event), make_registration(event)
    services.cancel_registration(by=Oneself(first.person_id), registration=first, now=NOW)

    move(event, by_days=-3)

    second.refresh_from_db()
    assert second.offer_until == SUNDAY - timedelta(days=3)


def test_moving_and_cancelling_say_why_and_leave_what_was_held_alone():
    event = make_event()
    with pytest.raises(services.WhyMissing, match="没有改期"):
        move(event, why=" ")
    with pytest.raises(services.MovesNothing):
        move(event, by_days=0)
    with pytest.raises(services.EventUnclear, match="已经过了"):
        move(event, by_days=-7)
    with pytest.raises(services.WhyMissing, match="没有取消"):
        services.cancel_event(by=HOUSE, event=event, why="", now=NOW)
    make_attendance(event)
    with pytest.raises(services.AlreadyHeld, match="不能取消"):
        services.cancel_event(by=HOUSE, event=event, why="下雨", now=SUNDAY)
    with pytest.raises(services.AlreadyHeld, match="不能改期"):
        move(event)


def test_cancelling_tells_everybody_who_counted_on_it():
    event = make_event(seats=1)
    accounts = [
        make_user(name=f"街坊{n}", person=make_registration(event).person) for n in range(2)
    ]

    services.cancel_event(by=HOUSE, event=event, why="停电", now=NOW)

    told = Message.objects.filter(kind="events.cancelled")
    assert {m.user_id for m in told} == {a.pk for a in accounts}
    assert Event.objects.get().revision == 1


def test_an_event_is_closed_with_a_sentence_or_without_and_never_with_a_photo():
    event = make_event()
    with pytest.raises(services.NotBegun, match="11月29日星期日 9:00才开始"):
        services.close_event(by=HOUSE, event=event, now=NOW)
    with pytest.raises(services.EventUnclear, match="散场时间在现在之后"):
        services.close_event(by=HOUSE, event=event, ended_at=SUNDAY + HOUR, now=SUNDAY)

    closed = services.close_event(by=HOUSE, event=event, now=SUNDAY + 3 * HOUR)

    assert (closed.status, closed.note) == ("closed", "")
    with pytest.raises(MoveNotAllowed):
        services.cancel_event(by=HOUSE, event=event, why="下雨", now=SUNDAY + 4 * HOUR)
    with pytest.raises(MoveNotAllowed):
        services.amend_event(by=HOUSE, event=event, changes={"title": "别的"}, now=NOW)


def test_every_deed_of_planning_leaves_a_line():
    event = make_event(seats=5)
    services.amend_event(by=HOUSE, event=event, changes={"capacity": 6}, now=NOW)
    move(event)
    services.cancel_event(by=HOUSE, event=event, why="停电", now=NOW)

    lines = Line.objects.filter(record="events.event", record_id=event.pk).order_by("pk")
    assert list(lines.values_list("action", flat=True)) == [
        "events.created",
        "events.published",
        "events.amended",
        "events.moved",
        "events.cancelled",
    ]


def test_the_evening_before_everybody_with_a_seat_is_reminded_once():
    event = make_event(seats=1)
    seated, _ = make_registration(event), make_registration(event)
    account = make_user(name="王先生", person=seated.person)
    evening = SUNDAY - 14 * HOUR

    assert services.remind_tomorrow(by=HOUSE, now=evening - HOUR) == 0
    assert [services.remind_tomorrow(by=HOUSE, now=evening) for _ in range(2)] == [1, 0]

    told = Message.objects.filter(kind="events.reminder")
    assert [(m.user_id, m.title) for m in told] == [
        (account.pk, "明天：百姓星期天：理发、磨刀、量血压")
    ]
    with pytest.raises(PermissionDenied):
        services.remind_tomorrow(by=account, now=evening)


def test_events_are_found_by_what_they_are_called():
    make_event("手机课：怎么防骗")
    make_event(is_published=False)

    found = queries.find(make_user(), "防骗", 5)

    assert [row[0] for row in found] == ["手机课：怎么防骗"]
    assert queries.find(make_user(), "！", 5) == []


def test_somebody_registered_by_another_is_told_in_words():
    event = make_event()
    mother = make_person("张桂兰")
    account = make_user(name="张桂兰", person=mother)
    services.enter_for(
        by=make_user(name="李芳", person=make_person("李芳")),
        event=event,
        person=mother,
        consent="当面问过",
        now=NOW,
    )

    told = Message.objects.get(user=account)
    assert told.title == "替您报了名：百姓星期天：理发、磨刀、量血压"
    assert "没有同意过" in told.body
