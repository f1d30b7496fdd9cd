"""Whoever can have the package upgraded hears in time that the next year's holidays are not installed."""

from datetime import datetime, timedelta

import pytest

from gongzhi.accounts.room import holidays_wanting
from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county
from gongzhi.shared.calendar import LOCAL, known_until, year_wanting
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db


def moment(days_before):
    day = known_until() - timedelta(days=days_before)
    return datetime(day.year, day.month, day.day, 9, tzinfo=LOCAL)


def test_the_year_is_wanting_from_the_day_of_the_rule_on():
    ahead = rule("calendar.warn-days-ahead", known_until()).number

    assert year_wanting(moment(ahead)) is None
    assert year_wanting(moment(ahead - 1)) == known_until().year + 1
    assert year_wanting(moment(-200)) == known_until().year + 1


def test_administrators_have_it_among_their_to_dos_and_others_do_not():
    county = make_county()
    admin = make_user(Role.SYSTEM_ADMIN, county)
    label, count, address = holidays_wanting(admin, moment(3))

    assert (count, address) == (1, "/accounts/calendar/")
    assert f"{known_until().year + 1}年的放假安排还没装上" in label
    assert holidays_wanting(admin, moment(200))[1] == 0
    clerk = make_user(Role.COMMUNITY_CLERK, county, name="周女士")
    assert holidays_wanting(clerk, moment(3))[1] == 0


def test_the_page_says_how_far_it_goes_and_what_to_do(browser, settings):
    settings.GONGZHI_MFA_REQUIRED = False
    county = make_county()

    tree = browser("accounts:calendar", user=make_user(Role.SYSTEM_ADMIN, county))

    words = "".join(tree.itertext())
    assert f"{known_until().year}年12月31日" in words
    assert "chinese-calendar" in words
    browser(
        "accounts:calendar", user=make_user(Role.TOWN_OFFICER, county, name="赵女士"), status=403
    )
