"""What everybody may read about places; every page is read strictly by the `browser`."""

import inspect
import re
from datetime import date, datetime

import pytest
from django.urls import reverse

from gongzhi.audit import queries as audit
from gongzhi.audit.models import Line
from gongzhi.places import naming, queries, services
from gongzhi.places import network as drawn
from gongzhi.places.models import Place
from gongzhi.places.room import ACTIONS
from gongzhi.places.testing import (
    make_county,
    make_courtyard,
    make_park,
    make_town,
    make_village,
)
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

from .signed_in import somebody

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=LOCAL)


@pytest.fixture(autouse=True)
def _ten_in_the_morning(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def network():
    town, other = make_town("赵镇街道"), make_town("官仓街道")
    village = make_village("青溪社区", town=town)
    make_courtyard("3号院", village=village)
    make_park("淮州新城", over=(village,))
    return town, other, village


def links_of(page):
    return {a.get("href", "") for a in page.iter("a")}


def test_everybody_sees_the_whole_network_with_the_counts_of_its_measures(browser, network):
    town, _, village = network
    make_courtyard("4号院", village=village)

    page = browser("places:tree")

    words = text_of(page)
    assert "金堂县的地点和区划" in words
    assert words.index("赵镇街道") < words.index("官仓街道")
    assert f"赵镇街道 {town.code} 1个村社 · 2个院落".replace(" ", "") in words.replace(" ", "")
    assert "覆盖青溪社区" in words
    assert "登记园区" not in words
    assert reverse("places:detail", args=[village.pk]) in links_of(page)
    for key in ("towns", "villages", "courtyards"):
        assert reverse("indicators:figure", args=[f"places.{key}"]) in links_of(page)
        browser("indicators:figure", f"places.{key}")


def test_whoever_works_for_the_county_opens_the_records_behind_the_numbers(browser, network):
    officer = somebody(Role.COUNTY_OPERATOR, make_county())

    page = browser("places:tree", user=officer)

    for key in ("towns", "villages", "courtyards"):
        address = f"/records/places.{key}/?measure=places.{key}&place={make_county().pk}"
        assert address in links_of(page)
        browser(address)
    assert "登记园区" in text_of(page)


def test_a_house_without_a_county_says_how_to_set_one_up(client):
    answer = client.get(reverse("places:tree"))

    assert answer.status_code == 409
    assert "gongzhi init --county" in answer.content.decode()


def test_the_page_of_a_place_says_where_it_lies_and_what_is_in_it(browser, network):
    *_, village = network

    words = text_of(browser("places:detail", village.pk))

    for said in ("金堂县", "赵镇街道", "3号院", "淮州新城", village.code, "叫青溪社区"):
        assert said in words
    for kept in ("调整", "操作留痕", "这里的名册和记录", "看这里的总览", "登记院落"):
        assert kept not in words


def test_a_place_of_the_past_is_shown_beside_today(browser, network):
    town, other, village = network
    services.move_place(
        by=HOUSE,
        place=village,
        parent=other,
        effective_on=date(2026, 3, 12),
        now=NOW,
        source="金府函〔2026〕8号",
    )
    services.rename_place(
        by=HOUSE, place=village, name="新青溪社区", effective_on=date(2026, 5, 1), now=NOW
    )

    def words(pk, **asked):
        return text_of(browser("places:detail", pk, **asked)).replace(" ", "")

    now, then = words(village.pk), words(village.pk, on="2019-12-31")

    assert "金堂县官仓街道新青溪社区" in now
    assert "2026年3月12日起金府函〔2026〕8号，从当月1日起计" in now
    assert "金堂县赵镇街道青溪社区" in then
    assert "2019年12月31日的样子" in then
    assert "名称当时：青溪社区现在：新青溪社区变了" in then
    assert "上级当时：赵镇街道现在：官仓街道变了" in then
    assert "少了青溪社区" in words(town.pk, on="2019-12-31")


def test_a_day_before_the_place_says_that_there_was_none(browser, network):
    *_, village = network
    yard = services.add_courtyard(by=HOUSE, village=village, name="5号院", now=NOW)

    words = text_of(browser("places:detail", yard.pk, on="2020-05-01"))

    assert "那一天没有这个地点" in words


def test_a_day_that_cannot_be_read_shows_today_and_says_so(browser, network):
    *_, village = network

    for nonsense in ("2020-13-01", "明天", "9999-01-01"):
        words = text_of(browser("places:detail", village.pk, on=nonsense))
        assert "没有照那一天看" in words
        assert "当时和现在" not in words


def test_what_became_of_the_members_is_told_by_name(network):
    town, other, _ = network
    moved, renamed = make_village("红旗村", town=town), make_village("北滨路社区", town=town)
    services.move_place(by=HOUSE, place=moved, parent=other, effective_on=date(2026, 2, 1), now=NOW)
    services.rename_place(
        by=HOUSE, place=renamed, name="北滨社区", effective_on=date(2026, 2, 1), now=NOW
    )

    *_, members = drawn.then_and_now(town, on=date(2019, 12, 31), today=NOW.date())

    assert (members.then, members.now) == ("3个", "2个")
    assert members.note == "少了红旗村；北滨路社区改名北滨社区"
    assert drawn.some(["一", "二", "三", "四", "五", "六", "七"]) == "一、二、三、四、五、六等7个"


def test_a_closed_place_says_what_took_over(browser, network):
    town, *_ = network
    gone, into = make_village("红旗村", town=town), make_village("北滨社区", town=town)
    services.merge_places(by=HOUSE, place=gone, into=into, effective_on=date(2026, 9, 3), now=NOW)

    words = text_of(browser("places:detail", gone.pk))

    assert "2026年9月3日并入北滨社区" in words
    assert "已撤销" in words


def test_a_park_shows_what_it_lies_over_wholly_or_in_part(browser, network):
    _, other, _ = network
    park = queries.parks().get()
    services.link_park(
        by=HOUSE, park=park, place=other, since=date(2026, 1, 5), is_whole=False, now=NOW
    )

    words = text_of(browser("places:detail", park.pk))

    assert "青溪社区" in words
    assert "一部分，不计数" in words
    assert "2026年1月1日" in words


def test_staff_see_the_lists_of_their_place_and_each_of_them_opens(browser, network):
    town, _, village = network
    officer = somebody(Role.TOWN_OFFICER, town)

    page = browser("places:detail", village.pk, user=officer)

    found = sorted(a for a in links_of(page) if a.startswith("/records/"))
    assert len(found) > 5
    assert not any("places.villages" in a for a in found)
    for address in found:
        browser(address)
    browser(f"{reverse('indicators:dashboard')}?place={village.pk}")
    assert f"{reverse('indicators:dashboard')}?place={village.pk}" in links_of(page)


def test_somebody_of_another_town_reads_no_more_than_everybody(browser, network):
    _, other, village = network

    page = browser("places:detail", village.pk, user=somebody(Role.TOWN_OFFICER, other))

    assert not [a for a in links_of(page) if a.startswith("/records/")]
    assert f"{reverse('indicators:dashboard')}?place={village.pk}" not in links_of(page)
    assert "操作留痕" not in text_of(page)


def test_what_was_done_to_a_place_is_read_by_those_who_may_change_it(browser, network):
    *_, village = network
    services.add_alias(by=HOUSE, place=village, name="老供销社", now=NOW)

    words = text_of(
        browser("places:detail", village.pk, user=somebody(Role.COUNTY_OFFICER, make_county()))
    )

    assert "加别名" in words
    assert "别名：老供销社" in words


def test_the_book_of_deeds_learns_names_from_paths_and_paths_from_words(network):
    *_, village = network
    yard = services.add_courtyard(by=HOUSE, village=village, name="5号院", now=NOW)

    (line,) = audit.spoken(Line.objects.filter(action="places.courtyard-added"))

    assert line.what == "登记院落"
    assert line.place.endswith("青溪社区5号院")
    assert naming.names_of([yard.path, village.path, "/", "/1/999999/"]) == {
        yard.path: "赵镇街道青溪社区5号院",
        village.path: "赵镇街道青溪社区",
    }
    assert audit.path_of_place("青溪社区") == village.path


def test_every_deed_of_the_room_has_a_name_in_the_book():
    source = inspect.getsource(services)
    recorded = set(re.findall(r'by,\s+"(places\.[a-z-]+)"', source))

    assert recorded == ACTIONS.keys()


def test_a_place_is_found_by_the_one_search_box(browser, network):
    *_, village = network

    assert queries.find(HOUSE, "青溪", 5) == [
        ("青溪社区", "村社 · 赵镇街道青溪社区", f"/places/{village.pk}/")
    ]
    assert queries.find(HOUSE, "。", 5) == []
    page = browser("portal:search", q="青溪")
    assert reverse("places:detail", args=[village.pk]) in links_of(page)


def test_pages_ask_the_same_few_questions_however_many_villages(
    browser, django_assert_max_num_queries
):
    town = make_town("赵镇街道")
    for n in range(30):
        make_courtyard("1号院", village=make_village(f"青溪{n}社区", town=town))
    for name in ("淮州新城", "通航产业园", "节能环保产业园"):
        make_park(name, over=tuple(Place.objects.filter(level=Place.Level.VILLAGE)[:10]))
    browser("places:tree", user=somebody(Role.COUNTY_OPERATOR, make_county()))

    with django_assert_max_num_queries(18):
        browser("places:tree")
    with django_assert_max_num_queries(20):
        browser("places:detail", town.pk)
    with django_assert_max_num_queries(25):
        browser("places:detail", town.pk, on="2019-12-31")
