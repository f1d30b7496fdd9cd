import gzip

import pytest
from django.urls import reverse

from tests.browser import text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["ui:catalogue", "ui:workbench", "ui:accessibility", "ui:privacy"])
def test_anybody_may_read_it(browser, name, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        browser(name)


def test_the_workbench_menu_is_there_twice_from_one_include(browser):
    page = browser("ui:workbench")
    menus = [n for n in page.iter("nav") if n.get("aria-label", "").startswith("工作台")]
    assert len(menus) == 2
    assert len({text_of(m) for m in menus}) == 1


def test_errors_come_first_and_the_title_says_so(browser):
    page = browser("ui:workbench")
    assert page.findtext("head/title").startswith("错误：")
    assert page.findtext("head/title").count("错误：") == 1


def test_a_public_page_is_light(client):
    page = client.get(reverse("ui:privacy")).content
    assert len(gzip.compress(page)) < 12_000  # bytes


def test_every_page_offers_elder_mode_and_the_two_statements(browser):
    page = browser("ui:privacy")
    assert any(b.get("value") == "elder" for b in page.iter("button"))
    links = {a.get("href") for a in page.iter("a")}
    assert {reverse("ui:accessibility"), reverse("ui:privacy")} <= links


def test_what_just_happened_is_said_politely(client, rf):
    from django.contrib.messages import constants
    from django.template.loader import render_to_string

    class Said:
        def __init__(self, level, words):
            self.level, self.words = level, words

        def __str__(self):
            return self.words

    html = render_to_string(
        "ui/notices.html",
        {"messages": [Said(constants.SUCCESS, "存好了"), Said(constants.ERROR, "没存上")]},
    )
    toasts = html.split('class="toasts"')[1]
    assert "存好了" in toasts
    assert "没存上" not in toasts
    assert 'role="status"' in html
