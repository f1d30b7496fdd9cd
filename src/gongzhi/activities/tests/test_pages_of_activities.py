"""Brands for everybody; plans, the days of the year, words and pictures for those who keep them."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.activities import services
from gongzhi.activities.models import Brand, Custom, Photo, Plan
from gongzhi.activities.testing import make_brand, make_custom, make_picture, make_plan
from gongzhi.events import services as events
from gongzhi.events.testing import NOW, make_event
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def village():
    return make_village("北滨社区")


@pytest.fixture
def clerk(village):
    return make_user(Role.COMMUNITY_CLERK, village, name="陈女士")


def after(event, monkeypatch):
    later = event.ends_at + timedelta(hours=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    return later


def asked(brand, **changed):
    return {
        "brand": brand.pk,
        "scope": "赵镇街道北滨社区",
        "spread": "here",
        "rhythm": "weekly",
        "weekday": "6",
        "nth": "1",
        "first_day": "2026-12-01",
        "last_day": "2026-12-31",
        "begins_at": "9:00",
        "minutes": "",
        "capacity": "20",
    } | changed


def test_everybody_sees_the_brands_and_what_comes(browser, village, django_assert_max_num_queries):
    plan = make_plan(places=[village])
    events.publish_series(by=HOUSE, series=plan.series, now=NOW)
    browser("activities:brands")

    with django_assert_max_num_queries(15):
        page = browser("activities:brands")
    brand = browser("activities:brand", plan.brand.key)

    assert "百姓星期天" in text_of(page)
    assert "往后排了4场" in text_of(page)
    assert "3号院坝" not in text_of(page)
    assert text_of(brand).count("北滨社区，百姓星期天") == 4


def test_a_county_without_brands_says_what_to_do(browser, village):
    assert "还没有品牌活动" in text_of(browser("activities:brands"))


def test_a_plan_is_looked_at_before_it_is_made(browser, village, clerk):
    brand = make_brand()

    page = browser.post("activities:new-plan", data=asked(brand), user=clerk)

    assert "看看排成什么样" in text_of(page)
    assert "每星期日 9:00，150分钟" in text_of(page)
    assert "4场" in text_of(page)
    assert not Plan.objects.exists()

    browser.post(
        "activities:new-plan", data=asked(brand, make="yes", places=[village.pk]), user=clerk
    )
    plan = Plan.objects.get()
    assert (plan.series.events.count(), plan.capacity) == (4, 20)

    shown = browser("activities:plan", plan.pk, user=clerk)
    assert "发布4场草稿" in text_of(shown)
    assert "百姓星期天" in text_of(browser("activities:plans", user=clerk))


def test_a_plan_without_a_place_is_refused_and_keeps_what_was_chosen(browser, village, clerk):
    page = browser.post(
        "activities:new-plan", data=asked(make_brand(), make="yes"), user=clerk, status=422
    )

    assert "没有选地方，所以没有排" in text_of(page)
    assert not Plan.objects.exists()


def test_a_day_gone_by_is_said_at_the_field(browser, village, clerk):
    page = browser.post(
        "activities:new-plan",
        data=asked(make_brand(), first_day="2026-11-01"),
        user=clerk,
        status=422,
    )

    assert "那天已经过了，请从今天或以后排起" in text_of(page)


def test_a_plan_is_published_and_goes_on(browser, village, clerk):
    plan = make_plan(places=[village])

    browser.post("activities:publish-plan", plan.pk, user=clerk)
    browser.post("activities:extend-plan", plan.pk, data={"until": "2027-01-31"}, user=clerk)

    assert plan.series.events.filter(status="published").count() == 4
    assert plan.series.events.filter(status="draft").count() == 5


def test_a_plan_of_another_town_is_not_there(client, village):
    plan = make_plan(places=[village])
    client.force_login(make_user(Role.TOWN_OFFICER, make_town("淮口街道")))

    assert client.get(reverse("activities:plan", args=[plan.pk])).status_code == 404
    assert client.post(reverse("activities:publish-plan", args=[plan.pk])).status_code == 404


def test_the_county_founds_and_ends_a_brand(browser, village):
    county = make_user(Role.COUNTY_OPERATOR, make_county(), name="周女士")

    browser.post(
        "activities:new-brand",
        data={
            "name": "邻里晒秋节",
            "kind": "activity",
            "summary": "秋天一起晒辣椒、晒玉米，晒自己种的。",
            "audience": "所有街坊",
            "minutes": "180",
        },
        user=county,
    )
    brand = Brand.objects.get()
    assert brand.key == "linlishaiqiujie"
    browser.post("activities:end-brand", brand.key, data={"reason": "并到百姓星期天"}, user=county)
    assert Brand.objects.get().ended_reason == "并到百姓星期天"


def test_a_clerk_chooses_a_day_and_drops_it(browser, village, clerk):
    browser.post(
        "activities:choose",
        data={
            "occasion": "dongzhi",
            "place": "赵镇街道北滨社区",
            "title": "包饺子，送给独居老人",
            "brand": "",
            "address": "3号院坝",
            "begins_at": "9:30",
            "minutes": "120",
            "capacity": "",
        },
        user=clerk,
    )
    page = browser("activities:almanac", user=clerk)
    assert "北滨社区：包饺子，送给独居老人" in text_of(page)
    assert "冬月十四" in text_of(page)

    browser.post("activities:drop", Custom.objects.get().pk, user=clerk)
    assert "包饺子，送给独居老人" not in text_of(browser("activities:choose", user=clerk))
    assert Custom.objects.get().ended_on


def test_what_was_drafted_waits_on_the_almanac(
    browser, village, clerk, django_assert_max_num_queries
):
    make_custom(village)
    services.draft_occasions(by=HOUSE, now=NOW)
    browser("activities:almanac", user=clerk)

    with django_assert_max_num_queries(16):
        page = browser("activities:almanac", user=clerk)

    assert "冬至：包饺子，送给独居老人" in text_of(page)


def test_how_it_was_is_written_and_read(browser, village, clerk, monkeypatch):
    event = make_event(place=village)
    after(event, monkeypatch)

    browser.post("activities:tell", event.pk, data={"words": "来了31位，磨刀23把。"}, user=clerk)

    public = browser("activities:recap", event.pk)
    assert "来了31位，磨刀23把。" in text_of(public)
    assert "来了31位" in text_of(browser("activities:brands"))


def test_a_recap_without_a_word_is_said_at_the_field(browser, village, clerk, monkeypatch):
    event = make_event(place=village)
    after(event, monkeypatch)

    page = browser.post("activities:tell", event.pk, data={"words": " "}, user=clerk, status=422)

    assert "一句话也没有写" in text_of(page)


def test_a_picture_is_shown_to_everybody_and_taken_down(
    browser, client, village, clerk, monkeypatch
):
    event = make_event(place=village)
    after(event, monkeypatch)
    file = SimpleUploadedFile("IMG_0001.jpg", make_picture().read(), "image/jpeg")
    browser.post(
        "activities:add-photo",
        event.pk,
        data={"file": file, "caption": "理发师傅给罗婆婆理发"},
        user=clerk,
    )
    photo = Photo.objects.get()
    address = reverse("activities:photo", args=[photo.pk, "small"])

    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert b"".join(answer.streaming_content)[:4] == b"RIFF"
    page = browser("activities:recap", event.pk)
    assert [i.get("alt") for i in page.iter("img")] == ["理发师傅给罗婆婆理发"]

    browser.post("activities:withdraw-photo", photo.pk, data={"reason": "本人不愿意"}, user=clerk)
    assert client.get(address).status_code == 404


def test_those_of_another_town_cannot_write(client, village, monkeypatch):
    event = make_event(place=village)
    after(event, monkeypatch)
    client.force_login(make_user(Role.TOWN_OFFICER, make_town("淮口街道")))

    assert client.get(reverse("activities:tell", args=[event.pk])).status_code == 404
    assert client.get(reverse("activities:add-photo", args=[event.pk])).status_code == 404


def test_nothing_written_is_nothing_to_read(client, village):
    event = make_event(place=village)

    assert client.get(reverse("activities:recap", args=[event.pk])).status_code == 404
