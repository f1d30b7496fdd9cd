"""The forms of the network: what they say first, what they do, and whom they refuse. Nothing here needs script."""

from datetime import date, datetime

import pytest
from django.urls import reverse

from gongzhi.places import queries, services
from gongzhi.places.models import Place, PlaceLink
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
DAY = "2026-11-03"
DEEDS = (
    "add-courtyard",
    "rename",
    "move",
    "merge",
    "close",
    "add-alias",
    "drop-alias",
    "link",
    "unlink",
)


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


@pytest.fixture
def officer(network):
    return somebody(Role.COUNTY_OPERATOR, make_county())


def place(name):
    return Place.objects.get(name=name)


@pytest.mark.parametrize(
    ("deed", "at", "given", "said"),
    [
        ("add-courtyard", "青溪社区", {"name": "4号院", "kind": "estate"}, "登记了4号院，编号"),
        ("rename", "青溪社区", {"name": "新青溪社区"}, "青溪社区改名新青溪社区，从2026年11月3日起"),
        (
            "rename",
            "赵镇街道",
            {"name": "赵镇街道", "code": "510121088"},
            "赵镇街道的代码换成510121088",
        ),
        ("move", "青溪社区", {"parent": "官仓街道"}, "青溪社区改到了官仓街道下面"),
        ("add-alias", "青溪社区", {"name": "老供销社"}, "以后写“老供销社”，就认作青溪社区"),
        (
            "link",
            "淮州新城",
            {"covered": "官仓街道", "is_whole": "part", "since": DAY},
            "淮州新城覆盖官仓街道，登记好了",
        ),
        ("close", "3号院", {"reason": "整体拆迁", "sure": "on"}, "3号院撤销了"),
    ],
)
def test_a_form_says_what_will_happen_and_does_it(browser, network, officer, deed, at, given, said):
    pk = place(at).pk

    asked = text_of(browser(f"places:{deed}", pk, user=officer))
    done = browser.post(f"places:{deed}", pk, data={"effective_on": DAY} | given)

    assert "办之前先看清" in asked
    assert said in text_of(done)


def test_a_move_says_what_goes_along_and_which_park_it_leaves(browser, network, officer):
    town, _, village = network
    make_park("通航产业园", over=(town,))

    words = text_of(browser("places:move", village.pk, user=officer))

    assert "跟着一起走的：1个院落（3号院）" in words
    assert "以前各月的数留在赵镇街道" in words
    assert "通航产业园是随赵镇街道覆盖到这里的" in words
    assert "最多补办24个月以内" in words


def test_a_merge_asks_for_a_tick_and_the_old_page_leads_to_the_new_one(browser, network, officer):
    town, _, village = network
    into = make_village("北滨社区", town=town)
    given = {"into": "北滨社区", "effective_on": DAY, "source": "金府函〔2026〕8号"}
    park = queries.parks().get()

    assert "淮州新城直接覆盖这里，要先结束这条覆盖" in text_of(
        browser("places:merge", village.pk, user=officer)
    )
    covered = browser.post("places:merge", village.pk, data=given | {"sure": "on"}, status=409)
    assert "在淮州新城的覆盖范围里" in text_of(covered)
    browser.post(
        "places:unlink", park.pk, data={"covered": village.pk, "until": DAY, "reason": "退出园区"}
    )
    unsure = browser.post("places:merge", village.pk, data=given, status=422)
    assert "这件事不能撤回" in text_of(unsure)
    assert place("青溪社区").closed_on is None
    done = browser.post("places:merge", village.pk, data=given | {"sure": "on"})

    assert "青溪社区并入了北滨社区" in text_of(done)
    assert "2026年11月3日并入北滨社区" in text_of(browser("places:detail", village.pk))
    assert place("3号院").path.startswith(into.path)


def test_a_form_of_a_closed_place_goes_back_to_its_page(client, network, officer):
    yard = place("3号院")
    services.close_place(by=HOUSE, place=yard, effective_on=date(2026, 11, 3), now=NOW)
    client.force_login(officer)

    answer = client.get(reverse("places:rename", args=[yard.pk]))

    assert answer["Location"] == reverse("places:detail", args=[yard.pk])


def test_a_park_is_registered_and_then_asks_what_it_lies_over(browser, network, officer):
    browser("places:add-park", user=officer)
    done = browser.post("places:add-park", data={"name": "通航产业园"})

    assert "登记了通航产业园，下一步登记它覆盖哪些镇街和村社" in text_of(done)
    assert "还没有登记覆盖哪里" in text_of(done)


def test_a_cover_is_ended_from_its_row(browser, network, officer):
    *_, village = network
    park = queries.parks().get()

    page = browser("places:detail", park.pk, user=officer)
    address = f"{reverse('places:unlink', args=[park.pk])}?covered={village.pk}"
    assert address in {a.get("href") for a in page.iter("a")}
    asked = browser(address)
    chosen = [text_of(o) for o in asked.iter("option") if o.get("selected") is not None]
    assert chosen == ["青溪社区"]
    done = browser.post("places:unlink", park.pk, data={"covered": village.pk, "until": DAY})

    assert "淮州新城不再覆盖青溪社区" in text_of(done)
    assert PlaceLink.objects.get().until == date(2026, 11, 1)


def test_an_alias_is_taken_back(browser, network, officer):
    *_, village = network
    services.add_alias(by=HOUSE, place=village, name="老供销社", now=NOW)

    browser("places:drop-alias", village.pk, user=officer)
    done = browser.post("places:drop-alias", village.pk, data={"name": "老供销社"})

    assert "“老供销社”不再认作青溪社区" in text_of(done)
    again = browser.post("places:drop-alias", village.pk, data={"name": "老供销社"}, status=422)
    assert "这里没有这个别名" in text_of(again)


def test_what_is_wrong_in_a_form_is_summed_up_first_and_kept(browser, network, officer):
    *_, village = network

    page = browser.post(
        "places:move",
        village.pk,
        data={"parent": "官舱街道", "effective_on": "去年"},
        user=officer,
        status=422,
    )

    words = text_of(page)
    assert words.index("有2处要改") < words.index("办之前先看清")
    assert "相近的有“官仓街道”" in words
    assert "看不懂这个日期" in words
    assert "官舱街道" in {i.get("value") for i in page.iter("input")}


@pytest.mark.parametrize("deed", DEEDS)
def test_an_empty_form_names_everything_that_is_missing(browser, network, officer, deed):
    at = place("淮州新城" if deed in ("link", "unlink") else "青溪社区")

    page = browser.post(f"places:{deed}", at.pk, data={}, user=officer, status=422)

    assert "没有" in text_of(page)


def test_the_deed_itself_refuses_in_a_sentence(browser, network, officer):
    *_, village = network
    make_village("北滨社区", town=place("赵镇街道"))

    taken = browser.post(
        "places:rename",
        village.pk,
        data={"name": "北滨社区", "effective_on": DAY},
        user=officer,
        status=409,
    )
    ahead = browser.post(
        "places:move",
        village.pk,
        data={"parent": "官仓街道", "effective_on": "2026-12-01"},
        status=422,
    )

    assert "下面已经有“北滨社区”" in text_of(taken)
    assert "还没有到，不能先办" in text_of(ahead)
    assert place("青溪社区").path == village.path


@pytest.mark.parametrize("deed", DEEDS)
def test_only_those_who_manage_the_network_change_it(browser, network, deed):
    _, other, village = network
    away = somebody(Role.TOWN_OFFICER, other)
    before = list(Place.objects.order_by("pk").values_list("name", "path", "closed_on"))

    browser(f"places:{deed}", village.pk, user=away, status=403)
    browser.post(f"places:{deed}", village.pk, data={"name": "5号院"}, status=403)

    assert list(Place.objects.order_by("pk").values_list("name", "path", "closed_on")) == before


def test_a_clerk_registers_courtyards_of_the_own_village_and_nothing_else(browser, network):
    _, other, village = network
    away = make_village("红旗村", town=other)
    clerk = somebody(Role.COMMUNITY_CLERK, village)

    page = browser("places:detail", village.pk, user=clerk)

    assert "登记院落" in text_of(page)
    assert "改隶属" not in text_of(page)
    browser("places:add-courtyard", village.pk)
    browser("places:add-courtyard", away.pk, status=403)
    browser("places:add-park", status=403)


def test_nobody_changes_anything_without_signing_in(client, network):
    *_, village = network

    for deed in DEEDS:
        answer = client.post(reverse(f"places:{deed}", args=[village.pk]), {"name": "5号院"})
        assert answer.status_code == 302
        assert "/accounts/" in answer["Location"]


def test_a_deed_that_a_level_does_not_know_has_no_page(browser, network, officer):
    town, _, village = network

    for deed, at in (
        ("move", town),
        ("add-courtyard", town),
        ("link", village),
        ("close", make_county()),
        ("merge", queries.parks().get()),
    ):
        browser(f"places:{deed}", at.pk, user=officer, status=404)


def test_a_form_asks_the_same_few_questions_however_many_places(
    browser, network, officer, django_assert_max_num_queries
):
    *_, village = network
    for n in range(40):
        make_courtyard(f"{n + 10}号院", village=village)
    browser("places:move", village.pk, user=officer)

    with django_assert_max_num_queries(24):
        browser("places:move", village.pk)
