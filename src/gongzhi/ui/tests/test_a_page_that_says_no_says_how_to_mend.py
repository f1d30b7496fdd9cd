import pytest
from django.test import Client
from django.urls import reverse

from tests.browser import read, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongzhi.ui.tests.urls")]


def test_403_says_which_permission_is_missing(client):
    response = client.get("/test/not-yours/")
    assert response.status_code == 403
    words = text_of(read(response.content.decode()))
    assert "权限管理员" in words
    assert "places.move-place" in words


def test_403_is_a_piece_for_htmx_and_json_for_programs(client):
    piece = client.get("/test/not-yours/", headers={"hx-request": "true"})
    assert piece.status_code == 403
    assert piece["HX-Retarget"] == "#notices"
    program = client.get("/test/not-yours/", headers={"accept": "application/json"})
    assert program.json()["code"] == "places.move-place"


def test_404_leads_home(client):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "首页" in text_of(read(response.content.decode()))
    assert client.get("/nowhere/", headers={"accept": "application/json"}).json()["code"] == (
        "house.not-found"
    )


def test_500_asks_the_database_nothing(client, django_assert_num_queries):
    client.raise_request_exception = False
    with django_assert_num_queries(0):
        response = client.get("/test/breaks/")
    assert response.status_code == 500
    assert "不是您的错" in text_of(read(response.content.decode()))


def test_400_says_that_nothing_was_changed(rf):
    from gongzhi.ui.views import bad_request

    response = bad_request(rf.get("/"), ValueError())
    assert response.status_code == 400
    assert "没有改动任何记录" in text_of(read(response.content.decode()))


def test_a_stale_form_is_refused_with_what_was_typed_but_never_sent_again():
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("ui:refusal"), {"name": "张桂兰"})
    assert response.status_code == 403
    page = read(response.content.decode())
    assert "张桂兰" in text_of(page)
    assert not [f for f in page.iter("form") if f.get("action") == reverse("ui:refusal")]
