"""Volunteers: by oneself or by proxy with consent, confirmed, disputed, ended; three counts kept apart."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from gongzhi.audit.models import Line
from gongzhi.directory import measures, queries, services
from gongzhi.directory.actors import Oneself
from gongzhi.directory.models import Dispute, Source, Volunteer
from gongzhi.directory.services import people, teams
from gongzhi.directory.services import volunteers as deeds
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_membership,
    make_organization,
    make_person,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def counts(day=DAY):
    return tuple(
        book.on(day).count() for book in (measures.VOLUNTEERS, measures.CONFIRMED, measures.ACTIVE)
    )


def test_who_registers_themselves_has_confirmed_it():
    person = make_person()

    volunteer = services.register_volunteer(by=Oneself(person.pk), person=person, now=NOON)

    assert (volunteer.source, volunteer.confirmed_on) == (Source.SELF, DAY)
    assert counts() == (1, 1, 0)


def test_a_clerk_registers_somebody_with_consent_and_it_waits_for_the_person():
    person = make_person()
    clerk = make_actor(Role.COMMUNITY_CLERK, place=person.place)

    with pytest.raises(deeds.ConsentWanted):
        services.register_volunteer(by=clerk, person=person, now=NOON)
    volunteer = services.register_volunteer(
        by=clerk, person=person, consent="11月23日当面同意", now=NOON
    )

    assert (volunteer.source, volunteer.confirmed_on) == (Source.PROXY, None)
    assert queries.registrations_of(person).waiting == [volunteer]
    assert Line.objects.get().reason == "11月23日当面同意"


def test_a_person_of_another_place_is_not_registered():
    person = make_person(place=make_village("北滨社区", town=make_town("官仓街道")))
    clerk = make_actor(Role.COMMUNITY_CLERK, place=make_village("青溪社区"))

    with pytest.raises(PermissionDenied):
        services.register_volunteer(by=clerk, person=person, consent="当面同意", now=NOON)


def test_nobody_is_registered_twice_and_the_database_agrees():
    volunteer = make_volunteer()

    with pytest.raises(deeds.AlreadyVolunteer) as error:
        services.register_volunteer(by=HOUSE, person=volunteer.person, consent="当面同意", now=NOON)
    assert volunteer.number in str(error.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_volunteer(person=volunteer.person)


def test_under_fourteen_a_guardian_agrees():
    child = make_person("李小禾", birth_on=date(2013, 1, 1))

    with pytest.raises(deeds.GuardianWanted):
        services.register_volunteer(by=HOUSE, person=child, consent="当面同意", now=NOON)
    volunteer = services.register_volunteer(
        by=HOUSE, person=child, consent="当面同意", guardian="母亲李女士", now=NOON
    )

    assert "监护人：母亲李女士" in volunteer.consent


def test_fourteen_is_reached_on_the_birthday():
    old_enough = make_person(birth_on=date(2012, 11, 23))
    too_young = make_person(birth_on=date(2012, 11, 24))

    assert services.register_volunteer(by=HOUSE, person=old_enough, consent="当面", now=NOON)
    with pytest.raises(deeds.GuardianWanted):
        services.register_volunteer(by=HOUSE, person=too_young, consent="当面", now=NOON)


def test_a_registration_is_not_dated_ahead():
    with pytest.raises(deeds.RegisteredAhead):
        services.register_volunteer(
            by=HOUSE,
            person=make_person(),
            consent="当面同意",
            registered_on=DAY + timedelta(days=1),
            now=NOON,
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_presses_at_once_one_registers():
    person, start, heard = make_person(), Barrier(3), []

    def press():
        start.wait()
        try:
            heard.append(
                services.register_volunteer(by=HOUSE, person=person, consent="当面", now=NOON)
            )
        except deeds.AlreadyVolunteer as refusal:
            heard.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(isinstance(h, Volunteer) for h in heard) == [False, False, True]
    assert Volunteer.objects.count() == 1


def test_only_the_person_confirms_and_once():
    volunteer = make_volunteer()
    me, other = Oneself(volunteer.person_id), Oneself(make_person("李秀英").pk)

    for by in (HOUSE, other):
        with pytest.raises(PermissionDenied):
            services.confirm_registration(by=by, registration=volunteer, now=NOON)
    services.confirm_registration(by=me, registration=volunteer, now=NOON)

    assert counts() == (1, 1, 0)
    assert counts(DAY - timedelta(days=1)) == (1, 0, 0)
    with pytest.raises(deeds.AlreadyConfirmed):
        services.confirm_registration(by=me, registration=volunteer, now=NOON)


def test_the_person_ends_a_registration_at_once_and_without_a_reason():
    volunteer = make_volunteer()

    services.end_registration(by=Oneself(volunteer.person_id), registration=volunteer, now=NOON)

    volunteer.refresh_from_db()
    assert (volunteer.ended_on, volunteer.ended_how) == (DAY, "self")
    assert counts() == (0, 0, 0)
    assert counts(DAY - timedelta(days=1))[0] == 1
    with pytest.raises(deeds.NotLive):
        services.confirm_registration(
            by=Oneself(volunteer.person_id), registration=volunteer, now=NOON
        )


def test_a_clerk_ends_it_for_a_reason():
    volunteer = make_volunteer()
    clerk = make_actor(Role.COMMUNITY_CLERK, place=volunteer.place)

    with pytest.raises(deeds.WhyEnd):
        services.end_registration(by=clerk, registration=volunteer, now=NOON)
    services.end_registration(by=clerk, registration=volunteer, reason="本人打电话要求", now=NOON)

    volunteer.refresh_from_db()
    assert (volunteer.ended_how, volunteer.ended_reason) == ("staff", "本人打电话要求")


def test_active_means_a_service_in_the_last_twelve_months():
    make_volunteer(
        last_served_on=date(2025, 11, 24), active_until=queries.active_until(date(2025, 11, 24))
    )

    assert counts(date(2026, 11, 23))[2] == 1
    assert counts(date(2026, 11, 24))[2] == 0
    assert counts(date(2025, 11, 23))[2] == 0


@pytest.mark.parametrize(
    ("served", "until"),
    [
        (date(2024, 2, 29), date(2025, 3, 1)),
        (date(2025, 12, 31), date(2026, 12, 31)),
        (date(2023, 2, 28), date(2024, 2, 28)),
    ],
)
def test_twelve_months_end_on_the_same_day_of_next_year(served, until):
    assert queries.active_until(served) == until


def test_a_dispute_runs_five_working_days_and_is_raised_once():
    volunteer = make_volunteer()
    me = Oneself(volunteer.person_id)

    dispute = services.dispute_registration(
        by=me, registration=volunteer, text="我没同意过", now=NOON
    )

    assert today(dispute.due_at) == date(2026, 11, 30)
    with pytest.raises(deeds.AlreadyDisputed):
        services.dispute_registration(by=me, registration=volunteer, text="再说", now=NOON)
    with pytest.raises(deeds.NothingSaid):
        services.dispute_registration(
            by=me, registration=make_membership(volunteer.person), text=" ", now=NOON
        )


def test_an_answer_that_agrees_may_end_the_registration():
    volunteer = make_volunteer()
    dispute = services.dispute_registration(
        by=Oneself(volunteer.person_id), registration=volunteer, text="我没同意过", now=NOON
    )
    clerk = make_actor(Role.COMMUNITY_CLERK, place=volunteer.place)
    assert list(queries.disputes_waiting(clerk)) == [dispute]

    with pytest.raises(deeds.AnswerWanted):
        services.answer_dispute(by=clerk, dispute=dispute, upheld=True, answer="", now=NOON)
    services.answer_dispute(
        by=clerk, dispute=dispute, upheld=True, answer="核对属实，已退出", ends=True, now=NOON
    )

    volunteer.refresh_from_db()
    dispute.refresh_from_db()
    assert (dispute.state, volunteer.ended_how) == (Dispute.State.UPHELD, "staff")
    assert not queries.disputes_waiting(clerk)
    with pytest.raises(deeds.AlreadyAnswered):
        services.answer_dispute(by=clerk, dispute=dispute, upheld=False, answer="不", now=NOON)


def test_an_answer_that_declines_leaves_the_registration():
    membership = make_membership()
    dispute = services.dispute_registration(
        by=Oneself(membership.person_id), registration=membership, text="不是队长", now=NOON
    )

    services.answer_dispute(
        by=HOUSE, dispute=dispute, upheld=False, answer="队里选的", ends=True, now=NOON
    )

    membership.refresh_from_db()
    assert membership.left_on is None


def test_disputes_of_another_place_are_not_seen_or_answered():
    volunteer = make_volunteer()
    dispute = services.dispute_registration(
        by=Oneself(volunteer.person_id), registration=volunteer, text="不对", now=NOON
    )
    clerk = make_actor(
        Role.COMMUNITY_CLERK, place=make_village("北滨社区", town=make_town("官仓街道"))
    )

    assert not queries.disputes_waiting(clerk)
    with pytest.raises(PermissionDenied):
        services.answer_dispute(by=clerk, dispute=dispute, upheld=True, answer="好", now=NOON)


# --- teams --------------------------------------------------------------------------------------


def found(by=HOUSE, **fields):
    given = {"name": "青溪邻里守望队", "now": NOON} | fields
    if "place" not in given:
        given["place"] = make_village()
    return services.found_team(by=by, **given)


def test_a_team_is_founded_once_in_a_place():
    place = make_village()
    found(place=place)

    with pytest.raises(teams.TeamNameTaken):
        found(place=place)
    assert found(place=make_village("北滨社区"))
    with pytest.raises(teams.TeamNameMissing):
        found(place=place, name=" ")
    with pytest.raises(teams.FoundedAhead):
        found(place=place, name="别的队", founded_on=DAY + timedelta(days=1))


def test_a_manager_founds_teams_of_their_own_organization_only():
    own, other = make_organization(), make_organization("别家")
    manager = make_actor(Role.ORGANIZATION_MANAGER, organization=own)

    assert found(by=manager, organization=own)
    for organization in (other, None):
        with pytest.raises(PermissionDenied):
            found(by=manager, organization=organization, name="冒名队")


def test_somebody_joins_by_themselves_or_with_consent_and_once():
    team, me = make_team(), make_person()
    clerk = make_actor(Role.COMMUNITY_CLERK, place=team.place)

    own = services.join_team(by=Oneself(me.pk), team=team, person=me, part="leader", now=NOON)
    assert (own.part, own.confirmed_on) == ("member", DAY)
    with pytest.raises(teams.AlreadyMember):
        services.join_team(by=Oneself(me.pk), team=team, person=me, now=NOON)
    other = make_person("李秀英")
    with pytest.raises(deeds.ConsentWanted):
        services.join_team(by=clerk, team=team, person=other, now=NOON)
    led = services.join_team(
        by=clerk, team=team, person=other, part="leader", consent="当面同意", now=NOON
    )
    assert [m.pk for m in queries.members_of(team)] == [led.pk, own.pk]


def test_a_team_that_ends_lets_its_members_go():
    membership = make_membership()

    services.end_team(by=HOUSE, team=membership.team, reason="并入社区大队", now=NOON)

    membership.refresh_from_db()
    assert (membership.left_on, membership.left_reason) == (DAY, "队伍解散")
    assert [measures.TEAMS.on(d).count() for d in (DAY - timedelta(days=1), DAY)] == [1, 0]
    with pytest.raises(teams.TeamOver):
        services.join_team(
            by=HOUSE, team=membership.team, person=make_person("李秀英"), consent="当面", now=NOON
        )


def test_an_erased_person_joins_nothing():
    person = make_person()
    services.erase_person(by=Oneself(person.pk), person=person, reason="", now=NOON)

    with pytest.raises(people.Erased):
        services.register_volunteer(by=HOUSE, person=person, consent="当面", now=NOON)
    with pytest.raises(people.Erased):
        services.join_team(by=HOUSE, team=make_team(), person=person, consent="当面", now=NOON)


def test_everything_in_somebodys_name_is_told_in_four_statements(django_assert_max_num_queries):
    person = make_person()
    make_volunteer(person=person)
    for n in range(5):
        make_membership(person, make_team(f"第{n}队"))

    with django_assert_max_num_queries(4):
        mine = queries.registrations_of(person)
        named = [m.team.place.name for m in mine.memberships]

    assert (len(mine.live), len(mine.waiting), len(named)) == (6, 6, 5)
