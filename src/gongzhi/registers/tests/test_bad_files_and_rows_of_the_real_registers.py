"""Every bad input of the issue, through the page, against the registers that the directory declares."""

import io
import zipfile
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Person, Volunteer
from gongzhi.places.models import Place
from gongzhi.places.testing import make_town, make_village
from gongzhi.registers import engine, services
from gongzhi.registers.models import Import
from gongzhi.registers.testing import make_csv, make_import, make_xlsx
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.registers import registers
from tests.browser import read

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = ("姓名", "证件号码", "联系电话", "所属村社", "出生年月", "加入时间")
ID = make_id_number("510199", date(1968, 4, 26), 2)
OTHER_ID = make_id_number("510199", date(1975, 11, 3), 3)
GOOD = ("张桂兰", ID, "19900000001", "青溪社区", "1968/4/26", "2021.3.1")


@pytest.fixture
def town():
    make_village("青溪社区", town=make_town("赵镇街道"))
    return Place.objects.get(name="赵镇街道")


def workbook(change=None, rows=(GOOD,)):
    book = Workbook()
    page = book.active
    for row in (HEADER, *rows):
        page.append(row)
    if change:
        change(page)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def zip_bomb():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("xl/workbook.xml", b"<workbook/>")
        box.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 2**20))
    return target.getvalue()


def locked():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le").rjust(900)


def wide():
    return workbook(lambda page: page.cell(2, 200, "远处的一格"))


def merged():
    return workbook(lambda page: page.merge_cells("D2:D3"), (GOOD, GOOD))


BAD_FILES = [
    (lambda: b"0" * (30 * 2**20), "三十兆.xlsx", "文件有30MB，最多收20MB"),
    (zip_bomb, "炸弹.xlsx", "展开后大得不合常理"),
    (locked, "加密.xlsx", "设了打开密码"),
    (lambda: make_csv([GOOD], HEADER).replace(b"2021", b"20\x0021"), "断.csv", "空字符"),
    (merged, "合并.xlsx", "合并的单元格D2:D3"),
    (wide, "太宽.xlsx", "最多读100列"),
    (lambda: workbook(rows=()), "空表.xlsx", "没有可以导入的行"),
    (lambda: b"\x89PNG\r\n\x1a\n", "照片.xlsx", "是图片"),
    (lambda: b"<html><table></table></html>", "网页.xls", "里面是网页"),
    (lambda: make_xlsx([GOOD], HEADER)[:2000], "坏的.xlsx", "已经损坏"),
]
each_bad_file = pytest.mark.parametrize(
    ("data", "name", "said"),
    BAD_FILES,
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)


@each_bad_file
def test_a_bad_file_is_refused_with_what_is_wrong_and_how_to_mend_it(
    client, town, data, name, said
):
    client.force_login(make_user(Role.TOWN_OFFICER, town))

    response = client.post(
        "/registers/directory.volunteers/",
        {"place": town.pk, "file": SimpleUploadedFile(name, data())},
    )

    assert response.status_code == 422
    html = response.content.decode()
    read(html)
    assert said in html
    assert "请" in html[html.index(said) :][:200], "says how to mend it"
    assert not Import.objects.exists()


@each_bad_file
def test_another_program_is_refused_with_the_very_same_sentence(client, town, data, name, said):
    client.force_login(make_user(Role.TOWN_OFFICER, town))
    html = client.post(
        "/registers/directory.volunteers/",
        {"place": town.pk, "file": SimpleUploadedFile(name, data())},
    ).content.decode()

    response = client.post(
        "/api/registers/directory.volunteers",
        {"place": "赵镇街道", "file": SimpleUploadedFile(name, data())},
    )

    assert response.status_code == 422
    sentence = response.json()["detail"]
    assert said in sentence
    assert sentence in unescape(html)
    assert not Import.objects.exists()


def faults(town, *rows, data=b"", name="志愿者.xlsx"):
    batch = make_import(
        place=town,
        register=registers()["directory.volunteers"],
        data=data or make_xlsx(rows, HEADER),
        name=name,
    )
    assert batch.rows == batch.new_rows + batch.changed_rows + batch.same_rows + batch.faulty_rows
    return list(batch.faults.order_by("pk").values_list("row", "column", "wrong"))


def test_a_file_of_the_wrong_kind_by_name_is_known_by_its_content(town):
    assert faults(town, data=make_csv([GOOD], HEADER), name="其实是文本.xlsx") == []
    assert faults(town, data=make_csv([GOOD], HEADER, "gb18030"), name="国标.csv") == []


def test_a_formula_without_a_result_is_named(town):
    data = workbook(lambda page: page.cell(2, 2, '="5101"&"99"'))

    ((row, column, wrong),) = faults(town, data=data)

    assert (row, column) == (2, "证件号码")
    assert "公式" in wrong


@pytest.mark.parametrize(
    ("at", "value", "column", "said"),
    [
        (1, ID[:17] + ("0" if ID[17] != "0" else "1"), "证件号码", "校验码对不上"),
        (1, ID[:6] + "1868" + ID[10:], "证件号码", "世纪写错了"),
        (1, 5.10199196804269e17, "证件号码", "科学计数"),
        (2, "1990000000", "联系电话", "少1位"),
        (3, "十里村", "所属村社", "十里村"),
        (3, "", "所属村社", "没有填"),
        (4, "2091/3/5", "出生年月", "今天之后"),
        (5, "去年春天", "加入时间", "看不出是哪一天"),
        (0, "", "姓名", "没有填"),
    ],
)
def test_a_bad_cell_is_named(town, at, value, column, said):
    row = [*GOOD[:at], value, *GOOD[at + 1 :]]

    found = faults(town, row)

    assert (2, column) == found[0][:2]
    assert said in found[0][2]


def test_doubles_in_the_file_and_against_the_directory_are_named(town):
    assert "和第2行" in faults(town, GOOD, ("李建国", *GOOD[1:]))[0][2]
    batch = make_import(
        place=town, register=registers()["directory.volunteers"], data=make_xlsx([GOOD], HEADER)
    )
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
    services.run_import(by=HOUSE, batch=batch, now=timezone.now())

    ((_, _, wrong),) = faults(town, ("王秀英", *GOOD[1:]))

    assert "名册里" in wrong


def test_the_name_of_a_merged_place_is_read_as_its_successor_and_its_code_is_named(town):
    from gongzhi.places import services as places

    old = make_village("红旗村", town=town)
    code = old.code
    places.merge_places(
        by=HOUSE,
        place=old,
        into=Place.objects.get(name="青溪社区"),
        effective_on=timezone.localdate(),
        now=timezone.now(),
    )

    assert faults(town, (*GOOD[:3], "红旗村", *GOOD[4:])) == []
    ((row, column, wrong),) = faults(town, (*GOOD[:3], code, *GOOD[4:]))
    assert (row, column) == (2, "所属村社")
    assert "并入青溪社区" in wrong


def test_written_volunteers_are_sealed_and_counted_once_and_can_be_taken_back(town):
    rows = [GOOD, ("李建国", OTHER_ID, "", "青溪社区", "", "")]
    for expected in (2, 0):
        batch = make_import(
            place=town, register=registers()["directory.volunteers"], data=make_xlsx(rows, HEADER)
        )
        assert batch.to_write == expected
        if expected:
            services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
            services.run_import(by=HOUSE, batch=batch, now=timezone.now())
            first = batch
    assert Volunteer.objects.count() == 2
    assert not Person.objects.filter(name__contains=ID).exists()

    services.withdraw_import(by=HOUSE, batch=first, reason="传错了镇街", now=timezone.now())

    assert not Volunteer.objects.filter(ended_on=None).exists()


@pytest.mark.parametrize(
    "key",
    [
        "directory.organizations",
        "directory.ratings",
        "directory.volunteers",
        "directory.teams",
        "directory.collectives",
    ],
)
def test_every_register_has_a_template_that_it_reads_itself(key):
    register = registers()[key]

    table = engine.opened(_with_a_row(engine.template(register)), "模板.xlsx", register)

    columns = engine.recognize(register, table.titles)
    assert [c.key for c in columns] == [c.key for c in register.columns]
    assert {c.how for c in columns} == {"same"}


def _with_a_row(data):
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data))
    book.worksheets[0].append(["x"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
