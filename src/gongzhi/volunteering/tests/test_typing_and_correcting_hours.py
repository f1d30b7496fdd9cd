from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_organization, make_person, make_team
from gongzhi.outbox.testing import own
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.volunteering import queries, services
from gongzhi.volunteering.models import Service
from gongzhi.volunteering.services import Typed
from gongzhi.volunteering.testing import AFTER, HOUR, SUNDAY, make_service, make_shift, serve

pytestmark = pytest.mark.django_db
ROSTER = "青溪社区，11月29日签到表第1页"


@pytest.fixture
def village():
    return make_village()


@pytest.fixture
def team(village):
    return make_team(place=village, organization=make_organization(place=village))


@pytest.fixture
def leader(team):
    return make_user(Role.TEAM_LEADER, organization=team.organization, name="队长刘姐")


@pytest.fixture
def clerk(village):
    return make_user(Role.COMMUNITY_CLERK, village, name="周敏")


@pytest.fixture
def shift(village, team):
    return make_shift(place=village, team=team)


def typed(shift, by, person=None, begins=SUNDAY, ends=SUNDAY + HOUR, roster=ROSTER):
    row = Typed(
        person=person or make_person(place=shift.event.place), begins_at=begins, ends_at=ends
    )
    [made] = services.type_hours(by=by, shift=shift, rows=[row], roster=roster, now=AFTER)
    return made


def test_typed_hours_count_when_somebody_of_another_role_approved_them(shift, leader, clerk):
    service = typed(shift, leader)
    assert (service.state, service.minutes) == ("waiting", 0)
    assert not Service.objects.counted().exists()

    service = services.approve_hours(by=clerk, service=service, now=AFTER)

    assert (service.state, service.minutes, service.source) == ("counted", 60, "typed")
    assert service.approved_by == clerk


def test_whoever_typed_them_does_not_approve_them(shift, clerk):
    service = typed(shift, clerk)
    with pytest.raises(services.NeedsSecond, match="您就是记的人"):
        services.approve_hours(by=clerk, service=service, now=AFTER)


def test_a_second_clerk_is_no_other_role(shift, clerk, village):
    service = typed(shift, clerk)
    colleague = make_user(Role.COMMUNITY_CLERK, village, name="另一位专干")
    with pytest.raises(services.NeedsSecond, match="和记的人是同一种身份"):
        services.approve_hours(by=colleague, service=service, now=AFTER)
    officer = make_user(Role.TOWN_OFFICER, village.__class__.objects.get(pk=village.pk))
    assert services.approve_hours(by=officer, service=service, now=AFTER).minutes == 60


def test_the_database_itself_wants_a_second_person(shift, clerk):
    service = typed(shift, clerk)
    with pytest.raises(IntegrityError):
        Service.objects.filter(pk=service.pk).update(state="counted", approved_by=clerk.pk)


def test_nobody_types_or_approves_their_own_hours(shift, village):
    own_person = make_person(place=village)
    clerk = make_user(Role.COMMUNITY_CLERK, village, person=own_person)
    with pytest.raises(services.OwnHours):
        typed(shift, clerk, own_person)
    leader = make_user(Role.TEAM_LEADER, organization=shift.team.organization)
    service = typed(shift, leader, own_person)
    with pytest.raises(services.OwnHours):
        services.approve_hours(by=clerk, service=service, now=AFTER)


def test_typed_hours_want_a_roster(shift, leader):
    with pytest.raises(services.RosterMissing):
        typed(shift, leader, roster=" ")


@pytest.mark.parametrize(("begins", "ends"), [(-1, 1), (1, 3), (1, 1), (2, 1)])
def test_typed_hours_lie_within_the_shift(shift, leader, begins, ends):
    with pytest.raises(services.HoursUnclear, match="起止时间"):
        typed(shift, leader, begins=SUNDAY + begins * HOUR, ends=SUNDAY + ends * HOUR)


def test_whoever_was_scanned_is_not_typed_too(shift, leader):
    person = make_person(place=shift.event.place)
    serve(shift, person)
    services.confirm_hours(by=HOUSE, shift=shift, now=AFTER)
    with pytest.raises(services.AlreadyRecorded, match="按到场登记"):
        typed(shift, leader, person)


def test_typed_hours_that_are_declined_count_nothing_and_the_person_is_told(shift, leader, clerk):
    person = make_person(place=shift.event.place)
    user = make_user(name="张桂兰", person=person)
    service = typed(shift, leader, person)
    with pytest.raises(services.ReasonMissing):
        services.decline_hours(by=clerk, service=service, reason="", now=AFTER)
    services.decline_hours(by=clerk, service=service, reason="签到表上没有签名", now=AFTER)
    assert own(user) == ["补记的时长没有认：巡沱江：捡一捡岸边的垃圾"]
    with pytest.raises(services.NotWaiting, match="没有认"):
        services.approve_hours(by=clerk, service=service, now=AFTER)
    assert Service.objects.get().minutes == 0


def test_typed_time_that_overlaps_a_scan_counts_once(shift, leader, clerk, village):
    person = make_person(place=village)
    make_service(person, starts_at=SUNDAY + HOUR / 2, hours=1, place=village)
    service = services.approve_hours(by=clerk, service=typed(shift, leader, person), now=AFTER)
    total = queries.total_of(queries.services_of(person))
    assert (service.minutes, total.minutes) == (60, 90)


def test_the_share_of_a_team_that_was_typed_is_shown(shift, leader, clerk, team, village):
    serve(shift, make_person("李建国", place=village))
    services.confirm_hours(by=HOUSE, shift=shift, now=AFTER)
    services.approve_hours(by=clerk, service=typed(shift, leader), now=AFTER)
    total = queries.team_total(team, date(2026, 11, 1), date(2026, 12, 1))
    assert (total.times, total.minutes, total.other) == (2, 180, 60)
    assert queries.totals_of_teams([team], date(2026, 11, 1), date(2026, 12, 1))[team.pk] == total


def test_a_correction_is_a_new_entry_and_nothing_is_overwritten(clerk, village):
    service = make_service(place=village)
    services.correct_hours(
        by=clerk, service=service, minutes=90, reason="提前走了半小时", now=AFTER
    )
    service.refresh_from_db()
    assert (service.by_rule, service.corrected, service.minutes) == (120, -30, 90)
    first, second = service.entries.order_by("pk")
    assert (first.minutes, second.minutes, second.reason) == (120, -30, "提前走了半小时")
    services.confirm_hours(by=HOUSE, shift=service.event.shift, now=AFTER)
    service.refresh_from_db()
    assert service.minutes == 90


def test_minutes_added_by_correction_count_to_the_share_that_was_not_scanned(clerk, village):
    service = make_service(place=village)
    services.correct_hours(by=clerk, service=service, minutes=150, reason="收拾场地", now=AFTER)
    total = queries.total_of(queries.services_of(service.person))
    assert (total.minutes, total.other) == (150, 30)


@pytest.mark.parametrize(
    ("minutes", "reason", "refusal"),
    [
        (120, "一样", services.NothingChanges),
        (90, " ", services.ReasonMissing),
        (-1, "少", services.HoursUnclear),
        (1441, "多", services.HoursUnclear),
    ],
)
def test_a_correction_says_what_and_why(clerk, village, minutes, reason, refusal):
    service = make_service(place=village)
    with pytest.raises(refusal):
        services.correct_hours(by=clerk, service=service, minutes=minutes, reason=reason, now=AFTER)


def test_a_team_leader_corrects_nothing(leader, shift, village):
    service = make_service(place=village)
    with pytest.raises(PermissionDenied):
        services.correct_hours(by=leader, service=service, minutes=90, reason="少", now=AFTER)


def test_hours_of_another_town_are_not_approved_here(shift, leader):
    stranger = make_user(Role.TOWN_OFFICER, make_town("官仓街道"))
    with pytest.raises(PermissionDenied):
        services.approve_hours(by=stranger, service=typed(shift, leader), now=AFTER)


def test_what_waits_is_shown_to_whoever_may_decide(shift, leader, clerk, village):
    service = typed(shift, clerk)
    officer = make_user(Role.TOWN_OFFICER, village)
    assert list(queries.awaiting(clerk)) == []
    assert list(queries.awaiting(officer)) == [service]
