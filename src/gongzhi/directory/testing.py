"""Makers of the directory's records for tests and benches: fixed names, valid numbers, no deeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.codes import make_id_number, make_uscc
from gongzhi.shared.permissions import Held, Role
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.text import bigrams

from .models import (
    AnnualReport,
    CollectiveYear,
    Membership,
    Organization,
    Person,
    Rating,
    SocialEnterprise,
    Source,
    Team,
    Volunteer,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
DAY = date(2026, 11, 23)
_serial = count(1)
_PREFIXES = {"association": "51", "service": "52", "foundation": "53", "enterprise": "91"}


@dataclass(frozen=True)
class Acting:
    """Somebody with one role, as the deeds of this room see an account (办事的人)."""

    name: str
    holds: tuple[Held, ...]
    pk: int | None
    person_id: int | None = None
    is_authenticated: bool = True

    def held(self) -> tuple[Held, ...]:
        return self.holds

    def spoken_name(self) -> str:
        return self.name


def make_actor(
    role: str = Role.COUNTY_OPERATOR,
    *,
    place: Place | None = None,
    organization: Organization | None = None,
    person: Person | None = None,
    name: str = "李女士",
) -> Acting:
    """Return somebody who holds *role* over a place or an organization, the county if none is given."""
    if organization is not None:
        held = Held(role=role, organization=organization.pk)
    else:
        held = Held(role=role, paths=((place or make_county()).path,))
    return Acting(
        name=name, holds=(held,), pk=next(_serial), person_id=person.pk if person else None
    )


def make_organization(
    name: str = "童伴社工服务中心",
    *,
    kind: str = Organization.Kind.SERVICE,
    place: Place | None = None,
    registered_on: date = date(2019, 4, 16),
    ended_on: date | None = None,
    uscc: str | None = None,
    **fields: Any,
) -> Organization:
    """Return a new organization; a filed one has a filing number instead of a code."""
    number = next(_serial)
    if kind == Organization.Kind.FILED:
        fields.setdefault("filing_number", f"金社备{number:05}")
        uscc = uscc or ""
    if uscc is None:
        uscc = make_uscc(_PREFIXES.get(kind, "12"), "510121", f"MJQ{number:05}")
    if ended_on:
        fields.setdefault("status", Organization.Status.ENDED)
    return Organization.objects.create(
        name=name,
        kind=kind,
        place=place or make_village(),
        registered_on=registered_on,
        ended_on=ended_on,
        uscc=uscc,
        tokens=bigrams(name),
        created_at=NOON,
        **fields,
    )


def make_rating(
    organization: Organization | None = None,
    *,
    grade: int = 3,
    valid_from: date = date(2024, 3, 1),
    valid_until: date = date(2029, 3, 1),
    **fields: Any,
) -> Rating:
    """Return a new rating of an organization, 3A for five years."""
    return Rating.objects.create(
        organization=organization or make_organization(),
        grade=grade,
        valid_from=valid_from,
        valid_until=valid_until,
        **fields,
    )


def make_report(
    organization: Organization | None = None,
    *,
    year: int = 2025,
    late_from: date = date(2026, 6, 1),
    filed_on: date | None = None,
    **fields: Any,
) -> AnnualReport:
    """Return what an organization owes for a year, filed when *filed_on* is given."""
    fields.setdefault(
        "outcome", AnnualReport.Outcome.FILED if filed_on else AnnualReport.Outcome.DUE
    )
    return AnnualReport.objects.create(
        organization=organization or make_organization(),
        year=year,
        late_from=late_from,
        filed_on=filed_on,
        **fields,
    )


def make_stage(
    organization: Organization | None = None,
    *,
    stage: str = SocialEnterprise.Stage.SEED,
    since: date = date(2021, 3, 1),
    until: date | None = None,
) -> SocialEnterprise:
    """Return a stage of an enterprise on the way to 社会企业."""
    organization = organization or make_organization(
        "青溪助餐有限公司", kind=Organization.Kind.ENTERPRISE
    )
    return SocialEnterprise.objects.create(
        organization=organization, stage=stage, since=since, until=until
    )


def make_income(
    place: Place | None = None, *, year: int = 2025, fen: int = 0, until: date | None = None
) -> CollectiveYear:
    """Return what the collective of a village earned in a year, known from the year after on."""
    return CollectiveYear.objects.create(
        place=place or make_village(),
        year=year,
        since=date(year + 1, 1, 1),
        until=until,
        income_fen=fen,
    )


def make_person(
    name: str = "张桂兰",
    *,
    place: Place | None = None,
    id_number: str | None = None,
    phone: str = "",
    birth_on: date | None = date(1968, 4, 26),
    sex: str = Person.Sex.FEMALE,
    **fields: Any,
) -> Person:
    """Return a new person with a valid ID number of their own; `id_number=""` leaves it out."""
    number = next(_serial)
    if id_number is None:
        id_number = make_id_number("510121", birth_on or date(1968, 4, 26), number % 999 + 1)
        while Person.objects.filter(id_key=fingerprint(id_number)).exists():
            number = next(_serial)
            id_number = make_id_number(
                f"5101{number // 999 % 90 + 10}", birth_on or date(1968, 4, 26), number % 999 + 1
            )
    return Person.objects.create(
        name=name,
        place=place or make_village(),
        id_number=id_number,
        id_key=fingerprint(id_number),
        phone=phone,
        phone_key=fingerprint(phone),
        birth_on=birth_on,
        birth_year=fields.pop("birth_year", birth_on.year if birth_on else None),
        sex=sex,
        tokens=bigrams(name),
        created_at=NOON,
        **fields,
    )


def make_volunteer(
    name: str = "张桂兰",
    *,
    person: Person | None = None,
    place: Place | None = None,
    source: str = Source.IMPORTED,
    registered_on: date = date(2024, 3, 5),
    confirmed_on: date | None = None,
    last_served_on: date | None = None,
    **fields: Any,
) -> Volunteer:
    """Return a new registration as a volunteer, with its person unless one is given."""
    person = person or make_person(name, place=place)
    if last_served_on:
        fields.setdefault("active_until", last_served_on.replace(year=last_served_on.year + 1))
    if source == Source.PROXY:
        fields.setdefault("consent", "本人当面同意")
    if fields.get("ended_on"):
        fields.setdefault("ended_how", "self")
    return Volunteer.objects.create(
        person=person,
        place=place or person.place,
        source=source,
        registered_on=registered_on,
        confirmed_on=confirmed_on,
        last_served_on=last_served_on,
        **fields,
    )


def make_team(
    name: str = "青溪邻里守望队",
    *,
    place: Place | None = None,
    organization: Organization | None = None,
    founded_on: date = date(2020, 5, 1),
    **fields: Any,
) -> Team:
    """Return a new team of volunteers."""
    return Team.objects.create(
        name=name,
        place=place or make_village(),
        organization=organization,
        founded_on=founded_on,
        tokens=bigrams(name),
        **fields,
    )


def make_membership(
    person: Person | None = None,
    team: Team | None = None,
    *,
    source: str = Source.IMPORTED,
    joined_on: date = date(2024, 3, 5),
    **fields: Any,
) -> Membership:
    """Return somebody's membership of a team."""
    if source == Source.PROXY:
        fields.setdefault("consent", "本人当面同意")
    if fields.get("left_on"):
        fields.setdefault("left_how", "self")
    return Membership.objects.create(
        person=person or make_person(),
        team=team or make_team(),
        source=source,
        joined_on=joined_on,
        **fields,
    )
