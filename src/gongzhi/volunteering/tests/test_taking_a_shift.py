from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from gongzhi.accounts.testing import make_user
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_membership, make_organization, make_person, make_team
from gongzhi.events import services as events
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.volunteering import queries, services
from gongzhi.volunteering.models import Agreement, Shift
from gongzhi.volunteering.testing import HOUR, NOW, SUNDAY, make_shift

pytestmark = pytest.mark.django_db
RISKS = "下河捞漂浮物可能落水：穿救生衣，两人一组，不到深水"


def take(shift, person, **named):
    return services.take_shift(by=Oneself(person.pk), shift=shift, person=person, now=NOW, **named)


def insured(shift, since=date(2026, 1, 1), until=date(2027, 1, 1)):
    return services.note_insurance(
        by=HOUSE,
        shift=shift,
        insurer="人保财险金堂支公司",
        policy_number="PEAC202651012100001",
        since=since,
        until=until,
        now=NOW,
    )


@pytest.fixture
def village():
    return make_village()


def test_somebody_takes_a_shift_and_has_a_seat(village):
    person = make_person(place=village)
    assert take(make_shift(place=village), person).status == "seated"
    assert Agreement.objects.get().registration.person == person


def test_what_is_risky_says_how():
    with pytest.raises(services.RisksUntold):
        make_shift(is_risky=True)


def test_what_is_risky_is_not_published_before_it_is_insured(village):
    shift = make_shift(place=village, is_risky=True, risks=RISKS, is_published=False)
    with pytest.raises(services.NotInsured, match="2026年11月29日那天没有有效的保险"):
        services.publish_shift(by=HOUSE, shift=shift, now=NOW)
    insured(shift)
    assert services.publish_shift(by=HOUSE, shift=shift, now=NOW).is_insured


@pytest.mark.parametrize(
    ("since", "until"),
    [(date(2026, 1, 1), date(2026, 11, 29)), (date(2026, 11, 30), date(2027, 1, 1))],
)
def test_an_insurance_that_does_not_hold_that_day_is_none(village, since, until):
    shift = make_shift(place=village, is_risky=True, risks=RISKS, is_published=False)
    with pytest.raises(services.InsuranceUnclear, match="不含服务那天"):
        insured(shift, since, until)


def test_whoever_takes_what_is_risky_has_heard_of_it(village):
    shift = make_shift(place=village, is_risky=True, risks=RISKS, is_published=False)
    insured(shift)
    services.publish_shift(by=HOUSE, shift=shift, now=NOW)
    person = make_person(place=village)
    with pytest.raises(services.RisksUnheard):
        take(shift, person)
    take(shift, person, was_told_risks=True)
    assert Agreement.objects.get().was_told_risks
    # The general page of events asks nobody about risks, so it does not show this one.
    assert not Shift.objects.get().event.is_public


def test_only_members_take_what_asks_for_the_team(village):
    team = make_team(place=village)
    shift = make_shift(place=village, team=team, is_team_only=True)
    member, other = make_person(place=village), make_person("李建国", place=village)
    make_membership(member, team)
    assert take(shift, member).status == "seated"
    with pytest.raises(services.TeamOnly, match="李建国不在队里"):
        take(shift, other)


def test_a_minor_comes_with_an_adult_who_took_the_same_shift(village):
    shift = make_shift(place=village, min_age=10)
    child = make_person("刘小雨", place=village, birth_on=date(2013, 5, 1))
    mother = make_person("刘燕", place=village)
    with pytest.raises(services.CompanionWanted, match="刘小雨不满16岁"):
        take(shift, child, guardian="刘燕", guardian_phone="13800002076")
    with pytest.raises(services.NotAnAdult, match="没有接这个岗位"):
        take(shift, child, companion=mother, guardian="刘燕", guardian_phone="13800002076")
    take(shift, mother)
    took = take(shift, child, companion=mother, guardian="刘燕", guardian_phone="13800002076")
    assert Agreement.objects.get(registration=took).companion == mother


def test_a_brother_of_seventeen_is_no_adult(village):
    shift = make_shift(place=village, min_age=10)
    child = make_person("刘小雨", place=village, birth_on=date(2013, 5, 1))
    brother = make_person("刘小海", place=village, birth_on=date(2009, 5, 1))
    with pytest.raises(services.NotAnAdult, match="还没有成年"):
        take(shift, child, companion=brother)


def test_a_minor_needs_the_consent_of_a_guardian(village):
    shift = make_shift(place=village)
    youth = make_person("刘小海", place=village, birth_on=date(2010, 5, 1))
    with pytest.raises(events.GuardianWanted):
        take(shift, youth)


def test_a_shift_is_for_sixteen_and_older_unless_it_says_otherwise(village):
    child = make_person("刘小雨", place=village, birth_on=date(2013, 5, 1))
    mother = make_person("刘燕", place=village)
    shift = make_shift(place=village)
    take(shift, mother)
    with pytest.raises(events.TooYoungOrOld):
        take(shift, child, companion=mother, guardian="刘燕", guardian_phone="13800002076")


def test_a_clerk_takes_a_shift_for_somebody_with_their_consent(village):
    clerk = make_user(Role.COMMUNITY_CLERK, village)
    person, shift = make_person(place=village), make_shift(place=village)
    with pytest.raises(events.ConsentWanted):
        services.take_shift(by=clerk, shift=shift, person=person, now=NOW)
    took = services.take_shift(
        by=clerk, shift=shift, person=person, consent="电话里说好的", now=NOW
    )
    assert (took.status, took.channel) == ("seated", "clerk")


def test_a_team_that_ended_asks_for_nobody(village):
    team = make_team(place=village, ended_on=date(2026, 1, 1))
    with pytest.raises(services.TeamEnded):
        make_shift(place=village, team=team)


def test_a_leader_asks_for_their_own_team_and_for_no_other(village):
    organization = make_organization(place=village)
    leader = make_user(Role.TEAM_LEADER, organization=organization)
    own = make_team(place=village, organization=organization)
    assert make_shift(place=village, team=own, by=leader).event.host == organization
    with pytest.raises(PermissionDenied):
        make_shift(place=village, team=make_team("别的队", place=village), by=leader)


def test_the_database_keeps_no_untold_risk(village):
    shift = make_shift(place=village)
    with pytest.raises(IntegrityError):
        Shift.objects.filter(pk=shift.pk).update(is_risky=True)


# -- what I could take -----------------------------------------------------------------------------


def profile(person, skills=(), free=(), reach="town", wants_stars=False):
    return services.keep_profile(
        by=Oneself(person.pk),
        person=person,
        skills=skills,
        free=free,
        reach=reach,
        wants_stars=wants_stars,
        now=NOW,
    )


def titles(person):
    return [fit.shift.event.title for fit in queries.fitting(person, NOW)]


def test_i_am_shown_what_i_can_do_near_me_when_i_am_free(village):
    person = make_person(place=village)
    near = make_village(
        "家珍社区",
        town=village.__class__.objects.get(path="/".join(village.path.split("/")[:3]) + "/"),
    )
    far = make_village(town=make_town("官仓街道"))
    make_shift("理发", place=village, skill="hair")
    make_shift("修家电", place=village, skill="repair")
    make_shift("捡垃圾", place=near, starts_at=SUNDAY + 24 * HOUR)
    make_shift("远处理发", place=far, skill="hair", starts_at=SUNDAY + 48 * HOUR)

    assert titles(person) == ["捡垃圾"]
    profile(person, skills=["hair"])
    assert titles(person) == ["理发", "捡垃圾"]
    profile(person, skills=["hair"], reach="village")
    assert titles(person) == ["理发"]
    profile(person, skills=["hair"], reach="county")
    assert titles(person) == ["理发", "捡垃圾", "远处理发"]
    profile(person, skills=["hair"], reach="county", free=["6-am"])
    assert titles(person) == ["理发"]
    assert queries.fitting(person, NOW)[0].because == [
        "您会理发",
        "就在您的村社",
        "星期日上午您有空",
    ]


def test_i_am_not_shown_what_i_took_nor_what_is_at_the_same_time(village):
    person = make_person(place=village)
    mine = make_shift("我接的", place=village)
    make_shift("同时的", place=village, starts_at=SUNDAY + HOUR)
    make_shift("之后的", place=village, starts_at=SUNDAY + 2 * HOUR)
    take(mine, person)
    assert titles(person) == ["之后的"]


def test_i_am_shown_what_my_team_asks_for_and_nobody_else_is(village):
    team = make_team(place=village)
    make_shift("队内巡河", place=village, team=team, is_team_only=True)
    member, other = make_person(place=village), make_person("李建国", place=village)
    make_membership(member, team)
    assert titles(member) == ["队内巡河"]
    assert titles(other) == []


def test_i_am_not_shown_what_i_am_too_young_for(village):
    youth = make_person("刘小雨", place=village, birth_on=date(2013, 5, 1))
    make_shift(place=village)
    assert titles(youth) == []


def test_only_oneself_says_what_one_can_do(village):
    person = make_person(place=village)
    with pytest.raises(PermissionDenied):
        services.keep_profile(
            by=HOUSE,
            person=person,
            skills=[],
            free=[],
            reach="town",
            wants_stars=False,
            now=NOW,
        )
    with pytest.raises(services.ProfileUnclear):
        profile(person, skills=["flying"])


def test_what_is_lacking_is_counted_by_skill(village):
    make_shift(place=village, skill="hair")
    make_shift(place=village, skill="hair", starts_at=SUNDAY + 24 * HOUR)
    full = make_shift(place=village, skill="law", seats=1)
    take(full, make_person(place=village))
    assert queries.needs_by_skill(None, NOW) == [("hair", "理发", 2)]
    assert queries.needs_by_skill(None, NOW + timedelta(days=30)) == []
