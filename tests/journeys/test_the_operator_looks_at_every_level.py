"""Signing in with a password, the dashboard, and the same figures from the county down to a courtyard."""

import pytest

from .conftest import axe_faults, overflow
from .county import OPERATOR_PHONE, PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def figure(page, label):
    """Return the number on a tile."""
    return int(page.locator(".tile", has_text=label).first.locator(".v").inner_text().rstrip("家"))


def switch(page, name):
    page.click("details.place > summary")
    page.click(f"details.place[open] a:text-is('{name}')")
    page.wait_for_selector(f"h1:has-text('{name}')")


def test_the_operator_signs_in_and_goes_from_county_to_courtyard_and_park(visit, county, picture):
    page = visit("/", width=1440)
    page.click("header >> text=登录")
    picture(page, "signin")
    page.click("summary:has-text('用密码登录')")
    page.fill("input[name=login]", OPERATOR_PHONE)
    page.fill("input[name=password]", PASSWORD)
    page.click("details[open] button:has-text('登录')")
    page.wait_for_selector("h1:has-text('我的待办')")
    assert "李女士" in page.inner_text("header")
    picture(page, "work")

    page.click(".side >> text=总览")
    page.wait_for_selector("h1:has-text('金堂县总览')")
    page.wait_for_selector("#h-todo")
    seen = {"金堂县": figure(page, "登记社会组织")}
    for name in ("赵镇街道", "青溪社区", "和顺苑", "淮州新城"):
        if name == "淮州新城":
            switch(page, "金堂县")
        switch(page, name)
        seen[name] = figure(page, "登记社会组织")
        assert overflow(page) == 0
    assert seen["金堂县"] > seen["赵镇街道"] > seen["青溪社区"] > seen["和顺苑"] == 0
    assert seen["淮州新城"] == 2
    assert axe_faults(page) == []


def test_on_a_phone_the_menu_and_the_switcher_bring_the_operator_to_the_same_place(visit, county):
    page = visit("/work/dashboard/", width=390, user=county.operator)
    switch(page, "赵镇街道")
    assert overflow(page) == 0
    page.click("details.menu > summary")
    page.click("details.menu >> text=组织和人")
    page.wait_for_selector("h1:has-text('组织和人')")
    assert "赵镇街道" in page.inner_text("main")
    assert overflow(page) == 0
