import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.shared.money import Money
from gongzhi.shared.spreadsheets import (
    Column,
    csv_lines,
    open_sheets,
    read_text,
    stream_rows,
    write_template,
)

COLUMNS = [
    Column(title="姓名", required=True, hint="照证件填", example="张桂兰"),
    Column(title="证件号码", width=22),
    Column(title="金额", kind="money"),
    Column(title="登记日期", kind="date"),
    Column(title="人数", kind="number"),
]
ROW = ("张桂兰", "510121195001011426", Money(123_450), date(2025, 3, 1), 12)
MB = 2**20


def written(columns, rows, kind="xlsx"):
    target = io.BytesIO()
    assert stream_rows(target, columns, rows, kind=kind) == len(rows)
    return target.getvalue()


def read(content):
    titles = ["姓名", "证件号码", "备注"]
    table = open_sheets(content, "名单", most_bytes=MB).find_table(titles)
    return [row for chunk in table.chunks() for row in chunk.rows]


def test_an_xlsx_holds_texts_numbers_money_and_days():
    sheet = openpyxl.load_workbook(io.BytesIO(written(COLUMNS, [ROW]))).active

    assert [cell.value for cell in sheet[1]] == [c.title for c in COLUMNS]
    name, number, money, day, count = sheet[2]
    assert (name.value, number.value, number.number_format) == ("张桂兰", ROW[1], "@")
    assert (money.value, money.number_format) == (1234.5, "#,##0.00")
    assert (day.value.date(), day.number_format) == (date(2025, 3, 1), "yyyy-mm-dd")
    assert count.value == 12


def test_a_csv_holds_the_same_in_text():
    lines = b"".join(csv_lines(COLUMNS, [ROW])).decode("utf-8-sig").splitlines()

    assert lines == [
        "姓名,证件号码,金额,登记日期,人数",
        "张桂兰,510121195001011426,1234.50,2025-03-01,12",
    ]
    assert written(COLUMNS, [ROW], "csv").startswith(b"\xef\xbb\xbf")


def test_moments_are_written_in_local_time_and_yes_and_no_as_words():
    columns = [Column(title=t) for t in ("姓名", "时间", "确认", "比例", "空", "无")]
    row = ("张", datetime(2026, 11, 25, 16, 30, tzinfo=UTC), True, 0.5, None, "")

    sheet = openpyxl.load_workbook(io.BytesIO(written(columns, [row]))).active
    assert [c.value for c in sheet[2]][:4] == ["张", datetime(2026, 11, 26, 0, 30), "是", 0.5]  # noqa: DTZ001
    assert b"2026-11-26 00:30,\xe6\x98\xaf,0.5,," in written(columns, [row], "csv")


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 138", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C'!A0"]
)
def test_nothing_written_can_run_as_a_formula(text):
    columns = [Column(title="姓名"), Column(title="备注")]
    content = written(columns, [(text, text)])

    with zipfile.ZipFile(io.BytesIO(content)) as box:
        assert b"<f>" not in box.read("xl/worksheets/sheet1.xml")
    assert written(columns, [(text, text)], "csv").splitlines()[1][:2] in (
        b"'" + text[:1].encode(),
        b"\"'",
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text("张桂兰=+-@'\"#,;\n 1a", max_size=12).filter(lambda t: t.strip("'\n ")),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_reads_back_the_same(texts):
    columns = [Column(title="姓名"), Column(title="备注")]
    rows = [(f"第{i}行", text) for i, text in enumerate(texts)]

    for kind in ("xlsx", "csv"):
        back = [read_text(row[1]) for row in read(written(columns, rows, kind))]
        assert back == [read_text(text) for text in texts]


def test_no_rows_make_a_header_only():
    assert written(COLUMNS, [], "csv").decode("utf-8-sig") == "姓名,证件号码,金额,登记日期,人数\r\n"
    assert openpyxl.load_workbook(io.BytesIO(written(COLUMNS, []))).active.max_row == 1


def test_a_text_longer_than_a_cell_is_cut_and_not_lost():
    rows = read(written([Column(title="姓名"), Column(title="备注")], [("张", "长" * 40_000)]))

    assert len(rows[0][1]) == 32_767


def test_rows_are_written_as_they_come():
    seen = []

    def rows():
        for i in range(5_000):
            seen.append(i)
            yield (f"张{i}", "备注")

    target = io.BytesIO()
    assert stream_rows(target, [Column(title="姓名"), Column(title="备注")], rows()) == 5_000
    assert len(seen) == 5_000


def template(columns):
    target = io.BytesIO()
    write_template(target, columns, sheet="志愿者", rows=50)
    return openpyxl.load_workbook(io.BytesIO(target.getvalue()))


def test_a_template_has_titles_drop_downs_and_instructions():
    kinds = Column(title="性别", choices=("男", "女"), hint="选一个", example="女")
    places = Column(title="村社", choices=[f"第{i}社区居民委员会" for i in range(200)])

    book = template([*COLUMNS, kinds, places])

    assert book.sheetnames == ["志愿者", "填写说明", "选项"]
    assert book["选项"].sheet_state == "hidden"
    page = book["志愿者"]
    lists = {str(v.sqref): v.formula1 for v in page.data_validations.dataValidation}
    assert lists == {"F2:F51": '"男,女"', "G2:G51": "选项!$G$1:$G$200"}
    assert page.freeze_panes == "B2"
    assert page.column_dimensions["B"].width == pytest.approx(22, abs=1)
    assert [c.value for c in book["填写说明"][2]] == ["姓名", "是", "照证件填", "张桂兰"]
    assert [c.value for c in book["填写说明"][7]] == ["性别", "否", "选一个", "女"]


def test_two_long_lists_share_one_hidden_sheet():
    long = [f"第{i}社区居民委员会" for i in range(200)]

    book = template([Column(title="甲", choices=long), Column(title="乙", choices=long)])

    assert book.sheetnames == ["志愿者", "填写说明", "选项"]
    assert [c.value for c in book["选项"][1]] == [long[0], long[0]]


def test_an_empty_template_can_be_opened_but_has_nothing_to_import():
    from gongzhi.shared.spreadsheets import EmptySheet

    target = io.BytesIO()
    write_template(target, COLUMNS, sheet="志愿者")

    table = open_sheets(target.getvalue(), "模板", most_bytes=MB).find_table(["姓名", "证件号码"])
    assert table.name == "志愿者"
    with pytest.raises(EmptySheet):
        list(table.chunks())
