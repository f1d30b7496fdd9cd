from datetime import date, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.accounts.testing import make_user
from gongzhi.activities import queries, services
from gongzhi.activities.models import Brand, Occurrence, Plan
from gongzhi.activities.rhythm import Rhythm
from gongzhi.activities.testing import SUNDAY, make_brand, make_plan, make_rhythm
from gongzhi.audit.models import Line
from gongzhi.centers.testing import make_center
from gongzhi.events import services as events
from gongzhi.events.models import Event
from gongzhi.events.testing import NOW
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.calendar import local
from gongzhi.shared.permissions import HOUSE, Role

Every = Plan.Rhythm
rhythms = st.builds(
    lambda every, weekday, nth, first, length: Rhythm(
        every=every, weekday=weekday, nth=nth, first=first, last=first + timedelta(days=length)
    ),
    st.sampled_from(Every.values),
    st.integers(0, 6),
    st.sampled_from((1, 2, 3, 4, -1)),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.integers(0, 800),
)


@given(rhythms)
@settings(max_examples=200)
def test_every_day_of_a_rhythm_is_its_weekday_within_its_days(rhythm):
    days = list(rhythm.days())

    assert days == sorted(set(days))
    assert all(rhythm.first <= d <= rhythm.last and d.weekday() == rhythm.weekday for d in days)
    if rhythm.every == Every.MONTHLY:
        assert len({(d.year, d.month) for d in days}) == len(days)
    if rhythm.every == Every.WEEKLY and days:
        assert days[0] - rhythm.first < timedelta(days=7)
        assert rhythm.last - days[-1] < timedelta(days=7)


def test_the_last_sunday_of_a_month_is_its_last():
    days = make_rhythm(
        Every.MONTHLY, nth=-1, first=date(2026, 11, 1), last=date(2027, 2, 28)
    ).days()

    assert [f"{d:%m-%d}" for d in days] == ["11-29", "12-27", "01-31", "02-28"]


def test_a_holiday_is_skipped_when_the_plan_says_so():
    rhythm = make_rhythm(
        weekday=3, first=date(2026, 9, 28), last=date(2026, 10, 15), skips_holidays=True
    )

    assert list(rhythm.days()) == [date(2026, 10, 8), date(2026, 10, 15)]


def test_the_brands_of_the_case_come_with_the_program_and_come_once(db):
    make_village()

    assert services.set_up_brands(by=HOUSE, now=NOW) == 9
    assert services.set_up_brands(by=HOUSE, now=NOW) == 0
    assert set(Brand.objects.values_list("name", flat=True)) == {
        "移动430课堂", "说事明理", "诉源五治", "院落互助联盟",
        "百姓星期天", "企业开放日", "社区讲坛", "党建沙龙", "淮州大讲坛",
    }  # fmt: skip


def test_a_brand_is_drafted_for_every_place_and_day(db):
    north, south = make_village(), make_village("南滨社区")

    plan = make_plan(places=[north, south], scope=make_town(), capacity=20)

    assert plan.series.events.count() == 8
    first = plan.series.events.filter(place=south).order_by("day").first()
    assert (first.title, first.status, first.topic) == ("百姓星期天", "draft", plan.brand.key)
    assert (first.day, first.capacity) == (date(2026, 12, 6), 20)
    assert (local(first.starts_at).hour, local(first.ends_at).hour) == (9, 11)
    assert Line.objects.filter(action="activities.planned").count() == 1


def test_an_event_is_where_the_center_of_the_village_is(db):
    served, other = make_village(), make_village("南滨社区")
    make_center("北滨社区服务中心", level="community", place=served, address="滨江路8号")

    plan = make_plan(places=[served, other], scope=make_town())

    where = dict(plan.series.events.values_list("place_id", "address"))
    assert where == {served.pk: "滨江路8号", other.pk: "南滨社区党群服务中心"}


def test_going_on_with_a_plan_repeats_nothing(db):
    plan = make_plan()

    made = services.extend_plan(by=HOUSE, plan=plan, until=date(2027, 1, 31), now=NOW)

    assert made == 5
    assert Occurrence.objects.count() == Event.objects.count() == 9
    assert Event.objects.values("place", "day").distinct().count() == 9


def test_a_plan_cannot_be_extended_into_the_days_it_has(db):
    with pytest.raises(services.PlanUnclear, match="已经排到2026年12月31日"):
        services.extend_plan(by=HOUSE, plan=make_plan(), until=date(2026, 12, 31), now=NOW)


def test_a_planner_of_another_town_is_refused(db):
    village = make_village()
    stranger = make_user(Role.TOWN_OFFICER, make_town("淮口街道"))

    with pytest.raises(PermissionDenied):
        services.plan_series(
            by=stranger,
            brand=make_brand(),
            scope=village,
            places=[village],
            rhythm=make_rhythm(),
            begins_at=time(9),
            minutes=90,
            now=NOW,
        )
    assert not Plan.objects.exists()


def test_a_day_that_has_passed_is_refused(db):
    with pytest.raises(services.PlanUnclear, match="那天已经过了"):
        make_plan(rhythm=make_rhythm(first=date(2026, 11, 1)))


def test_a_time_without_such_a_day_is_refused(db):
    with pytest.raises(services.PlanUnclear, match="没有一天是每星期日"):
        make_plan(rhythm=make_rhythm(first=date(2026, 12, 1), last=date(2026, 12, 5)))
    assert not Plan.objects.exists()


def test_a_slip_of_the_hand_does_not_plan_ten_thousand_events(db):
    villages = [make_village(f"第{n}社区") for n in range(30)]

    with pytest.raises(services.PlanUnclear, match="一次最多排3000场"):
        make_plan(places=villages, scope=make_town(), rhythm=make_rhythm(last=date(2028, 12, 31)))
    assert not Event.objects.exists()


def test_an_ended_brand_is_planned_no_more(db):
    brand = make_brand()
    services.end_brand(by=HOUSE, brand=brand, reason="并到社区讲坛里办", now=NOW)

    with pytest.raises(services.BrandEnded, match="停办了，不能再排计划"):
        make_plan(brand)
    with pytest.raises(services.BrandEnded):
        services.end_brand(by=HOUSE, brand=brand, reason="再停一次", now=NOW)


def test_a_name_is_given_to_one_brand(db):
    make_brand()

    with pytest.raises(services.BrandTaken):
        services.found_brand(
            by=HOUSE, name="百姓 星期天".replace(" ", ""), kind="activity", summary="再来一个",
            audience="所有街坊", minutes=60, now=NOW,
        )  # fmt: skip


def test_the_drafts_of_a_plan_are_published_together(db):
    plan = make_plan()

    assert events.publish_series(by=HOUSE, series=plan.series, now=NOW) == 4
    shown = queries.plans(HOUSE).get(pk=plan.pk)
    assert (shown.all, shown.drafts, shown.published, shown.held) == (4, 0, 4, 0)


def test_a_brand_shows_its_next_event(db):
    plan = make_plan()
    events.publish_series(by=HOUSE, series=plan.series, now=NOW)

    [shown] = queries.shown_brands(NOW)

    assert (shown.following.day, shown.coming) == (date(2026, 12, 6), 4)
    assert shown.following.day.weekday() == SUNDAY
