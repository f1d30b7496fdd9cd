"""Whatever people do, each figure is the number of its own records, in cells, live and by brute force."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.figures import queries
from gongzhi.figures.testing import every_change_is_marked
from gongzhi.places import services as places
from gongzhi.places import testing as make
from gongzhi.places.models import Place
from gongzhi.shared.periods import first_of, month_of
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

from .bookroom import deeds
from .bookroom.books import HEAVY, LIGHT, PRESENCES, STOCK
from .bookroom.models import Gathering, Office, Presence, Someone

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = date(2026, 11, 23)
FIRST = date(2025, 9, 1)
DAYS = (TODAY - FIRST).days


@dataclass
class Town:
    """A small county with everything that can go wrong in it."""

    county: Place
    towns: list[Place]
    villages: list[Place]
    courtyards: list[Place]
    parks: list[Place]
    people: list[Someone] = field(default_factory=list)
    gatherings: list[Gathering] = field(default_factory=list)

    @property
    def everywhere(self) -> list[Place]:
        return [self.county, *self.towns, *self.villages, *self.courtyards, *self.parks]


def build() -> Town:
    county = make.make_county()
    towns = [make.make_town(name) for name in ("赵镇街道", "官仓街道")]
    villages = [
        make.make_village(name, town=town)
        for name, town in zip(
            ("青溪社区", "北滨社区", "红旗村", "双凤村"), [*towns, *towns], strict=True
        )
    ]
    courtyards = [make.make_courtyard(f"{n}号院", village=villages[0]) for n in (1, 2)]
    # Overlapping on purpose: a town, a village in it, and a village elsewhere.
    parks = [
        make.make_park("淮州新城", over=(towns[0], villages[0], villages[1])),
        make.make_park("空园区"),
    ]
    town = Town(county, towns, villages, courtyards, parks)
    town.people = [Someone.objects.create() for _ in range(6)]
    town.gatherings = [
        Gathering.objects.create(
            place=town.everywhere[n % len(town.everywhere)],
            day=FIRST + timedelta(days=37 * n % DAYS),
            brand=("节气", "430课堂")[n % 2],
        )
        for n in range(14)
    ]
    return town


def act(town: Town, deed: int, a: int, b: int, c: int) -> None:
    """Do one of the deeds, chosen by numbers; a refusal is an answer too."""

    def pick(some, n):
        return some[n % len(some)]

    gathering, person = pick(town.gatherings, a), pick(town.people, b)
    day = FIRST + timedelta(days=c % DAYS)
    place = pick([*town.villages, *town.courtyards], a)
    match deed:
        case 0 | 1 | 2:
            deeds.check_in(gathering, person, ("resident", "steward")[c % 2], 30 + c % 60)
        case 3:
            if present := Presence.objects.order_by("pk").first():
                deeds.void(present)
        case 4:
            deeds.move_gathering(gathering, place=pick(town.everywhere, b), day=day)
        case 5:
            deeds.move_gathering(gathering, brand=("节气", "430课堂")[c % 2])
        case 6:
            deeds.merge(
                Someone.objects.get(pk=person.pk), Someone.objects.get(pk=pick(town.people, c).pk)
            )
        case 7:
            deeds.merge(person, None)
        case 8:
            parents = town.villages if place.level == Place.Level.COURTYARD else town.towns
            places.move_place(
                by=HOUSE, place=place, parent=pick(parents, b), effective_on=day, now=NOW
            )
        case 9:
            places.link_park(by=HOUSE, park=pick(town.parks, b), place=place, since=day, now=NOW)
        case 10:
            places.unlink_park(by=HOUSE, park=pick(town.parks, b), place=place, until=day, now=NOW)
        case 11:
            deeds.bring(
                Presence(gathering=g, person=person, role="steward", minutes=b % 90)
                for g in town.gatherings[a % 7 :: 3]
            )
        case 12:
            Office.objects.create(
                place=place,
                person=person,
                since=day,
                until=day + timedelta(days=1 + b) if b % 3 else None,
            )
        case 13:
            places.merge_places(
                by=HOUSE,
                place=place,
                into=pick(town.villages if place in town.villages else town.courtyards, b),
                effective_on=day,
                now=NOW,
            )


def compare(town: Town, a: int, b: int, c: int, *, as_now: bool) -> None:
    """Ask one figure in every way there is."""
    place = town.everywhere[a % len(town.everywhere)].pk
    since = FIRST + timedelta(days=b % DAYS)
    until = since + timedelta(days=1 + c % (DAYS - b % DAYS))
    for heavy, light in zip(HEAVY, LIGHT, strict=True):
        asked = {"since": since, "until": until, "as_now": as_now}
        counted = queries.value(heavy, place, **asked)
        assert counted == queries.live(heavy, queries.records(heavy, place, **asked)), heavy.key
        assert counted == queries.value(light, place, **asked), light.key
    months = range(month_of(since), month_of(until) + 1)
    lines = [queries.trend(m, place, months, as_now=as_now) for m in (*HEAVY, *LIGHT)]
    assert lines[: len(HEAVY)] == lines[len(HEAVY) :]
    month = months[c % len(months)]
    assert lines[1][month] == queries.value(
        HEAVY[1], place, first_of(month), first_of(month + 1), as_now=as_now
    )
    every = [p.pk for p in town.everywhere]
    table = queries.grid([*HEAVY, *STOCK], every, since, until, as_now=as_now)
    assert table[HEAVY[1].key, place] == queries.value(HEAVY[1], place, since, until, as_now=as_now)
    for m in STOCK:
        day = until - timedelta(days=1)
        assert table[m.key, place] == queries.live(
            m, queries.records(m, place, since, until, as_now=as_now)
        )
        assert table[m.key, place] == queries.stock(m, place, day, as_now=as_now)
        line = queries.stock_trend(m, place, [since, day], as_now=as_now)
        assert line[day] == table[m.key, place]


numbers = st.integers(0, 500)
steps = st.lists(st.tuples(st.integers(0, 13), numbers, numbers, numbers), min_size=8, max_size=30)


@pytest.mark.django_db
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_every_figure_is_the_number_of_its_own_records(steps):
    with transaction.atomic():
        town = build()
        for deed, a, b, c in steps:
            try:
                with every_change_is_marked([PRESENCES]), transaction.atomic():
                    act(town, deed, a, b, c)
            except Refused:
                pass
            compare(town, b, c, a, as_now=bool(a % 2))
        assert queries.verify(TODAY, measures=[*HEAVY, *LIGHT, *STOCK]) == []
        transaction.set_rollback(True)
