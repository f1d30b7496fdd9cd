"""What falls due each year, how an enterprise becomes a social one, what a collective earns."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.directory import measures, queries, services
from gongzhi.directory.models import AnnualReport, CollectiveYear, Organization, SocialEnterprise
from gongzhi.directory.services import organizations as deeds
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_income,
    make_organization,
    make_report,
)
from gongzhi.places.testing import make_courtyard, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.states import MoveNotAllowed

pytestmark = pytest.mark.django_db
Kind, Stage = Organization.Kind, SocialEnterprise.Stage


def test_reports_are_due_by_kind_as_the_dated_rules_say():
    make_organization("社团", kind=Kind.ASSOCIATION)
    make_organization("民非", kind=Kind.SERVICE)
    make_organization("基金会", kind=Kind.FOUNDATION)
    make_organization("备案队", kind=Kind.FILED)
    make_organization("公司", kind=Kind.ENTERPRISE)

    count = services.open_annual_reports(by=HOUSE, year=2025, now=NOON)

    due = {
        r.organization.name: r.due_on for r in AnnualReport.objects.select_related("organization")
    }
    assert count == 3
    assert due == {
        "社团": date(2026, 5, 31),
        "民非": date(2026, 5, 31),
        "基金会": date(2026, 3, 31),
    }
    assert services.open_annual_reports(by=HOUSE, year=2025, now=NOON) == 0


def test_nothing_is_owed_for_a_year_in_which_one_was_not_yet_or_no_longer_registered():
    make_organization("后来的", registered_on=date(2026, 1, 1))
    make_organization("先走的", ended_on=date(2025, 12, 31))
    make_organization("还在的")

    assert services.open_annual_reports(by=HOUSE, year=2025, now=NOON) == 1


def test_a_year_that_is_not_over_is_not_opened():
    make_organization()
    with pytest.raises(deeds.NoRuleForReports):
        services.open_annual_reports(by=HOUSE, year=2026, now=NOON)


def test_a_report_is_overdue_from_the_day_after_until_it_comes():
    report = make_report(make_organization(), late_from=date(2026, 6, 1))
    overdue = measures.REPORTS_OVERDUE

    assert [overdue.on(date(2026, 5, 31)).count(), overdue.on(date(2026, 6, 1)).count()] == [0, 1]

    services.file_annual_report(by=HOUSE, report=report, filed_on=date(2026, 7, 1), now=NOON)

    assert [overdue.on(date(2026, 6, 30)).count(), overdue.on(date(2026, 7, 1)).count()] == [1, 0]


def test_a_report_comes_once_and_its_outcome_may_follow():
    report = make_report(make_organization())
    services.file_annual_report(by=HOUSE, report=report, filed_on=date(2026, 5, 20), now=NOON)

    with pytest.raises(deeds.AlreadyFiled):
        services.file_annual_report(by=HOUSE, report=report, filed_on=date(2026, 5, 21), now=NOON)
    passed = services.file_annual_report(
        by=HOUSE, report=report, filed_on=DAY, outcome=AnnualReport.Outcome.PASSED, now=NOON
    )

    assert (passed.filed_on, passed.outcome) == (date(2026, 5, 20), "passed")


def test_a_manager_files_for_their_own_organization_only():
    own, other = make_report(make_organization()), make_report(make_organization("别家"))
    manager = make_actor(Role.ORGANIZATION_MANAGER, organization=own.organization)

    assert services.file_annual_report(by=manager, report=own, filed_on=DAY, now=NOON)
    with pytest.raises(PermissionDenied):
        services.file_annual_report(by=manager, report=other, filed_on=DAY, now=NOON)


def test_what_waits_is_seen_by_whoever_may_file_it():
    here = make_village("青溪社区")
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))
    late = make_report(make_organization(place=here))
    make_report(make_organization("别处", place=elsewhere))

    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)
    assert list(queries.reports_waiting(clerk, DAY)) == [late]


def advance(organization, stage, since, **named):
    return services.advance_social_enterprise(
        by=HOUSE, organization=organization, stage=stage, since=since, now=NOON, **named
    )


def test_an_enterprise_goes_from_seed_to_recognized_and_is_counted_in_one_stage():
    firm = make_organization("青溪助餐有限公司", kind=Kind.ENTERPRISE)

    seed = advance(firm, Stage.SEED, date(2020, 1, 1))
    advance(firm, Stage.RECOGNIZED, date(2021, 6, 1), until=date(2024, 6, 1))

    seed.refresh_from_db()
    counts = {
        day: (
            measures._stage("s", Stage.SEED).on(day).count(),
            measures._stage("r", Stage.RECOGNIZED).on(day).count(),
        )
        for day in (date(2021, 5, 31), date(2021, 6, 1), date(2024, 5, 31), date(2024, 6, 1))
    }
    assert seed.until == date(2021, 6, 1)
    assert list(counts.values()) == [(1, 0), (0, 1), (0, 1), (0, 0)]


def test_no_stage_is_leapt_and_no_other_kind_has_one():
    firm = make_organization("青溪助餐有限公司", kind=Kind.ENTERPRISE)
    advance(firm, Stage.SEED, date(2020, 1, 1))

    with pytest.raises(MoveNotAllowed):
        advance(firm, Stage.REVOKED, date(2021, 1, 1))
    with pytest.raises(deeds.EndsBeforeItBegins):
        advance(firm, Stage.RECOGNIZED, date(2019, 1, 1))
    with pytest.raises(deeds.NotAnEnterprise):
        advance(make_organization(), Stage.SEED, date(2020, 1, 1))


def income(place, year, fen):
    return services.record_income(by=HOUSE, place=place, year=year, income_fen=fen, now=NOON)


def hollow(day):
    return measures.WITHOUT_INCOME.on(day).count()


def test_a_year_of_income_holds_until_a_later_year_is_registered_in_whatever_order():
    village = make_village()

    income(village, 2024, 500)
    income(village, 2022, 0)
    income(village, 2020, 0)

    held = CollectiveYear.objects.order_by("year").values_list("year", "since", "until")
    assert list(held) == [
        (2020, date(2021, 1, 1), date(2023, 1, 1)),
        (2022, date(2023, 1, 1), date(2025, 1, 1)),
        (2024, date(2025, 1, 1), None),
    ]
    assert [hollow(date(2021, 8, 31)), hollow(date(2024, 12, 31)), hollow(DAY)] == [1, 1, 0]


def test_the_same_year_again_is_a_correction():
    village = make_village()
    income(village, 2024, 0)

    corrected = income(village, 2024, 100_00)

    assert (CollectiveYear.objects.count(), corrected.income_fen) == (1, 100_00)
    assert hollow(DAY) == 0


def test_incomes_are_of_villages_and_of_years_that_are_over():
    village = make_village()
    for place, year, fen, refusal in (
        (make_courtyard(village=village), 2024, 0, deeds.NotAVillage),
        (village, 2026, 0, deeds.YearAhead),
        (village, 2024, -1, deeds.IncomeUnknown),
    ):
        with pytest.raises(refusal):
            income(place, year, fen)


def test_a_made_income_counts_like_a_registered_one():
    make_income(fen=0)
    make_income(make_village("北滨社区"), fen=1)

    assert hollow(DAY) == 1
