from datetime import date, datetime, time

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.activities import queries, services
from gongzhi.activities.models import CustomDraft
from gongzhi.activities.testing import make_brand, make_custom
from gongzhi.events.models import Event
from gongzhi.events.testing import NOW
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Role


def draft(year=2026, month=11, day=25):
    now = datetime(year, month, day, 8, tzinfo=LOCAL)
    return services.draft_occasions(by=HOUSE, now=now)


def test_a_chosen_day_is_drafted_a_month_ahead(db):
    make_custom()

    assert draft(month=11, day=21) == 0  # 冬至 is 31 days off
    assert draft(month=11, day=22) == 1
    event = Event.objects.get()
    assert (event.day, event.title) == (date(2026, 12, 22), "冬至：包饺子，送给独居老人")
    assert event.status == Event.Status.DRAFT


def test_asked_every_day_the_clock_drafts_once_a_year(db):
    make_custom()

    assert [draft(day=25), draft(day=26), draft(day=27)] == [1, 0, 0]
    assert draft(2027, 11, 30) == 1
    assert sorted(CustomDraft.objects.values_list("year", flat=True)) == [2026, 2027]


def test_the_day_follows_the_sky_of_its_year(db):
    make_custom(occasion="qiushe", title="秋社晒谷，搭台唱戏")

    draft(2026, 9, 1)
    draft(2027, 9, 1)

    assert sorted(Event.objects.values_list("day", flat=True)) == [
        date(2026, 9, 21),
        date(2027, 9, 26),
    ]


def test_a_draft_counts_for_its_brand(db):
    brand = make_brand()
    make_custom(brand=brand)

    draft()

    assert Event.objects.get().topic == brand.key


def test_what_a_place_dropped_is_drafted_no_more(db):
    custom = make_custom()
    services.drop_custom(by=HOUSE, custom=custom, now=NOW)

    assert draft() == 0
    with pytest.raises(services.CustomEnded):
        services.drop_custom(by=HOUSE, custom=custom, now=NOW)


def test_the_same_is_not_chosen_twice(db):
    village = make_village()
    make_custom(village)

    with pytest.raises(services.CustomKept, match="冬至已经定了“包饺子"):
        make_custom(village)


def test_drafts_wait_for_the_clerk_of_their_place(db):
    village = make_village()
    make_custom(village)
    draft()
    clerk = make_user(Role.COMMUNITY_CLERK, village)
    stranger = make_user(Role.TOWN_OFFICER, make_town("淮口街道"))

    assert queries.drafts_waiting(clerk, NOW).count() == 1
    assert queries.drafts_waiting(stranger, NOW).count() == 0


def test_a_clerk_chooses_only_for_the_place_they_serve(db):
    clerk = make_user(Role.COMMUNITY_CLERK, make_village("南滨社区"))

    with pytest.raises(PermissionDenied):
        services.choose_occasion(
            by=clerk,
            place=make_village(),
            occasion="dongzhi",
            title="包饺子",
            address="3号院坝",
            begins_at=time(9),
            minutes=60,
            now=NOW,
        )


def test_the_almanac_shows_what_ones_places_do(db):
    village = make_village()
    custom = make_custom(village)
    draft()
    clerk = make_user(Role.COMMUNITY_CLERK, village)

    days = queries.almanac(clerk, date(2026, 11, 25), date(2027, 11, 25))

    [marked] = [d for d in days if d.customs]
    assert (marked.day, marked.occasion.label) == (date(2026, 12, 22), "冬至")
    assert marked.customs == [(custom, Event.objects.get())]
    assert marked.lunar == "冬月十四"
