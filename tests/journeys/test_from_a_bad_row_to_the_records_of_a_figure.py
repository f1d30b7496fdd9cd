"""The operator's morning: a file with a bad row, mended, imported, counted, opened, filtered, exported."""

import openpyxl
import pytest

from gongzhi.directory.models import Volunteer
from gongzhi.registers.testing import make_xlsx

from .conftest import axe_faults, overflow

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

HEADER = ("姓名", "证件号码", "手机", "所属村社", "登记日期")
GOOD = [
    ("周小燕", "", "19900005551", "青溪社区", "2026-11-02"),
    ("吴德明", "", "19900005552", "三江社区", "2026.11.3"),
    ("郑秀英", "", "19900005553", "青溪社区", "2026年11月5日"),
]
BAD = ("冯桂芳", "", "1990000555", "青溪社区", "2026-11-06")


def read_sheet(path):
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return [[cell for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]


def take_download(page, press, path):
    with page.expect_download() as coming:
        page.click(press)
    coming.value.save_as(path)
    return path


def test_a_bad_row_is_named_and_mended_and_the_figure_opens_exactly_the_records(
    visit, county, picture, tmp_path
):
    before = Volunteer.objects.count()
    sheet = tmp_path / "志愿者登记表.xlsx"
    sheet.write_bytes(make_xlsx([*GOOD[:2], BAD, GOOD[2]], HEADER))
    page = visit("/work/", user=county.operator)

    # Nothing is written before it was looked over; the bad row is named with how to mend it.
    page.click(".side >> text=导入登记表")
    picture(page, "import-registers")
    page.click("a[href='/registers/directory.volunteers/']")
    page.set_input_files("input[type=file]", sheet)
    page.click("text=传上来看一遍")
    page.wait_for_selector("h1:has-text('导入前看一遍')")
    bad = page.inner_text("#bad")
    assert "要改的1行" in bad
    assert "第4行" in bad
    assert "手机号" in bad
    assert "11位" in bad
    assert "现在什么都还没有写进名册" in page.inner_text("main")
    assert Volunteer.objects.count() == before
    assert axe_faults(page) == []
    picture(page, "import-preview")

    # The good rows go in; the bad one comes back as a file, is mended, and goes in alone.
    page.click("button:has-text('导入3人')")
    page.wait_for_selector("h1:has-text('3人写进名册')")
    assert Volunteer.objects.count() == before + 3
    picture(page, "import-result")
    returned = take_download(page, "a:has-text('下载要改的1行')", tmp_path / "要改的行.xlsx")
    book = openpyxl.load_workbook(returned)
    cells = book.worksheets[0]
    wrong = next(c for row in cells.iter_rows() for c in row if str(c.value) == BAD[2])
    wrong.value = "19900005554"
    mended = tmp_path / "改好的行.xlsx"
    book.save(mended)
    page.click("text=再导一份")
    page.set_input_files("input[type=file]", mended)
    page.click("text=传上来看一遍")
    page.wait_for_selector("h1:has-text('导入前看一遍')")
    assert page.query_selector("#bad") is None
    page.click("button:has-text('导入1人')")
    page.wait_for_selector("h1:has-text('1人写进名册')")
    assert Volunteer.objects.count() == before + 4

    # The figure on the dashboard is the number of records behind it.
    page.click(".side >> text=总览")
    page.wait_for_selector("h1:has-text('金堂县总览')")
    tile = page.locator(".tile", has_text="登记志愿者")
    assert tile.locator(".v").inner_text() == f"{before + 4}人"
    picture(page, "overview")
    tile.locator("a").click()
    page.wait_for_selector(".agree")
    assert page.inner_text(".agree").strip() == "和下面的记录数相同"
    assert page.locator("table.stick tbody tr").count() == before + 4
    picture(page, "records")

    # Filtered to one community, the records are exactly those of that community.
    page.select_option("#at", label="赵镇街道")
    page.click("button:has-text('筛选')")
    page.wait_for_selector("h1")
    page.select_option("#at", label="青溪社区")
    page.click("button:has-text('筛选')")
    page.wait_for_function("!document.querySelector('main').innerText.includes('三江社区 ·')")
    here = Volunteer.objects.filter(place=county.qingxi)
    shown = page.locator("table.stick tbody tr").all_inner_texts()
    assert len(shown) == here.count()
    assert any("冯桂芳" in row for row in shown)
    assert not any("吴德明" in row for row in shown)

    # What is taken away as a workbook says the same people, their numbers masked.
    page.click(f"a:has-text('导出{here.count()}人')")
    assert overflow(page) == 0
    picture(page, "export")
    taken = take_download(page, "main button.primary", tmp_path / "导出.xlsx")
    text = "\n".join(str(cell) for row in read_sheet(taken) for cell in row if cell is not None)
    for volunteer in here.select_related("person"):
        assert volunteer.person.name in text
    assert "吴德明" not in text
    assert "19900005554" not in text
    assert "199****5554" in text
