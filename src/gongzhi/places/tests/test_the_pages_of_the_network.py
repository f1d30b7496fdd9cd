from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.places import queries, services
from gongzhi.places.models import Place
from gongzhi.places.testing import (
    make_county,
    make_courtyard,
    make_park,
    make_town,
    make_village,
)
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


def somebody(role, place):
    # accounts stand above this room; only the tests of its pages need somebody who is signed in.
    from gongzhi.accounts.testing import make_user

    return make_user(role=role, place=place)


@pytest.fixture
def network():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=town)
    make_courtyard("3号院", village=village)
    make_park("淮州新城", over=(village,))
    return town, other, village


def test_the_page_of_a_place_says_where_it_lies_and_what_is_in_it(browser, network):
    town, _, village = network

    page = browser("places:place", village.pk, user=somebody(Role.TOWN_OFFICER, town))

    words = text_of(page)
    for said in ("金堂县", "赵镇街道", "3号院", "淮州新城", village.code, "叫青溪社区"):
        assert said in words


def test_the_page_can_be_seen_as_it_was_on_a_day(browser, network):
    _town, other, village = network
    month = timezone.localdate().replace(day=1)
    services.move_place(
        by=HOUSE, place=village, parent=other, effective_on=month, now=timezone.now()
    )
    officer = somebody(Role.COUNTY_OPERATOR, make_county())

    now = text_of(browser("places:place", village.pk, user=officer))
    then = text_of(browser("places:place", village.pk, on="2020-05-01"))

    assert "归官仓街道" in now
    assert "金堂县赵镇街道青溪社区" in then
    assert "2020年5月1日的样子" in then
    for nonsense in ("2020-13-01", "明天", "9999-01-01"):
        assert "的样子：" not in text_of(browser("places:place", village.pk, on=nonsense))


def test_the_county_lists_its_towns_and_its_parks(browser, network):
    page = browser("places:tree", user=somebody(Role.COUNTY_OPERATOR, make_county()))

    words = text_of(page)
    assert "赵镇街道" in words
    assert "淮州新城" in words


def test_every_deed_warns_first_and_is_done_by_its_form(browser, network):
    _town, other, village = network
    officer = somebody(Role.COUNTY_OPERATOR, make_county())
    today = timezone.localdate().isoformat()
    yard = Place.objects.get(level=Place.Level.COURTYARD)
    park = Place.objects.get(level=Place.Level.PARK)
    for name, place, given, said in (
        ("add-courtyard", village, {"name": "4号院", "kind": "estate"}, "登记了4号院"),
        ("rename", village, {"name": "新青溪社区", "effective_on": today}, "已改为新青溪社区"),
        ("move", village, {"parent": "官仓街道", "effective_on": today}, "已改到官仓街道下面"),
        ("add-alias", village, {"name": "老供销社"}, "以后写“老供销社”"),
        ("link", park, {"place": "赵镇街道", "is_whole": "part", "since": today}, "已登记"),
        ("close", yard, {"effective_on": today, "reason": "拆迁"}, "3号院已撤销"),
    ):
        asked = browser(f"places:{name}", place.pk, user=officer)
        assert "办之前先看清" in text_of(asked)
        done = browser.post(f"places:{name}", place.pk, data=given)
        assert said in text_of(done)

    assert queries.find_place("老供销社") == village
    village.refresh_from_db()
    assert village.path.startswith(other.path)


def test_a_merge_is_done_by_its_form_and_says_so_on_the_old_page(browser, network):
    town, _, village = network
    make_village("北滨社区", town=town)
    officer = somebody(Role.COUNTY_OPERATOR, make_county())
    today = timezone.localdate().isoformat()
    browser.post(
        "places:unlink", queries.parks().get().pk, data={"place": village.pk}, user=officer
    )

    done = browser.post(
        "places:merge", village.pk, data={"into": "北滨社区", "effective_on": today}
    )

    assert "已并入北滨社区" in text_of(done)
    assert "以前的记录留在这里" in text_of(browser("places:place", village.pk))


def test_what_is_wrong_in_a_form_is_said_at_the_field(browser, network):
    *_, village = network
    officer = somebody(Role.COUNTY_OPERATOR, make_county())

    page = browser.post(
        "places:move",
        village.pk,
        data={"parent": "官舱街道", "effective_on": "去年"},
        user=officer,
        status=422,
    )

    words = text_of(page)
    assert "有2处要改" in words
    assert "相近的有“官仓街道”" in words
    assert "看不懂这个日期" in words


def test_whoever_may_not_change_the_network_is_refused_and_sees_no_buttons(browser, network):
    _town, other, village = network
    away = make_village("红旗村", town=other)
    clerk = somebody(Role.COMMUNITY_CLERK, village)

    page = browser("places:place", village.pk, user=clerk)

    assert "登记院落" in text_of(page)
    assert "改隶属" not in text_of(page)
    for name in ("rename", "move", "merge", "close", "add-alias", "link"):
        browser(f"places:{name}", village.pk, status=403)
    browser("places:add-park", status=403)
    browser("places:add-courtyard", away.pk, status=403)


def test_nobody_sees_the_workbench_without_signing_in(client, network):
    assert client.get(reverse("places:tree")).status_code == 302


def test_an_alias_is_dropped_on_the_page(browser, network):
    *_, village = network
    services.add_alias(by=HOUSE, place=village, name="老供销社", now=timezone.now())
    officer = somebody(Role.COUNTY_OPERATOR, make_county())

    done = browser.post("places:drop-alias", village.pk, data={"name": "老供销社"}, user=officer)

    assert "不再认作青溪社区" in text_of(done)


def test_a_page_asks_the_same_few_questions_however_many_villages(
    browser, django_assert_max_num_queries
):
    town = make_town("赵镇街道")
    for n in range(30):
        make_village(f"青溪{n}社区", town=town)
    browser("places:tree", user=somebody(Role.COUNTY_OPERATOR, make_county()))

    with django_assert_max_num_queries(22):
        browser("places:place", town.pk)


def test_a_place_is_found_by_the_one_search_box(network):
    *_, village = network

    assert queries.find(HOUSE, "青溪", 5) == [
        ("青溪社区", "村社 · 赵镇街道青溪社区", f"/places/{village.pk}/")
    ]
    assert queries.find(HOUSE, "。", 5) == []
    assert queries.names_on([village.pk], date(2020, 1, 1)) == {village.pk: "青溪社区"}
