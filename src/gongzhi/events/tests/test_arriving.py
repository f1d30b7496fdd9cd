"""At the door: by code, by name, by the venue's picture; what is not taken is said and noted."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.services import Oneself, merge_people
from gongzhi.directory.testing import make_person
from gongzhi.events import services, tickets
from gongzhi.events.models import Attendance, Event, Registration, ScanFault
from gongzhi.events.services import Fact
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_attendance, make_event, make_registration
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db

AT_TEN = SUNDAY + HOUR


def scan(event, code, *, channel="own_qr", now=AT_TEN, by=HOUSE):
    return services.check_in(by=by, event=event, channel=channel, code=code, now=now)


def faults():
    return list(ScanFault.objects.order_by("pk").values_list("fault", flat=True))


# --- one's own code -------------------------------------------------------------------------------


def test_a_code_shown_or_said_lets_its_holder_in():
    event = make_event()
    shown, said = make_registration(event), make_registration(event)

    first = scan(event, shown.token)
    second = scan(event, f" {said.spoken_code.lower()} ", channel="code")

    assert first.attendance.person == shown.person
    assert (second.attendance.person, second.attendance.channel) == (said.person, "code")
    assert Event.objects.get().is_held


def test_a_code_is_taken_once_and_the_second_time_is_noted():
    event = make_event()
    made = make_registration(event)
    scan(event, made.token, now=AT_TEN)

    again = scan(event, made.token, now=AT_TEN + timedelta(minutes=5))

    assert str(again.refusal) == "张桂兰10:00已经到了，这个码只算一次。请让下一位来。"
    assert (Attendance.objects.count(), faults()) == (1, ["reused"])


def test_the_code_of_another_event_is_refused_by_name_and_noted():
    event, other = make_event(), make_event("手机课", starts_at=SUNDAY + 96 * HOUR)
    foreign = make_registration(other)

    result = scan(event, foreign.token)

    assert str(result.refusal).startswith("这是12月3日星期四 9:00–11:30“手机课”的码")
    assert faults() == ["foreign"]
    assert ScanFault.objects.get().registration is None


def test_a_spoken_code_opens_its_own_event_only():
    event, other = make_event(), make_event("手机课")
    made = make_registration(other)

    result = scan(event, made.code, channel="code")

    assert result.refusal.code == "events.code-unknown"


def test_the_code_of_a_cancelled_registration_is_refused_and_noted():
    event = make_event()
    made = make_registration(event)
    services.cancel_registration(by=Oneself(made.person_id), registration=made, now=NOW)

    assert scan(event, made.token).refusal.code == "events.code-cancelled"
    assert faults() == ["cancelled"]


def test_a_made_up_code_is_refused_and_not_kept():
    result = scan(make_event(), "kein-code")

    assert result.refusal.code == "events.code-unknown"
    assert faults() == ["unknown"]
    assert "kein-code" not in str(list(Line.objects.values()))


def test_the_door_opens_two_hours_before_and_closes_half_a_day_after():
    event = make_event()
    made = make_registration(event)

    early = scan(event, made.token, now=SUNDAY - 2 * HOUR - timedelta(seconds=1))
    assert str(early.refusal).endswith("9:00开始，提前120分钟才登记到场。请先坐坐，到时候再来。")
    late = scan(event, made.token, now=SUNDAY + 15 * HOUR)
    assert late.refusal.code == "events.door-closed"
    assert faults() == ["early", "late"]
    assert scan(event, made.token, now=SUNDAY - 2 * HOUR).attendance


def test_whoever_keeps_the_door_serves_that_place():
    event = make_event(place=make_village("青溪社区"))
    made = make_registration(event)
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))

    with pytest.raises(PermissionDenied):
        scan(event, made.token, by=make_user(Role.COMMUNITY_CLERK, elsewhere))
    with pytest.raises(PermissionDenied):
        scan(event, made.token, by=Oneself(made.person_id))
    assert scan(event, made.token, by=make_user(Role.COMMUNITY_CLERK, event.place)).attendance


# --- the venue's picture --------------------------------------------------------------------------


def scan_venue(event, person, code, *, now=AT_TEN, scanned_at=None):
    return services.check_in(
        by=Oneself(person.pk),
        event=event,
        person=person,
        channel="venue_qr",
        code=code,
        scanned_at=scanned_at,
        now=now,
    )


def test_the_picture_at_the_venue_changes_by_the_minute():
    event, person = make_event(), make_person()
    code = tickets.venue_code(event.pk, AT_TEN)

    stale = scan_venue(event, person, code, now=AT_TEN + timedelta(minutes=3))
    assert stale.refusal.code == "events.venue-code-stale"
    assert faults() == ["stale"]

    assert scan_venue(event, person, code).attendance.channel == "venue_qr"


def test_whoever_scanned_in_time_may_take_some_minutes_to_say_who_they_are():
    event, person = make_event(), make_person()
    code = tickets.venue_code(event.pk, AT_TEN)
    later = AT_TEN + timedelta(minutes=14)

    assert scan_venue(event, person, code, now=later, scanned_at=AT_TEN).attendance
    too_late = scan_venue(
        event, make_person(), code, now=AT_TEN + timedelta(minutes=16), scanned_at=AT_TEN
    )
    assert too_late.refusal.code == "events.venue-code-stale"


def test_the_picture_of_another_event_opens_nothing():
    event, other, person = make_event(), make_event(), make_person()

    result = scan_venue(event, person, tickets.venue_code(other.pk, AT_TEN))

    assert result.refusal.code == "events.venue-code-stale"


def test_nobody_scans_for_somebody_else():
    event, person = make_event(), make_person()

    with pytest.raises(PermissionDenied):
        services.check_in(
            by=Oneself(make_person().pk),
            event=event,
            person=person,
            channel="venue_qr",
            code=tickets.venue_code(event.pk, AT_TEN),
            now=AT_TEN,
        )


# --- who did not register -------------------------------------------------------------------------


def test_whoever_walks_in_takes_a_free_seat():
    event, person = make_event(seats=1), make_person()

    result = services.check_in(by=HOUSE, event=event, person=person, channel="name", now=AT_TEN)

    assert result.is_walk_in
    assert (result.registration.channel, result.registration.status) == ("walk_in", "seated")
    assert Event.objects.get().seats_taken == 1


def test_a_full_house_sends_whoever_scans_alone_to_the_staff_who_note_what_is_so():
    event, person = make_event(seats=1), make_person("李建国")
    make_registration(event)

    alone = scan_venue(event, person, tickets.venue_code(event.pk, AT_TEN))
    assert alone.refusal.code == "events.house-full"

    noted = services.check_in(by=HOUSE, event=event, person=person, channel="name", now=AT_TEN)
    assert noted.attendance
    assert noted.registration is None
    assert Event.objects.get().seats_taken == 1


def test_where_registering_is_needed_nobody_scans_in_without():
    event, person = make_event(takes_walk_ins=False), make_person("李建国")

    result = scan_venue(event, person, tickets.venue_code(event.pk, AT_TEN))

    assert str(result.refusal).startswith("李建国没有报“百姓星期天")


def test_whoever_waits_counts_as_there_only_when_there():
    event = make_event(seats=1)
    make_registration(event)
    waiting = make_registration(event)
    assert not Attendance.objects.exists()

    make_attendance(event, waiting.person)

    waiting.refresh_from_db()
    assert (waiting.status, Attendance.objects.count()) == ("waiting", 1)
    assert Event.objects.get().seats_taken == 1


# --- staying, leaving, taking back ----------------------------------------------------------------


def test_minutes_run_from_the_start_to_the_end_or_until_somebody_leaves():
    event = make_event()
    early = make_attendance(event, now=SUNDAY - HOUR)
    late = make_attendance(event, now=AT_TEN)

    assert (early.minutes, late.minutes) == (150, 90)
    left = services.check_out(by=HOUSE, event=event, person=late.person, now=AT_TEN + HOUR / 2)
    assert left.minutes == 30


def test_nobody_leaves_who_did_not_come():
    with pytest.raises(services.NotThere):
        services.check_out(by=HOUSE, event=make_event(), person=make_person(), now=AT_TEN)


def test_an_end_at_another_hour_measures_everybody_anew():
    event = make_event()
    came = make_attendance(event)

    services.close_event(by=HOUSE, event=event, ended_at=SUNDAY + HOUR, now=SUNDAY + 3 * HOUR)

    came.refresh_from_db()
    assert came.minutes == 60


def test_what_was_noted_by_mistake_is_taken_back_with_a_reason_and_may_come_again():
    event = make_event()
    came = make_attendance(event)

    with pytest.raises(services.VoidReasonMissing):
        services.void_attendance(by=HOUSE, attendance=came, reason=" ", now=AT_TEN)
    services.void_attendance(by=HOUSE, attendance=came, reason="按错了人", now=AT_TEN)
    assert not Event.objects.get().is_held
    assert not Attendance.objects.counted().exists()

    assert make_attendance(event, came.person).pk == came.pk
    assert Event.objects.get().is_held


def test_somebody_with_two_roles_is_there_once_and_counts_in_both():
    event, person = make_event(), make_person()
    make_attendance(event, person)

    both = make_attendance(event, person, roles=("volunteer",))

    assert Attendance.objects.count() == 1
    assert (both.as_participant, both.as_volunteer, both.as_trainer) == (True, True, False)


def test_nobody_is_noted_at_a_draft_or_a_cancelled_event():
    draft, cancelled = make_event(is_published=False), make_event()
    services.cancel_event(by=HOUSE, event=cancelled, why="下雨", now=NOW)

    for event in (draft, cancelled):
        result = services.check_in(
            by=HOUSE, event=event, person=make_person(), channel="name", now=AT_TEN
        )
        assert result.refusal.code == "events.door-closed"


def test_people_without_a_name_are_a_number_apart():
    event = make_event()
    services.count_anonymous(by=HOUSE, event=event, people=7, now=AT_TEN)
    services.count_anonymous(by=HOUSE, event=event, people=9, now=AT_TEN)

    kept = event.headcounts.get(voided_at=None)
    assert (kept.people, Attendance.objects.count()) == (9, 0)
    assert Event.objects.get().is_held
    with pytest.raises(services.HeadcountUnclear):
        services.count_anonymous(by=HOUSE, event=event, people=0, now=AT_TEN)
    with pytest.raises(services.TooEarly):
        services.count_anonymous(by=HOUSE, event=make_event(), people=1, now=NOW)


def test_checking_in_is_a_few_statements(django_assert_max_num_queries):
    event = make_event(seats=50)
    made = make_registration(event)

    with django_assert_max_num_queries(16):
        scan(event, made.token)


# --- many at once ---------------------------------------------------------------------------------


def sync(event, facts, now=SUNDAY + 3 * HOUR, channel="offline"):
    return services.check_in_many(by=HOUSE, event=event, facts=facts, channel=channel, now=now)


def test_facts_from_devices_are_a_union_whatever_their_order():
    event = make_event()
    people = [make_registration(event) for _ in range(4)]
    at = [SUNDAY + timedelta(minutes=n) for n in range(9)]
    one = [Fact(token=r.token, arrived_at=at[n], ref=f"a{n}") for n, r in enumerate(people)]
    other = [
        Fact(code=r.code, arrived_at=at[8 - n], roles={"volunteer"}, ref=f"b{n}")
        for n, r in enumerate(people[:3])
    ]

    def kept():
        rows = Attendance.objects.order_by("person")
        return list(rows.values_list("person", "arrived_at", "as_volunteer", "minutes"))

    first, second = sync(event, one), sync(event, other)
    assert (first.new, second.new, second.known) == (4, 0, 3)
    state = kept()
    sync(event, one), sync(event, other + one)
    assert kept() == state

    twin = make_event(place=event.place)
    moved = {r.person_id: make_registration_of(twin, r.person) for r in people}
    by_token = {r.token: moved[r.person_id] for r in people}
    by_code = {r.code: moved[r.person_id] for r in people}
    again = [
        Fact(
            token=(by_token.get(f.token) or by_code[f.code]).token,
            arrived_at=f.arrived_at,
            roles=f.roles,
        )
        for f in [*other, *one][::-1]
    ]
    sync(twin, again)
    rows = Attendance.objects.filter(event=twin).order_by("person")
    assert list(rows.values_list("person", "arrived_at", "as_volunteer", "minutes")) == state


def make_registration_of(event, person):
    """Return a seat for somebody who is at another event at that time: noted at the door, not chosen."""
    services.check_in(by=HOUSE, event=event, person=person, channel="name", now=SUNDAY)
    Attendance.objects.filter(event=event).delete()
    return Registration.objects.get(event=event, person=person)


def test_facts_that_cannot_be_taken_come_back_by_name_and_the_rest_stands():
    event, other = make_event(), make_event("手机课")
    good, foreign = make_registration(event), make_registration(other)
    facts = [
        Fact(token=good.token, arrived_at=AT_TEN, ref="1"),
        Fact(token=foreign.token, arrived_at=AT_TEN, ref="2"),
        Fact(code="ZZZZZZ", arrived_at=AT_TEN, ref="3"),
        Fact(person=make_person().pk, arrived_at=AT_TEN, ref="4"),
    ]

    union = sync(event, facts)

    assert (union.new, sorted(union.refused)) == (2, ["2", "3"])
    assert union.refused["2"].code == "events.code-foreign"
    assert sorted(faults()) == ["foreign", "unknown"]


def test_five_hundred_facts_take_a_few_statements(django_assert_max_num_queries):
    event = make_event()
    place = event.place
    people = [make_person(place=place, id_number="", phone="") for _ in range(500)]
    facts = [Fact(person=p.pk, arrived_at=AT_TEN, ref=str(p.pk)) for p in people]

    with django_assert_max_num_queries(20):
        assert sync(event, facts, channel="paper").new == 500
    with django_assert_max_num_queries(20):
        assert sync(event, facts[::-1]).known == 500
    assert Attendance.objects.count() == 500


def test_two_records_of_one_person_are_one_fact():
    event = make_event()
    one, other = make_person(id_number=""), make_person()
    merge_people(by=HOUSE, person=one, into=other, note="打电话问过", now=NOW)

    union = sync(event, [Fact(person=p.pk, arrived_at=AT_TEN) for p in (one, other)])

    assert (union.new, Attendance.objects.get().person) == (1, other)


def test_a_paper_list_is_typed_in_after_the_event_was_closed():
    event = make_event()
    make_attendance(event)
    services.close_event(by=HOUSE, event=event, now=SUNDAY + 3 * HOUR)

    fact = Fact(person=make_person().pk, arrived_at=SUNDAY)
    assert sync(event, [fact], now=SUNDAY + 72 * HOUR, channel="paper").new == 1
    assert sync(make_event(), [fact], now=NOW).refused[""].code == "events.too-early"


# --- what people thought --------------------------------------------------------------------------


def test_whoever_was_there_says_what_they_thought_and_may_say_it_anew():
    came = make_attendance()
    by = Oneself(came.person_id)

    def say(rating, words="", now=SUNDAY + 24 * HOUR, by=by):
        return services.give_feedback(by=by, attendance=came, rating=rating, words=words, now=now)

    say(4, "椅子少了")
    kept = say(5, "椅子够了")
    assert (kept.rating, kept.words) == (5, "椅子够了")
    with pytest.raises(services.RatingUnclear):
        say(0)
    with pytest.raises(services.FeedbackClosed, match="7天内"):
        say(3, now=SUNDAY + timedelta(days=8))
    with pytest.raises(PermissionDenied):
        say(3, by=Oneself(make_person().pk))
    services.void_attendance(by=HOUSE, attendance=came, reason="按错了人", now=AT_TEN)
    with pytest.raises(services.NotAmongThem):
        say(3)
