"""Statements of what somebody served: issued free of charge, shown as the volunteer allows, revoked when wrong."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.centers.models import Center
from gongzhi.directory.models import Person, Volunteer
from gongzhi.outbox import services as outbox
from gongzhi.places import queries as places
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_id
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import fingerprint
from gongzhi.shared.text import normalize, pinyin_initials
from gongzhi.volunteering import messages, queries, rules
from gongzhi.volunteering.hours import say_hours
from gongzhi.volunteering.models import Certificate, Numbering, Service, WrongTry

# No look-alikes: a code is read aloud and copied from paper.
LETTERS = "ACDEFHJKLMNPQRTUVWXY34679"
ROWS = 24  # what one page holds; more services of one kind are told month by month
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class NothingServed(Refused):
    code = "volunteering.nothing-served"
    message = (
        "{since}到{until}之间没有算数的志愿服务，出不了证明。请换一段时间，或先请志愿队核时长。"
    )


class PeriodBackwards(Unacceptable):
    code = "volunteering.period-backwards"
    message = "开始日期在结束日期之后，或者结束日期还没有到，所以没有出证明。请改日期。"
    field = "since"


class AlreadyRevoked(Refused):
    code = "volunteering.already-revoked"
    message = "证明{number}已在{day}作废，不用再办。"


class WhyRevoke(Unacceptable):
    code = "volunteering.why-revoke"
    message = "没有写为什么作废，所以没有作废。请写一句，扫码的人看得到。"
    field = "reason"


class TooManyTries(Refused):
    code = "volunteering.too-many-tries"
    message = "这里一小时内验错了{count}次，为防有人乱试，暂时不能验。请{minutes}分钟后再来，急用请打证明上的电话。"
    status = 429


@transaction.atomic
def issue_certificate(
    *,
    by: Actor,
    person: Person,
    since: date,
    until: date,
    now: datetime,
    shows_rows: bool = True,
    shows_teams: bool = True,
) -> Certificate:
    """
    Issue a statement of what somebody served from *since* to *until*, both included (出证明), free of charge.

    :raises PermissionDenied: *by* is neither the person nor certifies people there.
    :raises PeriodBackwards, NothingServed
    """
    rules.require_oneself_or_certify(by, person)
    if since > until or until > today(now):
        raise PeriodBackwards
    person = Person.objects.hold(person.pk)
    served = queries.services_of(person).filter(day__gte=since, day__lte=until)
    total = queries.total_of(served)
    if not total.times:
        raise NothingServed(since=say_day(since), until=say_day(until))
    year = today(now).year
    Numbering.objects.get_or_create(year=year)
    numbering = Numbering.objects.select_for_update(no_key=True).get(year=year)
    numbering.last += 1
    numbering.save(update_fields=["last"])
    certificate = Certificate.objects.create(
        number=f"{_prefix()}-ZM-{year}-{numbering.last:06}",
        code="".join(secrets.choice(LETTERS) for _ in range(6)),
        person=person,
        name=person.name,
        since=since,
        until=until,
        times=total.times,
        minutes=total.minutes,
        other_minutes=total.other,
        says=_says(person, list(served), by),
        shows_rows=shows_rows,
        shows_teams=shows_teams,
        issued_at=now,
        issued_by_id=by.pk,
    )
    audit.record(
        by,
        "volunteering.certificate-issued",
        certificate,
        subject=person.pk,
        place=person.place.path,
        changes={"编号": ["", certificate.number], "时长": ["", say_hours(total.minutes)]},
        now=now,
    )
    return certificate


@transaction.atomic
def show_certificate(
    *, by: Actor, certificate: Certificate, shows_rows: bool, shows_teams: bool, now: datetime
) -> Certificate:
    """
    Say how much of a certificate others see when they check it (露多少).

    :raises PermissionDenied: *by* is somebody else.
    """
    rules.require_oneself(by, certificate.person_id)
    certificate = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    changes = {
        "露服务明细": [certificate.shows_rows, shows_rows],
        "露志愿队名字": [certificate.shows_teams, shows_teams],
    }
    certificate.shows_rows, certificate.shows_teams = shows_rows, shows_teams
    certificate.save(update_fields=["shows_rows", "shows_teams"])
    audit.record(
        by,
        "volunteering.certificate-shown",
        certificate,
        subject=certificate.person_id,
        changes=changes,
        now=now,
    )
    return certificate


@transaction.atomic
def print_certificate(
    *, by: Actor, certificate: Certificate, with_full_id: bool, now: datetime
) -> str:
    """
    Return the ID number as the paper is to show it, masked unless the person wants it whole (打印); it is kept on
    record that it was opened.

    :raises PermissionDenied: *by* may not open it; whole, *by* is not the person.
    """
    person = Person.objects.select_related("place").get(pk=certificate.person_id)
    if with_full_id:
        rules.require_oneself(by, person.pk)
    else:
        rules.require_oneself_or_certify(by, person)
    sealed: Any = person.id_number
    audit.record(
        by,
        "volunteering.certificate-printed",
        certificate,
        subject=person.pk,
        place=person.place.path,
        reason="本人要完整证件号" if with_full_id else "",
        now=now,
    )
    if not sealed:
        return ""
    return sealed.open() if with_full_id else sealed.masked(mask_id)


@transaction.atomic
def revoke_certificate(
    *, by: Actor, certificate: Certificate, reason: str, now: datetime
) -> Certificate:
    """
    Revoke a certificate that turned out wrong (作废); whoever checks it sees that, and why.

    :raises PermissionDenied: *by* certifies nobody there.
    :raises AlreadyRevoked, WhyRevoke
    """
    rules.CERTIFY.require(by, certificate)
    certificate = (
        Certificate.objects.select_for_update(of=("self",))
        .select_related("person__place")
        .get(pk=certificate.pk)
    )
    reason = normalize(reason)[:200]
    if certificate.revoked_at:
        raise AlreadyRevoked(number=certificate.number, day=say_day(today(certificate.revoked_at)))
    if not reason:
        raise WhyRevoke
    certificate.revoked_at, certificate.revoked_why = now, reason
    certificate.save(update_fields=["revoked_at", "revoked_why"])
    outbox.send(
        by=by,
        to=certificate.person,
        kind=messages.REVOKED,
        words={"number": certificate.number, "reason": reason.rstrip("。")},
        about=f"/volunteering/certificates/{certificate.pk}/",
        key=f"{messages.REVOKED.key}:{certificate.pk}",
        now=now,
    )
    audit.record(
        by,
        "volunteering.certificate-revoked",
        certificate,
        subject=certificate.person_id,
        place=certificate.person.place.path,
        reason=reason,
        now=now,
    )
    return certificate


@transaction.atomic
def check_certificate(
    *, by: Actor, number: str, code: str, origin: str, now: datetime
) -> Certificate | None:
    """
    Return the certificate with this number and code (验一张), None when they do not belong together.

    `origin` is where it is asked from: too many wrong tries from there within an hour are stopped. It is kept as a
    keyed hash for a day.

    :raises TooManyTries
    """
    rules.allow_anyone(by)
    key = fingerprint(f"volunteering {origin}")
    most = rule("volunteers.certificate-tries", today(now)).number
    WrongTry.objects.filter(tried_at__lt=now - _DAY).delete()
    lately = WrongTry.objects.filter(origin=key, tried_at__gt=now - _HOUR).order_by("tried_at")
    tries = list(lately.values_list("tried_at", flat=True))
    if len(tries) >= most:
        minutes = -((now - tries[0] - _HOUR) // timedelta(minutes=1))
        raise TooManyTries(count=len(tries), minutes=minutes)
    found = queries.certificate(number, code)
    if found is None:
        WrongTry.objects.create(origin=key, tried_at=now)
        audit.record(by, "volunteering.certificate-not-found", now=now)
    return found


def _prefix() -> str:
    """Return the first letters of the county's name: 金堂县 gives JT."""
    county = places.county()
    return pinyin_initials(county.name[:-1]).upper()[:6] or "ZH"


def _says(person: Person, served: list[Service], by: Actor) -> dict[str, Any]:
    county = places.county()
    center = (
        Center.objects.filter(level=Center.Level.COUNTY, closed_on__isnull=True)
        .order_by("pk")
        .first()
    )
    volunteer = (
        Volunteer.objects.filter(person__in=queries.group_of(person), ended_on__isnull=True)
        .order_by("pk")
        .first()
    )
    return {
        "county": county.name,
        "issuer": center.name if center else f"{county.name}社区发展治理支持中心",
        "phone": center.phone if center else "",
        "clerk": by.spoken_name() if by.pk and not rules.is_oneself(by, person.pk) else "系统自助",
        "volunteer_number": (volunteer.national_number or volunteer.number) if volunteer else "",
        "teams": "、".join(dict.fromkeys(s.team.name for s in served if s.team)),
        "rows": _rows(served),
    }


def _rows(served: list[Service]) -> list[dict[str, Any]]:
    """Return the rows of the table, the latest first; when they are too many for a page, one a month and kind."""
    if len(served) <= ROWS:
        return [
            {
                "when": say_day(s.day),
                "what": s.title,
                "place": s.place.name,
                "minutes": s.minutes,
                "source": s.get_source_display(),
                "times": 1,
            }
            for s in served
        ]
    found = []
    for (year, month), some in groupby(served, key=lambda s: (s.day.year, s.day.month)):
        rows = list(some)
        titles = list(dict.fromkeys(s.title for s in rows))
        spots = list(dict.fromkeys(s.place.name for s in rows))
        found.append(
            {
                "when": f"{year}年{month}月",
                "what": f"{titles[0]}{'等' if len(titles) > 1 else ''}，{len(rows)}次",
                "place": spots[0] + ("等" if len(spots) > 1 else ""),
                "minutes": sum(s.minutes for s in rows),
                "source": "",
                "times": len(rows),
            }
        )
    return found
