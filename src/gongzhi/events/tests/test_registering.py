"""A resident registers: a seat, a place in line, or a sentence that says why not."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.services import Oneself, merge_people
from gongzhi.directory.testing import make_organization, make_person
from gongzhi.events import services
from gongzhi.events.models import Event, Registration
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_event, make_registration
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def standing(event):
    event.refresh_from_db()
    return event.seats_taken


def test_the_last_seat_is_given_and_the_next_person_waits():
    event = make_event(seats=1)

    winner, waiter = make_registration(event), make_registration(event)

    assert (winner.status, waiter.status) == ("seated", "waiting")
    assert standing(event) == 1


def test_without_a_limit_everybody_gets_a_seat():
    event = make_event()

    assert {make_registration(event).status for _ in range(3)} == {"seated"}


def test_where_nobody_waits_the_next_person_is_told_it_is_full():
    event = make_event(seats=1, has_waiting_list=False)
    make_registration(event)

    with pytest.raises(services.NoSeatLeft, match="报满了，这一场不排队"):
        make_registration(event)


def test_registering_twice_is_refused_and_takes_no_seat():
    event = make_event(seats=5)
    first = make_registration(event)

    with pytest.raises(services.AlreadyRegistered, match="现在报上了"):
        make_registration(event, first.person)

    assert standing(event) == 1


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (timedelta(days=-4), "还没到报名时间"),
        (timedelta(days=5), "截止报名了"),
        (timedelta(days=5, hours=23), "已经开始或结束了"),
    ],
)
def test_outside_its_time_registration_says_when_it_is(moment, why):
    event = make_event(
        registration_opens_at=NOW - timedelta(days=3),
        registration_closes_at=NOW + timedelta(days=4),
        now=NOW - timedelta(days=6),
    )

    with pytest.raises(services.RegistrationClosed, match=why):
        make_registration(event, now=NOW + moment)


def test_registration_opens_at_its_first_moment_and_closes_at_its_last():
    opens, closes = NOW - timedelta(days=1), NOW + timedelta(days=1)
    event = make_event(
        registration_opens_at=opens, registration_closes_at=closes, now=NOW - timedelta(days=2)
    )

    assert not event.takes_registrations_at(opens - timedelta(microseconds=1))
    assert event.takes_registrations_at(opens)
    assert event.takes_registrations_at(closes - timedelta(microseconds=1))
    assert not event.takes_registrations_at(closes)


def test_a_draft_a_cancelled_event_and_one_without_registration_say_what_to_do():
    with pytest.raises(services.RegistrationClosed, match="还没有发布"):
        make_registration(make_event(is_published=False))
    cancelled = make_event()
    services.cancel_event(by=HOUSE, event=cancelled, why="下雨", now=NOW)
    with pytest.raises(services.RegistrationClosed, match="取消了：下雨"):
        make_registration(cancelled)
    with pytest.raises(services.RegistrationClosed, match="请11月29日星期日 9:00直接来"):
        make_registration(make_event(takes_registrations=False))


def test_nobody_registers_somebody_else_as_themselves():
    person, other = make_person("张桂兰"), make_person("李建国")

    for actor in (Oneself(other.pk), make_user(), Visitor()):
        with pytest.raises(PermissionDenied):
            services.register(by=actor, event=make_event(), person=person, now=NOW)


def test_whoever_was_merged_registers_as_the_person_they_are():
    event = make_event(seats=5)
    old, head = make_person(id_number=""), make_person()
    made = make_registration(event, old)
    merge_people(by=HOUSE, person=old, into=head, note="打电话问过", now=NOW)

    with pytest.raises(services.AlreadyRegistered):
        make_registration(event, head)
    with pytest.raises(services.AlreadyRegistered):
        services.register(by=Oneself(old.pk), event=event, person=old, now=NOW)
    assert Registration.objects.get() == made


def test_whoever_left_comes_back_at_the_end_with_new_codes():
    event = make_event(seats=1)
    first, second = make_registration(event), make_registration(event)
    services.cancel_registration(by=Oneself(first.person_id), registration=first, now=NOW)

    again = make_registration(event, first.person)

    second.refresh_from_db()
    assert (again.pk, again.number, again.status) == (first.pk, 3, "waiting")
    assert second.status == "offered"
    assert (again.token, again.code) != (first.token, first.code)


# --- age and guardians ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "is_old_enough"),
    [(date(2010, 11, 29), True), (date(2010, 11, 30), False), (date(2014, 11, 30), True)],
)
def test_age_is_taken_on_the_day_of_the_event(born, is_old_enough):
    low, high = (16, 60) if born.year == 2010 else (6, 11)
    event = make_event(min_age=low, max_age=high)
    person = make_person("王小明", birth_on=born)

    if is_old_enough:
        guardian = {"guardian": "王建国"} if low == 6 else {}
        assert make_registration(event, person, **guardian).status == "seated"
    else:
        with pytest.raises(services.TooYoungOrOld, match="16到60岁的，王小明到那天15岁"):
            make_registration(event, person)


def test_only_a_birth_year_is_taken_for_the_better():
    event = make_event(min_age=16)
    person = make_person("王小明", id_number="", birth_on=None, birth_year=2010)

    assert make_registration(event, person).status == "seated"


def test_who_has_no_birth_on_record_is_asked_for_it_where_age_matters():
    person = make_person("王小明", id_number="", birth_on=None, phone="13900002076")

    with pytest.raises(services.BirthWanted, match="补上出生年"):
        make_registration(make_event(max_age=12), person)
    assert make_registration(make_event(starts_at=SUNDAY + 8 * HOUR), person).status == "seated"


def test_a_child_needs_a_guardian_by_law_and_an_older_one_where_the_event_says_so():
    child = make_person("王小明", birth_on=date(2016, 5, 4))
    youth = make_person("李小芳", birth_on=date(2010, 5, 4))
    event, risky = make_event(), make_event(guardian_under=18, starts_at=SUNDAY + 8 * HOUR)

    with pytest.raises(services.GuardianWanted, match="不满14岁"):
        make_registration(event, child)
    assert make_registration(event, youth).status == "seated"
    with pytest.raises(services.GuardianWanted, match="不满18岁"):
        make_registration(risky, youth)
    made = make_registration(risky, youth, guardian="李建国", guardian_phone="139 0000 2076")
    made.refresh_from_db()
    assert (made.guardian, made.guardian_phone.open()) == ("李建国", "13900002076")


# --- what is asked --------------------------------------------------------------------------------


def asking(event):
    return services.ask_questions(
        by=HOUSE,
        event=event,
        questions=[
            {"text": "想做什么", "form": "many", "choices": ["理发", "磨刀", "量血压"]},
            {"text": "要人接吗", "form": "one", "choices": ["不用", "要"], "is_required": True},
            {"text": "还想说什么"},
        ],
        now=NOW,
    )


def test_answers_are_kept_and_what_is_required_is_asked_for():
    event = make_event()
    wants, fetched, words = asking(event)

    with pytest.raises(services.AnswerWanted, match="“要人接吗”还没有答"):
        make_registration(event)
    with pytest.raises(services.AnswerWanted, match="从理发、磨刀、量血压里选"):
        make_registration(event, answers={wants.pk: "唱歌", fetched.pk: "要"})

    made = make_registration(
        event, answers={wants.pk: "理发、量血压", fetched.pk: "要", words.pk: " "}
    )

    assert list(made.answers.order_by("question__number").values_list("value", flat=True)) == [
        "理发、量血压",
        "要",
    ]


def test_questions_stand_once_somebody_answered_and_have_choices():
    event = make_event()
    with pytest.raises(services.EventUnclear, match="不到两个选项"):
        services.ask_questions(
            by=HOUSE, event=event, questions=[{"text": "要接吗", "form": "one"}], now=NOW
        )
    make_registration(event)

    with pytest.raises(services.RuleIsSet):
        asking(event)


def test_answers_and_guardians_are_forgotten_a_month_after_the_event():
    event = make_event()
    _, fetched, _ = asking(event)
    child = make_person("王小明", birth_on=date(2016, 5, 4))
    made = make_registration(event, child, answers={fetched.pk: "要"}, guardian="王建国")

    assert services.forget_details(by=HOUSE, now=SUNDAY + timedelta(days=30)) == 0
    assert services.forget_details(by=HOUSE, now=SUNDAY + timedelta(days=31)) == 1
    made.refresh_from_db()
    assert (made.guardian, made.answers.count(), made.status) == ("", 0, "seated")
    with pytest.raises(PermissionDenied):
        services.forget_details(by=make_user(Role.COUNTY_OPERATOR, event.place), now=NOW)


# --- other events at that time --------------------------------------------------------------------


def test_a_person_is_in_one_place_at_a_time():
    person = make_person()
    make_registration(make_event("手机课"), person)
    other = make_event("读报", starts_at=SUNDAY + 2 * HOUR)

    with pytest.raises(services.TimeTaken, match="已经报了“手机课”（11月29日星期日 9:00–11:30）"):
        make_registration(other, person)


def test_what_follows_at_once_elsewhere_is_warned_of_and_taken_when_confirmed():
    person = make_person()
    first = make_event("手机课")
    make_registration(first, person)
    here = make_event("读报", starts_at=SUNDAY + 2.5 * HOUR, place=first.place)
    there = make_event("下棋", starts_at=SUNDAY - 3 * HOUR, ends_at=SUNDAY - HOUR / 3)

    assert make_registration(here, person).status == "seated"
    with pytest.raises(services.TightSchedule, match="前后只隔20分钟"):
        make_registration(there, person)
    assert make_registration(there, person, accepts_tight=True).status == "seated"


def test_half_an_hour_is_enough_to_go_elsewhere():
    person = make_person()
    make_registration(make_event("手机课"), person)
    later = make_event("下棋", starts_at=SUNDAY + 3 * HOUR)

    assert make_registration(later, person).status == "seated"


def test_waiting_somewhere_takes_nobodys_time():
    person, other = make_person(), make_person("李建国")
    full = make_event("手机课", seats=1)
    make_registration(full, other)
    assert make_registration(full, person).status == "waiting"

    assert make_registration(make_event("读报"), person).status == "seated"


# --- for an organization --------------------------------------------------------------------------


def test_only_a_member_comes_for_an_organization():
    organization = make_organization()
    person = make_person()

    with pytest.raises(services.NotComingFor, match="不在“童伴社工服务中心”的队伍里"):
        make_registration(make_event(), person, organization=organization)

    manager = make_user(Role.ORGANIZATION_MANAGER, organization=organization, person=make_person())
    made = services.enter_for(
        by=manager,
        event=make_event(),
        person=person,
        organization=organization,
        consent="微信上问过",
        now=NOW,
    )
    assert made.organization == organization


# --- the book and the database --------------------------------------------------------------------


def test_every_registration_leaves_one_line_about_the_person():
    made = make_registration()

    line = Line.objects.get(action="events.registered")
    assert (line.record_id, line.subject_id, line.actor_name) == (made.pk, made.person_id, "本人")


def test_the_database_itself_refuses_to_oversell():
    event = make_event(seats=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seats_taken=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(seats_taken=-1)


def test_a_registration_asks_the_database_few_times(django_assert_max_num_queries):
    event, person = make_event(seats=10), make_person()

    with django_assert_max_num_queries(24):
        make_registration(event, person)


# --- by somebody else -----------------------------------------------------------------------------


def test_a_member_of_the_family_registers_another_with_consent():
    daughter = make_user(name="李女士", person=make_person("李芳"))
    mother = make_person("张桂兰")

    with pytest.raises(services.ConsentWanted, match="替张桂兰报名要写明本人怎么同意的"):
        services.enter_for(by=daughter, event=make_event(), person=mother, consent=" ", now=NOW)
    made = services.enter_for(
        by=daughter,
        event=make_event(),
        person=mother,
        consent="饭桌上问过，愿意去",
        channel="clerk",
        now=NOW,
    )

    assert (made.channel, made.registered_by, made.consent) == (
        "family",
        daughter,
        "饭桌上问过，愿意去",
    )


def test_one_resident_registers_five_of_the_family_and_a_clerk_any_number():
    event = make_event()
    resident = make_user(name="李女士", person=make_person("李芳"))
    clerk = make_user(Role.COMMUNITY_CLERK, event.place, name="陈女士")

    def enter(by, n):
        return services.enter_for(
            by=by, event=event, person=make_person(f"王{n}"), consent="当面问过", now=NOW
        )

    for n in range(5):
        enter(resident, n)
    with pytest.raises(services.FamilyEnough, match="已经替5位家人报了名"):
        enter(resident, 6)
    for n in range(7):
        services.enter_for(
            by=clerk,
            event=event,
            person=make_person(f"刘{n}"),
            consent="打电话问过",
            channel="clerk",
            now=NOW,
        )
    assert standing(event) == 12


def test_a_clerk_registers_their_residents_wherever_and_strangers_only_at_their_own_events():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_user(Role.COMMUNITY_CLERK, here, name="陈女士")
    own, stranger = make_person(place=here), make_person(place=there)
    elsewhere = make_event(place=there)

    def enter(event, person):
        return services.enter_for(
            by=clerk, event=event, person=person, consent="打电话问过", channel="clerk", now=NOW
        )

    assert enter(elsewhere, own).channel == "clerk"
    assert enter(make_event(place=here, starts_at=SUNDAY + 8 * HOUR), stranger).status == "seated"
    with pytest.raises(PermissionDenied):
        enter(elsewhere, stranger)


def test_the_database_refuses_a_registration_for_somebody_without_consent():
    made = make_registration()

    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=made.pk).update(channel="clerk", consent="")


def test_a_phone_and_a_name_find_the_person_or_enter_them():
    place = make_village()
    mother = make_person("张桂兰", phone="13900002076", place=place)

    def introduce(name, phone="139-0000-2076"):
        return services.introduce(by=Visitor(), name=name, phone=phone, place=place, now=NOW)

    assert introduce("张桂兰 ") == mother
    son = introduce("李建国")
    assert (son.name, son.place) == ("李建国", place)
    assert introduce("李建国") == son
    line = Line.objects.filter(action="events.person-introduced").get()
    assert line.subject_id == son.pk
