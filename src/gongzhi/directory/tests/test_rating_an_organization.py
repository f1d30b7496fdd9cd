"""Ratings are dated: five years by the rule, one at a time, gone on their day."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.directory import measures, queries, services
from gongzhi.directory.models import AnnualReport, Organization
from gongzhi.directory.services import organizations as deeds
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_organization,
    make_rating,
    make_report,
)
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def rate(organization, grade=3, since=date(2024, 3, 1), **named):
    return services.rate_organization(
        by=named.pop("by", HOUSE),
        organization=organization,
        grade=grade,
        valid_from=since,
        now=NOON,
        **named,
    )


def rated(day):
    return measures.RATED_3A.on(day).values("organization").distinct().count()


def test_a_rating_holds_for_the_years_of_the_dated_rule_and_drops_out_on_its_day():
    rating = rate(make_organization())

    assert rating.valid_until == date(2029, 3, 1)
    assert [rated(date(2024, 2, 29)), rated(date(2024, 3, 1))] == [0, 1]
    assert [rated(date(2029, 2, 28)), rated(date(2029, 3, 1))] == [1, 0]


def test_a_rating_of_the_29th_of_february_ends_on_the_first_of_march():
    assert queries.rating_ends(date(2024, 2, 29)) == date(2029, 3, 1)


def test_a_new_rating_follows_the_old_one_and_an_organization_is_counted_once():
    organization = make_organization()
    first = rate(organization, 3, date(2022, 3, 1))

    rate(organization, 4, date(2024, 3, 1))

    first.refresh_from_db()
    assert first.valid_until == date(2024, 3, 1)
    assert measures.RATED_3A.on(DAY).count() == rated(DAY) == 1
    assert queries.rating_on(organization, date(2024, 2, 29)).grade == 3
    assert queries.rating_on(organization, DAY).grade == 4


def test_two_ratings_of_one_day_or_one_before_a_later_are_refused():
    organization = make_organization()
    rate(organization, 3, date(2024, 3, 1))

    with pytest.raises(deeds.RatedOnThatDay):
        rate(organization, 4, date(2024, 3, 1))
    with pytest.raises(deeds.RatedLater):
        rate(organization, 4, date(2023, 3, 1))


def test_doubts_warn_and_a_named_reason_overrides_them():
    young = make_organization(registered_on=date(2025, 6, 1))
    make_report(young, year=2025, late_from=date(2026, 6, 1))
    since = date(2026, 9, 1)

    with pytest.raises(deeds.OverrideWanted) as error:
        rate(young, 3, since)
    assert "登记还不满2年" in str(error.value)
    assert "2025年度报告没有报" in str(error.value)

    rating = rate(young, 3, since, override="省厅批准试点，川民函〔2026〕9号")
    assert rating.override.startswith("省厅批准")


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["failed"], "不合格"),
        (["basic", "basic"], "连续两年基本合格"),
        (["basic", "passed"], None),
        (["passed"], None),
    ],
)
def test_the_last_yearly_reports_speak_for_or_against(outcomes, said):
    organization = make_organization()
    for back, outcome in enumerate(outcomes, 1):
        make_report(
            organization,
            year=2026 - back,
            late_from=date(2027 - back, 6, 1),
            filed_on=date(2027 - back, 5, 1),
            outcome=AnnualReport.Outcome(outcome),
        )

    warnings = queries.rating_warnings(organization, DAY)

    assert (said in "；".join(warnings)) if said else warnings == []


def test_only_social_organizations_are_rated_and_only_from_1_to_5():
    with pytest.raises(deeds.NotRatable):
        rate(make_organization(kind=Organization.Kind.ENTERPRISE))
    with pytest.raises(deeds.GradeUnknown):
        rate(make_organization(), 6)


def test_a_revoked_rating_is_counted_until_the_day_before():
    rating = make_rating(make_organization())
    on = date(2026, 10, 1)

    services.revoke_rating(by=HOUSE, rating=rating, on=on, reason="弄虚作假", now=NOON)

    assert [rated(on - timedelta(days=1)), rated(on)] == [1, 0]
    with pytest.raises(deeds.AlreadyRevoked):
        services.revoke_rating(by=HOUSE, rating=rating, on=on, reason="再来", now=NOON)


def test_a_town_rates_nobody():
    organization = make_organization()
    officer = make_actor(Role.TOWN_OFFICER, place=organization.place)

    with pytest.raises(PermissionDenied):
        rate(organization, by=officer)


def test_ratings_that_end_soon_are_reminded_of():
    ending = make_rating(make_organization("快到期"), valid_until=DAY + timedelta(days=60))
    make_rating(make_organization("还早"), valid_until=DAY + timedelta(days=61))
    make_rating(make_organization("已过"), valid_until=DAY)

    assert list(queries.ratings_ending(HOUSE, DAY)) == [ending]
