"""The divisions of the whole country that come with the package: any county starts from them (区划数据)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import TextIOWrapper
from zipfile import ZipFile

from .lookup import without_body
from .models import Place

EDITION = "国家统计局统计用区划代码（2023年版）"
_DATA = files(__package__).joinpath("data")


@dataclass(frozen=True, slots=True)
class County:
    """A county, district or county-level city of the country (县、市、区)."""

    code: str
    name: str
    where: str  # 四川省成都市

    def __str__(self) -> str:
        return f"{self.code}{self.name}（{self.where}）"


@cache
def counties() -> dict[str, County]:
    """Return all 2,978 counties by code."""
    return {code: County(code, name, where) for code, name, where in _read("counties")}


def divisions_of(code: str) -> list[tuple[str, str]]:
    """Return (code, official name) of a county, its towns and villages, in the official order."""
    return [(c, name) for c, name in _read(code[:2]) if c.startswith(code)]


def former_names(county: str) -> list[tuple[str, str, str]]:
    """Return (code of the place that took over, old name, note) for a county, where we know any (旧地名)."""
    rows = csv.reader(_DATA.joinpath("former-names.csv").read_text("utf-8").splitlines())
    return [(code, name, note) for code, name, note in rows if code.startswith(county)]


def _read(part: str) -> list[list[str]]:
    # One member a province: a county is read in 10 ms, though the file holds 665,276 places.
    with (
        _DATA.joinpath("divisions-2023.zip").open("rb") as file,
        ZipFile(file) as archive,
        archive.open(f"{part}.csv") as member,
    ):
        return list(csv.reader(TextIOWrapper(member, "utf-8")))


def place_name(official: str) -> str:
    """Return the name people use: 十里社区居委会 → 十里社区; a bare 龙柏居委会 keeps its official name."""
    short = without_body(official)
    return short if short.endswith(("社区", "村", "嘎查", "街道", "镇", "乡")) else official


def kind_of(code: str) -> str:
    """
    Return what kind of place an official code names, by the ranges of
    统计用区划代码和城乡划分代码编制规则 (类别).
    """
    Kind = Place.Kind
    if len(code) == 6:
        return Kind.COUNTY
    number = int(code[-3:])
    ranges: tuple[tuple[int, Place.Kind], ...]
    if len(code) == 9:
        ranges = ((100, Kind.SUBDISTRICT), (200, Kind.TOWN), (400, Kind.TOWNSHIP))
    else:
        ranges = ((200, Kind.COMMUNITY), (400, Kind.VILLAGE))
    # From 400 on both levels hold what is like them (类似乡级单位, 类似居委会、村委会).
    return next((kind for end, kind in ranges if number < end), Kind.OTHER)
