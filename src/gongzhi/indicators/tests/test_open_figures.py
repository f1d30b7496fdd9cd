"""What everybody may read: public figures with rule and cut-off, small counts of people withheld."""

import csv
import io
import json
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_organization, make_report, make_volunteer
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.measures import measures
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PEOPLE = "directory.volunteers-registered"


@pytest.fixture
def county():
    county = make_county()
    zhao, huai, zhu = make_town("赵镇街道"), make_town("淮口街道"), make_town("竹篙镇")
    for town, people in ((zhao, 9), (huai, 2), (zhu, 7)):
        village = make_village(f"{town.name[:1]}村社区", town=town)
        make_organization(f"{town.name}童伴社", place=village)
        for number in range(people):
            make_volunteer(f"张{number}", place=village)
    return county


def test_anybody_reads_every_public_figure_with_its_rule(browser, county):
    words = ""
    for room in {key.partition(".")[0] for key, m in measures().items() if m.public}:
        page = browser("indicators:figures", room=room)
        words += text_of(page)
        for measure in measures().values():
            if not measure.public:
                assert f"/figures/{measure.key}/" not in [a.get("href") for a in page.iter("a")]

    for measure in measures().values():
        if measure.public and not getattr(measure, "facet", ""):
            assert measure.label in words
            assert measure.rule in words
    assert "不得作为考核依据" in words


@pytest.mark.parametrize("room", ["directory", "suggestions"])
def test_the_page_of_figures_asks_few_questions(
    client, county, room, django_assert_max_num_queries
):
    with django_assert_max_num_queries(25):
        client.get(reverse("indicators:figures"), {"room": room})


def test_a_figure_that_is_not_public_is_not_found(client, county):
    make_report()

    for name, args in (
        ("indicators:figure", ("directory.reports-overdue",)),
        ("indicators:figure-download", ("directory.reports-overdue", "csv")),
        ("indicators:figure", ("directory.ghosts",)),
    ):
        assert client.get(reverse(name, args=args)).status_code == 404


def parts_of(page):
    return {
        text_of(tr.find("th")): text_of(tr.find("td")) for tr in page.findall(".//table/tbody/tr")
    }


def test_small_counts_of_people_are_withheld_so_that_the_sum_tells_none(browser, county):
    page = browser("indicators:figure", PEOPLE)

    assert parts_of(page) == {"赵镇街道": "9", "淮口街道": "不显示", "竹篙镇": "不显示"}
    assert "18人" in text_of(page)


def test_whoever_works_there_is_told_the_number(client, county):
    operator = make_user(Role.COUNTY_OPERATOR, county)
    client.force_login(operator)

    found = client.get(f"/api/indicators/figures/{PEOPLE}", {"parts": True}).json()

    assert [p["value"] for p in found["parts"]] == [9, 2, 7]


def test_counts_of_organizations_are_not_withheld(browser, county):
    page = browser("indicators:figure", "directory.social-organizations")

    assert set(parts_of(page).values()) == {"1"}


def test_a_figure_is_downloaded_as_csv_and_json(client, county):
    address = reverse("indicators:figure-download", args=(PEOPLE, "csv"))
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["地点"] for row in rows] == ["金堂县", "赵镇街道", "淮口街道", "竹篙镇"]
    assert [row["数值"] for row in rows] == ["18", "9", "不显示", "不显示"]
    assert rows[0]["怎么数"] == measures()[PEOPLE].rule

    found = json.loads(
        client.get(reverse("indicators:figure-download", args=(PEOPLE, "json"))).content
    )
    assert (found["value"], found["parts"][1]["value"]) == (18, None)
    assert found["parts"][1]["suppressed"] is True


def test_the_interface_lists_what_may_be_read(client, county):
    keys = {m["key"] for m in client.get("/api/indicators/figures").json()}

    assert keys == {m.key for m in measures().values() if m.public}


def test_the_interface_reads_a_figure_by_place_and_period(client, county):
    found = client.get(
        "/api/indicators/figures/directory.social-organizations",
        {"place": "赵镇街道", "period": "2018"},
    ).json()

    assert (found["value"], found["unit"], found["place"]) == (0, "家", "赵镇街道")
    assert found["cut_off"] == "2018-12-31"


@pytest.mark.parametrize(
    ("key", "asked", "status", "sentence"),
    [
        ("directory.ghosts", {}, 404, "没有“directory.ghosts”这个指标"),
        (PEOPLE, {"place": "青溪镇"}, 422, "没有“青溪镇”这个地点"),
        (PEOPLE, {"period": "去年"}, 422, "请写成2021"),
        (PEOPLE, {"period": "2099"}, 422, "还没有到"),
        ("directory.reports-overdue", {}, 403, "不对外公开"),
    ],
)
def test_the_interface_says_no_in_the_words_of_the_pages(
    client, county, key, asked, status, sentence
):
    response = client.get(f"/api/indicators/figures/{key}", asked)

    assert response.status_code == status
    assert sentence in response.json()["detail"]
    assert response.json()["code"]


def test_the_figures_of_a_period_are_read_by_whoever_chooses_one(browser, county):
    page = browser("indicators:figures", room="suggestions", period="2025")

    assert "2025年" in text_of(page)


def test_open_pages_leave_no_cookie(county):
    client = Client()
    client.get(reverse("indicators:figures"))

    assert "sessionid" not in client.cookies


def test_an_open_page_asks_few_questions(client, county, django_assert_max_num_queries):
    address = reverse("indicators:figure", args=("directory.social-organizations",))

    with django_assert_max_num_queries(12):
        client.get(address)


def test_a_day_long_ago_is_read_as_it_was(client, county):
    found = client.get(
        "/api/indicators/figures/directory.social-organizations", {"period": "2019-04-15"}
    ).json()

    assert found["value"] == 0, "registered on 16 April 2019"
    assert date.fromisoformat(found["cut_off"]) == date(2019, 4, 15)
