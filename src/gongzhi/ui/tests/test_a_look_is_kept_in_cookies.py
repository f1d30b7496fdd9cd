import pytest
from django.urls import reverse

from gongzhi.ui.look import Look

pytestmark = pytest.mark.django_db


def test_elder_mode_is_kept_and_works_on_the_next_public_page(client, browser):
    response = client.post(reverse("ui:look"), {"mode": "elder", "next": "/privacy/"})

    assert response["Location"] == "/privacy/"
    assert client.cookies["mode"].value == "elder"
    assert client.cookies["mode"]["samesite"] == "Lax"
    assert client.cookies["mode"]["httponly"]
    for name in ("ui:privacy", "ui:accessibility", "ui:catalogue"):
        page = browser(name)
        assert page.get("data-mode") == "elder"
        assert any("回普通版" in "".join(b.itertext()) for b in page.iter("button"))


def test_larger_type_is_a_step_of_elder_mode(client, browser):
    client.post(reverse("ui:look"), {"mode": "elder"})
    client.post(reverse("ui:look"), {"size": "max"})
    assert browser("ui:privacy").get("data-size") == "max"

    client.post(reverse("ui:look"), {"mode": ""})
    page = browser("ui:privacy")
    assert page.get("data-mode") is None
    assert page.get("data-size") is None


def test_dark_is_kept_and_taken_back(client, browser):
    client.post(reverse("ui:look"), {"theme": "dark"})
    assert browser("ui:workbench").get("data-theme") == "dark"

    client.post(reverse("ui:look"), {"theme": "light"})
    assert browser("ui:workbench").get("data-theme") == "light"


def test_what_was_not_asked_stays_as_it_was(client):
    client.post(reverse("ui:look"), {"mode": "elder"})
    response = client.post(reverse("ui:look"), {"theme": "dark"})
    assert "mode" not in response.cookies


@pytest.mark.parametrize("asked", ["neon", "<script>", "elder; Path=/"])
def test_an_unknown_look_changes_nothing(client, asked):
    response = client.post(reverse("ui:look"), {"mode": asked})
    assert "mode" not in response.cookies


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_going_back_never_leaves_the_site(client, elsewhere):
    response = client.post(reverse("ui:look"), {"theme": "dark", "next": elsewhere})
    assert response["Location"] == "/"


def test_a_forged_cookie_never_reaches_the_page(client, browser):
    client.cookies["theme"] = '"><script>'
    assert browser("ui:privacy").get("data-theme") is None


def test_elder_mode_is_always_light():
    assert Look(mode="elder", theme="dark").attributes == ' data-mode="elder"'
    assert Look(theme="dark", size="max").attributes == ' data-theme="dark"'
    assert Look().attributes == ""


def test_looking_is_changed_by_sending_a_form_only(client):
    assert client.get(reverse("ui:look")).status_code == 405
