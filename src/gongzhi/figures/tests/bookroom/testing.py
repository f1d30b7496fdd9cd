"""A small county with gatherings over several months, the same every time."""

from dataclasses import dataclass
from datetime import date

from gongzhi.places import testing as make
from gongzhi.places.models import Place

from . import deeds
from .models import Gathering, Presence, Someone


@dataclass
class Small:
    county: Place
    towns: list[Place]
    villages: list[Place]
    courtyard: Place
    people: list[Someone]
    gatherings: list[Gathering]


def make_small(months: int = 6, people: int = 12) -> Small:
    """Return two towns, four villages, and two gatherings a month that everybody goes to in turn."""
    county = make.make_county()
    towns = [make.make_town(name) for name in ("赵镇街道", "官仓街道")]
    villages = [
        make.make_village(name, town=town)
        for name, town in zip(("青溪社区", "红旗村"), towns, strict=True)
    ]
    villages += [
        make.make_village(name, town=town)
        for name, town in zip(("北滨社区", "双凤村"), towns, strict=True)
    ]
    courtyard = make.make_courtyard(village=villages[0])
    who = [Someone.objects.create() for _ in range(people)]
    gatherings = [
        Gathering.objects.create(
            place=[*villages, courtyard][n % 5], day=date(2026, 1 + n // 2, 5 + 11 * (n % 2))
        )
        for n in range(2 * months)
    ]
    deeds.bring(
        Presence(gathering=g, person=who[(n + k) % people], role=("resident", "steward")[k % 2])
        for n, g in enumerate(gatherings)
        for k in range(people // 2)
    )
    return Small(county, towns, villages, courtyard, who, gatherings)
