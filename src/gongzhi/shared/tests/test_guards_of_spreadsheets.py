import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.shared import spreadsheets
from gongzhi.shared.spreadsheets import cell_name, guards, open_sheets, opening
from gongzhi.shared.spreadsheets.guards import column_letters, column_number
from gongzhi.shared.testing import (
    make_ods,
    make_ole,
    make_xls,
    make_xlsx,
    make_xlsx_of,
    make_zip,
    xlsx_parts,
)

MB = 2**20
HEADER = '<row r="1"><c r="A1" t="str"><v>姓名</v></c><c r="B1" t="str"><v>年</v></c></row>'


def table_of(content):
    return open_sheets(content, "表.xlsx", most_bytes=50 * MB).find_table(["姓名", "年"])


def rows_of(content):
    return [row for chunk in table_of(content).chunks() for row in chunk.rows]


@given(st.integers(1, 18_278))
def test_columns_have_letters_and_letters_columns(number):
    assert column_number(column_letters(number)) == number


def test_cells_are_called_as_people_know_them():
    assert cell_name(5, 3) == "C5"
    assert cell_name(1, 27) == "AA1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "图片"),
        (b"\xff\xd8\xff\xe0", "图片"),
        (b"Rar!\x1a", "压缩包"),
        (b"<html><table>", "网页"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><Workbook>", "网页"),
        (make_zip({"word/document.xml": ""}), "Word"),
        (make_zip({"xl/workbook.bin": ""}), "xlsb"),
        (make_ole("WordDocument", b""), "Word"),
        (make_ole("PowerPoint", b""), "别的Office文档"),
    ],
)
def test_what_is_no_spreadsheet_is_called_by_its_name(content, says):
    with pytest.raises(spreadsheets.NotASpreadsheet, match=says):
        table_of(content)


def test_a_workbook_with_a_password_is_refused():
    first = bytes([0x09, 0x08, 0x10, 0x00]) + bytes(16)
    encrypted_ods = {"mimetype": "x", "META-INF/manifest.xml": "<m><encryption-data/></m>"}
    for content in (
        make_ole("EncryptedPackage", b""),
        make_ole("Workbook", first + b"\x2f\x00\x36\x00"),
        make_ole("Workbook", first + b"\x86\x00\x00\x00\x2f\x00\x36\x00"),
        make_zip({**encrypted_ods, "content.xml": "\x01\x02"}),
    ):
        with pytest.raises(spreadsheets.PasswordProtected, match="密码"):
            table_of(content)


def test_an_archive_with_a_password_is_refused():
    content = bytearray(make_xlsx([["姓名", "年"]]))
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1

    with pytest.raises(spreadsheets.PasswordProtected):
        table_of(bytes(content))


def lying(content, name, said):
    """Write into the directory of an archive that the entry *name* unpacks to *said* bytes."""
    content = bytearray(content)
    at = content.rindex(name.encode()) - 46
    content[at + 24 : at + 28] = said.to_bytes(4, "little")
    return bytes(content)


def test_a_zip_bomb_is_refused_before_anything_is_unpacked():
    large = lying(make_zip(xlsx_parts("") | {"xl/media/a": "x"}), "xl/media/a", 301 * MB)
    dense = make_zip(xlsx_parts("<a>" + " " * 12 * MB))
    for bomb in (large, dense):
        assert len(bomb) < MB
        with pytest.raises(spreadsheets.UnpacksTooLarge):
            table_of(bomb)


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_zip_bomb_that_lies_about_its_size_is_refused(name):
    parts = xlsx_parts("") | {name: "<worksheet>" + "x" * 3 * MB}

    with pytest.raises(spreadsheets.UnpacksTooLarge):
        table_of(lying(make_zip(parts), name, 1000))


def test_a_damaged_archive_is_refused():
    whole = make_xlsx([["姓名", "年"], ["张", 1]])
    broken = bytearray(whole)
    start = broken.index(b"xl/worksheets/sheet1.xml") + 24
    broken[start + 10 : start + 60] = bytes(50)
    for content in (
        b"PK\x03\x04",
        whole[: len(whole) // 2],
        bytes(broken),
        make_zip({"xl/workbook.xml": "<workbook/>"}),
        make_zip(xlsx_parts("") | {"xl/workbook.xml": "<!DOCTYPE a><workbook/>"}),
        make_zip(xlsx_parts("") | {"xl/workbook.xml": "<workbook>"}),
        make_zip(xlsx_parts("<worksheet>")),
        make_zip(xlsx_parts("<?xml version='1.0' encoding='UTF-88'?><worksheet/>")),
        make_zip(xlsx_parts("") | {"xl/workbook.xml": "<?xml version='1.0' encoding='U'?><a/>"}),
        make_zip(xlsx_parts("<!DOCTYPE a><worksheet/>")),
        make_zip(xlsx_parts("<worksheet/>") | {"XL/workbook.xml": "twice"}),
        make_ods("").replace(b"PK\x01\x02", b"PK\x01\x03"),
        make_ole("Workbook", b"nothing of the kind"),
        make_ole("Book", b"nothing of the kind"),
        make_zip(xlsx_parts("") | {"xl/workbook.xml": "<a><sheets><sheet name='x'/></sheets></a>"}),
        make_xlsx_of('<row r="x"><c r="A1"/></row>', prefix="x"),
        make_xlsx_of('<x:row r="1"><x:c r="1A"/></x:row>', prefix="x"),
        make_xlsx_of(HEADER + '<row r="2"><c r="A2" t="e"><v>', prefix=""),
        make_xls([["姓名"]])[:1_400],
    ):
        with pytest.raises(spreadsheets.Damaged):
            table_of(content)


def test_what_the_reader_itself_cannot_read_is_refused():
    sheet = xlsx_parts(
        f"<worksheet><sheetData>{HEADER}<row><c><v>1</v></c></row></sheetData></worksheet>"
    )
    for parts in (
        sheet | {"xl/sharedStrings.xml": "<sst><si><t>x</sst>"},
        xlsx_parts(f'<worksheet><sheetData>{HEADER}<row r="2"><c r="A2" t="s"><v>x</v></c></row>'
                   "</sheetData></worksheet>"),
    ):  # fmt: skip
        with pytest.raises(spreadsheets.Damaged):
            table_of(make_zip(parts))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        "<c r='XFD2'><v>1</v></c>",
        '<c s="1" r="CW2" t="str"><v>x</v></c>',
        '<c r = "CW2"><is><t>x</t></is></c>',
        '<!-- --><c r="CW2"><v>1</v></c>',
        "<c/>" * 100 + "<c><v>1</v></c>",
        '<c r="CW2"><f>1+1</f></c>',
    ],
)
def test_a_cell_far_to_the_right_is_found_however_it_is_written(cell):
    with pytest.raises(spreadsheets.TooManyColumns, match="最多读100列"):
        table_of(make_xlsx_of(f'{HEADER}<row r="2">{cell}</row>'))


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
        '<row r="200000"><c><v>1</v></c></row>',
        '<row r="2"><c r="A200000"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_down_is_found_however_it_is_written(row):
    with pytest.raises(spreadsheets.TooManyRows, match="还有内容"):
        table_of(make_xlsx_of(HEADER + row))


def test_a_colour_without_content_may_lie_anywhere():
    styled = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="1"/><c r="XFC2" s="1"></c></row>'
        '<row r="1048576" s="3"><c r="A1048576" s="1"/></row>'
    )

    assert rows_of(make_xlsx_of(HEADER + styled)) == [[1.0, ""]]
    assert rows_of(make_xlsx_of(HEADER + "<!-- -->" + styled)) == [[1.0, ""]]


def test_formulas_without_a_result_and_errors_are_marked_in_their_cells():
    cells = (
        '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><f>1+1</f><v/></c></row>'
        '<row r="3"><c r="A3" t="str"><f>""</f><v></v></c><c r="B3"><f>1+1</f><v>2</v></c></row>'
        '<row r="4"><c r="A4"><f>A1</f></c><c r="B4" t="s" cm="1"><f>A1</f><v>0</v></c></row>'
    )
    parts = xlsx_parts(f"<worksheet><sheetData>{HEADER}{cells}</sheetData></worksheet>")
    parts["xl/sharedStrings.xml"] = "<sst><si><t>甲</t></si></sst>"

    rows = rows_of(make_zip(parts))

    assert rows == [["#REF!", ""], ["", 2.0], ["", "甲"]]
    broken = [
        (i, k) for i, row in enumerate(rows) for k, v in enumerate(row)
        if isinstance(v, spreadsheets.CellError)
    ]  # fmt: skip
    assert broken == [(0, 0), (0, 1), (2, 0)]


def test_a_sheet_full_of_formulas_that_nobody_calculated_is_refused_as_a_whole():
    cells = "".join(f'<row r="{n}"><c r="A{n}"><f>1+1</f></c></row>' for n in range(2, 10_100))

    with pytest.raises(spreadsheets.BrokenFormulas, match="例如A2"):
        table_of(make_xlsx_of(HEADER + cells))


def test_long_sheets_are_walked_across_blocks():
    text = "好" * 30_000
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><r><rPr><color rgb="1"/></rPr>'
        f"<t>{text}</t></r></is>"
        f'</c><c r="B{n}" t="e"><v>#N/A</v></c></row>'
        for n in range(2, 30)
    )

    rows = rows_of(make_xlsx_of(HEADER + cells, head="<cols><col min='1' max='2'/></cols>"))

    assert len(rows) == 28
    assert all(type(row[1]) is spreadsheets.CellError for row in rows)


def test_a_cell_longer_than_any_program_writes_and_a_head_without_end_are_walked_slowly():
    huge = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"x" * 3 * MB}</t></is></c></row>'
    noise = "".join(f"<a b='{i * 7919}'/>" for i in range(200_000))

    assert rows_of(make_xlsx_of(HEADER + huge)) == [["x" * 3 * MB, ""]]
    one = '<row r="2"><c r="A2"><v>1</v></c></row>'
    assert rows_of(make_xlsx_of(HEADER + one, head=noise)) == [[1.0, ""]]


def test_a_colon_in_a_text_only_makes_the_walk_slower():
    cell = '<row r="2"><c r="A2" t="str"><v>a:c</v></c><c r="B2" t="e"><v>#N/A</v></c></row>'

    assert rows_of(make_xlsx_of(HEADER + cell)) == [["a:c", "#N/A"]]


def test_what_follows_the_cells_is_not_taken_for_cells():
    after = (
        "<conditionalFormatting><cfRule><cfvo r='XFD9'/></cfRule></conditionalFormatting>" * 9_000
    )
    content = make_xlsx_of(f'{HEADER}<row r="2"><c r="A2"><v>1</v></c></row>', after=after)

    assert rows_of(content) == [[1.0, ""]]


references = st.builds(
    lambda column, row: f"{column_letters(column)}{row}",
    st.one_of(st.integers(1, 12), st.integers(98, 103)),
    st.one_of(st.integers(2, 20), st.integers(199_998, 200_002)),
)
cells = st.builds(
    "<c{}{}{}{}".format,
    st.one_of(references.map(' r="{}"'.format), st.just(""), references.map(" r='{}'".format)),
    st.sampled_from(["", ' s="1"', ' cm="1"']),
    st.sampled_from(["", ' t="s"', ' t="e"', ' t="str"', ' t="n"']),
    st.sampled_from(
        ["/>", "></c>", "><v>1</v></c>", "><f>A1</f></c>", "><f>A1</f><v></v></c>",
         "><f>A1</f><v>#N/A</v></c>", "><is><t>x</t></is></c>", "><v/></c>"]
    ),
)  # fmt: skip
sheets = st.lists(
    st.builds(
        '<row r="{}">{}</row>'.format,
        st.integers(2, 50),
        st.lists(cells, max_size=4).map("".join),
    ),
    max_size=5,
).map("".join)


def outcome(walk):
    found = guards._Findings("志愿者")
    try:
        walk(found)
    except (spreadsheets.TooManyColumns, spreadsheets.TooManyRows) as refusal:
        return type(refusal)
    except guards._NotOrdinary:
        return None
    return found.broken


@given(sheets, st.integers(1, 60))
def test_the_fast_walk_sees_what_the_exact_one_sees_or_hands_over(rows, size):
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    parts = [sheet[i : i + size] for i in range(0, len(sheet), size)]

    exact = outcome(lambda found: guards._walk_slow(iter(parts), guards._SheetWalker(found)))
    fast = outcome(lambda found: guards._walk_fast(iter(parts), found))

    assert fast in (exact, None)
    assert outcome(lambda found: guards._walk_fast(iter([sheet]), found)) in (exact, None)


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        (
            '<table:table-row><table:table-cell table:number-columns-repeated="101" '
            'office:value-type="float" office:value="1"/></table:table-row>',
            spreadsheets.TooManyColumns,
        ),
        (
            '<table:table-row><table:table-cell table:number-columns-repeated="100"/>'
            "<table:covered-table-cell><text:p>x</text:p></table:covered-table-cell></table:table-row>",
            spreadsheets.TooManyColumns,
        ),
        (
            '<table:table-row table:number-rows-repeated="1000000"><table:table-cell '
            'table:formula="of:=1"/></table:table-row>',
            spreadsheets.TooManyRows,
        ),
        (
            '<table:table-row table:number-rows-repeated="199999"/><table:table-row>'
            "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>",
            spreadsheets.TooManyRows,
        ),
    ],
)
def test_an_ods_cannot_repeat_itself_to_death(rows, refusal):
    with pytest.raises(refusal, match="志愿者"):
        table_of(make_ods(rows))


def test_a_workbook_that_announces_strings_without_measure_is_refused():
    sheet = xlsx_parts(f"<worksheet><sheetData>{HEADER}</sheetData></worksheet>")
    for count in ("4294967295", "&#52;", " 1", "-1"):
        for quote in "\"'":
            parts = sheet | {"xl/sharedStrings.xml": f"<sst uniqueCount = {quote}{count}{quote}/>"}
            with pytest.raises(spreadsheets.UnpacksTooLarge):
                table_of(make_zip(parts))


def test_a_count_of_strings_across_two_blocks_is_read_whole():
    for before in range(guards._BLOCK - 40, guards._BLOCK):
        sst = "<sst>" + " " * (before - 5) + '<a uniqueCount="12345678"/></sst>'
        with zipfile.ZipFile(io.BytesIO(make_zip({"xl/sharedStrings.xml": sst}))) as box:
            guards.check_common_parts(box)


def far_xls(row, column):
    """An xls whose last cell says it lies far away, which the reader would make room for."""
    content = bytearray(make_xls([["姓名", "年"], ["张", 3.5]]))
    at = content.index(struct.pack("<HHHH", 0x0203, 14, 1, 1)) + 4
    content[at : at + 4] = struct.pack("<HH", row, column)
    return bytes(content)


@pytest.mark.parametrize(
    ("row", "column", "refusal"),
    [
        (1, 100, spreadsheets.TooManyColumns),
        (65_535, 65_535, spreadsheets.Damaged),
    ],
)
def test_an_xls_is_opened_first_where_it_can_do_no_harm(row, column, refusal):
    with pytest.raises(refusal):
        table_of(far_xls(row, column))


def test_an_xls_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(guards, "_PROBE_SECONDS", 0.001)

    with pytest.raises(spreadsheets.Damaged):
        table_of(make_xls([["姓名", "年"], ["张", 3.5]]))


def test_a_panic_of_the_reader_is_damage_and_anything_else_is_not():
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(spreadsheets.Damaged), opening._damage_said():
        raise panic
    with pytest.raises(KeyboardInterrupt), opening._damage_said():
        raise KeyboardInterrupt


def test_entries_are_read_by_their_true_size():
    with zipfile.ZipFile(io.BytesIO(make_zip({"a": b"x" * 600_000, "nil": b""}))) as box:
        assert list(guards.blocks(box, "nil")) == []
        assert sum(map(len, guards.blocks(box, "a"))) == 600_000
        with pytest.raises(spreadsheets.Damaged):
            list(guards.blocks(box, "b"))
