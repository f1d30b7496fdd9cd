"""Makers of brands, plans, customs and pictures, for tests and for the demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO

from PIL import Image

from gongzhi.events.models import Kind
from gongzhi.events.testing import NOW
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE

from . import services
from .models import Brand, Custom, Plan
from .rhythm import Rhythm

SUNDAY = 6


def make_brand(
    name: str = "百姓星期天", *, kind: str = Kind.ACTIVITY, now: datetime = NOW
) -> Brand:
    """Return a brand of the county, founded if it is not there."""
    make_county()
    found = Brand.objects.filter(name=name).first()
    return found or services.found_brand(
        by=HOUSE,
        name=name,
        kind=kind,
        summary="星期天在家门口理发、磨刀、量血压，不收钱。",
        audience="所有街坊",
        minutes=150,
        now=now,
    )


def make_rhythm(
    every: str = Plan.Rhythm.WEEKLY,
    *,
    weekday: int = SUNDAY,
    first: date = date(2026, 12, 1),
    last: date = date(2026, 12, 31),
    nth: int = 1,
    skips_holidays: bool = False,
) -> Rhythm:
    """Return every Sunday of December 2026: the 6th, 13th, 20th and 27th."""
    return Rhythm(
        every=every,
        weekday=weekday,
        first=first,
        last=last,
        nth=nth,
        skips_holidays=skips_holidays,
    )


def make_plan(
    brand: Brand | None = None,
    *,
    places: Sequence[Place] = (),
    scope: Place | None = None,
    rhythm: Rhythm | None = None,
    capacity: int | None = None,
    now: datetime = NOW,
) -> Plan:
    """Return a brand planned at nine o'clock on every Sunday of December."""
    places = places or [make_village()]
    return services.plan_series(
        by=HOUSE,
        brand=brand or make_brand(),
        scope=scope or places[0],
        places=places,
        rhythm=rhythm or make_rhythm(),
        begins_at=time(9),
        minutes=150,
        capacity=capacity,
        now=now,
    )


def make_custom(
    place: Place | None = None,
    *,
    occasion: str = "dongzhi",
    title: str = "包饺子，送给独居老人",
    brand: Brand | None = None,
    now: datetime = NOW,
) -> Custom:
    """Return a village's wish to make dumplings at 冬至."""
    return services.choose_occasion(
        by=HOUSE,
        place=place or make_village(),
        occasion=occasion,
        title=title,
        address="3号院坝",
        begins_at=time(9, 30),
        minutes=120,
        brand=brand,
        now=now,
    )


def make_picture(
    width: int = 800,
    height: int = 600,
    *,
    kind: str = "JPEG",
    color: str = "#1b6e53",
    tell: bool = True,
) -> BytesIO:
    """Return a picture file as a phone writes it: with where it was taken in its notes."""
    exif = Image.Exif()
    if tell:
        exif[0x010F] = "Xiaomi"  # maker of the phone
        exif[0x0112] = 6  # held upright: to be turned by a quarter
        exif.get_ifd(0x8825)[2] = (30.0, 51.0, 44.0)  # latitude
    out = BytesIO()
    Image.new("RGB", (width, height), color).save(out, kind, exif=exif)
    out.seek(0)
    return out
