from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from gongzhi.accounts import queries, services
from gongzhi.accounts.models import ADMINISTRATORS, RoleAssignment, User
from gongzhi.accounts.testing import appointed, make_user
from gongzhi.audit.models import Line
from gongzhi.directory.testing import make_organization
from gongzhi.places.testing import make_county, make_park, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
TODAY = date(2026, 11, 23)

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    return make_county()


@pytest.fixture
def admin(county):
    return make_user(Role.SYSTEM_ADMIN, county, name="吴先生")


@pytest.fixture
def guard(county):
    return make_user(Role.SECURITY_ADMIN, county, name="周女士")


def give(by, user, role, over, **named):
    named = {"since": TODAY, "now": NOW, **named}
    return services.appoint(by=by, user=user, role=role, over=over, **named)


def test_a_role_over_a_place_brings_its_path(admin):
    village = make_village()
    clerk = make_user(name="何女士")
    give(admin, clerk, Role.COMMUNITY_CLERK, village, basis="青府发〔2026〕3号")

    held = User.objects.get(pk=clerk.pk).posts()
    assert [(p.role, p.held.paths, p.over) for p in held] == [
        ("community_clerk", (village.path,), "青溪社区")
    ]
    line = Line.objects.get(action="accounts.appointed")
    assert line.changes["范围"] == ["", "青溪社区"]
    assert (line.place_path, line.reason) == (village.path, "青府发〔2026〕3号")


def test_a_role_over_an_organization_brings_its_number(admin):
    organization = make_organization()
    manager = make_user(name="罗先生")
    give(admin, manager, Role.ORGANIZATION_MANAGER, organization)
    (held,) = User.objects.get(pk=manager.pk).held()
    assert (held.paths, held.organization) == ((), organization.pk)


def test_a_role_over_a_park_brings_the_places_that_it_lies_over(django_assert_num_queries):
    town = make_town("淮口街道")
    other = make_town("高板街道")
    park = make_park(over=(town, other))
    officer = make_user(Role.PARK_OFFICER, park)
    with django_assert_num_queries(2):
        (held,) = officer.held()
        officer.held()
    assert set(held.paths) == {park.path, town.path, other.path}


def test_a_role_costs_one_query_a_request(django_assert_num_queries):
    clerk = make_user(Role.COMMUNITY_CLERK, make_village())
    with django_assert_num_queries(1):
        clerk.held(), clerk.held()


@pytest.mark.parametrize(
    ("since", "until", "held"),
    [
        (date(2020, 1, 1), None, True),
        (date(2020, 1, 1), date(2020, 2, 1), False),
        (date(2999, 1, 1), None, False),
    ],
)
def test_a_role_counts_in_its_days_only(since, until, held):
    clerk = make_user(Role.COMMUNITY_CLERK, make_village(), since=since, until=until)
    assert bool(clerk.held()) is held


def test_the_last_day_is_not_included(django_assert_num_queries):
    today = timezone.localdate()
    clerk = make_user(Role.COMMUNITY_CLERK, make_village(), until=today)
    assert clerk.held() == ()


def test_a_role_goes_where_it_fits(admin):
    town, user = make_town(), make_user(name="何女士")
    with pytest.raises(services.RoleDoesNotFit, match="“村社专干”要任在村社，不能任在赵镇街道。"):
        give(admin, user, Role.COMMUNITY_CLERK, town)
    with pytest.raises(services.RoleDoesNotFit, match="要任在组织"):
        give(admin, user, Role.ORGANIZATION_MANAGER, town)
    with pytest.raises(services.RoleDoesNotFit, match="不能任在组织"):
        give(admin, user, Role.TOWN_OFFICER, make_organization())


def test_a_role_ends_after_it_begins(admin):
    with pytest.raises(services.roles.EndsBeforeItBegins):
        give(admin, make_user(), Role.TOWN_OFFICER, make_town(), until=TODAY)


def test_a_role_is_given_once(admin):
    town, user = make_town(), make_user(name="何女士")
    give(admin, user, Role.TOWN_OFFICER, town, until=date(2027, 1, 1))
    with pytest.raises(services.AlreadyAppointed, match="何女士这段时间已经有赵镇街道"):
        give(admin, user, Role.TOWN_OFFICER, town, since=date(2026, 12, 1))
    give(admin, user, Role.TOWN_OFFICER, town, since=date(2027, 1, 1))


def test_nobody_appoints_themselves(admin, guard, county):
    with pytest.raises(services.AppointsThemselves):
        give(admin, admin, Role.COUNTY_OPERATOR, county)
    with pytest.raises(services.AppointsThemselves):
        give(guard, guard, Role.AUDITOR, county)
    with pytest.raises(services.AppointsThemselves):
        services.dismiss(by=guard, assignment=guard.assignments.get(), reason="不想干了", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(
            user=admin, role=Role.AUDITOR, place=county, since=TODAY, given_by=admin
        )


@pytest.mark.parametrize("role", [*ADMINISTRATORS, Role.AUDITOR])
def test_a_system_admin_appoints_no_watcher(admin, county, role):
    with pytest.raises(PermissionDenied):
        give(admin, make_user(), role, county)


def test_a_security_admin_appoints_no_business_role(guard, county):
    with pytest.raises(PermissionDenied):
        give(guard, make_user(), Role.COUNTY_OPERATOR, county)


@pytest.mark.parametrize("role", [r for r in Role if r != Role.SYSTEM_ADMIN])
def test_nobody_else_appoints(county, role):
    actor = make_user(role, county, name="何女士")
    with pytest.raises(PermissionDenied):
        give(actor, make_user(), Role.COUNTY_OPERATOR, county)


def test_nobody_is_two_of_the_three_administrators(guard, county):
    user = make_user(name="何女士")
    give(guard, user, Role.SYSTEM_ADMIN, county)
    with pytest.raises(services.OneAdministratorRole, match="何女士这段时间已经是系统管理员了。"):
        give(guard, user, Role.AUDIT_ADMIN, county)
    with pytest.raises(IntegrityError), transaction.atomic():
        appointed(user, Role.SECURITY_ADMIN, county)


def test_an_administrator_may_become_another_one_later(guard, county):
    user = make_user(name="何女士")
    give(guard, user, Role.SYSTEM_ADMIN, county, until=date(2027, 1, 1))
    with pytest.raises(services.OneAdministratorRole):
        give(guard, user, Role.AUDIT_ADMIN, county, since=date(2026, 12, 31))
    give(guard, user, Role.AUDIT_ADMIN, county, since=date(2027, 1, 1))


def test_the_house_appoints_the_first_ones(county):
    assert give(HOUSE, make_user(), Role.SECURITY_ADMIN, county).given_by is None


def test_a_role_ends_today_and_stays_on_record(admin):
    town, user = make_town(), make_user(name="何女士")
    assignment = give(admin, user, Role.TOWN_OFFICER, town, since=date(2020, 1, 1))
    services.dismiss(by=admin, assignment=assignment, reason="调到别处工作", now=NOW)

    kept = RoleAssignment.objects.get(pk=assignment.pk)
    assert kept.until == TODAY
    assert not queries.in_force(TODAY).filter(user=user).exists()
    assert Line.objects.get(action="accounts.dismissed").reason == "调到别处工作"
    with pytest.raises(services.AlreadyEnded):
        services.dismiss(by=admin, assignment=assignment, reason="再停一次", now=NOW)


def test_a_role_that_has_not_begun_never_begins(admin):
    user = make_user()
    assignment = give(admin, user, Role.TOWN_OFFICER, make_town(), since=date(2027, 1, 1))
    services.dismiss(by=admin, assignment=assignment, reason="不来了，改派别人", now=NOW)
    for day in (TODAY, date(2027, 1, 1), date(2028, 1, 1)):
        assert not queries.in_force(day).filter(user=user).exists()


def test_ending_a_role_asks_why(admin):
    assignment = give(admin, make_user(), Role.TOWN_OFFICER, make_town())
    with pytest.raises(services.roles.ReasonMissing):
        services.dismiss(by=admin, assignment=assignment, reason=" 停 ", now=NOW)


def test_the_last_security_admin_stays(county, guard):
    house_made = make_user(Role.SECURITY_ADMIN, county, name="郑先生", until=TODAY)
    assert house_made
    with pytest.raises(services.LastSecurityAdmin):
        services.dismiss(by=HOUSE, assignment=guard.assignments.get(), reason="清理身份", now=NOW)
    with pytest.raises(services.LastSecurityAdmin):
        services.close_account(by=HOUSE, user=guard, reason="清理账号", now=NOW)


def test_an_account_is_opened_by_phone_and_keeps_who_was_there(admin):
    resident = make_user(phone="13800002076", name="")
    user = services.open_account(
        by=admin, phone="138 0000 2076", name="何女士", handle="JT-0031", now=NOW
    )
    assert user == resident
    assert (user.name, user.handle) == ("何女士", "JT-0031")
    with pytest.raises(services.PhoneTaken):
        services.open_account(by=admin, phone="13800002076", name="罗先生", now=NOW)
    with pytest.raises(services.roles.HandleTaken):
        services.open_account(
            by=admin, phone="13800002077", name="罗先生", handle="JT-0031", now=NOW
        )


def test_only_a_system_admin_opens_and_closes_accounts(guard):
    with pytest.raises(PermissionDenied):
        services.open_account(by=guard, phone="13800002076", name="何女士", now=NOW)
    with pytest.raises(PermissionDenied):
        services.close_account(by=guard, user=make_user(), reason="不用了", now=NOW)


def test_a_closed_account_is_out_everywhere_at_once(admin, client):
    user = make_user(Role.TOWN_OFFICER, make_town())
    client.force_login(user)
    assert client.get("/accounts/me/").status_code == 200

    services.close_account(by=admin, user=user, reason="离职了，账号收回", now=NOW)

    assert client.get("/accounts/me/").status_code == 302
    with pytest.raises(services.AccountAlreadyClosed):
        services.close_account(by=admin, user=user, reason="再停一次", now=NOW)
    services.reopen_account(by=admin, user=user, reason="回来上班了", now=NOW)
    with pytest.raises(services.AccountAlreadyOpen):
        services.reopen_account(by=admin, user=user, reason="再开一次", now=NOW)


@pytest.mark.parametrize("deed", ["close_account", "reopen_account", "reset_second_factor"])
def test_an_account_of_another_town_is_out_of_reach(deed):
    role = Role.SECURITY_ADMIN if deed == "reset_second_factor" else Role.SYSTEM_ADMIN
    stranger = make_user(role, make_town("官仓街道"), name="外人")
    user = make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("赵镇街道")))
    with pytest.raises(PermissionDenied):
        getattr(services, deed)(by=stranger, user=user, reason="想停就停", now=NOW)
