import io
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from gongzhi.shared import spreadsheets
from gongzhi.shared.spreadsheets import CellError, header_key, open_sheets
from gongzhi.shared.testing import make_ods, make_xls, make_xlsx, make_xlsx_of, make_zip

ALIASES = ["姓名", "身份证号", "证件号码", "联系电话", "年"]
MB = 2**20
ROWS = [["姓名", "证件号码", "联系电话"], ["张桂兰", "510121195001011426", "13800002076"]]


def opened(content, filename="志愿者登记表.xlsx", most_bytes=20 * MB):
    return open_sheets(content, filename, most_bytes=most_bytes)


def table_of(content, **named):
    return opened(content, **named).find_table(ALIASES)


def rows_of(content, **named):
    return [row for chunk in table_of(content, **named).chunks() for row in chunk.rows]


def csv(text, encoding="utf-8"):
    return text.encode(encoding)


def test_an_xlsx_gives_its_rows_under_the_header():
    rows = [["姓名", "年", "登记日期"], ["张桂兰", 1950, date(2025, 3, 1)], ["李建国", None, None]]

    table = table_of(make_xlsx(rows))

    assert (table.name, table.header_row, table.titles, table.last_row) == (
        "志愿者",
        1,
        ["姓名", "年", "登记日期"],
        3,
    )
    (chunk,) = table.chunks()
    assert chunk.numbers == [2, 3]
    assert chunk.rows == [["张桂兰", 1950.0, date(2025, 3, 1)], ["李建国", "", ""]]
    assert chunk.column(0) == ["张桂兰", "李建国"]
    assert chunk.faults == {}


def test_moments_come_as_moments():
    rows = [["姓名", "年"], ["张桂兰", datetime(2025, 3, 1, 9, 30)]]  # noqa: DTZ001

    assert rows_of(make_xlsx(rows))[0][1] in (
        datetime(2025, 3, 1, 9, 30),  # noqa: DTZ001
        date(2025, 3, 1),
    )


def test_an_xls_and_an_ods_give_the_same_rows():
    rows = [["姓名", "年"], ["张桂兰", 1950.0]]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="float" office:value="{v}"/>'
            if isinstance(v, float)
            else '<table:table-cell office:value-type="string">'
            f"<text:p>{v}</text:p></table:table-cell>"
            for v in row
        )
        + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        for row in rows
    )
    rest = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )

    assert rows_of(make_xls(rows)) == rows_of(make_ods(cells + rest)) == [["张桂兰", 1950.0]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_file_is_read_in_the_encodings_and_with_the_separators_that_people_have(
    encoding, delimiter
):
    text = '姓名,证件号码,备注\r\n张桂兰,510121195001011426,"住三栋\n一单元, 二楼"\r\n李建国,,\r\n'
    if delimiter != ",":
        text = text.replace(", 二楼", "").replace(",", delimiter)

    book = opened(text.encode(encoding), filename="名单.csv")
    table = book.find_table(ALIASES)
    (chunk,) = table.chunks()

    assert (table.name, table.titles, table.last_row) == (
        "名单",
        ["姓名", "证件号码", "备注"],
        None,
    )
    assert chunk.numbers == [2, 3]
    assert chunk.rows[0][:2] == ["张桂兰", "510121195001011426"]
    assert chunk.rows[1] == ["李建国", "", ""]


def test_a_file_is_opened_from_its_path_and_closed_again(tmp_path):
    for content in (make_xlsx(ROWS), csv("姓名,年\n张桂兰,1950\n")):
        path = tmp_path / "表.xlsx"
        path.write_bytes(content)
        with open_sheets(path, "", most_bytes=MB) as book:
            table = book.find_table(ALIASES)
            assert [row[0] for chunk in table.chunks() for row in chunk.rows] == ["张桂兰"]
        path.unlink()


def test_a_text_file_without_a_name_is_called_a_table():
    assert opened(csv("姓名,年\n张,1\n"), filename="").names == ["表格"]


def test_the_header_is_found_within_ten_rows_under_a_title():
    title = [["金堂县志愿者登记表"], [], ["填表人", "姓名"]]
    rows = [*title, *ROWS, [None, None, None], ["李建国", "110105", " "]]

    table = table_of(make_xlsx(rows))
    (chunk,) = table.chunks()

    assert table.header_row == 4
    assert chunk.numbers == [5, 7]
    assert chunk.rows[1] == ["李建国", "110105", " "]


def test_a_sheet_that_begins_further_right_keeps_the_numbers_of_its_rows():
    cells = (
        '<row r="3"><c r="C3" t="str"><v>姓名</v></c><c r="D3" t="str"><v>年</v></c></row>'
        '<row r="5"><c r="C5" t="e"><v>#REF!</v></c><c r="D5"><v>1950</v></c></row>'
    )

    table = table_of(make_xlsx_of(cells))
    (chunk,) = table.chunks()

    assert (table.header_row, chunk.numbers) == (3, [5])
    assert chunk.rows == [["#REF!", 1950.0]]
    assert type(chunk.rows[0][0]) is CellError


def test_titles_are_recognized_with_stars_notes_spaces_and_case():
    assert header_key("\uff0a 身份证号（必填）： ") == header_key("身份证号") == "身份证号"
    assert header_key("E-Mail [选填]") == "e-mail"
    assert header_key(None) == "none"


def test_blank_titles_between_and_behind_are_kept_and_dropped():
    table = table_of(make_xlsx([["姓名", None, "年", None, " "], ["张", "x", 1, "y", ""]]))

    assert table.titles == ["姓名", "", "年"]
    assert next(table.chunks()).rows == [["张", "x", 1.0]]


def test_the_first_sheet_with_a_header_is_taken_and_the_others_are_named():
    content = make_xlsx([["说明"], ["照着填"]], sheet="填写说明", 志愿者=ROWS, 旧表=ROWS)

    table = table_of(content)

    assert (table.name, table.other_sheets) == ("志愿者", ["填写说明", "旧表"])
    assert opened(content).table("旧表", ALIASES).name == "旧表"


def test_hidden_sheets_and_charts_are_not_looked_at():
    target = io.BytesIO()
    with Workbook(target) as book:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=封面!$A$1:$A$2"})
        book.add_chartsheet("图").set_chart(chart)
        book.add_worksheet("封面").write_row(0, 0, ["封面"])
        hidden = book.add_worksheet("旧表")
        hidden.write_row(0, 0, ["姓名", "年"])
        hidden.hide()

    assert opened(target.getvalue()).names == ["封面"]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.lists(st.booleans(), min_size=1, max_size=20).filter(any))
def test_chunks_of_any_size_give_every_row_that_is_not_blank_once(size, filled):
    rows = [["姓名", "年"], *([f"张{i}", i] if full else [] for i, full in enumerate(filled))]
    expected = [i + 2 for i, full in enumerate(filled) if full]

    for content in (make_xlsx(rows), csv("".join(",".join(map(str, r)) + "\n" for r in rows))):
        chunks = list(table_of(content).chunks(size))

        assert [n for chunk in chunks for n in chunk.numbers] == expected
        assert all(len(chunk.rows) <= size for chunk in chunks)


def test_a_row_of_zeros_is_not_blank():
    assert rows_of(make_xlsx([["姓名", "年"], [0, None], [None, 0]])) == [[0.0, ""], ["", 0.0]]


def test_a_table_can_be_read_again_from_its_beginning():
    for content in (make_xlsx(ROWS * 3), csv("姓名,年\n" + "张,1\n" * 9)):
        table = table_of(content)
        next(table.chunks(2))

        assert len([r for c in table.chunks(2) for r in c.rows]) in (5, 9)


def test_a_row_of_text_with_a_comma_too_many_is_a_fault_and_not_shifted_silently():
    table = table_of(csv("姓名,年\n张,1,,\n李,赵镇,2\n王\n,,3\n"), filename="a.csv")
    (chunk,) = table.chunks()

    assert chunk.numbers == [2, 3, 4, 5]
    assert chunk.rows == [["张", "1"], ["李", "赵镇"], ["王", ""], ["", ""]]
    assert list(chunk.faults) == [3, 5]
    assert "这一行有3格，表头只有2格" in chunk.faults[3].wrong


def test_a_character_cut_off_at_the_very_end_spoils_only_its_cell():
    rows = rows_of(csv("姓名,年\n张,一二")[:-1])

    assert rows == [["张", "一�"]]


@pytest.mark.parametrize("make", [make_xlsx, make_xls])
def test_an_empty_sheet_is_refused(make):
    for rows in ([], [["姓名", "年"]], [["姓名", "年"], ["  ", None]]):
        with pytest.raises(spreadsheets.EmptySheet, match="志愿者"):
            rows_of(make(rows))


def test_an_empty_file_is_refused():
    with pytest.raises(spreadsheets.EmptySheet, match="名单"):
        rows_of(b"", filename="名单.csv")


def test_a_file_whose_sheets_are_all_hidden_or_charts_is_refused():
    book = opened(make_xlsx(ROWS))
    book.names = []

    with pytest.raises(spreadsheets.EmptySheet):
        book.find_table(ALIASES)


def test_a_file_without_a_header_is_told_what_the_header_looks_like():
    three = make_xlsx([["一"]], 别的=[], 说明=[["二"]])
    for content in (
        three,
        make_xlsx([["一", "二"], ["三", "四"]]),
        make_xlsx([["一"], *[[]] * 9, *ROWS]),
    ):
        with pytest.raises(spreadsheets.NoHeader, match="姓名、身份证号、证件号码"):
            table_of(content)


def test_a_chosen_sheet_must_exist_and_have_a_header():
    book = opened(make_xlsx(ROWS, 空表=[], 别的=[["一"]]))

    with pytest.raises(
        spreadsheets.NoSuchSheet, match="没有叫“旧表”的工作表，只有：志愿者、空表、别的"
    ):
        book.table("旧表", ALIASES)
    with pytest.raises(spreadsheets.EmptySheet, match="空表"):
        book.table("空表", ALIASES)
    with pytest.raises(spreadsheets.NoHeader):
        book.table("别的", ALIASES)


def merged(cells):
    return f'<mergeCells>{"".join(f"""<mergeCell ref="{c}"/>""" for c in cells)}</mergeCells>'


HEADER = '<row r="1"><c r="A1" t="str"><v>姓名</v></c><c r="B1" t="str"><v>年</v></c></row>'


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def test_merged_cells_below_the_header_are_refused_by_name():
    content = make_xlsx_of(
        HEADER + row(2, '<c r="A2"><v>1</v></c>'),
        after=merged(["A2:A3", "B2:C2", "A5:A6", "B5:B6"]),
    )

    with pytest.raises(spreadsheets.MergedCells, match="A2:A3、B2:C2、A5:A6等"):
        table_of(content)


def test_one_cell_merged_with_itself_is_not_merged():
    two = row(2, '<c r="A2"><v>1</v></c>')

    assert rows_of(make_xlsx_of(HEADER + two, after=merged(["A2:A2"]))) == [[1.0, ""]]
    with pytest.raises(spreadsheets.MergedCells, match="单元格A2:B2，"):
        table_of(make_xlsx_of(HEADER + two, after=merged(["A2:A2", "A2:B2"])))


def test_a_merged_title_above_the_header_does_no_harm():
    cells = HEADER.replace('"1"', '"2"').replace("A1", "A2").replace("B1", "B2")
    content = make_xlsx_of(
        row(1, '<c r="A1" t="str"><v>登记表</v></c>') + cells + row(3, '<c r="A3"><v>1</v></c>'),
        after=merged(["A1:B1"]),
    )

    assert rows_of(content) == [[1.0, ""]]


def test_more_than_a_hundred_columns_are_refused():
    many = [f"列{i}" for i in range(101)]
    for content in (
        make_xlsx([["姓名", "年", *many]]),
        make_xls([["姓名", "年", *many]]),
        csv(",".join(["姓名", "年", *many])),
    ):
        with pytest.raises(spreadsheets.TooManyColumns, match="最多读100列"):
            table_of(content)


def test_commas_behind_the_hundredth_column_are_no_columns():
    assert rows_of(csv("姓名,年\n张,1" + "," * 200 + "\n")) == [["张", "1"]]


def test_an_unclosed_quote_is_refused_with_its_row():
    content = csv('姓名,年\n张,1\n李,"' + "x" * 140_000)

    with pytest.raises(spreadsheets.UnclosedQuote, match="第3行"):
        rows_of(content)


def test_more_rows_than_are_read_are_refused():
    with pytest.raises(spreadsheets.TooManyRows, match="A200000还有内容"):
        rows_of(csv("姓名,年\n" + "张,1\n" * 200_000))


def test_nul_characters_are_refused():
    for content in (csv("姓名,年\n张\0,1\n"), csv("姓名,年\n张\0,1\n", "gb18030"), b"\0\1\2"):
        with pytest.raises(spreadsheets.NulBytes):
            opened(content)


def test_text_in_no_known_encoding_is_refused():
    for content in (b"\xff\xff\x81", b"\xff\xfe\x00\xd8\x00\x00\x00\xd8"):
        with pytest.raises((spreadsheets.UnknownEncoding, spreadsheets.NulBytes)):
            opened(content)
    with pytest.raises(spreadsheets.UnknownEncoding):
        opened("姓名".encode("utf-16") + b"\x00\xd8\x41\x00")


def test_a_file_larger_than_allowed_is_refused_with_both_sizes():
    with pytest.raises(spreadsheets.TooLarge, match=r"文件有30MB，最多收20MB"):
        opened(bytes(30 * MB))


def test_a_path_that_cannot_be_read_is_closed_again(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\0")

    with pytest.raises(spreadsheets.NulBytes):
        open_sheets(str(path), "a.csv", most_bytes=MB)
    path.unlink()


def test_every_refusal_has_a_code_of_its_own_and_a_full_sentence():
    classes = spreadsheets.SheetRefused.__subclasses__()

    assert len({c.code for c in classes}) == len(classes)
    for refusal in classes:
        assert refusal.message.endswith("。")
        assert refusal.status == 422
        assert refusal.field
        assert "。" in refusal.message[:-1], "what is wrong, then how to mend it"


def test_a_zip_of_something_else_is_not_taken_for_a_workbook():
    with pytest.raises(spreadsheets.NotASpreadsheet, match="是压缩包"):
        opened(make_zip({"a.txt": "x"}))
