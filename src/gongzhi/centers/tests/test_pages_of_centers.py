"""What people see and press; every page is read strictly by the `browser`."""

from datetime import date

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.centers import services
from gongzhi.centers.models import Booking, Center
from gongzhi.centers.testing import (
    NOW,
    SATURDAY,
    THURSDAY,
    book,
    make_center,
    make_operator,
    make_venue,
)
from gongzhi.directory.testing import make_organization
from gongzhi.places.testing import make_county, make_town
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ten_in_the_morning(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def clerk_at(center):
    return make_user(Role.CENTER_OPERATOR, center.place, name="陈女士")


def officer():
    return make_user(Role.COUNTY_OFFICER, make_county(), name="杨先生")


def asked(**changed):
    return {
        "day": "2026-11-26",
        "begins": "18",
        "ends": "22",
        "purpose": "坝坝会，商量停车",
        "headcount": "12",
        "phone": "",
    } | changed


def test_everybody_sees_which_centers_are_open_now(browser):
    center = make_center()
    make_operator(center)
    make_center("金堂县社区发展治理支持中心", level=Center.Level.COUNTY)

    words = text_of(browser("centers:list"))

    assert words.index("县级支持中心") < words.index("镇街支持分中心")
    assert "现在开着，17:30关门" in words
    assert "金堂县社会组织促进会运营" in words


def test_without_a_center_the_page_says_why_it_is_empty(browser):
    assert "还没有开门的支持中心" in text_of(browser("centers:list"))


def test_a_center_page_shows_hours_rules_operators_and_what_is_free(browser):
    venue = make_venue()
    center = venue.center
    make_operator(center)
    services.publish_house_rule(
        by=HOUSE,
        center=center,
        title="场地管理办法",
        text="用完请关灯。",
        since=date(2021, 1, 1),
        now=NOW,
    )
    services.set_special_day(
        by=HOUSE, center=center, day=SATURDAY, hours=None, note="停电检修", now=NOW
    )
    book(venue, by=make_user(name="王素芬"))

    page = browser("centers:detail", center.pk)

    words = text_of(page)
    assert "9:00–17:30" in words
    assert "停电检修" in words
    assert "用完请关灯。" in words
    assert "2020年6月1日起" in words
    assert "王素芬" not in words
    free = [text_of(a) for a in page.iter("a") if "/book/" in a.get("href", "")]
    assert free[0].startswith("10:30–17:30")
    assert free[1].startswith("11:00–17:30")


def test_a_center_page_asks_few_questions_however_many_venues(
    browser, django_assert_max_num_queries
):
    center = make_center()
    for number in range(6):
        make_venue(center, f"{number}号议事厅")

    with django_assert_max_num_queries(12):
        browser("centers:detail", center.pk)


def test_the_list_asks_as_many_questions_for_one_center_as_for_five(
    browser, django_assert_max_num_queries
):
    for name in ("竹篙镇", "五凤镇", "官仓街道", "淮口街道", "又新镇"):
        make_operator(
            make_center(f"{name}支持分中心", place=make_town(name)),
            make_organization(f"{name}社会工作服务中心"),
        )

    with django_assert_max_num_queries(8):
        browser("centers:list")


def test_a_week_that_cannot_be_read_is_this_week(browser):
    venue = make_venue()

    assert "11月25日" in text_of(browser("centers:detail", venue.center.pk, week="明天"))
    assert "12月2日" in text_of(browser("centers:detail", venue.center.pk, week="2026-12-02"))


def test_a_resident_books_without_script_and_sees_it_agreed(browser):
    venue = make_venue()
    resident = make_user(name="张桂兰", phone="13800002076")

    page = browser(
        "centers:book", venue.pk, user=resident, day="2026-11-26", **{"from": "9:00", "to": "11:00"}
    )
    assert "空着：9:00–17:30" in text_of(page)
    done = browser.post("centers:book", venue.pk, data=asked())

    assert "约好了" in text_of(done)
    booking = Booking.objects.get()
    assert (booking.name, booking.time, booking.booked_by) == ("张桂兰", "9:00–11:00", resident)
    assert "138****2076" in text_of(done)


def test_a_form_that_is_not_filled_comes_back_with_all_sentences_first(browser):
    venue = make_venue()

    page = browser.post(
        "centers:book",
        venue.pk,
        user=make_user(),
        data=asked(purpose="", headcount="很多", begins="22", ends="20"),
        status=422,
    )

    words = text_of(page)
    assert "有3处要改" in words
    assert "来多少人请填数字，例如12" in words
    assert "结束不晚于开始" in words
    assert page.findtext("head/title").startswith("错误：")


def test_a_taken_time_is_refused_in_words_and_nothing_typed_is_lost(browser):
    venue = make_venue()
    book(venue)

    page = browser.post(
        "centers:book", venue.pk, user=make_user(name="李建国"), data=asked(), status=409
    )

    words = text_of(page)
    assert "由一位街坊约了，用到11:00。" in words
    assert "坝坝会，商量停车" in words


def test_staff_book_for_an_organization_by_its_name(browser):
    venue = make_venue()
    organization = make_organization("青溪社会工作服务中心")

    browser.post(
        "centers:book",
        venue.pk,
        user=clerk_at(venue.center),
        data=asked(organization="青溪社会工作服务中心", name="何女士"),
    )
    page = browser.post(
        "centers:book", venue.pk, data=asked(organization="没有这家", name=""), status=422
    )

    assert Booking.objects.get().organization == organization
    assert "名录里没有正好叫“没有这家”的组织" in text_of(page)


def test_a_manager_chooses_among_their_own_organizations(browser):
    venue = make_venue()
    organization = make_organization("青溪社会工作服务中心")
    manager = make_user(Role.ORGANIZATION_MANAGER, organization=organization, name="何女士")

    browser("centers:book", venue.pk, user=manager)
    browser.post("centers:book", venue.pk, data=asked(organization=str(organization.pk)))

    assert Booking.objects.get().organization == organization


def test_ones_bookings_are_listed_and_can_be_given_back(browser):
    booking = book(make_venue(), by=(resident := make_user(name="张桂兰")))

    assert "坝坝会，商量停车" in text_of(browser("centers:bookings", user=resident))
    browser.post("centers:cancel", booking.pk)

    booking.refresh_from_db()
    assert booking.state == Booking.State.CANCELLED


def test_somebody_elses_booking_is_not_to_be_found(client):
    booking = book(make_venue(), by=make_user(name="张桂兰"))
    client.force_login(make_user(name="王素芬"))

    assert client.get(reverse("centers:booking", args=[booking.pk])).status_code == 404
    assert client.post(reverse("centers:cancel", args=[booking.pk])).status_code == 404


def test_the_center_agrees_and_declines_at_its_desk(browser):
    venue = make_venue(needs_approval=True)
    clerk = clerk_at(venue.center)
    first, second = book(venue), book(venue, begins="14:00", ends="15:00")

    desk = text_of(browser("centers:desk", venue.center.pk, user=clerk))
    assert "等着答应的预约" in desk
    browser("centers:booking", first.pk)
    browser.post("centers:confirm", first.pk)
    browser.post("centers:decline", second.pk, data={"reason": "那天装投影"})
    refused = browser.post("centers:decline", first.pk, data={"reason": "改主意"}, status=409)

    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("confirmed", "declined")
    assert "不能改成" in text_of(refused)


def test_a_phone_is_opened_once_with_a_reason(browser):
    venue = make_venue()
    clerk = clerk_at(venue.center)
    booking = book(venue, by=clerk, name="罗大爷", phone="13800002076")

    masked = text_of(
        browser("centers:booking", booking.pk, user=make_user(Role.COUNTY_LEADER, make_county()))
    )
    opened = text_of(
        browser.post("centers:open-phone", booking.pk, user=clerk, data={"reason": "通知换房间"})
    )

    assert "138****2076" in masked
    assert "13800002076" not in masked
    assert "13800002076" in opened


def test_the_desk_of_another_town_is_closed(client):
    center = make_center()
    client.force_login(make_user(Role.CENTER_OPERATOR, make_town("竹篙镇"), name="周女士"))

    for name in ("desk", "hours", "describe", "special-day", "publish-rule", "add-venue"):
        assert client.get(reverse(f"centers:{name}", args=[center.pk])).status_code == 404
    assert client.get(reverse("centers:open")).status_code == 403


def test_a_resident_has_no_desk(client):
    client.force_login(make_user(name="张桂兰"))

    assert client.get(reverse("centers:manage")).status_code == 403


def test_hours_are_written_as_people_write_them(browser):
    center = make_center()
    clerk = clerk_at(center)

    browser("centers:hours", center.pk, user=clerk)
    browser.post(
        "centers:hours",
        center.pk,
        data={"since": "2026-11-26", "day3": "9：00-12：00，14:00至18:00", "day4": ""},
    )
    wrong = browser.post(
        "centers:hours", center.pk, data={"since": "2026-11-26", "day3": "九点到五点"}, status=422
    )

    table = services.bookings.queries.timetable_of(center)
    assert table.on(THURSDAY).label == "9:00–12:00、14:00–18:00"
    assert "星期四的时间认不出来" in text_of(wrong)


def test_everything_of_a_center_is_set_up_from_its_desk(browser):
    officer_, town = officer(), make_town("竹篙镇")
    organization = make_organization("竹篙社会工作服务中心")

    browser("centers:manage", user=officer_)
    browser("centers:open")
    browser.post(
        "centers:open",
        data={
            "name": "竹篙镇支持分中心",
            "level": "sub",
            "place": "竹篙镇",
            "address": "竹篙镇竹篙大道1号",
            "phone": "028-84920000",
            "services": ["incubation"],
            "rests_on_holidays": "on",
            "opened_on": "2026-11-25",
        },
    )
    center = Center.objects.get(place=town)
    browser("centers:appoint", center.pk)
    browser.post(
        "centers:appoint",
        center.pk,
        data={
            "organization": organization.name,
            "since": "2026-11-25",
            "document": "金委社治〔2026〕12号",
        },
    )
    clerk = clerk_at(center)
    browser("centers:add-venue", center.pk, user=clerk)
    browser.post(
        "centers:add-venue",
        center.pk,
        data={"name": "二楼排练厅", "capacity": "20", "opened_on": "2026-11-25"},
    )
    venue = center.venues.get()
    browser("centers:change-venue", venue.pk)
    browser.post("centers:change-venue", venue.pk, data={"capacity": "25", "takes_bookings": "on"})
    browser("centers:special-day", center.pk)
    browser.post(
        "centers:special-day", center.pk, data={"day": "2026-11-27", "hours": "", "note": "停电"}
    )
    special = center.special_days.get()
    browser.post("centers:drop-special-day", special.pk)
    browser("centers:publish-rule", center.pk)
    browser.post(
        "centers:publish-rule",
        center.pk,
        data={"title": "场地管理办法", "text": "用完请关灯。", "since": "2026-11-25"},
    )
    browser("centers:describe", center.pk)
    browser.post(
        "centers:describe",
        center.pk,
        data={"address": "竹篙镇竹篙大道3号", "phone": "028-84920000"},
    )
    desk = text_of(browser("centers:desk", center.pk))
    assert "二楼排练厅" in desk
    assert "场地管理办法" in desk
    assert "更新中心信息" in desk
    browser("centers:close-venue", venue.pk)
    browser.post("centers:close-venue", venue.pk, data={"on": "2026-11-26", "reason": "改作书屋"})
    operator = center.operators.get()
    browser("centers:end-operator", operator.pk, user=officer_)
    browser.post("centers:end-operator", operator.pk, data={"on": "2026-11-26", "reason": "期满"})
    browser("centers:close", center.pk)
    browser.post("centers:close", center.pk, data={"on": "2026-11-26", "reason": "撤并"})

    center.refresh_from_db()
    assert center.closed_on == THURSDAY


def test_an_unknown_place_is_named_at_the_field(browser):
    page = browser.post(
        "centers:open",
        user=officer(),
        data={
            "name": "分中心",
            "level": "sub",
            "place": "没有镇",
            "address": "某处",
            "phone": "028",
            "opened_on": "2026-11-25",
        },
        status=422,
    )

    assert "没有镇" in text_of(page)
