"""The pages: choose, look over, confirm, watch, result; the same sentences as the deeds."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.places.models import Alias, Place
from gongzhi.places.testing import make_town, make_village
from gongzhi.registers import services
from gongzhi.registers.models import Import
from gongzhi.registers.testing import make_csv, make_import, make_xlsx, rows_of
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town():
    make_village("青溪社区", town=make_town("赵镇街道"))
    return Place.objects.get(name="赵镇街道")


@pytest.fixture
def officer(town, client):
    user = make_user(Role.TOWN_OFFICER, town)
    client.force_login(user)
    return user


def page(client, name, *args, status=200, query=""):
    response = client.get(reverse(name, args=args) + query)
    assert response.status_code == status
    return response.content.decode()


def send(client, town, data, name="别名.xlsx"):
    file = SimpleUploadedFile(name, data)
    return client.post("/registers/test.aliases/", {"place": town.pk, "file": file})


def test_a_file_goes_from_the_page_into_the_books(client, officer, town):
    html = page(client, "registers:list")
    read(html)
    assert "村社别名" in html
    read(page(client, "registers:upload", "test.aliases"))

    response = send(client, town, make_xlsx([*rows_of(3), ("十里村", "院子", "", "")]))

    batch = Import.objects.get()
    assert response.headers["Location"] == f"/registers/imports/{batch.pk}/"
    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "现在什么都还没有写进名册" in html
    assert "没有“十里村”" in html
    assert not Alias.objects.exists()

    client.post(reverse("registers:confirm", args=[batch.pk]), {"how": "good"})

    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "3条写进名册了" in html
    assert Alias.objects.count() == 3
    read(page(client, "registers:list"))


def test_waiting_until_all_are_right_writes_nothing(client, officer, town):
    batch = make_import([*rows_of(1), ("十里村", "院子", "", "")], place=town)

    response = client.post(
        reverse("registers:confirm", args=[batch.pk]), {"how": "wait"}, follow=True
    )

    assert "先不写" in response.content.decode()
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "空.xlsx", "一个字节也没有"),
        (b"%PDF-1.7 x", "表.xlsx", "是PDF文档"),
        (b"a,b\0c\n1,2", "表.csv", "空字符"),
        (make_csv([]), "表.csv", "没有可以导入的行"),
        (make_csv([("a", "b")], ("甲", "乙")), "表.csv", "没有找到表头"),
        (b"x" * (20 * 2**20 + 1), "大.csv", "最多收20MB"),
    ],
)
def test_a_file_that_cannot_be_read_gets_its_sentence(client, officer, town, data, name, said):
    response = send(client, town, data, name)

    assert response.status_code == 422
    html = response.content.decode()
    read(html)
    assert said in html
    assert not Import.objects.exists()


def test_columns_are_mapped_by_a_form_without_script(client, officer, town):
    batch = make_import(
        place=town, data=make_xlsx([("青溪社区", "院子")], ("村社", "土名", "说明"))
    )
    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "没有认出别名" in html

    client.post(reverse("registers:columns", args=[batch.pk]), {"column-1": "alias"})

    batch.refresh_from_db()
    assert batch.new_rows == 1


def test_one_click_mends_a_misspelt_place_everywhere(client, officer, town):
    batch = make_import([("清溪社区", "甲院", "", ""), ("清溪社区", "乙院", "", "")], place=town)

    client.post(reverse("registers:accept", args=[batch.pk, batch.faults.first().pk]))

    batch.refresh_from_db()
    assert (batch.new_rows, batch.faulty_rows) == (2, 0)
    assert "都当作" in page(client, "registers:detail", batch.pk)


def test_faults_are_paged_and_grouped_by_kind(client, officer, town, django_assert_max_num_queries):
    rows = [("十里村", f"{i}院", "1", "") for i in range(30)]
    batch = make_import(rows, place=town)

    with django_assert_max_num_queries(25):
        html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "第1–20条，共60条" in html
    html = page(client, "registers:detail", batch.pk, query="?kind=手机号")
    assert "共30条" in html
    last = batch.faults.order_by("pk")[19].pk
    assert "第21–40条" in page(client, "registers:detail", batch.pk, query=f"?after={last}")


def test_the_running_page_counts_and_offers_to_rest(client, officer, town):
    batch = make_import(rows_of(3), place=town)
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())

    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert 'hx-trigger="every 2s"' in html
    assert "已写0条，共3条" in html
    client.post(reverse("registers:pause", args=[batch.pk]))
    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "停在这里" in html
    assert "every 2s" not in html
    client.post(reverse("registers:resume", args=[batch.pk]))
    assert Alias.objects.count() == 3


def test_the_piece_that_the_page_asks_for_ends_the_asking_when_it_is_done(client, officer, town):
    batch = make_import(rows_of(3), place=town)
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
    services.run_import(by=HOUSE, batch=batch, now=timezone.now())

    piece = client.get(
        reverse("registers:detail", args=[batch.pk]), headers={"hx-request": "true"}
    ).content.decode()

    assert piece.lstrip().startswith("<div")
    assert "every 2s" not in piece


def test_when_no_worker_moves_somebody_can_go_on_from_the_page(client, officer, town):
    batch = make_import(rows_of(3), place=town)
    long_ago = timezone.now() - timedelta(minutes=5)
    services.confirm_import(by=HOUSE, batch=batch, now=long_ago)
    assert "一分钟没有动静了" in page(client, "registers:detail", batch.pk)

    client.post(reverse("registers:resume", args=[batch.pk]))

    assert Alias.objects.count() == 3


def test_an_import_is_taken_back_with_a_reason(client, officer, town):
    batch = make_import(rows_of(3), place=town)
    client.post(reverse("registers:confirm", args=[batch.pk]))

    response = client.post(reverse("registers:withdraw", args=[batch.pk]), {"reason": ""})
    assert response.status_code == 422
    client.post(reverse("registers:withdraw", args=[batch.pk]), {"reason": "传错了镇街"})

    html = page(client, "registers:detail", batch.pk)
    read(html)
    assert "已经撤回" in html
    assert not Alias.objects.exists()


def test_a_dropped_file_is_gone(client, officer, town):
    batch = make_import(rows_of(3), place=town)

    response = client.post(reverse("registers:drop", args=[batch.pk]), follow=True)

    assert "没有导" in response.content.decode()
    read(page(client, "registers:detail", batch.pk))


def test_templates_and_bad_rows_are_files_with_chinese_names(client, officer, town):
    batch = make_import([("十里村", "院子", "", "")], place=town)

    for name, args in (("template", ["test.aliases"]), ("faulty-rows", [batch.pk])):
        response = client.get(reverse(f"registers:{name}", args=args))
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment; filename*=UTF-8''%")
        assert response.content.startswith(b"PK")


def test_nobody_of_another_town_sees_it(client, town):
    batch = make_import(rows_of(3), place=town)
    client.force_login(make_user(Role.TOWN_OFFICER, make_town("官仓街道")))

    assert batch.file_name not in page(client, "registers:list")
    for name in ("detail", "faulty-rows"):
        page(client, f"registers:{name}", batch.pk, status=404)
    for name in ("confirm", "columns", "pause", "resume", "drop", "withdraw"):
        assert client.post(reverse(f"registers:{name}", args=[batch.pk])).status_code == 404


def test_a_clerk_is_told_no_and_a_visitor_is_asked_to_sign_in(client, town):
    assert client.get("/registers/").status_code == 302
    client.force_login(make_user(Role.COMMUNITY_CLERK, Place.objects.get(name="青溪社区")))
    assert client.get("/registers/").status_code == 403
