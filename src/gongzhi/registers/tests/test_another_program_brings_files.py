"""The interface for programs: the same deeds, the same refusals, the same findings as on the pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gongzhi.accounts.testing import make_user
from gongzhi.places.models import Alias, Place
from gongzhi.places.testing import make_town, make_village
from gongzhi.registers.models import Import
from gongzhi.registers.testing import make_import, make_xlsx, rows_of
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/api/registers/"


@pytest.fixture
def town():
    make_village("青溪社区", town=make_town("赵镇街道"))
    return Place.objects.get(name="赵镇街道")


@pytest.fixture
def officer(town, client):
    user = make_user(Role.TOWN_OFFICER, town)
    client.force_login(user)
    return user


def send(client, rows, place="赵镇街道", key="test.aliases"):
    file = SimpleUploadedFile("别名.xlsx", make_xlsx(rows))
    return client.post(f"{ADDRESS}{key}", {"place": place, "file": file})


def test_a_file_is_looked_over_and_written_after_it_was_confirmed(client, officer):
    response = send(client, [*rows_of(3), ("十里村", "院子", "", "")])

    said = response.json()
    assert response.status_code == 201
    assert (said["rows"], said["new"], said["faulty"]) == (4, 3, 1)
    (fault,) = said["faults"]
    assert (fault["row"], fault["column"], fault["wrong"]) == (5, "村社", "没有“十里村”")
    assert not Alias.objects.exists()

    response = client.post(f"{ADDRESS}imports/{said['id']}/confirm")

    assert response.status_code == 202
    assert Alias.objects.count() == 3
    done = client.get(f"{ADDRESS}imports/{said['id']}").json()
    assert (done["state"], done["added"]) == ("done", 3)


def test_confirming_twice_is_refused_with_the_sentence_of_the_page(client, officer, town):
    batch = make_import(rows_of(1), place=town)
    client.post(f"{ADDRESS}imports/{batch.pk}/confirm")

    response = client.post(f"{ADDRESS}imports/{batch.pk}/confirm")

    assert response.status_code == 409
    assert response.json()["code"] == "registers.not-waiting"
    assert "请刷新页面" in response.json()["detail"]


def test_an_unknown_place_is_refused_before_the_file_is_read(client, officer):
    response = send(client, rows_of(1), place="没有的镇")

    assert response.status_code == 422
    assert "没有“没有的镇”" in response.json()["detail"]
    assert not Import.objects.exists()


def test_programs_of_other_towns_clerks_and_visitors_are_refused(client, officer, town):
    batch = make_import(rows_of(1), place=town)
    client.force_login(make_user(Role.TOWN_OFFICER, make_town("官仓街道"), name="赵女士"))
    assert send(client, rows_of(1)).status_code == 403
    assert client.get(f"{ADDRESS}imports/{batch.pk}").status_code == 404
    assert client.post(f"{ADDRESS}imports/{batch.pk}/confirm").status_code == 404

    client.force_login(make_user(Role.COMMUNITY_CLERK, town, name="周女士"))
    # A clerk imports other registers; this one is not among theirs.
    assert send(client, rows_of(1)).status_code == 404

    client.logout()
    assert send(client, rows_of(1)).status_code == 401
    assert client.get(f"{ADDRESS}imports/{batch.pk}").status_code == 401
    assert not Alias.objects.exists()


def test_a_program_pages_through_what_must_be_mended(client, officer):
    said = send(client, [("十里村", f"{n}号院", "", "") for n in range(45)]).json()
    rows = [fault["row"] for fault in said["faults"]]
    while said["next_fault"]:
        address = f"{ADDRESS}imports/{said['id']}?fault={said['next_fault']}"
        said = client.get(address).json()
        rows += [fault["row"] for fault in said["faults"]]

    assert rows == list(range(2, 47))
