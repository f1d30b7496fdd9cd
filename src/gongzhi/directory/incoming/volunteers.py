"""Volunteers as counties keep them: known by the ID number, else by name, birth, place and phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from gongzhi.directory import bulk, queries
from gongzhi.directory.erased import blank
from gongzhi.directory.models import Ending, Membership, Person, Source, Volunteer
from gongzhi.shared.codes import mask_name
from gongzhi.shared.periods import say_day
from gongzhi.shared.registers import Fault, Verdict, Withdrawn, Written
from gongzhi.shared.sealed import Sealed

from .context import Context

Rows = dict[str, Sequence[Any]]
Key = Any  # the fingerprint of a number, else (name, birth year, place, fingerprint of the phone)

# What may be taken up again by an import: the house itself ended it, not a person's wish.
_MAY_RETURN = (Ending.MERGED, Ending.WITHDRAWN)


class Known(NamedTuple):
    """The record that stands for somebody, as far as an import compares it (名册里的一位)."""

    pk: int
    name: str
    sex: str
    birth_year: int | None
    birth_on: date | None
    phone_key: str
    phone: Sealed
    address: Sealed
    place: int


class Held(NamedTuple):
    """A registration as a volunteer, as far as an import compares it (名册里的一条登记)."""

    pk: int
    person_id: int
    place_id: int
    national_number: str
    confirmed_on: date | None
    last_served_on: date | None
    ended_on: date | None
    ended_how: str


@dataclass
class Standing:
    """Somebody a row means, and the registration that holds or the last that ended (这一行说的人)."""

    person: Known
    named: str  # as the record says that has the key: the row must agree
    volunteer: Held | None = None
    ended: Held | None = None


# --- judging ------------------------------------------------------------------------------------


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍), and put beside them what writing needs."""
    verdict = Verdict()
    faults = verdict.faults
    places = context.places(rows.pop("town"), rows.pop("place"))
    _understand(rows, faults)
    for i, place in enumerate(places):
        if isinstance(place, Fault):
            faults.setdefault(i, []).append(place)
    rows["place_id"] = [p if type(p) is int else 0 for p in places]
    keys = _keys(rows)
    _twice(rows, keys, context, faults)
    known = {} if context.is_first else _standing(rows, keys)
    if not known:
        verdict.new = [i for i in range(len(keys)) if i not in faults]
        return verdict
    for i, key in enumerate(keys):
        if i in faults:
            continue
        standing = known.get(key)
        if standing is None:
            verdict.new.append(i)
            continue
        wrong = _against(rows, i, standing, context)
        if wrong:
            faults[i] = [wrong]
        elif standing.volunteer is None:
            verdict.new.append(i)
        elif changes := _changes(rows, i, standing):
            verdict.changed.append(i)
            verdict.changes[i] = _spoken(changes, context)
        else:
            verdict.same.append(i)
    return verdict


_COLUMN_OF = {
    ".last_served_on": "served",
    ".national_number": "national",
    "place_id": "place",
    ".place_id": "place",
    "birth_on": "birth",
    "birth_year": "birth",
}
_SEX = dict(Person.Sex.choices)


def _spoken(changes: Mapping[str, tuple[Any, Any]], context: Context) -> dict[str, tuple[str, str]]:
    """Return what a row would change by the columns of the register, as people say it (前后对照)."""
    found: dict[str, tuple[str, str]] = {}
    for name, pair in changes.items():
        column = _COLUMN_OF.get(name, name)
        if column == "place":
            before, after = (context.lookup.spoken(pk) for pk in pair)
        elif column == "sex":
            before, after = (str(_SEX[value]) for value in pair)
        else:
            before, after = (str(value or "") for value in pair)
        found.setdefault(column, (before, after))
    return found


def _understand(rows: Rows, faults: dict[int, list[Fault]]) -> None:
    """Read birth and sex off the ID numbers, find what contradicts them, and fingerprint the numbers."""
    births, sexes = list(rows.pop("birth")), list(rows["sex"])
    years: list[int | None] = []
    numbers, phones = rows["id_number"], rows["phone"]
    for i, number in enumerate(numbers):
        if number:
            born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
            told = "m" if number[16] in "13579" else "f"
            if births[i] and not born.startswith(births[i]):
                faults.setdefault(i, []).append(_BIRTH_DISAGREES)
            if sexes[i] and sexes[i] != told:
                faults.setdefault(i, []).append(_SEX_DISAGREES)
            births[i], sexes[i] = born, told
            years.append(int(born[:4]))
            continue
        born = births[i]
        years.append(int(born[:4]) if born else None)
        if born and len(born) < 10:
            births[i] = ""  # only the year is sure enough to keep
        if not born and not phones[i]:
            faults.setdefault(i, []).append(_WHO_IS_IT)
    rows["birth_on"], rows["birth_year"], rows["sex"] = births, years, sexes
    rows["id_key"] = bulk.fingerprint_all(numbers)
    rows["phone_key"] = bulk.fingerprint_all(phones)


_BIRTH_DISAGREES = Fault(
    kind="日期",
    wrong="出生日期和身份证号里的对不上",
    mend="照证件改其中一个，或者把出生日期清空",
    column="birth",
)
_SEX_DISAGREES = Fault(
    kind="性别",
    wrong="性别和身份证号里的对不上",
    mend="照证件改其中一个，或者把性别清空",
    column="sex",
)
_WHO_IS_IT = Fault(
    kind="分不清是谁",
    wrong="没有身份证号，也没有出生日期和手机号，分不清是哪一位",
    mend="至少填一样；拿不到证件就填出生年月",
    column="id_number",
)


def _keys(rows: Rows) -> list[Key]:
    return [
        key or (name, year, place, phone)
        for key, name, year, place, phone in zip(
            rows["id_key"],
            rows["name"],
            rows["birth_year"],
            rows["place_id"],
            rows["phone_key"],
            strict=True,
        )
    ]


def _twice(
    rows: Rows, keys: Sequence[Key], context: Context, faults: dict[int, list[Fault]]
) -> None:
    """Find rows that an earlier row of the file already stands for."""
    own = list(zip(rows["row"], rows["name"], strict=True))
    first = list(map(context.seen.setdefault, keys, own))
    for i in [i for i, (a, b) in enumerate(zip(first, own, strict=True)) if a is not b]:
        (row, name), key = first[i], keys[i]
        if type(key) is tuple:
            wrong, mend = "姓名、出生、村社和手机号都相同", "留一行；是两个人就填身份证号"
        elif name == own[i][1]:
            wrong, mend = "是同一个号码，姓名也相同", "留一行，删掉另一行"
        else:
            wrong, mend = "是同一个号码，姓名不同", "核对两人的证件，留下对的一行"
        faults.setdefault(i, []).append(
            Fault(kind="表里重复", wrong=f"和第{row:,}行{wrong}", mend=mend, column="id_number")
        )


def _against(rows: Rows, i: int, standing: Standing, context: Context) -> Fault | None:
    """Return what speaks against writing a row about somebody who is known."""
    if standing.named != rows["name"][i]:
        return Fault(
            kind="和名册对不上",
            wrong=f"名册里这个身份证号是{mask_name(standing.named)}，姓名不同",
            mend="核对证件；名册写错了就先更正名册",
            column="id_number",
        )
    if not context.covers(standing.person.place):
        return Fault(
            kind="和名册对不上",
            wrong="这个人登记在别处，不在这次导入的范围",
            mend="请那边更正或转过来；不是同一个人就核对证件号",
            column="place",
        )
    ended = standing.ended
    if standing.volunteer is None and ended is not None and ended.ended_how not in _MAY_RETURN:
        assert ended.ended_on is not None  # noqa: S101
        who = "本人" if ended.ended_how == Ending.SELF else "这个人"
        return Fault(
            kind="已经退出",
            wrong=f"{who}{say_day(ended.ended_on)}已经退出，不能再导进来",
            mend="删掉这一行；本人愿意回来，请本人登记或到窗口代办",
            column="name",
        )
    return None


def _changes(rows: Rows, i: int, standing: Standing) -> dict[str, tuple[Any, Any]]:
    """
    Return what a row would change: {column: (before, after)}, the registration's columns with a dot before.

    What the person confirmed is not overwritten from a list; facts of service are.
    """
    person, volunteer = standing.person, standing.volunteer
    found: dict[str, tuple[Any, Any]] = {}
    if volunteer is None:
        return found
    served = rows["served"][i]
    last = volunteer.last_served_on.isoformat() if volunteer.last_served_on else ""
    if served > last:
        found[".last_served_on"] = (last, served)
    national = rows["national"][i]
    if national and national != volunteer.national_number:
        found[".national_number"] = (volunteer.national_number, national)
    if volunteer.confirmed_on:
        return found
    place = rows["place_id"][i]
    if place != person.place:
        found["place_id"] = (person.place, place)
    if place != volunteer.place_id:
        found[".place_id"] = (volunteer.place_id, place)
    if rows["phone"][i] and rows["phone_key"][i] != person.phone_key:
        found["phone"] = (person.phone.open() if person.phone else "", rows["phone"][i])
    if rows["address"][i]:
        address = person.address.open() if person.address else ""
        if address != rows["address"][i]:
            found["address"] = (address, rows["address"][i])
    if rows["birth_on"][i] and person.birth_on is None:
        found["birth_on"] = ("", rows["birth_on"][i])
    if rows["birth_year"][i] and person.birth_year is None:
        found["birth_year"] = (None, rows["birth_year"][i])
    if rows["sex"][i] and not person.sex:
        found["sex"] = ("", rows["sex"][i])
    return found


# --- who is meant -------------------------------------------------------------------------------

_COLUMNS = (
    "pk", "name", "sex", "birth_year", "birth_on", "phone_key", "phone", "address", "place_id",
)  # fmt: skip


def _standing(rows: Rows, keys: Sequence[Key]) -> dict[Key, Standing]:
    """Return whom the rows mean that the directory knows, by key; a handful of statements a chunk."""
    numbers = [key for key in rows["id_key"] if key]
    found: dict[Key, tuple[str, int]] = {}  # the name the key is under, and who stands for it
    if numbers:
        for pk, key, name, into in bulk.holders(numbers):
            found[key] = (name, into or pk)
    loose = {key for key in keys if type(key) is tuple and key[2]}
    if loose:
        phones = {key[3] for key in loose if key[3]}
        silent = [key for key in loose if not key[3]]
        people = Person.objects.filter(
            Q(phone_key__in=phones)
            | Q(place__in={key[2] for key in silent}, name__in={key[0] for key in silent}),
            erased_at=None,
        ).order_by("-pk")
        for pk, into, *own in people.values_list(
            "pk", "merged_into_id", "name", "birth_year", "place_id", "phone_key"
        ):
            if (meant := tuple(own)) in loose:
                found[meant] = (str(own[0]), into or pk)  # the oldest wins
    return _with_registrations(found) if found else {}


def _with_registrations(found: Mapping[Key, tuple[str, int]]) -> dict[Key, Standing]:
    heads = {head for _, head in found.values()}
    people = {row[0]: Known(*row) for row in _rows_of(heads)}
    group = {head: head for head in heads} | dict(
        Person.objects.filter(merged_into__in=heads).values_list("pk", "merged_into_id")
    )
    live: dict[int, Held] = {}
    ended: dict[int, Held] = {}
    rows = Volunteer.objects.filter(person__in=list(group)).order_by("ended_on", "pk")
    for volunteer in map(Held._make, rows.values_list(*Held._fields)):
        head = group[volunteer.person_id]
        (ended if volunteer.ended_on else live)[head] = volunteer
    return {
        key: Standing(
            person=people[head], named=name, volunteer=live.get(head), ended=ended.get(head)
        )
        for key, (name, head) in found.items()
    }


def _rows_of(heads: Iterable[int]) -> Iterable[tuple]:
    return Person.objects.filter(pk__in=list(heads)).values_list(*_COLUMNS)


# --- writing ------------------------------------------------------------------------------------


def pour(rows: Rows, context: Context, now: datetime) -> Written:
    """
    Write a chunk of good rows (写一批): judged again by what the directory says now, under lock.

    Whoever is known by now is updated or left; a row that may not be written any more counts as the same.
    """
    keys = _keys(rows)
    known = _standing(rows, keys)
    added: list[int] = []  # rows of people nobody knew
    joined: list[tuple[int, int]] = []  # rows of people who are known, and who
    changed: list[tuple[Standing, dict[str, tuple[Any, Any]]]] = []
    same = 0
    if not known:
        added, keys = list(range(len(keys))), []
    for i, key in enumerate(keys):
        standing = known.get(key)
        if standing is None:
            added.append(i)
        elif _against(rows, i, standing, context):
            same += 1
        elif standing.volunteer is None:
            joined.append((i, standing.person.pk))
        elif changes := _changes(rows, i, standing):
            changed.append((standing, changes))
        else:
            same += 1
    people = _add_people(rows, added, now)
    at = [*added, *(i for i, _ in joined)]
    volunteers = _add_volunteers(rows, at, [*people, *(pk for _, pk in joined)], context)
    return Written(
        new=len(at),
        changed=len(changed),
        same=same,
        trace={
            "place": context.place.pk,
            "people": list(people),
            "volunteers": list(volunteers),
            "before": _update(changed),
        },
    )


def _add_people(rows: Rows, at: Sequence[int], now: datetime) -> Sequence[int]:
    if not at:
        return ()
    taken = _picker(at, len(rows["name"]))
    names = taken(rows["name"])
    ids = bulk.reserve(Person, len(at))
    moment = connection.ops.adapt_datetimefield_value(now)
    bulk.pour(
        Person,
        {
            "id": ids,
            "name": names,
            "sex": taken(rows["sex"]),
            "birth_year": taken(rows["birth_year"]),
            "birth_on": [day or None for day in taken(rows["birth_on"])],
            "id_number": bulk.seal_all(taken(rows["id_number"])),
            "id_key": taken(rows["id_key"]),
            "phone": bulk.seal_all(taken(rows["phone"])),
            "phone_key": taken(rows["phone_key"]),
            "address": bulk.seal_all(taken(rows["address"])),
            "place_id": taken(rows["place_id"]),
            "tokens": bulk.tokens_of(names),
            "created_at": [moment] * len(at),
        },
    )
    return ids


def _add_volunteers(
    rows: Rows, at: Sequence[int], people: Sequence[int], context: Context
) -> Sequence[int]:
    if not at:
        return ()
    taken = _picker(at, len(rows["name"]))
    ids, count = bulk.reserve(Volunteer, len(at)), len(at)
    served = taken(rows["served"])
    until = {
        day: queries.active_until(date.fromisoformat(day)).isoformat() for day in set(served) if day
    }
    today = context.on.isoformat()
    bulk.pour(
        Volunteer,
        {
            "id": ids,
            "person_id": people,
            "place_id": taken(rows["place_id"]),
            "national_number": taken(rows["national"]),
            "source": [Source.IMPORTED.value] * count,
            "consent": [""] * count,
            "registered_on": [day or today for day in taken(rows["registered"])],
            "last_served_on": [day or None for day in served],
            "active_until": [until.get(day) for day in served],
            "ended_how": [""] * count,
            "ended_reason": [""] * count,
            "batch": [context.batch] * count,
        },
    )
    return ids


def _picker(at: Sequence[int], count: int) -> Any:
    """Return what takes the values of the rows *at* out of a column of *count*."""
    if len(at) == count:
        return lambda column: column
    return lambda column: [column[i] for i in at]


def _update(changed: Iterable[tuple[Standing, Mapping[str, tuple[Any, Any]]]]) -> list[list[Any]]:
    """Write what known rows change, and return what it was, to be taken back."""
    before = []
    for standing, changes in changed:
        assert standing.volunteer is not None  # noqa: S101
        pk, registration = standing.person.pk, standing.volunteer.pk
        _set(pk, registration, {column: after for column, (_, after) in changes.items()})
        before.append([pk, registration, {c: list(pair) for c, pair in changes.items()}])
    return before


def _set(person: int, volunteer: int, values: Mapping[str, Any]) -> None:
    """Set columns of a person and, those with a dot, of the registration."""
    own: dict[str, Any] = {
        c: (v or None if c in ("birth_on", "birth_year") else v) for c, v in values.items()
    }
    of_volunteer = {c[1:]: own.pop(c) for c in list(own) if c.startswith(".")}
    if "phone" in own:
        own["phone_key"] = bulk.fingerprint_all([str(own["phone"])])[0]
    if own:
        Person.objects.filter(pk=person).update(**own)
    if "last_served_on" in of_volunteer:
        day = of_volunteer["last_served_on"]
        of_volunteer["last_served_on"] = day or None
        of_volunteer["active_until"] = (
            queries.active_until(date.fromisoformat(day)) if day else None
        )
    if of_volunteer:
        Volunteer.objects.filter(pk=volunteer).update(**of_volunteer)


# --- taking back --------------------------------------------------------------------------------


def take_back(trace: Mapping[str, Any], reason: str, on: date, now: datetime) -> Withdrawn:
    """
    Undo a written chunk (撤回一批): registrations end, people whom nothing else speaks of are erased.

    What somebody confirmed, or what was changed again since, stays and is counted.
    """
    ids = trace["volunteers"]
    alive = Volunteer.objects.filter(pk__in=ids, ended_on=None)
    stays = Q(confirmed_on__isnull=False) | Q(disputes__isnull=False)
    kept = alive.filter(stays).distinct().count()
    going = dict(
        alive.exclude(pk__in=alive.filter(stays).values("pk")).values_list("pk", "registered_on")
    )
    for day in set(going.values()):
        Volunteer.objects.filter(pk__in=[pk for pk, since in going.items() if since == day]).update(
            ended_on=max(on, day),
            ended_how=Ending.WITHDRAWN,
            ended_reason=f"导入撤回：{reason}"[:120],
        )
    _forget_people(trace["people"], now)
    taken = len(going)
    for person, volunteer, changes in trace["before"]:
        if _stands(person, volunteer, changes):
            _set(person, volunteer, {column: before for column, (before, _) in changes.items()})
            taken += 1
        else:
            kept += 1
    return Withdrawn(taken=taken, kept=kept)


def _forget_people(ids: Sequence[int], now: datetime) -> None:
    """Blank the people of a withdrawn chunk whom nothing else speaks of: there is no purpose left to keep them."""
    used = set(
        Volunteer.objects.filter(person__in=ids, ended_on=None).values_list("person_id", flat=True)
    )
    used |= set(Membership.objects.filter(person__in=ids).values_list("person_id", flat=True))
    used |= set(
        Person.objects.filter(
            Q(pk__in=ids, merged_into__isnull=False) | Q(merged_into__in=ids)
        ).values_list("pk", flat=True)
    )
    Person.objects.filter(pk__in=set(ids) - used).update(**blank(), erased_at=now)


def _stands(person: int, volunteer: int, changes: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether everything is still as the import left it."""
    now = Person.objects.filter(pk=person).first()
    registration = Volunteer.objects.filter(pk=volunteer).first()
    if now is None or registration is None or registration.confirmed_on:
        return False
    for column, (_, after) in changes.items():
        value = getattr(registration if column.startswith(".") else now, column.lstrip("."))
        if isinstance(value, Sealed):
            value = value.open() if value else ""
        if isinstance(value, date):
            value = value.isoformat()
        if value != after:
            return False
    return True
