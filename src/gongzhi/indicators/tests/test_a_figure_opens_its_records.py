"""What stands behind a figure: the very records, in the official order, fifty at a time."""

from datetime import date

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import (
    make_membership,
    make_organization,
    make_rating,
    make_team,
    make_volunteer,
)
from gongzhi.figures import queries as figures
from gongzhi.indicators import queries, records
from gongzhi.indicators.records import Asked, Cursor
from gongzhi.places.testing import make_county, make_courtyard, make_park, make_town, make_village
from gongzhi.shared.listings import listings
from gongzhi.shared.measures import Measure, measures
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
VOLUNTEERS = "directory.volunteers-registered"


@pytest.fixture
def county():
    """A county of two towns, three villages, a courtyard and a park over one village."""
    county = make_county()
    zhao, huai = make_town("赵镇街道"), make_town("淮口街道")
    qingxi, yulong = make_village("青溪社区", town=zhao), make_village("玉龙社区", town=zhao)
    huangjia = make_village("黄家村", town=huai)
    make_courtyard("3号院", village=qingxi)
    make_park("淮州新城", over=(huangjia,))
    for name, place in (
        ("张桂兰", qingxi), ("李建国", qingxi), ("王玉芳", yulong), ("陈国强", huangjia),
    ):  # fmt: skip
        make_volunteer(name, place=place)
    organization = make_organization(place=qingxi)
    make_rating(organization, grade=3)
    make_rating(organization, grade=4, valid_from=date(2025, 1, 1), valid_until=date(2030, 1, 1))
    make_organization("玉龙童伴社", place=yulong)
    make_membership(team=make_team(place=yulong))
    return county


@pytest.fixture
def operator(county):
    return make_user(Role.COUNTY_OPERATOR, county)


def places_of(county):
    from gongzhi.places.models import Place

    return list(Place.objects.order_by("sort_key"))


def ask(measure, place, today=date(2026, 11, 25)):
    return Asked(
        listing=listings()[measure.listing],
        measure=measure,
        place=place,
        period=queries.one_day(today),
        today=today,
    )


def shown_measures():
    return [
        pytest.param(m, id=m.key)
        for m in measures().values()
        if isinstance(m, Measure) and m.listing in listings()
    ]


def test_the_list_of_every_figure_is_declared():
    missing = {m.listing for m in measures().values() if isinstance(m, Measure) and m.listing}

    assert missing <= listings().keys()


@pytest.mark.parametrize("measure", shown_measures())
def test_the_rows_are_the_records_that_the_figure_counts(measure, county):
    for place in places_of(county):
        asked = ask(measure, place)

        ours = records.behind(asked, HOUSE)
        theirs = figures.records(measure, place.pk, asked.period.since, asked.period.until)

        if ours.model is theirs.model:
            assert set(ours.values_list("pk")) == set(theirs.values_list("pk")), place
        assert records.tally(ours, measure) == figures.value(
            measure, place.pk, asked.period.since, asked.period.until
        ), place


def test_the_page_says_that_figure_and_rows_agree(browser, county, operator):
    page = browser(
        "indicators:records", "directory.volunteers", place=county.pk, measure=VOLUNTEERS,
        user=operator,
    )  # fmt: skip

    words = text_of(page)
    assert "4人" in words.replace(" ", "")
    assert "和下面的记录数相同" in words
    assert "本人确认的志愿者0人" in words, "the imported number never stands alone"
    assert "近12个月服务过的志愿者0人" in words
    assert "不得作为考核依据" in words
    assert len(page.findall(".//tbody/tr")) == 4


def test_two_ratings_of_one_organization_are_two_rows_and_one_in_the_figure(
    browser, county, operator
):
    page = browser(
        "indicators:records", "directory.ratings", place=county.pk, measure="directory.rated-3a",
        user=operator,
    )  # fmt: skip

    assert len(page.findall(".//tbody/tr")) == 2
    assert "和下面的记录数相同" in text_of(page)
    assert "第1–2条，共2条" in text_of(page)


def walk(rows, listing, size, back=False):
    found, cursor = [], None
    if back:
        cursor = Cursor(sort_key="9" * 9, pk=2**40)
    while True:
        page = records.page(
            rows, listing, **({"before": cursor} if back else {"after": cursor}), size=size
        )
        pks = [row[0] for row in page.rows]
        found = pks + found if back else found + pks
        cursor = page.before if back else page.after
        if cursor is None:
            return found


@pytest.mark.parametrize("size", [1, 2, 3, 50])
@pytest.mark.parametrize("back", [False, True])
def test_pages_show_every_record_once_in_the_official_order(county, size, back):
    asked = ask(measures()[VOLUNTEERS], county)
    rows = records.behind(asked, HOUSE)

    expected = list(rows.order_by("place__sort_key", "pk").values_list("pk", flat=True))

    assert walk(rows, asked.listing, size, back) == expected


def test_a_page_turns_back_to_where_it_came_from(browser, county, operator, monkeypatch):
    monkeypatch.setattr(records, "PAGE", 2)
    monkeypatch.setattr(records.page, "__kwdefaults__", {"after": None, "before": None, "size": 2})
    first = browser(
        "indicators:records", "directory.volunteers", place=county.pk, measure=VOLUNTEERS,
        user=operator,
    )  # fmt: skip
    following = first.find(".//a[@rel='next']").get("href")

    second = browser(following)

    assert "第3–4人，共4人" in text_of(second)
    again = browser(second.find(".//a[@rel='prev']").get("href"))
    assert "第1–2人，共4人" in text_of(again)
    assert again.find(".//a[@rel='prev']") is None


def test_one_can_start_from_a_place_beneath(browser, county, operator):
    from gongzhi.places.models import Place

    huai = Place.objects.get(name="淮口街道")

    page = browser(
        "indicators:records", "directory.volunteers", place=county.pk, user=operator,
        **{"from": huai.pk},
    )  # fmt: skip

    assert [text_of(th).split("V")[0].strip() for th in page.findall(".//tbody/tr/th")] == [
        "陈国强"
    ]


def test_two_characters_of_a_name_find_the_person(browser, county, operator):
    page = browser(
        "indicators:records", "directory.volunteers", place=county.pk, q="桂兰", user=operator
    )

    assert len(page.findall(".//tbody/tr")) == 1
    assert "张桂兰" in text_of(page)


def test_an_empty_search_says_why_and_what_to_do(browser, county, operator):
    page = browser(
        "indicators:records", "directory.volunteers", place=county.pk, q="欧阳", user=operator
    )

    assert "没有符合条件的记录" in text_of(page)
    assert "去掉筛选" in text_of(page)


def test_a_filter_narrows_the_rows_and_leaves_the_figure(browser, county, operator):
    make_volunteer("赵秀英", confirmed_on=date(2026, 5, 1), place=places_of(county)[2])

    page = browser(
        "indicators:records", "directory.volunteers", place=county.pk, measure=VOLUNTEERS,
        source="confirmed", user=operator,
    )  # fmt: skip

    assert len(page.findall(".//tbody/tr")) == 1
    assert "和下面的记录数相同" in text_of(page)
    assert "第1–1人，共1人" in text_of(page)


def test_personal_numbers_are_masked_on_the_page(browser, county, operator):
    volunteer = make_volunteer("周明", person=None, place=places_of(county)[2])
    number = volunteer.person.id_number

    page = browser("indicators:records", "directory.volunteers", place=county.pk, user=operator)

    assert number not in text_of(page)
    assert f"510121********{number[-4:]}" in text_of(page)


def test_somebody_of_another_town_is_refused(client, county):
    from gongzhi.places.models import Place

    zhao, huai = Place.objects.get(name="赵镇街道"), Place.objects.get(name="淮口街道")
    officer = make_user(Role.TOWN_OFFICER, huai, name="陈女士")
    client.force_login(officer)
    address = reverse("indicators:records", args=("directory.volunteers",))

    assert client.get(address, {"place": zhao.pk}).status_code == 403
    assert client.get(address, {"place": county.pk}).status_code == 403
    assert client.get(address, {"place": huai.pk}).status_code == 200


def test_a_visitor_is_asked_to_sign_in(client, county):
    address = reverse("indicators:records", args=("directory.volunteers",))

    assert client.get(address, {"place": county.pk}).status_code == 302


def test_the_head_of_an_organization_sees_its_own_row_only(browser, county):
    from gongzhi.directory.models import Organization

    own = Organization.objects.get(name="玉龙童伴社")
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=own, name="何女士")

    page = browser(
        "indicators:records", "directory.organizations", place=county.pk,
        measure="directory.social-organizations", user=manager,
    )  # fmt: skip

    assert len(page.findall(".//tbody/tr")) == 1
    assert "下面只列您能看的1家" in text_of(page)


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"measure": "directory.volunteer-registered"}, 422, "是不是登记志愿者"),
        ({"measure": "directory.teams"}, 422, "请从这个数的链接打开"),
        ({"on": "昨天"}, 422, "请写成2026-11-23这样"),
        ({"period": "上个季度"}, 422, "2021-Q3"),
        ({"place": "99999"}, 404, ""),
        ({"place": "赵镇"}, 404, ""),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    client, county, operator, query, status, sentence
):
    client.force_login(operator)
    address = reverse("indicators:records", args=("directory.volunteers",))

    response = client.get(address, {"place": county.pk} | query)

    assert response.status_code == status
    assert sentence in response.content.decode()


def test_an_unknown_listing_is_not_found(client, operator):
    client.force_login(operator)

    assert client.get(reverse("indicators:records", args=("directory.ghosts",))).status_code == 404


def test_a_list_page_is_small_and_asks_few_questions(
    client, county, operator, django_assert_max_num_queries
):
    yulong = next(p for p in places_of(county) if p.name == "玉龙社区")
    for number in range(60):
        make_volunteer(f"刘洋{number:02}", place=yulong)
    client.force_login(operator)
    address = reverse("indicators:records", args=("directory.volunteers",))
    asked = {"place": county.pk, "measure": VOLUNTEERS}
    client.get(address, asked)

    with django_assert_max_num_queries(12):
        response = client.get(address, asked)

    assert response.content.count(b"<tr>") == 51
    assert len(response.content) < 60_000
