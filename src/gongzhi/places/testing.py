"""Makers of places with real names and codes, for tests and benches."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from .models import Designation, Parentage, Place, PlaceLink, TreeVersion
from .search import tokens_of

Level, Kind = Place.Level, Place.Kind


def make_county(name: str = "金堂县", code: str = "510121") -> Place:
    """Return the county; one is enough, so it is made only once."""
    found = Place.objects.filter(level=Level.COUNTY).first()
    return found or _make(None, name, Level.COUNTY, Kind.COUNTY, code, "")


def make_town(name: str = "赵镇街道", *, county: Place | None = None, code: str = "") -> Place:
    """Return a new town, by default the next in the county."""
    county = county or make_county()
    kind = Kind.SUBDISTRICT if name.endswith("街道") else Kind.TOWN
    number = code[6:9] or _next(county, 3)
    return _make(county, name, Level.TOWN, kind, f"{county.code}{number}", number)


def make_village(name: str = "青溪社区", *, town: Place | None = None, code: str = "") -> Place:
    """Return a new village or community, in 赵镇街道 if no town is given."""
    town = (
        town or Place.objects.filter(level=Level.TOWN).order_by("sort_key").first() or make_town()
    )
    kind = Kind.VILLAGE if name.endswith("村") else Kind.COMMUNITY
    number = code[9:12] or _next(town, 3)
    return _make(town, name, Level.VILLAGE, kind, f"{town.code}{number}", number)


def make_courtyard(name: str = "3号院", *, village: Place | None = None) -> Place:
    """Return a new courtyard, in the first village if none is given."""
    village = (
        village
        or Place.objects.filter(level=Level.VILLAGE).order_by("sort_key").first()
        or make_village()
    )
    number = _next(village, 4)
    return _make(village, name, Level.COURTYARD, Kind.COURTYARD, f"{village.code}{number}", number)


def make_park(name: str = "淮州新城", *, over: tuple[Place, ...] = ()) -> Place:
    """Return a new park that lies wholly over the places *over*."""
    county = make_county()
    number = f"9{Place.objects.filter(level=Level.PARK).count() + 1:03}"
    park = _make(county, name, Level.PARK, Kind.PARK, "", number)
    PlaceLink.objects.bulk_create(
        PlaceLink(park=park, place=place, since=date(2000, 1, 1)) for place in over
    )
    _stamp()
    return park


def _next(parent: Place, width: int) -> str:
    return f"{Parentage.objects.filter(parent=parent, place__level__lt=Level.PARK).count() + 1:0{width}}"


def _make(parent: Place | None, name: str, level: int, kind: str, code: str, number: str) -> Place:
    place = Place.objects.create(
        name=name,
        level=level,
        kind=kind,
        code=code,
        path="",
        sort_key=(parent.sort_key if parent else "") + number,
    )
    place.path = f"{parent.path if parent else '/'}{place.pk}/"
    place.tokens = tokens_of(place, [])
    place.save(update_fields=["path", "tokens"])
    Parentage.objects.create(place=place, parent=parent)
    Designation.objects.create(place=place, name=name, code=code)
    _stamp()
    return place


def _stamp() -> None:
    TreeVersion.objects.update_or_create(pk=1, defaults={"stamp": uuid4().hex})
