"""Exports: numbers masked, left out, or in full with a reason; how it was counted; a line in the book."""

import csv
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.testing import make_organization, make_person, make_volunteer
from gongzhi.indicators import sheets
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db
ADDRESS = "/records/directory.volunteers/export/"


@pytest.fixture
def county():
    county = make_county()
    village = make_village("青溪社区", town=make_town("赵镇街道"))
    make_village("玉龙社区")
    for name in ("张桂兰", "李建国"):
        make_volunteer(name, person=make_person(name, place=village, phone="13812342076"))
    return county


@pytest.fixture
def operator(county):
    return make_user(Role.COUNTY_OPERATOR, county)


def take(client, user, address=ADDRESS, query="", **form):
    client.force_login(user)
    return client.post(f"{address}{query}", {"numbers": "masked", "form": "xlsx"} | form)


def book_of(response):
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_page_asks_how_numbers_are_written(browser, county, operator):
    page = browser(ADDRESS, place=county.pk, user=operator)

    words = "".join(page.itertext())
    for choice in ("遮住中间几位", "不带号码", "完整号码"):
        assert choice in words
    assert "导出2人" in words


def test_numbers_are_masked_unless_asked_otherwise(client, county, operator):
    sheet = book_of(take(client, operator, query=f"?place={county.pk}")).worksheets[0]

    [heads, *rows] = [[c.value for c in row] for row in sheet.iter_rows()]
    phones = {row[heads.index("手机号")] for row in rows}
    assert phones == {"138****2076"}
    assert all("********" in row[heads.index("证件号")] for row in rows)


def test_numbers_can_be_left_out(client, county, operator):
    response = take(client, operator, query=f"?place={county.pk}", numbers="none", form="csv")

    assert not {"手机号", "证件号", "住址"} & set(rows_of(response)[0])


def test_full_numbers_take_a_reason_that_is_kept(client, county, operator):
    without = take(client, operator, query=f"?place={county.pk}", numbers="full", form="csv")
    assert without.status_code == 422
    assert "完整号码要写明理由" in without.content.decode()
    assert not Line.objects.filter(action__startswith="indicators.").exists()

    response = take(
        client, operator, query=f"?place={county.pk}", numbers="full", form="csv",
        reason="报县民政局，金民函〔2026〕12号",
    )  # fmt: skip

    assert {row["手机号"] for row in rows_of(response)} == {"13812342076"}
    line = Line.objects.get(action="indicators.full-records-exported")
    assert line.reason == "报县民政局，金民函〔2026〕12号"
    assert line.place_path == county.path
    assert "13812342076" not in str(line.changes)


def test_a_masked_export_leaves_a_line_too(client, county, operator):
    book_of(take(client, operator, query=f"?place={county.pk}&source=imported"))

    line = Line.objects.get(action="indicators.records-exported")
    assert line.changes["条数"] == ["", 2]
    assert line.changes["筛选"] == ["", "登记来源：导入"]


def test_a_town_officer_cannot_take_full_numbers(client, county):
    officer = make_user(Role.TOWN_OFFICER, make_town("淮口街道"), name="陈女士")
    village = make_village("黄家村", town=officer.assignments.get().place)
    make_volunteer("王玉芳", place=village)
    place = officer.assignments.get().place

    response = take(
        client, officer, query=f"?place={place.pk}", numbers="full", reason="报县民政局年度核对"
    )

    assert response.status_code == 422, "the choice is not offered, so it is not accepted"
    assert take(client, officer, query=f"?place={county.pk}").status_code == 403


def test_a_visitor_and_a_resident_take_nothing(client, county):
    assert client.post(f"{ADDRESS}?place={county.pk}").status_code == 302
    assert take(client, make_user(name="居民"), query=f"?place={county.pk}").status_code == 403


def test_the_workbook_says_how_it_was_counted_by_whom_and_when(client, county, operator):
    query = f"?place={county.pk}&measure=directory.volunteers-registered&q="

    book = book_of(take(client, operator, query=query))

    told = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert told["数"] == "登记志愿者：2人"
    assert told["本人确认的志愿者"] == "0人"
    assert told["地点"] == "金堂县"
    assert told["次序"] == "按区划的法定次序，不按多少排"
    assert told["导出人"].startswith("李女士")
    assert {"怎么数", "时段", "截止", "筛选", "条数", "号码", "导出时间", "用途"} <= told.keys()


def test_only_the_ticked_rows_leave(client, county, operator):
    one = make_volunteer("周明", place=make_village("三江社区"))

    response = take(client, operator, query=f"?place={county.pk}&pk={one.pk}", form="csv")

    assert [row["姓名和编号"] for row in rows_of(response)] == [f"周明 {one.number}"]


def test_nothing_typed_becomes_a_formula(client, county, operator):
    make_organization("=HYPERLINK(1)", place=make_village("三江社区"))
    address = "/records/directory.organizations/export/"

    book = book_of(take(client, operator, address, f"?place={county.pk}"))
    [cell] = [c for c in book.worksheets[0]["A"] if "HYPERLINK" in str(c.value)]
    assert cell.data_type == "s"

    rows = rows_of(take(client, operator, address, f"?place={county.pk}", form="csv"))
    assert "'=HYPERLINK(1)" in {row["名称"] for row in rows}


def test_an_export_of_nothing_is_refused(client, county, operator):
    response = take(client, operator, query=f"?place={county.pk}&source=proxy")

    assert response.status_code == 422
    assert "一条记录也没有" in response.content.decode()


def test_rows_leave_in_the_official_order_and_never_by_size(client, county, operator):
    make_volunteer("陈国强", place=make_village("黄家村", town=make_town("淮口街道")))
    make_volunteer("何秀英", place=make_village("三江社区"))

    rows = rows_of(take(client, operator, query=f"?place={county.pk}", form="csv"))

    assert [row["村社"] for row in rows] == ["青溪社区", "青溪社区", "三江社区", "黄家村"]


def test_rows_are_read_while_they_are_written(county, operator):
    """One row after the other goes to disk: nothing waits for the whole list."""
    from gongzhi.shared.listings import listings

    listing = listings()["directory.volunteers"]
    columns = sheets.columns_for(listing, sheets.Numbers.NONE)
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield tuple(None for _ in range(30))

    made = sheets.cells(listing, (), rows(), sheets.Numbers.NONE)
    next(made)
    assert taken == [0]
    assert columns


def test_the_sheet_prints_with_heads_and_who_took_it(client, county, operator):
    sheet = book_of(take(client, operator, query=f"?place={county.pk}")).worksheets[0]

    assert sheet.print_title_rows == "$1:$1"
    assert "李女士" in sheet.oddFooter.left.text
    assert str(timezone.localdate().year) in sheet.oddFooter.left.text


def test_the_address_is_the_one_that_pages_link_to():
    assert reverse("indicators:export", args=("directory.volunteers",)) == ADDRESS
