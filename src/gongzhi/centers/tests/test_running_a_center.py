from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.centers import queries, services
from gongzhi.centers.models import Center, Operator
from gongzhi.centers.testing import (
    NOW,
    OFFICE_WEEK,
    THURSDAY,
    WEDNESDAY,
    book,
    make_center,
    make_operator,
    make_venue,
)
from gongzhi.directory.models import Organization
from gongzhi.directory.testing import make_organization
from gongzhi.places.testing import make_county, make_park, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db


def officer():
    return make_user(Role.COUNTY_OFFICER, make_county(), name="杨先生")


def operator_of(center):
    return make_user(Role.CENTER_OPERATOR, center.place, name="陈女士")


def describe(center, by, **changed):
    named = {
        "address": center.address,
        "phone": center.phone,
        "intro": center.intro,
        "services": ["incubation", "participation"],
        "rests_on_holidays": True,
        "now": NOW,
    } | changed
    return services.describe_center(by=by, center=center, **named)


@pytest.mark.parametrize(
    ("level", "make", "fits"),
    [
        (Center.Level.COUNTY, make_county, True),
        (Center.Level.COUNTY, make_town, False),
        (Center.Level.SUB, make_town, True),
        (Center.Level.SUB, make_park, True),
        (Center.Level.SUB, make_village, False),
        (Center.Level.PARK, make_park, True),
        (Center.Level.PARK, make_town, False),
        (Center.Level.COMMUNITY, make_village, True),
        (Center.Level.COMMUNITY, make_county, False),
    ],
)
def test_a_center_is_opened_at_a_place_that_fits_its_level(level, make, fits):
    place = make()

    if fits:
        assert make_center("一个中心", level=level, place=place).place == place
    else:
        with pytest.raises(services.LevelDoesNotFit, match="请换一个地点"):
            make_center("一个中心", level=level, place=place)


def test_a_county_has_one_county_center():
    make_center("金堂县社区发展治理支持中心", level=Center.Level.COUNTY)

    with pytest.raises(services.CountyHasACenter, match="金堂县社区发展治理支持中心"):
        make_center("另一个县级中心", level=Center.Level.COUNTY)


def test_two_open_centers_do_not_share_a_name():
    center = make_center()
    with pytest.raises(services.NameTaken):
        make_center(place=make_town("竹篙镇"))

    services.close_center(by=officer(), center=center, on=WEDNESDAY, reason="搬迁", now=NOW)
    assert make_center(place=make_town("五凤镇"), opened_on=THURSDAY).pk


def test_only_the_county_department_opens_centers():
    with pytest.raises(PermissionDenied):
        services.open_center(
            by=make_user(Role.COUNTY_OPERATOR, make_county()),
            name="分中心",
            level=Center.Level.SUB,
            place=make_town(),
            address="",
            phone="",
            opened_on=WEDNESDAY,
        )


def test_a_service_that_is_none_of_the_five_is_unacceptable():
    with pytest.raises(
        services.ServiceUnknown, match="组织孵化、能力提升、技术支持、资源整合、居民参与"
    ):
        make_center(services_=("massage",))


def test_the_public_sees_the_five_services_in_their_order():
    center = make_center(services_=("participation", "incubation"))

    [shown] = queries.shown([center], NOW)

    assert [s.label for s in shown.services] == ["组织孵化", "居民参与"]


def test_describing_a_center_keeps_before_and_after_and_needs_a_change():
    center = make_center()
    clerk = operator_of(center)

    describe(center, clerk, phone="028-84923344", services=["incubation"])

    line = Line.objects.get(action="centers.center-described")
    assert line.changes == {
        "公开电话": ["028-84921000", "028-84923344"],
        "提供的服务": ["组织孵化、居民参与", "组织孵化"],
    }
    center.refresh_from_db()
    with pytest.raises(services.AlreadyDescribedSo):
        describe(center, clerk, services=["incubation"])


def test_another_towns_operator_changes_nothing_here():
    center = make_center()
    elsewhere = make_user(Role.CENTER_OPERATOR, make_town("竹篙镇"), name="周女士")

    with pytest.raises(PermissionDenied):
        describe(center, elsewhere, phone="028-84923344")
    with pytest.raises(PermissionDenied):
        services.set_hours(
            by=elsewhere, center=center, week={0: [(18, 20)]}, since=THURSDAY, now=NOW
        )


def test_one_operator_runs_a_center_at_a_time():
    center = make_center()
    make_operator(center)

    with pytest.raises(
        services.OperatorOverlaps,
        match="金堂县社会组织促进会从2020年6月1日起运营这里，还没有写结束日期",
    ):
        make_operator(center, make_organization("童伴社工服务中心"), since=date(2026, 1, 1))


def test_the_next_operator_begins_on_the_day_the_last_one_ends():
    center = make_center()
    first = make_operator(center)
    by = officer()

    services.end_operator(by=by, operator=first, on=date(2026, 1, 1), reason="服务期满")
    with pytest.raises(services.OperatorOverlaps, match="到2025年12月31日为止"):
        make_operator(center, make_organization("童伴社工服务中心"), since=date(2025, 12, 31))
    second = make_operator(center, make_organization("友邻社工服务中心"), since=date(2026, 1, 1))

    assert [o.organization for o in queries.operators_on(date(2025, 12, 31))] == [
        first.organization
    ]
    assert [o.organization for o in queries.operators_on(date(2026, 1, 1))] == [second.organization]
    assert [o.pk for o in queries.operators_of(center)] == [second.pk, first.pk]


def test_an_appointment_ends_once_and_after_it_begins():
    operator = make_operator(make_center())
    by = officer()

    with pytest.raises(services.OperatorTooShort):
        services.end_operator(by=by, operator=operator, on=operator.since, reason="撤回")
    services.end_operator(by=by, operator=operator, on=date(2026, 1, 1), reason="服务期满")
    with pytest.raises(services.OperatorEnded, match="到2025年12月31日已经结束"):
        services.end_operator(by=by, operator=operator, on=date(2026, 2, 1), reason="服务期满")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": Organization.Kind.ENTERPRISE}, "不是登记的社会组织"),
        ({"kind": Organization.Kind.FILED}, "不是登记的社会组织"),
        ({"ended_on": date(2019, 12, 1), "status": Organization.Status.ENDED}, "已注销"),
        ({"registered_on": date(2021, 3, 1)}, "到2021年3月1日才登记"),
    ],
)
def test_a_hub_is_a_social_organization_on_the_register(fields, why):
    with pytest.raises(services.NotAHub, match=why):
        make_operator(make_center(), make_organization("青溪助餐有限公司", **fields))


def test_the_database_itself_refuses_two_running_operators():
    center = make_center()
    make_operator(center)

    with pytest.raises(IntegrityError), transaction.atomic():
        Operator.objects.create(
            center=center,
            organization=make_organization("童伴社工服务中心"),
            since=date(2026, 1, 1),
            document="",
        )


@pytest.mark.parametrize(
    ("week", "wrong"),
    [
        ({}, "没有一天开门"),
        ({0: [(20, 18)]}, "星期一的时间关门不晚于开门"),
        ({2: [(18, 24), (22, 30)]}, "星期三的时间有两段重在一起"),
        ({0: [(18, 49)]}, "关门不晚于开门"),
    ],
)
def test_hours_that_make_no_sense_are_unacceptable(week, wrong):
    with pytest.raises(services.HoursUnclear, match=wrong):
        services.set_hours(by=HOUSE, center=make_center(), week=week, since=THURSDAY, now=NOW)


def test_the_hours_of_past_days_are_facts():
    with pytest.raises(services.StartsInThePast):
        services.set_hours(
            by=HOUSE,
            center=make_center(),
            week=OFFICE_WEEK,
            since=WEDNESDAY - timedelta(days=1),
            now=NOW,
        )


def test_new_hours_do_not_shut_out_who_has_booked():
    venue = make_venue()
    book(venue)
    clerk = operator_of(venue.center)
    late = {day: [(20, 40)] for day in range(5)}

    with pytest.raises(services.BookingsInTheWay, match="11月26日（星期四）9:00–11:00一楼议事厅"):
        services.set_hours(by=clerk, center=venue.center, week=late, since=THURSDAY, now=NOW)
    services.set_hours(
        by=clerk, center=venue.center, week=late, since=THURSDAY + timedelta(days=1), now=NOW
    )

    table = queries.timetable_of(venue.center)
    assert table.on(THURSDAY).label == "9:00–17:30"
    assert table.on(THURSDAY + timedelta(days=1)).label == "10:00–20:00"


def test_setting_the_same_day_again_takes_the_place_of_what_was_set():
    center = make_center()
    for week in ({0: [(18, 20)]}, {1: [(20, 22)]}):
        services.set_hours(by=HOUSE, center=center, week=week, since=THURSDAY, now=NOW)

    table = queries.timetable_of(center)
    assert table.week(THURSDAY) == {1: ((20, 22),)}
    assert len(table.weeks) == 2


def test_a_special_day_is_set_changed_and_dropped():
    center = make_center()
    clerk = operator_of(center)

    special = services.set_special_day(
        by=clerk, center=center, day=THURSDAY, hours=None, note="停电检修", now=NOW
    )
    assert queries.timetable_of(center).on(THURSDAY).label == "不开门"
    services.set_special_day(
        by=clerk, center=center, day=THURSDAY, hours=(28, 40), note="检修提前结束", now=NOW
    )
    assert queries.timetable_of(center).on(THURSDAY).label == "14:00–20:00"
    services.drop_special_day(by=clerk, special=special, now=NOW)
    assert queries.timetable_of(center).on(THURSDAY).label == "9:00–17:30"
    assert Line.objects.filter(action__startswith="centers.special-day").count() == 3


def test_a_special_day_does_not_shut_out_who_has_booked():
    venue = make_venue()
    book(venue)

    with pytest.raises(services.BookingsInTheWay, match="1场已经约的场地"):
        services.set_special_day(
            by=operator_of(venue.center),
            center=venue.center,
            day=THURSDAY,
            hours=(22, 35),
            note="早上消杀",
            now=NOW,
        )


def test_a_new_version_of_a_rule_takes_the_place_of_the_last():
    center = make_center()

    def publish(since, text):
        return services.publish_house_rule(
            by=HOUSE, center=center, title="场地管理办法", text=text, since=since, now=NOW
        )

    publish(date(2021, 1, 1), "第一版")
    publish(date(2026, 1, 1), "第二版")

    assert [r.text for r in queries.house_rules_on(center, date(2025, 12, 31))] == ["第一版"]
    assert [r.text for r in queries.house_rules_on(center, date(2026, 1, 1))] == ["第二版"]
    with pytest.raises(services.RuleIsOlder):
        publish(date(2026, 1, 1), "第三版")
    with pytest.raises(services.RuleUnclear):
        publish(date(2026, 2, 1), "  ")


def test_closing_a_center_waits_for_bookings_and_ends_its_operator():
    venue = make_venue()
    center, by = venue.center, officer()
    operator = make_operator(center)
    booking = book(venue)

    with pytest.raises(services.BookingsInTheWay):
        services.close_center(by=by, center=center, on=WEDNESDAY, reason="搬迁", now=NOW)
    services.cancel_booking(by=operator_of(center), booking=booking, reason="中心搬迁", now=NOW)
    services.close_center(by=by, center=center, on=WEDNESDAY, reason="搬迁", now=NOW)

    operator.refresh_from_db()
    assert (operator.until, operator.ended_reason) == (WEDNESDAY, "中心关闭")
    assert queries.open_centers(WEDNESDAY) == []
    with pytest.raises(services.CenterClosed):
        make_operator(center, since=THURSDAY)


def test_a_venue_in_use_is_not_closed_over_somebodys_head():
    venue = make_venue()
    clerk = operator_of(venue.center)
    book(venue)

    with pytest.raises(services.BookingsInTheWay):
        services.close_venue(by=clerk, venue=venue, on=THURSDAY, reason="装修", now=NOW)
    later = THURSDAY + timedelta(days=1)
    services.close_venue(by=clerk, venue=venue, on=later, reason="装修", now=NOW)

    assert list(queries.venues_on(venue.center, THURSDAY)) == [venue]
    assert list(queries.venues_on(venue.center, later)) == []
    with pytest.raises(services.VenueNotTaking):
        book(venue, day=date(2026, 11, 30))
    with pytest.raises(services.VenueClosed):
        services.close_venue(by=clerk, venue=venue, on=later, reason="装修", now=NOW)


def test_two_venues_of_a_center_do_not_share_a_name():
    venue = make_venue()

    with pytest.raises(services.VenueUnclear, match="已经有“一楼议事厅”"):
        make_venue(venue.center)
    with pytest.raises(services.VenueUnclear):
        make_venue(venue.center, "小屋", capacity=0)


def test_a_center_is_found_by_its_venue():
    venue = make_venue(name="淮州大讲坛")

    [(name, _, address)] = queries.find(HOUSE, "大讲坛", 10)

    assert name == venue.center.name
    assert address == f"/centers/{venue.center.pk}/"


def test_what_is_free_of_all_venues_of_a_week_costs_one_query(django_assert_num_queries):
    center = make_center()
    venues = [make_venue(center, f"{n}号议事厅") for n in range(5)]
    book(venues[0])
    table = queries.timetable_of(center)

    with django_assert_num_queries(1):
        weeks = queries.venue_weeks(venues, table, date(2026, 11, 23), 7, NOW)

    first, second = weeks[0].days, weeks[1].days
    assert [d.free for d in first[:2]] == [(), ()], "what has passed is not free"
    assert second[2].free == ((21, 35),), "the half-hour that is running is not free"
    assert first[3].free == ((22, 35),)
    assert first[3].taken == frozenset({18, 19, 20, 21})
    assert (weeks[0].opens, weeks[0].closes) == (18, 35)
