"""What is counted of the centers, and that every figure is the number of its own records."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.centers import services
from gongzhi.centers.listings import LISTINGS
from gongzhi.centers.measures import MEASURES
from gongzhi.centers.models import Center
from gongzhi.centers.room import ACTIONS, waiting
from gongzhi.centers.testing import (
    NOW,
    THURSDAY,
    WEDNESDAY,
    book,
    make_center,
    make_operator,
    make_venue,
)
from gongzhi.directory.testing import make_organization
from gongzhi.figures import queries as figures
from gongzhi.places.testing import make_county, make_park, make_town
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db

BY_KEY = {m.key: m for m in MEASURES}


def stock(key, place, day):
    return figures.stock(BY_KEY[key], place.pk, day)


def test_the_county_has_one_center_three_sub_centers_and_counts_the_park_apart():
    county = make_county()
    make_center("金堂县社区发展治理支持中心", level=Center.Level.COUNTY)
    towns = [make_town(name) for name in ("赵镇街道", "淮口街道", "竹篙镇")]
    for town in towns:
        make_center(f"{town.name}支持分中心", place=town)
    make_center("淮州新城党群服务中心", level=Center.Level.PARK, place=make_park(over=(towns[1],)))

    assert stock("centers.county-centers", county, WEDNESDAY) == 1
    assert stock("centers.sub-centers", county, WEDNESDAY) == 3
    assert stock("centers.park-centers", county, WEDNESDAY) == 1
    assert stock("centers.sub-centers", towns[0], WEDNESDAY) == 1
    assert stock("centers.sub-centers", county, date(2020, 5, 31)) == 0


def test_a_closed_center_drops_out_on_its_day():
    county, center = make_county(), make_center()
    services.close_center(by=HOUSE, center=center, on=THURSDAY, reason="撤并", now=NOW)

    assert stock("centers.sub-centers", county, WEDNESDAY) == 1
    assert stock("centers.sub-centers", county, THURSDAY) == 0


def test_a_center_with_two_operators_in_turn_is_run_by_a_hub_once():
    county, center = make_county(), make_center()
    first = make_operator(center)
    services.end_operator(by=HOUSE, operator=first, on=date(2026, 1, 1), reason="期满")
    make_operator(center, make_organization("友邻社工服务中心"), since=date(2026, 2, 1))

    assert stock("centers.run-by-hubs", county, date(2025, 12, 31)) == 1
    assert stock("centers.run-by-hubs", county, date(2026, 1, 15)) == 0
    assert stock("centers.run-by-hubs", county, date(2026, 2, 1)) == 1


def test_only_agreed_bookings_count_on_the_day_they_are_for():
    county, venue = make_county(), make_venue()
    waits = make_venue(venue.center, "二楼排练厅", needs_approval=True)
    book(venue)
    book(waits)
    services.cancel_booking(
        by=(resident := make_user(name="李建国")),
        booking=book(venue, by=resident, begins="14:00", ends="15:00"),
        now=NOW,
    )

    measure = BY_KEY["centers.bookings"]
    month = (date(2026, 11, 1), date(2026, 12, 1))
    assert figures.value(measure, county.pk, *month) == 1
    assert figures.records(measure, county.pk, *month).count() == 1
    assert figures.value(measure, county.pk, THURSDAY + timedelta(days=1), date(2026, 12, 1)) == 0
    assert not measure.appraisal


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda x: x.key)
def test_every_column_and_filter_of_a_list_can_be_read(listing):
    venue = make_venue()
    make_operator(venue.center)
    book(venue)

    fields = [field for column in listing.columns for field in column.fields]
    for row in listing.records().order_by(f"{listing.place}__sort_key").values_list(*fields):
        values = iter(row)
        for column in listing.columns:
            assert isinstance(column.text(*(next(values) for _ in column.fields)), str)
    for choice in listing.filters:
        for value, _ in [*choice.choices(), ("nonsense", "")]:
            choice.narrow(listing.records(), value, WEDNESDAY).count()
    assert listing.find(listing.records(), "没有这个").count() == 0
    assert listing.key in {m.listing for m in MEASURES}


def test_a_persons_name_is_masked_in_the_list_of_bookings():
    book(make_venue(), by=make_user(name="张桂兰"))

    listing = next(x for x in LISTINGS if x.key == "centers.bookings")
    column = next(c for c in listing.columns if c.key == "name")
    assert column.text(*listing.records().values_list(*column.fields).get()) == "张**"


def test_the_to_do_counts_what_waits_at_ones_own_centers():
    venue = make_venue(needs_approval=True)
    book(venue)
    here = make_user(Role.CENTER_OPERATOR, venue.center.place, name="陈女士")
    elsewhere = make_user(Role.CENTER_OPERATOR, make_town("竹篙镇"), name="周女士")

    assert waiting(here, NOW) == ("场地预约等着答应", 1, "/centers/manage/")
    assert waiting(elsewhere, NOW)[1] == 0
    assert waiting(here, NOW + timedelta(days=2))[1] == 0


def test_every_deed_has_its_name_in_the_book():
    written = set()
    for path in (Path(__file__).parents[1] / "services").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                written.add(node.args[1].value)

    assert written == set(ACTIONS)
