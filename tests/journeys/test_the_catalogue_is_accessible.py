import pytest

from .conftest import axe_faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

PAGES = ["/ui/", "/ui/workbench/", "/accessibility/", "/privacy/", "/nowhere/"]
LOOKS = [{}, {"theme": "dark"}, {"mode": "elder"}, {"mode": "elder", "size": "max"}]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look.values()) or "light")
@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_every_component_is_accessible_and_fits(page, live_server, look, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies(
        [{"name": name, "value": value, "url": live_server.url} for name, value in look.items()]
    )
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        if width in (390, 1440):
            assert axe_faults(page) == [], address


def test_the_menu_the_switcher_and_a_dialog_are_accessible_when_open(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/ui/workbench/")
    page.click("details.menu > summary")
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('details.menu').open")

    page.click("details.place > summary")
    assert axe_faults(page) == []

    page.goto("/ui/#undo")
    assert page.is_visible("#undo")
    assert axe_faults(page) == []
    page.click("#undo .btn:has-text('先不撤')")
    assert not page.is_visible("#undo")


def test_a_refusal_is_said_in_the_page_and_typed_words_survive_going_back(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/ui/")
    page.click("text=在这一页里试一次谢绝")
    page.wait_for_selector("#notices .alert.danger")
    assert "请换一场" in page.inner_text("#notices")
    assert page.evaluate("document.activeElement.closest('#notices') !== null")

    page.fill("#id_new-name", "怎样开好一次坝坝会")
    page.evaluate("document.querySelector('#id_new-name').form.submit()")
    page.wait_for_selector("h1:has-text('没有办成')")
    assert axe_faults(page) == []
    page.click("[data-back]")
    page.wait_for_selector("h1:has-text('组件手册')")
    assert page.input_value("#id_new-name") == "怎样开好一次坝坝会"


def test_the_look_changes_without_script(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/privacy/")
    page.click("text=长者版")
    assert page.get_attribute("html", "data-mode") == "elder"
    assert page.url.endswith("/privacy/")
    page.click("text=字再大")
    assert page.get_attribute("html", "data-size") == "max"
    page.click("text=回普通版")
    assert page.get_attribute("html", "data-mode") is None
    context.close()


def test_ticked_rows_are_counted(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/ui/workbench/")
    page.check("thead input[type=checkbox]")
    assert page.inner_text("[data-bulk] b") == "已选4人"
    page.uncheck("tbody input[type=checkbox] >> nth=0")
    assert page.inner_text("[data-bulk] b") == "已选3人"
