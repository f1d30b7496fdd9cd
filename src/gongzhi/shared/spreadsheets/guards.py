"""
What a file is and whether it is safe to open: looked at before the reader touches it.

The reader (calamine) lays a sheet out as one full rectangle: two cells at opposite corners would
make it ask for half a terabyte and take the whole process down. So every sheet is walked once, as
a stream, before it is read; the same walk verifies what the archive really unpacks to, and finds
the formulas without a result and the error values that the reader shows as empty cells.
"""

from __future__ import annotations

import copy
import json
import posixpath
import re
import subprocess
import sys
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, Literal
from xml.etree import ElementTree
from xml.parsers import expat

from .cells import CellError
from .refused import (
    BrokenFormulas,
    Damaged,
    NotASpreadsheet,
    PasswordProtected,
    SheetRefused,
    TooLarge,
    TooManyColumns,
    TooManyRows,
    UnpacksTooLarge,
)

MOST_COLUMNS = 100
MOST_ROWS = 199_999  # _ODD below says the same
MOST_UNPACKED = 300 * 2**20
MOST_RATIO = 200
# A small file may well unpack to 200 times its size: a form with 2,000 rows that are still empty.
_RATIO_MATTERS_FROM = 10 * 2**20
_MOST_BROKEN = 10_000
_BLOCK = 2**18
_LONGEST_CELL = 2**20

Kind = Literal["xlsx", "xls", "ods", "text"]
Broken = dict[tuple[int, int], CellError]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"%PDF", "是PDF文档"),
    (b"\x89PNG", "是图片"),
    (b"\xff\xd8\xff", "是图片"),
    (b"GIF8", "是图片"),
    (b"BM", "是图片"),
    (b"Rar!", "是压缩包"),
    (b"7z\xbc\xaf", "是压缩包"),
    (b"\x1f\x8b", "是压缩包"),
)
# In an xls, the record that says it is encrypted follows the first one (MS-XLS 2.4.117).
_FILEPASS = re.compile(rb"\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
# The reader makes room at once for as many strings as announced: eight digits at most are a count.
_ENDLESS = re.compile(rb"""uniqueCount\s*=\s*["'](?![0-9]{0,8}(?:["']|\Z))""")
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|\?xml|table|head|meta)", re.IGNORECASE)


def size_in_mb(count: int) -> str:
    """Return *count* bytes in MB with one decimal, as file managers show it."""
    return f"{count / 2**20:.1f}".removesuffix(".0")


def check_size(size: int, most: int) -> None:
    """:raises TooLarge: *size* exceeds *most* bytes."""
    if size > most:
        raise TooLarge(size=size_in_mb(size), most=size_in_mb(most))


def kind_of(stream: BinaryIO) -> Kind:
    """
    Tell by its content, never by its name, what kind of spreadsheet *stream* is.

    :raises SheetRefused: it is none that can be opened.
    """
    head = stream.read(2_048)
    if head.startswith(b"PK"):
        return _kind_of_archive(stream)
    if head.startswith(_OLE):
        return _kind_of_ole(stream)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise NotASpreadsheet(kind=kind)
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        # What many offices' systems give out under the name .xls.
        raise NotASpreadsheet(kind="里面是网页或XML")
    return "text"


def _kind_of_ole(stream: BinaryIO) -> Kind:
    stream.seek(0)
    names = stream.read()
    if "EncryptedPackage".encode("utf-16-le") in names or _FILEPASS.search(names):
        raise PasswordProtected
    if "WordDocument".encode("utf-16-le") in names:
        raise NotASpreadsheet(kind="是Word文档")
    if "Workbook".encode("utf-16-le") in names or "Book".encode("utf-16-le") in names:
        return "xls"
    raise NotASpreadsheet(kind="是别的Office文档")


def _kind_of_archive(stream: BinaryIO) -> Kind:
    with archive(stream) as box:
        check_archive(box)
        names = set(box.namelist())
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise NotASpreadsheet(kind="是二进制工作簿（xlsb）")
    if "word/document.xml" in names:
        raise NotASpreadsheet(kind="是Word文档")
    if "content.xml" in names:
        return "ods"
    raise NotASpreadsheet(kind="是压缩包")


def archive(stream: BinaryIO) -> zipfile.ZipFile:
    """:raises Damaged: *stream* is not a whole zip archive."""
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Damaged from error


def check_archive(box: zipfile.ZipFile) -> None:
    """
    Look at what the archive says it unpacks to, before anything is unpacked.

    :raises UnpacksTooLarge: more than 300 MB, or more than 200 times its size (zip bomb).
    :raises PasswordProtected: an entry is encrypted.
    :raises Damaged: two entries have one name, so that two readers could read two different things.
    """
    entries = box.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    is_suspect = unpacked > _RATIO_MATTERS_FROM and unpacked > MOST_RATIO * packed
    if unpacked > MOST_UNPACKED or is_suspect:
        raise UnpacksTooLarge
    if any(entry.flag_bits & 1 for entry in entries):
        raise PasswordProtected
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise Damaged


def blocks(box: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """
    Yield the true content of one entry in blocks.

    The archive's own word on the size is not taken: it is what a bomb lies about.

    :raises UnpacksTooLarge: the entry unpacks to more than it says.
    :raises Damaged: the entry is missing or does not unpack.
    """
    try:
        entry = copy.copy(box.getinfo(name))
        left = entry.file_size
        entry.file_size = MOST_UNPACKED
        with box.open(entry) as content:
            while block := content.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise UnpacksTooLarge
                yield block
    except SheetRefused:
        raise
    except Exception as error:  # zlib, zipfile and the decoders have a dozen ways to say this
        raise Damaged from error


def check_common_parts(box: zipfile.ZipFile) -> None:
    """
    Look at what the reader unpacks of an xlsx beside its sheets.

    :raises UnpacksTooLarge: a part is larger than it says, or announces strings without measure.
    :raises Damaged: a part does not unpack.
    """
    for name in box.namelist():
        if name.lower() in ("xl/sharedstrings.xml", "xl/styles.xml"):
            tail = b""
            for block in blocks(box, name):
                if _ENDLESS.search(tail + block):
                    raise UnpacksTooLarge
                tail = block[-64:]


def sheet_parts(box: zipfile.ZipFile) -> dict[str, str]:
    """Return for each sheet of an xlsx the archive entry that holds it."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in _tree(box, "xl/_rels/workbook.xml.rels")
    }
    parts = {}
    for element in _tree(box, "xl/workbook.xml").iter():
        if _local(element.tag) == "sheet":
            link = next((value for name, value in element.items() if name.endswith("}id")), None)
            # A target is relative to xl/ unless it begins with a slash.
            path = posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))
            parts[element.get("name", "")] = path.lstrip("/")
    return parts


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _tree(box: zipfile.ZipFile, name: str) -> ElementTree.Element:
    content = b"".join(blocks(box, name))
    if b"<!DOCTYPE" in content:
        raise Damaged
    try:
        return ElementTree.fromstring(content)  # noqa: S314 — no document type, so no entities
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise Damaged from error


# All but the cells whose reference lies within the bounds, with a plain type and a value or none.
_ODD = re.compile(
    rb"<c(?![A-Za-z])"
    rb'(?! r="(?:[A-Z]|[AB][A-Z]|C[A-V])1?[0-9]{1,5}"'
    rb'(?: s="[0-9]+")?(?: t="(?:s|str|inlineStr|n|b)")?(?:/>|><[vi]))'
)
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"([^<>]*?)(/?)>')
_VALUE = re.compile(rb"<v[^>]*>([^<]+)")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class _NotOrdinary(Exception):
    """The sheet is written in a way that the fast walk does not know for sure."""


def walk_sheet(box: zipfile.ZipFile, part: str, sheet: str) -> Broken:
    """
    Walk one sheet of an xlsx: nothing far outside, and which cells hold an error or no result.

    :raises TooManyColumns, TooManyRows: a cell with content lies beyond what is read.
    :raises BrokenFormulas: there are more such cells than are worth naming.
    :raises UnpacksTooLarge, Damaged: the entry is not what it says.
    """
    found = _Findings(sheet)
    try:
        _walk_fast(blocks(box, part), found)
    except _NotOrdinary:
        found = _Findings(sheet)
        _walk_slow(blocks(box, part), _SheetWalker(found))
    return found.broken


class _Findings:
    """What a walk has found so far, and where it stops."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.broken: Broken = {}

    def check(self, row: int, column: int) -> None:
        if column > MOST_COLUMNS:
            raise TooManyColumns(sheet=self.sheet, cell=cell_name(row, column))
        if row > MOST_ROWS:
            raise TooManyRows(sheet=self.sheet, cell=cell_name(row, column))

    def judge(self, row: int, column: int, kind: str, has_formula: bool, value: str) -> None:
        """Take one cell that has content: its type, whether it is a formula, its stored value."""
        self.check(row, column)
        # A formula of type str without a value has an empty text as its result: that is no error.
        if kind == "e" or (has_formula and not value and kind != "str"):
            self.broken[row, column] = CellError(value)
            if len(self.broken) > _MOST_BROKEN:
                raise BrokenFormulas(sheet=self.sheet, cell=cell_name(*min(self.broken)))


def _walk_fast(content: Iterator[bytes], found: _Findings) -> None:
    """Look by pattern only at the cells that are not ordinary: 0.2 s for 88,107 rows of nine."""
    rest, inside = b"", False
    for block in content:
        rest += block
        if not inside:
            start = rest.find(b"<sheetData>")
            inside = start >= 0
            rest = rest[start:] if inside else rest
        if inside:
            end = rest.find(b"</sheetData>")
            whole = end if end >= 0 else max(rest.rfind(b"<c"), 0)
            _look_at(rest[:whole], found)
            rest = rest[whole:]
            if end >= 0:
                for _ in content:  # to its end, where the true size and checksum show
                    pass
                return
        if len(rest) > _LONGEST_CELL:
            break
    raise _NotOrdinary


def _look_at(cells: bytes, found: _Findings) -> None:
    # Comments, marked sections and prefixed names would hide cells from the pattern.
    if b"<!" in cells or b":c" in cells:
        raise _NotOrdinary
    for odd in _ODD.finditer(cells):
        cell = _CELL.match(cells, odd.start())
        if not cell:
            raise _NotOrdinary
        if cell[4]:
            continue  # a style without content
        end = cells.find(b"</c>", cell.end())
        if end < 0:
            raise _NotOrdinary
        body = cells[cell.end() : end]
        if body:
            kind = re.search(rb' t="(\w+)"', cell[3])
            value = _VALUE.search(body)
            found.judge(
                int(cell[2]),
                column_number(cell[1].decode()),
                kind[1].decode() if kind else "",
                b"<f" in body,
                value[1].decode("utf-8", "replace") if value else "",
            )


class _Walker(ABC):
    """What a walk with the XML parser hears; names come without their prefix."""

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:  # noqa: B027 — not every walk listens to it
        """An element ends."""

    def text(self, data: str) -> None:  # noqa: B027
        """Text stands in an element."""


def _walk_slow(content: Iterator[bytes], walker: _Walker) -> None:
    """Walk with a full XML parser: exact for every way to write a sheet, and five times slower."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: walker.start(
        name.rpartition(":")[2], {key.rpartition(":")[2]: v for key, v in attributes.items()}
    )
    parser.EndElementHandler = lambda name: walker.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = walker.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for block in content:
            parser.Parse(block)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Damaged from error


def _refuse_doctype(*_: object) -> None:
    raise Damaged  # a document type is the way to entities, and no spreadsheet program writes one


class _SheetWalker(_Walker):
    """Walks the cells of an xlsx sheet, with or without references of their own."""

    def __init__(self, found: _Findings) -> None:
        self.found = found
        self.row = self.column = 0
        self.kind = self.value = ""
        self.has_formula = self.has_content = self.in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = 0
        elif name == "c":
            self._place(attributes.get("r"))
            self.kind, self.value = attributes.get("t", ""), ""
            self.has_formula = self.has_content = False
        elif name == "f":
            self.has_formula = True
        elif name in ("v", "is"):
            self.has_content, self.in_value = True, name == "v"

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
        elif written := _REFERENCE.fullmatch(reference):
            self.column, self.row = column_number(written[1].upper()), int(written[2])
        else:
            raise ValueError(reference)

    def end(self, name: str) -> None:
        if name == "v":
            self.in_value = False
        elif name == "c" and (self.has_content or self.has_formula):
            self.found.judge(self.row, self.column, self.kind, self.has_formula, self.value)

    def text(self, data: str) -> None:
        if self.in_value:
            self.value += data


class _OdsWalker(_Walker):
    """Walks the tables of an ods, where one element may stand for a million rows or columns."""

    def __init__(self) -> None:
        self.found = _Findings("")
        self.row = self.rows = self.column = self.columns = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self.found.sheet = attributes.get("name", "")
            self.row = self.rows = 0
        elif name == "table-row":
            self.row += self.rows
            self.rows = int(attributes.get("number-rows-repeated", 1))
            self.column = self.columns = 0
        elif name in ("table-cell", "covered-table-cell"):
            self.column += self.columns
            self.columns = int(attributes.get("number-columns-repeated", 1))
            if "value-type" in attributes or "formula" in attributes:
                self._content()
        elif name == "p":
            self._content()

    def _content(self) -> None:
        self.found.check(self.row + self.rows, self.column + self.columns)


# Opens an old workbook where it can do no harm, and says how far each sheet reaches.
_PROBE = """
import io, json, sys, python_calamine
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
except ImportError:
    pass
book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
ends = ((name, book.get_sheet_by_name(name).end) for name in book.sheet_names)
print(json.dumps([[name, end[0] + 1, end[1] + 1] for name, end in ends if end]))
"""
_PROBE_SECONDS = 60


def probe_xls(stream: BinaryIO) -> None:
    """
    Open an xls in a process of its own first: no walk is worth writing for a format of 1997.

    :raises Damaged: the reader fails, takes more than a gigabyte or a minute.
    :raises TooManyColumns, TooManyRows: a sheet reaches further than is read.
    """
    stream.seek(0)
    try:
        said = subprocess.run(  # noqa: S603 — our own interpreter and our own words
            [sys.executable, "-c", _PROBE],
            input=stream.read(),
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise Damaged from error
    for sheet, row, column in json.loads(said.stdout):
        _Findings(sheet).check(row, column)


def walk_ods(box: zipfile.ZipFile) -> None:
    """
    Walk all tables of an ods, since the reader reads them all.

    :raises PasswordProtected: its content is encrypted; else as `walk_sheet`.
    """
    if b"encryption-data" in b"".join(blocks(box, "META-INF/manifest.xml")):
        raise PasswordProtected
    _walk_slow(blocks(box, "content.xml"), _OdsWalker())


def column_letters(column: int) -> str:
    """Return the letters of a column counted from one: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Return the column counted from one: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell as people know it, `C5`; both counted from one."""
    return f"{column_letters(column)}{row}"
