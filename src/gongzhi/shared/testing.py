"""What tests of this room and of others need: full-width text, and spreadsheets of every kind."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from xlsxwriter import Workbook

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
    "</manifest:manifest>"
)


def wide(text: str) -> str:
    """Return *text* in full-width characters, as a Chinese keyboard may leave it (全角)."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def make_xlsx(
    rows: Sequence[Sequence[object]], sheet: str = "志愿者", **others: Sequence[Sequence[object]]
) -> bytes:
    """Return an xlsx with *rows* in one sheet; *others* are further sheets by their name."""
    target = io.BytesIO()
    with Workbook(target, {"default_date_format": "yyyy-mm-dd", "remove_timezone": True}) as book:
        for name, cells in {sheet: rows, **others}.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(cells):
                for index, value in enumerate(row):
                    if value is not None:
                        page.write(number, index, value)
    return target.getvalue()


def make_xlsx_of(sheet_data: str, *, after: str = "", head: str = "", prefix: str = "") -> bytes:
    """Return an xlsx whose one sheet is written out by hand: *sheet_data* are the rows in XML."""
    colon = f"{prefix}:" if prefix else ""
    name_space = f' xmlns{":" if prefix else ""}{prefix}="{_MAIN}"'
    sheet = (
        f"<{colon}worksheet{name_space}>{head}<{colon}sheetData>{sheet_data}</{colon}sheetData>"
        f"{after}</{colon}worksheet>"
    )
    return make_zip(xlsx_parts(sheet))


def xlsx_parts(sheet: str) -> dict[str, str | bytes]:
    """Return the entries of the smallest xlsx that programs open, with *sheet* as its sheet."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return {
        "[Content_Types].xml": f'<Types xmlns="{types}">'
        f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{office}"><sheets>'
        '<sheet name="志愿者" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }


def make_ods(table_rows: str, name: str = "志愿者") -> bytes:
    """Return an ods with one table whose rows are written out by hand."""
    spaces = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="{name}">{table_rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return make_zip({"mimetype": _ODS, "META-INF/manifest.xml": _MANIFEST, "content.xml": content})


def make_zip(entries: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive of *entries*."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in entries.items():
            box.writestr(name, content)
    return target.getvalue()


def make_xls(rows: Sequence[Sequence[str | float | None]], sheet: str = "志愿者") -> bytes:
    """Return an xls of the old kind (BIFF8 in an OLE file) with *rows* in one sheet."""
    cells = b"".join(
        _xls_cell(number, index, value)
        for number, row in enumerate(rows)
        for index, value in enumerate(row)
        if value is not None
    )
    name = sheet.encode("utf-16-le")
    position = 20 + (4 + 8 + len(name)) + 4
    book = (
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
        + _record(0x0085, struct.pack("<IHBB", position, 0, len(sheet), 1) + name)
        + _record(0x000A, b"")
        + _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
        + cells
        + _record(0x000A, b"")
    )
    return make_ole("Workbook", book)


def _xls_cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return _record(0x0204, place + struct.pack("<HB", len(value), 1) + text)
    return _record(0x0203, place + struct.pack("<d", value))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def make_ole(name: str, content: bytes) -> bytes:
    """Return an OLE compound file with one stream (sector 0 the FAT, 1 the directory)."""
    content = content.ljust(4_096, b"\0")
    content += b"\0" * (-len(content) % 512)
    sectors = len(content) // 512
    end, free, nothing = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    chain = [*range(3, 2 + sectors), end]
    fat = struct.pack("<128I", 0xFFFFFFFD, end, *chain, *[free] * (126 - sectors))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4_096, end, 0, end, 0)
    head += struct.pack("<109I", 0, *[free] * 108)

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = title.encode("utf-16-le") + b"\0\0"
        made = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1)
        made += struct.pack("<III", nothing, nothing, child) + bytes(36)
        return made + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, nothing, 2, len(content))
    return head + fat + directory.ljust(512, b"\0") + content
