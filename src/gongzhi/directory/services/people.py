"""What is done to people's records: registered, amended, opened for a reason, handed out, erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory import queries, rules
from gongzhi.directory.erased import blank
from gongzhi.directory.locks import hold_registers
from gongzhi.directory.models import Dispute, Ending, Membership, Person, Volunteer
from gongzhi.places.models import Place
from gongzhi.places.queries import spoken_path
from gongzhi.shared import codes
from gongzhi.shared.calendar import local, today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import Sealed, fingerprint
from gongzhi.shared.text import bigrams, normalize

AMENDABLE = ("name", "sex", "birth_on", "id_number", "phone", "address", "place")
LABELS = {field.name: str(field.verbose_name) for field in Person._meta.concrete_fields}
_MASKS = {
    "id_number": codes.mask_id,
    "phone": codes.mask_phone,
    "address": codes.mask_address,
}


class NameMissing(Unacceptable):
    code = "directory.persons-name-missing"
    message = "没有填姓名，登记没法用。请照证件填全名。"
    field = "name"


class BirthDisagrees(Unacceptable):
    code = "directory.birth-disagrees"
    message = "出生日期和身份证号对不上：号码里是{said}。请照证件改其中一个，或者清空出生日期。"
    field = "birth_on"


class SexDisagrees(Unacceptable):
    code = "directory.sex-disagrees"
    message = "性别和身份证号对不上。请照证件改其中一个，或者清空性别。"
    field = "sex"


class BirthAhead(Unacceptable):
    code = "directory.birth-ahead"
    message = "出生日期{day}在今天之后。请照证件改。"
    field = "birth_on"


class TooLittleToTell(Unacceptable):
    code = "directory.too-little-to-tell"
    message = "没有身份证号，也没有出生日期和手机号，以后分不清是哪一位。请至少填一样；拿不到证件就填出生年月。"
    field = "birth_on"


class IdOfSomebodyElse(Refused):
    code = "directory.id-of-somebody-else"
    message = (
        "名册里这个身份证号是{name}的，姓名和填的不同。请核对证件；确实写错的，请先更正那一条。"
    )


class KnownElsewhere(Refused):
    code = "directory.known-elsewhere"
    message = "这个人已经登记在{place}，不在您的范围，所以没有再登一遍。请和那边联系，由那边更正或转过来。"


class Erased(Refused):
    code = "directory.person-is-erased"
    message = "这一位已经按本人要求注销，资料都删了，不能再改。本人愿意回来的，请重新登记。"


class WhyOpen(Unacceptable):
    code = "directory.why-open"
    message = "没有写为什么要看号码，所以没有打开。请选一个理由；选“别的原因”要写一句话。"
    field = "reason"


class AmendsNothing(Unacceptable):
    code = "directory.amends-nothing"
    message = "没有一项改了，所以没有存。请改好再存，或者直接返回。"


class WhyAmend(Unacceptable):
    code = "directory.why-amend"
    message = "没有写为什么改。请用一句话写明依据，例如“看过身份证”。"
    field = "reason"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Somebody's numbers in plain, and until when they are shown (打开的号码)."""

    id_number: str
    phone: str
    address: str
    until: datetime


@transaction.atomic
def register_person(
    *,
    by: Actor,
    name: str,
    place: Place,
    now: datetime,
    id_number: str = "",
    birth_on: date | None = None,
    birth_year: int | None = None,
    sex: str = "",
    phone: str = "",
    address: str = "",
) -> Person:
    """
    Enter somebody into the directory, or find the record they have (登记居民).

    Known by the ID number, else by name, birth year, place and phone together: the same person twice gives
    the same record back, also when two clerks press at once.

    :raises PermissionDenied: *by* does not keep people at *place*.
    :raises NameMissing, TooLittleToTell, BadValue, BirthAhead, BirthDisagrees, SexDisagrees
    :raises IdOfSomebodyElse, KnownElsewhere
    """
    rules.KEEP_PEOPLE.require_at(by, place.path)
    given = _given(now, name, id_number, birth_on, birth_year, sex, phone, address)
    hold_registers()
    person = _known(given, place)
    action = "directory.person-found"
    if person is None:
        person = Person.objects.create(**given, place=place, created_at=now)
        action = "directory.person-registered"
    if person.name != given["name"]:
        raise IdOfSomebodyElse(name=codes.mask_name(person.name))
    if action == "directory.person-found" and not rules.KEEP_PEOPLE.allows(by, person):
        raise KnownElsewhere(place=spoken_path(person.place))
    audit.record(by, action, person, subject=person.pk, place=place.path, now=now)
    return person


@transaction.atomic
def amend_person(
    *, by: Actor, person: Person, changes: Mapping[str, Any], reason: str, now: datetime
) -> Person:
    """
    Correct what is kept of somebody (更正个人信息): by themselves, or by a keeper who says why.

    The line keeps which fields changed, numbers masked.

    :raises PermissionDenied: *by* is neither the person nor keeps the place, or moves them elsewhere.
    :raises WhyAmend, AmendsNothing, Erased, IdOfSomebodyElse, BadValue, BirthDisagrees, SexDisagrees
    """
    rules.require_oneself_or(by, person.pk, rules.KEEP_PEOPLE, person)
    hold_registers()
    person = Person.objects.hold(person.pk)
    if person.erased_at:
        raise Erased
    if not reason.strip() and not rules.is_oneself(by, person.pk):
        raise WhyAmend
    wanted = {key: value for key, value in changes.items() if key in AMENDABLE}
    place = wanted.pop("place", person.place)
    if place.pk != person.place_id and not rules.is_oneself(by, person.pk):
        rules.KEEP_PEOPLE.require_at(by, place.path)
    kept = {key: _open(getattr(person, key)) for key in AMENDABLE if key != "place"}
    birth_year = person.birth_year
    if "id_number" in wanted:  # the new number tells
        birth_year = None
        kept["birth_on"], kept["sex"] = None, ""
    given = _given(now, birth_year=birth_year, **(kept | wanted))
    if given["id_key"] != person.id_key and given["id_key"]:
        holder = Person.objects.filter(id_key=given["id_key"]).exclude(pk=person.pk).first()
        if holder is not None:
            raise IdOfSomebodyElse(name=codes.mask_name(holder.name))
    said = {}
    for key in (*AMENDABLE[:-1], "birth_year"):
        before, after = _open(getattr(person, key)), given[key]
        if before != after and not (key == "birth_year" and given["birth_on"]):
            label = LABELS[key]
            said[label] = [_said(key, before), _said(key, after)]
    if place.pk != person.place_id:
        said["村社"] = [str(person.place), str(place)]
    if not said:
        raise AmendsNothing
    for key, value in given.items():
        setattr(person, key, value)
    person.place = place
    person.save(update_fields=[*given, "place"])
    audit.record(
        by,
        "directory.person-amended",
        person,
        subject=person.pk,
        place=place.path,
        changes=said,
        reason=reason.strip(),
        now=now,
    )
    return person


@transaction.atomic
def open_number(*, by: Actor, person: Person, reason: str, now: datetime) -> Opened:
    """
    Show somebody's numbers for a dated number of minutes, for a reason the person can read (打开号码).

    :raises PermissionDenied: *by* may not open numbers at the person's place.
    :raises WhyOpen: no reason is given.
    :raises Erased: there is nothing left to open.
    """
    rules.OPEN_NUMBERS.require(by, person)
    person = Person.objects.hold(person.pk)
    if person.erased_at:
        raise Erased
    if len(reason.strip()) < 2:
        raise WhyOpen
    audit.record(
        by,
        queries.OPENED,
        person,
        subject=person.pk,
        place=person.place.path,
        reason=reason.strip(),
        now=now,
    )
    until = queries.open_for(by, person, now=now)
    return Opened(
        id_number=_open(person.id_number),
        phone=_open(person.phone),
        address=_open(person.address),
        until=until or now,
    )


@transaction.atomic
def export_my_data(*, by: Actor, person: Person, now: datetime) -> dict[str, Any]:
    """
    Hand a person everything that is kept of them, in plain words (下载我的全部资料), PIPL 45.

    :raises PermissionDenied: *by* is not that person.
    """
    rules.require_oneself(by, person.pk)
    found = queries.registrations_of(person)
    own = Person.objects.select_related("place").get(pk=found.person.pk)
    audit.record(by, "directory.data-exported", own, subject=own.pk, place=own.place.path, now=now)
    return {
        "导出时间": f"{local(now):%Y-%m-%d %H:%M}",
        "个人信息": {
            "姓名": own.name,
            "性别": own.get_sex_display(),
            "出生日期": say_day(own.birth_on) if own.birth_on else (own.birth_year or ""),
            "身份证号": _open(own.id_number),
            "手机号": _open(own.phone),
            "住址": _open(own.address),
            "村社": spoken_path(own.place),
        },
        "志愿者登记": [
            {
                "编号": v.number,
                "村社": str(v.place),
                "登记来源": v.get_source_display(),
                "登记日期": say_day(v.registered_on),
                "本人确认": say_day(v.confirmed_on) if v.confirmed_on else "",
                "全国志愿者编号": v.national_number,
                "最近一次服务": say_day(v.last_served_on) if v.last_served_on else "",
                "退出": say_day(v.ended_on) if v.ended_on else "",
                "退出原因": v.ended_reason,
            }
            for v in found.volunteering
        ],
        "志愿队": [
            {
                "队伍": m.team.name,
                "身份": m.get_part_display(),
                "加入": say_day(m.joined_on),
                "退出": say_day(m.left_on) if m.left_on else "",
            }
            for m in found.memberships
        ],
        "异议": [
            {"哪里不对": d.text, "状态": d.get_state_display(), "答复": d.answer}
            for d in found.disputes
        ],
        "谁看过号码": [
            {"时间": o.when, "谁": o.who, "理由": o.basis}
            for o in queries.openings_of(own, now=now)
        ],
    }


@transaction.atomic
def erase_person(*, by: Actor, person: Person, reason: str, now: datetime) -> Person:
    """
    Delete everything personal that is kept of somebody, at their wish (注销，全部删掉), PIPL 47.

    Registrations end, names and numbers go, under every record that stands for the person. The records remain
    as empty marks, so that counts of the past still hold.

    :raises PermissionDenied: *by* is neither the person nor keeps the place.
    :raises Erased: it was done before.
    """
    rules.require_oneself_or(by, person.pk, rules.KEEP_PEOPLE, person)
    hold_registers()
    head = Person.objects.hold(person.pk)
    if head.erased_at:
        raise Erased
    ids = queries.group_of(head)
    day, how, why = today(now), Ending.ERASED, "本人注销"
    Volunteer.objects.filter(person__in=ids, ended_on=None).update(
        ended_on=day, ended_how=how, ended_reason=why
    )
    Volunteer.objects.filter(person__in=ids).update(national_number="")
    Membership.objects.filter(person__in=ids, left_on=None).update(
        left_on=day, left_how=how, left_reason=why
    )
    disputes = Dispute.objects.filter(person__in=ids)
    disputes.filter(state=Dispute.State.OPEN).update(
        state=Dispute.State.DECLINED, answer="本人已注销，不再答复。", answered_at=now
    )
    disputes.update(text="（已删除）")
    Person.objects.filter(pk__in=ids).update(**blank(), erased_at=now)
    head.refresh_from_db()
    audit.record(
        by,
        "directory.person-erased",
        head,
        subject=head.pk,
        place=head.place.path,
        reason=reason.strip(),
        now=now,
    )
    return head


def _given(
    now: datetime,
    name: str,
    id_number: str,
    birth_on: date | None,
    birth_year: int | None,
    sex: str,
    phone: str,
    address: str,
) -> dict[str, Any]:
    """Return the columns of a person as they are kept. :raises: a value cannot be, or two contradict."""
    name = normalize(name)
    if not name:
        raise NameMissing
    id_number = codes.require_id(id_number, today(now)) if id_number.strip() else ""
    phone = codes.require_phone(phone) if phone.strip() else ""
    if birth_on and birth_on > today(now):
        raise BirthAhead(day=say_day(birth_on))
    if id_number:
        said = codes.birth_of(id_number)
        if (birth_on and birth_on != said) or (
            not birth_on and birth_year not in (None, said.year)
        ):
            raise BirthDisagrees(said=say_day(said))
        told = SEXES[codes.sex_of(id_number)]
        if sex and sex != told:
            raise SexDisagrees
        birth_on, sex = said, told
    birth_year = birth_on.year if birth_on else birth_year
    if not (id_number or birth_year or phone):
        raise TooLittleToTell
    return {
        "name": name,
        "sex": sex,
        "birth_on": birth_on,
        "birth_year": birth_year,
        "id_number": id_number,
        "id_key": fingerprint(id_number),
        "phone": phone,
        "phone_key": fingerprint(phone),
        "address": normalize(address),
        "tokens": bigrams(name),
    }


SEXES = {"male": Person.Sex.MALE, "female": Person.Sex.FEMALE}


def _known(given: Mapping[str, Any], place: Place) -> Person | None:
    """Return the record that already stands for whoever is *given*."""
    if given["id_key"]:
        found = Person.objects.filter(id_key=given["id_key"]).exclude(id_key="")
    else:
        found = Person.objects.filter(
            name=given["name"],
            birth_year=given["birth_year"],
            phone_key=given["phone_key"],
            place=place,
            erased_at=None,
        ).order_by("pk")
    person = found.select_related("place", "merged_into__place").first()
    return person and (person.merged_into or person)


def _open(value: Any) -> Any:
    if isinstance(value, Sealed):
        return value.open() if value else ""
    return value


def _said(key: str, value: Any) -> str:
    if key in _MASKS:
        return _MASKS[key](value)
    if key == "sex":
        return str(Person.Sex(value).label)
    return say_day(value) if isinstance(value, date) else str(value or "")
