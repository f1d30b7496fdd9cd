import pytest
from django.urls import reverse

from gongzhi.ui.views import ShownRefusal
from tests.browser import read, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongzhi.ui.tests.urls")]
SENTENCE = ShownRefusal.message


def test_a_page_says_the_sentence_and_keeps_what_was_typed(client):
    response = client.post(
        reverse("ui:refusal"),
        {"name": "张桂兰", "id": "510121196804260416", "password": "geheim", "code": "482913"},
        headers={"referer": "http://testserver/ui/?page=2"},
    )
    assert response.status_code == 409
    page = read(response.content.decode())
    words = text_of(page)
    assert SENTENCE in words
    assert "张桂兰" in words
    assert "510121196804260416" in words
    assert "geheim" not in response.content.decode()
    assert "482913" not in response.content.decode()
    assert any(a.get("href") == "/ui/?page=2" for a in page.iter("a"))


def test_the_same_form_can_be_sent_again_without_typing(client):
    response = client.post(reverse("ui:refusal"), {"name": "张桂兰", "towns": ["a", "b"]})
    page = read(response.content.decode())
    again = next(f for f in page.iter("form") if f.get("action") == reverse("ui:refusal"))
    sent = [(i.get("name"), i.get("value")) for i in again.iter("input")]
    assert sent[1:] == [("name", "张桂兰"), ("towns", "a"), ("towns", "b")]


def test_a_form_with_a_secret_is_not_sent_again_by_itself(client):
    response = client.post(reverse("ui:refusal"), {"phone": "13800002076", "password": "geheim"})
    page = read(response.content.decode())
    assert not [f for f in page.iter("form") if f.get("action") == reverse("ui:refusal")]


def test_htmx_gets_a_piece_for_the_notices(client):
    response = client.post(reverse("ui:refusal"), headers={"hx-request": "true"})
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#notices"
    assert response["HX-Reswap"].startswith("innerHTML")
    html = response.content.decode()
    assert SENTENCE in html
    assert 'role="alert"' in html
    assert "<html" not in html


def test_a_boosted_page_gets_a_whole_page(client):
    response = client.post(
        reverse("ui:refusal"), headers={"hx-request": "true", "hx-boosted": "true"}
    )
    read(response.content.decode())


def test_a_program_gets_json(client):
    response = client.post(reverse("ui:refusal"), headers={"accept": "application/json"})
    assert response.status_code == 409
    assert response.json() == {"code": "ui.shown-on-purpose", "detail": SENTENCE}


def test_what_can_never_be_taken_is_422_and_names_the_thing(client):
    response = client.get("/test/unacceptable/", headers={"accept": "application/json"})
    assert response.status_code == 422
    assert response.json()["detail"] == "2031年还没有日历。请先导入这一年的放假通知。"
    assert read(client.get("/test/unacceptable/").content.decode()) is not None


def test_a_session_that_ended_signs_in_on_a_page_of_its_own(client, settings):
    settings.LOGIN_URL = "/sign-in/"
    response = client.get(
        "/test/members-only/",
        headers={"hx-request": "true", "hx-current-url": "http://testserver/ui/?a=1"},
    )
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/sign-in/?next=%2Fui%2F%3Fa%3D1"
    assert client.get("/test/members-only/").status_code == 302


def test_going_back_never_leads_to_another_site(client):
    response = client.post(
        reverse("ui:refusal"), headers={"referer": "https://elsewhere.example/form"}
    )
    assert "elsewhere" not in response.content.decode()
