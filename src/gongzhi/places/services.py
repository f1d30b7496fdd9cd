"""What people do to the network. Parentage changes on the first of a month; the legal day is kept beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import cast
from uuid import uuid4

from django.db import transaction
from django.db.models import CharField, Max, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Substr

from gongzhi.audit import services as audit
from gongzhi.shared import text as texts
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import first_of, month_of, say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable

from . import divisions, rules
from .lookup import short_code
from .models import Alias, Designation, Parentage, Place, PlaceLink, TreeChange, TreeVersion
from .search import tokens_of

Level, Kind = Place.Level, Place.Kind
LINKABLE = (Level.TOWN, Level.VILLAGE, Level.COURTYARD)
# A change further back would alter figures that were published and reported long ago.
MONTHS_BACK = 24
NAME_LENGTH = 60  # characters, as the column has it
CODE_LENGTHS: dict[int, int] = {Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: 12}


class UnknownCounty(Unacceptable):
    """No county of the packaged divisions has this code."""

    code = "places.unknown-county"
    message = "没有区划代码是“{given}”的县（市、区）。{near}"
    field = "county"


class AnotherCounty(Refused):
    code = "places.another-county"
    message = (
        "这里已经建立了{name}（{code_here}）的网络，一个站点只管一个县。"
        "别的县请用另一个 GONGZHI_HOME 或另一个数据库。"
    )


class PlaceClosed(Refused):
    code = "places.closed"
    message = "{name}已在{day}撤销，不能再办这件事。请改办现在管那里的地点。"


class WrongLevel(Refused):
    code = "places.wrong-level"
    message = "{name}是{level}，{why}。请换一个{wanted}。"


class UnderItself(Refused):
    code = "places.under-itself"
    message = "{parent}就是{name}或者在{name}下面，不能作它的上级。请换一个上级。"


class AlreadyThere(Refused):
    code = "places.already-there"
    message = "{name}从{month}起已经在{parent}下面，不用再办。"


class NameTaken(Refused):
    code = "places.name-taken"
    message = (
        "{parent}下面已经有“{name}”。请写得更细一些，例如加上街名或号数，或者直接用已有的这一个。"
    )


class NoCode(Unacceptable):
    code = "places.no-code"
    message = "{level}没有法定区划代码，编号由系统给。请把代码留空。"
    field = "code"


class CodeTaken(Refused):
    code = "places.code-taken"
    message = "区划代码{number}已经是{name}的。请核对代码；对方如果也改了代码，先办那一边。"


class BadCode(Unacceptable):
    code = "places.bad-code"
    message = "{level}的区划代码是{length}位数字，“{given}”不是。请照批复填写，没有新代码就留空。"
    field = "code"


class BadName(Unacceptable):
    code = "places.bad-name"
    message = "名称要写1到60个字。请照批复或门牌填写。"
    field = "name"


class NotYet(Unacceptable):
    code = "places.not-yet"
    message = "{day}还没有到，不能先办。请到那一天再办，从那个月的1日起计。"
    field = "effective_on"


class TooFarBack(Unacceptable):
    code = "places.too-far-back"
    message = (
        "{day}太早：最多补办{months}个月以内的调整，更早的会改动早已公布的数字。"
        "请填{first}或以后的日期，把批复日期写在依据里。"
    )
    field = "effective_on"


class LaterChangeExists(Refused):
    code = "places.later-change-exists"
    message = "{name}在{month}已经有一次更晚的变更，不能在它前面再插一次。请填那以后的日期。"


class StillInUse(Refused):
    code = "places.still-in-use"
    message = "{name}下面还有{count}个地点（{some}），不能撤销。请先把它们移走、合并或撤销。"


class CoveredByPark(Refused):
    code = "places.covered-by-park"
    message = "{name}在{park}的覆盖范围里，合并以后范围会说不清。请先结束这条覆盖，合并后再按新的范围登记。"


class LinkExists(Refused):
    code = "places.link-exists"
    message = "{park}从{day}起已经覆盖{name}，不用再登记。"


class LinkUnknown(Refused):
    code = "places.link-unknown"
    message = "{park}现在没有覆盖{name}，没有可以结束的登记。"


class AliasUnknown(Refused):
    code = "places.alias-unknown"
    message = "{name}没有“{alias}”这个别名，不用再去掉。"


# --- setting up --------------------------------------------------------------------------------


@transaction.atomic
def set_up_county(*, by: Actor, code: str, now: datetime) -> Place:
    """
    Set up the whole network of a county from the packaged divisions, towns and villages included (建立县域网络).

    Running it again adds what is missing and changes nothing.

    :raises PermissionDenied: *by* is not the house itself.
    :raises UnknownCounty: no county has this code; near ones are named.
    :raises AnotherCounty: the house already serves another county.
    """
    rules.require_set_up(by)
    version = _lock()
    known = divisions.counties()
    given = short_code(texts.normalize(str(code)))
    if given not in known:
        raise UnknownCounty(given=given[:20], near=_near_counties(given))
    there = Place.objects.filter(level=Level.COUNTY).first()
    if there is not None and there.code != given:
        raise AnotherCounty(name=there.name, code_here=there.code)
    # Former codes too: a place that has been given another code since is not missing.
    present = set(Designation.objects.exclude(code="").values_list("code", flat=True))
    missing = [row for row in divisions.divisions_of(given) if row[0] not in present]
    made = _make_divisions(missing)
    county = Place.objects.get(code=given)
    if made:
        _move_on(version)
        audit.record(
            by,
            "places.county-set-up",
            county,
            changes={"地点": [len(present), len(present) + len(made)]},
            reason=divisions.EDITION,
            place=county.path,
            now=now,
        )
    return county


def _near_counties(given: str) -> str:
    known = divisions.counties()
    same_name = [c for c in known.values() if given and given in (c.name, c.name[:-1])]
    if not same_name and given.isdigit():
        # The digits above the county say where it is: 510199 is near what lies in 5101.
        same_name = [c for c in known.values() if len(given) >= 4 and c.code[:4] == given[:4]]
        same_name.sort(key=lambda c: (-_common(c.code, given), c.code))
    if not same_name:
        names = texts.near(given, (c.name for c in known.values()), limit=5)
        same_name = [c for n in names for c in known.values() if c.name == n]
    if not same_name:
        return "请填6位县级区划代码，例如510121（金堂县）。"
    return f"相近的有：{'、'.join(str(c) for c in same_name[:5])}。"


def _common(a: str, b: str) -> int:
    return sum(x == y for x, y in zip(a, b, strict=False))


def _make_divisions(rows: Iterable[tuple[str, str]]) -> list[Place]:
    by_code = {p.code: p for p in Place.objects.filter(level__lte=Level.VILLAGE)}
    made = []
    for level, length in ((Level.COUNTY, 6), (Level.TOWN, 9), (Level.VILLAGE, 12)):
        layer = []
        for code, official in rows:
            if len(code) == length:
                up = by_code.get(code[: length - 3])
                place = Place(
                    name=divisions.place_name(official) if level == Level.VILLAGE else official,
                    level=level,
                    kind=divisions.kind_of(code),
                    code=code,
                    path=up.path if up else "/",
                    sort_key=up.sort_key + code[-3:] if up else "",
                )
                place.tokens = tokens_of(place, [official])
                layer.append((place, official))
        Place.objects.bulk_create([place for place, _ in layer])
        for place, _ in layer:
            place.path += f"{place.pk}/"
            by_code[place.code] = place
        Place.objects.bulk_update([place for place, _ in layer], ["path"], 200)
        Parentage.objects.bulk_create(
            Parentage(place=place, parent=by_code.get(place.code[:-3]), source=divisions.EDITION)
            for place, _ in layer
        )
        Designation.objects.bulk_create(
            Designation(place=place, name=place.name, code=place.code, source=divisions.EDITION)
            for place, _ in layer
        )
        Alias.objects.bulk_create(
            Alias(place=place, name=official, note="区划数据里的全称")
            for place, official in layer
            if official != place.name
        )
        made += [place for place, _ in layer]
    county = next((p for p in made if p.level == Level.COUNTY), None)
    if county is not None:
        former = divisions.former_names(county.code)
        Alias.objects.bulk_create(
            Alias(place=by_code[code], name=name, note=note) for code, name, note in former
        )
        for place in {by_code[code].pk: by_code[code] for code, *_ in former}.values():
            _retoken(place)
    return made


# --- adding ------------------------------------------------------------------------------------


@transaction.atomic
def add_courtyard(
    *,
    by: Actor,
    village: Place,
    name: str,
    now: datetime,
    kind: str = Kind.COURTYARD,
    opened_on: date | None = None,
) -> Place:
    """
    Register a courtyard, estate or residents' group under a village or community (登记院落); it gets an own code.

    :raises PermissionDenied: *by* may not register courtyards here.
    :raises WrongLevel: *village* is no village or community.
    :raises PlaceClosed: *village* is closed.
    :raises BadName: the name is empty or too long.
    :raises NameTaken: the village has one of this name.
    """
    rules.ADD_COURTYARD.require(by, village)
    version = _lock()
    village = Place.objects.get(pk=village.pk)
    name = _judge_name(name)
    _require_open(village)
    if village.level != Level.VILLAGE:
        raise WrongLevel(
            name=village.name,
            level=village.get_level_display(),
            why="院落只登记在村社下面",
            wanted="村社",
        )
    _require_free_name(name, village)
    number = _free_number(village, 1, 4)
    place = _plant(
        village,
        Place(
            name=name,
            level=Level.COURTYARD,
            kind=kind,
            code=f"{village.code}{number}" if village.code else "",
            opened_on=opened_on or today(now),
        ),
        number,
    )
    _move_on(version)
    audit.record(
        by, "places.courtyard-added", place, changes={"名称": ["", name]}, place=place.path, now=now
    )
    return place


@transaction.atomic
def add_park(*, by: Actor, county: Place, name: str, now: datetime) -> Place:
    """
    Register a park: an overlay that is linked to the places it lies over, never their parent or child (登记园区).

    :raises PermissionDenied: *by* may not change the network of the county.
    :raises BadName: the name is empty or too long.
    :raises NameTaken: there is a park of this name.
    """
    rules.MANAGE.require(by, county)
    version = _lock()
    name = _judge_name(name)
    _require_free_name(name, county)
    number = f"9{Place.objects.filter(level=Level.PARK).count() + 1:03}"
    place = _plant(
        county, Place(name=name, level=Level.PARK, kind=Kind.PARK, opened_on=today(now)), number
    )
    _move_on(version)
    audit.record(
        by, "places.park-added", place, changes={"名称": ["", name]}, place=place.path, now=now
    )
    return place


def _plant(parent: Place, place: Place, number: str) -> Place:
    place.path = ""
    place.sort_key = parent.sort_key + number
    place.tokens = tokens_of(place, [])
    place.save(force_insert=True)
    place.path = f"{parent.path}{place.pk}/"
    place.save(update_fields=["path"])
    Parentage.objects.create(place=place, parent=parent)
    since = place.opened_on or Designation.EVER
    Designation.objects.create(place=place, name=place.name, code=place.code, since=since)
    return place


@transaction.atomic
def link_park(
    *,
    by: Actor,
    park: Place,
    place: Place,
    since: date,
    now: datetime,
    is_whole: bool = True,
) -> PlaceLink:
    """
    Say that a park lies over a place, from the first of the month of *since* (登记园区覆盖).

    Only a place that lies wholly in the park is counted in the park's figures.

    :raises PermissionDenied: *by* may not change the network of the county.
    :raises WrongLevel: *park* is no park, or *place* is a county or a park.
    :raises PlaceClosed: one of them is closed.
    :raises LinkExists: the park lies over the place already.
    """
    rules.MANAGE.require(by, park)
    version = _lock()
    park, place = Place.objects.get(pk=park.pk), Place.objects.get(pk=place.pk)
    if park.level != Level.PARK:
        raise WrongLevel(
            name=park.name,
            level=park.get_level_display(),
            why="只有园区才有覆盖范围",
            wanted="园区",
        )
    if place.level not in LINKABLE:
        raise WrongLevel(
            name=place.name,
            level=place.get_level_display(),
            why="园区只覆盖镇街、村社和院落",
            wanted="镇街、村社或院落",
        )
    _require_open(park)
    _require_open(place)
    month = _judge_month(since, now)
    there = park.covers.filter(place=place).filter(
        Q(until__isnull=True) | Q(until__gt=first_of(month))
    )
    if link := there.order_by("since").first():
        raise LinkExists(park=park.name, name=place.name, day=say_day(link.since))
    link = PlaceLink.objects.create(
        park=park, place=place, since=first_of(month), is_whole=is_whole
    )
    _move_on(version)
    audit.record(
        by,
        "places.park-linked",
        park,
        changes={"覆盖": ["", f"{place.name}（{'全部' if is_whole else '部分'}）"]},
        place=park.path,
        now=now,
    )
    return link


@transaction.atomic
def unlink_park(
    *, by: Actor, park: Place, place: Place, until: date, now: datetime, reason: str = ""
) -> None:
    """
    Say that a park no longer lies over a place, from the first of the month of *until* (结束园区覆盖).

    :raises PermissionDenied: *by* may not change the network of the county.
    :raises LinkUnknown: the park does not lie over the place.
    """
    rules.MANAGE.require(by, park)
    version = _lock()
    month = _judge_month(until, now)
    link = park.covers.filter(place=place, until__isnull=True).first()
    if link is None:
        raise LinkUnknown(park=park.name, name=place.name)
    _end_link(link, month)
    _move_on(version)
    audit.record(
        by,
        "places.park-unlinked",
        park,
        changes={"覆盖": [place.name, ""]},
        reason=reason,
        place=park.path,
        now=now,
    )


# --- changing ----------------------------------------------------------------------------------


@transaction.atomic
def move_place(
    *,
    by: Actor,
    place: Place,
    parent: Place,
    effective_on: date,
    now: datetime,
    code: str = "",
    source: str = "",
) -> Place:
    """
    Hang a village under another town, or a courtyard under another village (调整隶属).

    Counts from the first of the month of the legal day *effective_on*. What happened before stays with the
    former parent "as then"; asked "as now" it counts with the new one. A second move in the same
    month corrects the first.

    :raises PermissionDenied: *by* may not change the network here or there.
    :raises UnderItself: *parent* lies in *place*.
    :raises WrongLevel: *parent* is not one level above *place*.
    :raises PlaceClosed: one of them is closed.
    :raises AlreadyThere: it hangs there in that month already.
    :raises NotYet: the legal day lies ahead.
    :raises TooFarBack: it lies too many months back.
    :raises LaterChangeExists: the place was moved in a later month.
    :raises NameTaken: the new parent has a place of this name.
    :raises BadCode: *code* is not a code of this level.
    :raises CodeTaken: *code* belongs to another place.
    """
    rules.MANAGE.require(by, place)
    rules.MANAGE.require(by, parent)
    version = _lock()
    place, parent = Place.objects.get(pk=place.pk), Place.objects.get(pk=parent.pk)
    _require_open(place)
    if parent.path.startswith(place.path):
        raise UnderItself(name=place.name, parent=parent.name)
    _require_open(parent)
    if place.level not in (Level.VILLAGE, Level.COURTYARD):
        raise WrongLevel(
            name=place.name,
            level=place.get_level_display(),
            why="只有村社和院落可以改上级",
            wanted="村社或院落",
        )
    if parent.level != place.level - 1:
        raise WrongLevel(
            name=parent.name,
            level=parent.get_level_display(),
            why=f"不能作{place.get_level_display()}的上级",
            wanted=Level(place.level - 1).label,
        )
    month = _judge_month(effective_on, now)
    _judge_code(place, code)
    _require_free_name(place.name, parent, but=place)
    before = _rehang(place, parent, month, effective_on, source, version, code)
    if code and code != place.code:
        _redesignate(place, place.name, code, effective_on, source)
    _move_on(version)
    audit.record(
        by,
        "places.moved",
        place,
        changes={"上级": [before.name, parent.name], "生效日": ["", effective_on.isoformat()]},
        reason=source,
        place=place.path,
        now=now,
    )
    return place


@transaction.atomic
def merge_places(
    *, by: Actor, place: Place, into: Place, effective_on: date, now: datetime, source: str = ""
) -> Place:
    """
    Merge a place into another of its level; what lies under it moves along (合并).

    Records keep the place they happened in; from the month of *effective_on* that place hangs under its
    successor, so that "as now" counts them there. Its name becomes an alias of the successor.

    :raises PermissionDenied: *by* may not change the network here or there.
    :raises WrongLevel: the two are not of one level, or are parks or counties.
    :raises UnderItself: they are the same place.
    :raises PlaceClosed: one of them is closed.
    :raises CoveredByPark: a park lies over the place.
    :raises NotYet: the legal day lies ahead.
    :raises TooFarBack: it lies too many months back.
    :raises LaterChangeExists: something under the place changed in a later month.
    :raises NameTaken: both have a place of the same name beneath.
    """
    rules.MANAGE.require(by, place)
    rules.MANAGE.require(by, into)
    version = _lock()
    place, into = Place.objects.get(pk=place.pk), Place.objects.get(pk=into.pk)
    if place.pk == into.pk:
        raise UnderItself(name=place.name, parent=into.name)
    _require_open(place)
    _require_open(into)
    if place.level not in LINKABLE or place.level != into.level:
        raise WrongLevel(
            name=into.name,
            level=into.get_level_display(),
            why=f"不能和{place.get_level_display()}合并",
            wanted=f"{place.get_level_display()}（县和园区不合并）",
        )
    month = _judge_month(effective_on, now)
    if link := place.covered_by.filter(until__isnull=True).select_related("park").first():
        raise CoveredByPark(name=place.name, park=link.park.name)
    for child in _children(place).filter(closed_on__isnull=True):
        _require_free_name(child.name, into)
    for child in _children(place).filter(level=place.level + 1):
        _rehang(child, into, month, effective_on, source, version)
    _rehang(place, into, month, effective_on, source, version)
    place.closed_on, place.merged_into = effective_on, into
    place.save(update_fields=["closed_on", "merged_into"])
    _close_designation(place, effective_on)
    if into.name != place.name:
        Alias.objects.get_or_create(
            place=into,
            name=place.name,
            defaults={"note": f"{say_day(effective_on)}并入"},
        )
        _retoken(into)
    _move_on(version)
    audit.record(
        by,
        "places.merged",
        place,
        changes={"并入": ["", into.name], "生效日": ["", effective_on.isoformat()]},
        reason=source,
        place=into.path,
        now=now,
    )
    return place


@transaction.atomic
def rename_place(
    *,
    by: Actor,
    place: Place,
    name: str,
    effective_on: date,
    now: datetime,
    code: str = "",
    source: str = "",
) -> Place:
    """
    Give a place another official name, another code, or both, from a day on (更名、换代码).

    :raises PermissionDenied: *by* may not change the network here.
    :raises PlaceClosed: the place is closed.
    :raises BadName: the name is empty or too long.
    :raises NameTaken: a sister has this name.
    :raises BadCode: *code* is not a code of this level.
    :raises CodeTaken: *code* belongs to another place.
    :raises NotYet: the day lies ahead.
    :raises LaterChangeExists: there is a name from that day or a later one.
    """
    rules.MANAGE.require(by, place)
    version = _lock()
    place = Place.objects.get(pk=place.pk)
    _require_open(place)
    name = _judge_name(name)
    if effective_on > today(now):
        raise NotYet(day=say_day(effective_on))
    _judge_code(place, code)
    parent = _parent_now(place)
    if parent is not None:
        _require_free_name(name, parent, but=place)
    before = {"名称": [place.name, name], "代码": [place.code, code or place.code]}
    if code and parent is not None and code != place.code:
        _reorder(place, parent, int(code[-3:]), 3)
    _redesignate(place, name, code or place.code, effective_on, source)
    _move_on(version)
    audit.record(
        by,
        "places.renamed",
        place,
        changes={key: pair for key, pair in before.items() if pair[0] != pair[1]},
        reason=source,
        place=place.path,
        now=now,
    )
    return place


@transaction.atomic
def close_place(
    *, by: Actor, place: Place, effective_on: date, now: datetime, reason: str = ""
) -> Place:
    """
    Close a courtyard, a village or a park that has no successor; its records stay (撤销).

    :raises PermissionDenied: *by* may not change the network here.
    :raises PlaceClosed: it is closed already.
    :raises WrongLevel: a county is not closed.
    :raises StillInUse: open places hang under it.
    :raises NotYet: the day lies ahead.
    :raises TooFarBack: it lies too many months back.
    :raises LaterChangeExists: the place was named or registered on that day or later.
    """
    rules.MANAGE.require(by, place)
    version = _lock()
    place = Place.objects.get(pk=place.pk)
    _require_open(place)
    if place.level == Level.COUNTY:
        raise WrongLevel(
            name=place.name, level="县", why="县不能撤销", wanted="镇街、村社、院落或园区"
        )
    month = _judge_month(effective_on, now)
    if names := list(
        _children(place).filter(closed_on__isnull=True).values_list("name", flat=True)
    ):
        raise StillInUse(name=place.name, count=len(names), some="、".join(names[:3]))
    for link in PlaceLink.objects.filter(Q(park=place) | Q(place=place), until__isnull=True):
        _end_link(link, month)
    place.closed_on = effective_on
    place.save(update_fields=["closed_on"])
    _close_designation(place, effective_on)
    _move_on(version)
    audit.record(
        by,
        "places.closed",
        place,
        changes={"撤销日期": ["", effective_on.isoformat()]},
        reason=reason,
        place=place.path,
        now=now,
    )
    return place


@transaction.atomic
def add_alias(*, by: Actor, place: Place, name: str, now: datetime, note: str = "") -> Alias:
    """
    Note another name that people write for a place, so that imports know it (加别名).

    :raises PermissionDenied: *by* may not change the network here.
    :raises PlaceClosed: the place is closed.
    :raises BadName: the name is empty or too long.
    """
    rules.MANAGE.require(by, place)
    version = _lock()
    place = Place.objects.get(pk=place.pk)
    name = _judge_name(name)
    _require_open(place)
    alias, is_new = Alias.objects.get_or_create(place=place, name=name, defaults={"note": note})
    if is_new:
        _retoken(place)
        _move_on(version)
        audit.record(
            by,
            "places.alias-added",
            place,
            changes={"别名": ["", name]},
            reason=note,
            place=place.path,
            now=now,
        )
    return alias


@transaction.atomic
def drop_alias(*, by: Actor, place: Place, name: str, now: datetime, reason: str = "") -> None:
    """
    Take back an alias that was a mistake, before imports follow it (去掉别名).

    :raises PermissionDenied: *by* may not change the network here.
    :raises AliasUnknown: the place has no such alias.
    """
    rules.MANAGE.require(by, place)
    version = _lock()
    gone, _ = Alias.objects.filter(place=place, name=name).delete()
    if not gone:
        raise AliasUnknown(name=place.name, alias=name)
    _retoken(place)
    _move_on(version)
    audit.record(
        by,
        "places.alias-dropped",
        place,
        changes={"别名": [name, ""]},
        reason=reason,
        place=place.path,
        now=now,
    )


# --- the hands of the deeds --------------------------------------------------------------------


def _lock() -> TreeVersion:
    """Hold the one row of TreeVersion: whoever changes the network does so alone."""
    TreeVersion.objects.get_or_create(pk=1, defaults={"stamp": uuid4().hex})
    return TreeVersion.objects.select_for_update().get(pk=1)


def _move_on(version: TreeVersion) -> None:
    version.number += 1
    version.stamp = uuid4().hex
    version.save(update_fields=["number", "stamp"])


def _judge_name(name: str) -> str:
    name = texts.normalize(name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadName
    return name


def _judge_code(place: Place, code: str) -> None:
    if not code:
        return
    if place.level not in CODE_LENGTHS:
        raise NoCode(level=place.get_level_display())
    length = CODE_LENGTHS[place.level]
    if not (code.isascii() and code.isdigit() and len(code) == length):
        raise BadCode(level=place.get_level_display(), length=length, given=code[:20])
    if taken := Place.objects.filter(code=code).exclude(pk=place.pk).first():
        raise CodeTaken(number=code, name=taken.name)


def _judge_month(day: date, now: datetime) -> int:
    month, this = month_of(day), month_of(today(now))
    if day > today(now):
        raise NotYet(day=say_day(day))
    if month < this - MONTHS_BACK:
        raise TooFarBack(
            day=say_day(day), months=MONTHS_BACK, first=say_day(first_of(this - MONTHS_BACK))
        )
    return month


def _require_open(place: Place) -> None:
    if place.closed_on is not None:
        raise PlaceClosed(name=place.name, day=say_day(place.closed_on))


def _require_free_name(name: str, parent: Place, *, but: Place | None = None) -> None:
    there = _children(parent).filter(name=name, closed_on__isnull=True)
    if but is not None:
        there = there.exclude(pk=but.pk)
    if there.exists():
        raise NameTaken(parent=parent.name, name=name)


def _children(parent: Place) -> QuerySet[Place]:
    """Return what hangs under *parent* now, closed or not."""
    return Place.objects.filter(
        parentages__parent=parent, parentages__until=Parentage.FOREVER
    ).order_by("sort_key")


def _parent_now(place: Place) -> Place | None:
    return place.parentages.select_related("parent").get(until=Parentage.FOREVER).parent


def _end_link(link: PlaceLink, month: int) -> None:
    if month_of(link.since) >= month:
        link.delete()  # begun and taken back within a month: it never counted
    else:
        link.until = first_of(month)
        link.save(update_fields=["until"])


def _rehang(
    place: Place,
    parent: Place,
    month: int,
    effective_on: date,
    source: str,
    version: TreeVersion,
    code: str = "",
) -> Place:
    """Date the new parentage, rewrite path and order of the subtree, and number the change; return the old parent."""
    last = place.parentages.select_related("parent").get(until=Parentage.FOREVER)
    if last.since > month:
        raise LaterChangeExists(name=place.name, month=_say_month(last.since))
    if last.parent_id == parent.pk:
        raise AlreadyThere(name=place.name, parent=parent.name, month=_say_month(month))
    before = cast(Place, last.parent)  # only a county has none, and a county is not moved
    touched = {before.pk, parent.pk}
    named = {"effective_on": effective_on, "source": source}
    if last.since == month:
        # Moved twice in one month: the first was a mistake, and a month has one parent.
        Parentage.objects.filter(pk=last.pk).update(parent=parent, **named)
    else:
        Parentage.objects.filter(pk=last.pk).update(until=month)
        Parentage.objects.create(place=place, parent=parent, since=month, **named)
    TreeChange.objects.bulk_create(
        TreeChange(version=version.number + 1, place_id=p, since=month) for p in touched
    )
    if parent.level >= place.level:  # its successor: behind everything that lives under it
        width = 4 if parent.level >= Level.VILLAGE else 3
        _reorder(place, parent, 9 * 10 ** (width - 1) + 1, width)
    else:
        width = 4 if place.level == Level.COURTYARD else 3
        _reorder(place, parent, int((code or place.sort_key)[-width:]), width)
    return before


def _reorder(place: Place, parent: Place, number: int, width: int) -> None:
    """Rewrite path and sort key of *place* and all beneath it; it takes *number* or the first free one after."""
    old_path, old_key = place.path, place.sort_key
    digits = _free_number(parent, number, width, but=old_key)
    place.path, place.sort_key = f"{parent.path}{place.pk}/", parent.sort_key + digits
    for field, old, new in (
        ("sort_key", old_key, place.sort_key),
        ("path", old_path, place.path),  # last: it is what the subtree is found by
    ):
        rest = Substr(field, len(old) + 1, output_field=CharField())
        Place.objects.filter(path__startswith=old_path).update(
            **{field: Concat(Cast(Value(new), CharField()), rest)}
        )


def _free_number(parent: Place, wanted: int, width: int, *, but: str = "") -> str:
    """Return the first free number from *wanted* on among the children of *parent*, as digits."""
    length = len(parent.sort_key)
    taken = {
        int(key[length:])
        for key in Place.objects.filter(sort_key__startswith=parent.sort_key)
        .exclude(sort_key=but)
        .values_list("sort_key", flat=True)
        if len(key) == length + width
    }
    while wanted in taken:
        wanted += 1
    return f"{wanted:0{width}}"


def _redesignate(place: Place, name: str, code: str, day: date, source: str) -> None:
    last = place.designations.aggregate(last=Max("since"))["last"]
    if last is not None and last >= day:
        raise LaterChangeExists(name=place.name, month=say_day(last))
    place.designations.filter(until__isnull=True).update(until=day)
    Designation.objects.create(place=place, name=name, code=code, since=day, source=source)
    place.name, place.code = name, code
    place.save(update_fields=["name", "code"])
    _retoken(place)


def _close_designation(place: Place, day: date) -> None:
    last = place.designations.get(until__isnull=True)
    if last.since >= day:
        raise LaterChangeExists(name=place.name, month=say_day(last.since))
    last.until = day
    last.save(update_fields=["until"])


def _retoken(place: Place) -> None:
    named = place.designations.values_list("name", flat=True)
    place.tokens = tokens_of(place, [*named, *place.aliases.values_list("name", flat=True)])
    place.save(update_fields=["tokens"])


def _say_month(month: int) -> str:
    return f"{month // 12}年{month % 12 + 1}月"
