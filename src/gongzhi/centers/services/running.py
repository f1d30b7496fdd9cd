"""Opening, describing and running a center: its operator, its hours and its rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from gongzhi.audit import services as audit
from gongzhi.centers import queries, rules
from gongzhi.centers.judging import label_of, locked, not_before_today, stand_in_the_way
from gongzhi.centers.models import (
    Center,
    HouseRule,
    Offer,
    OpeningHours,
    Operator,
    Service,
    SpecialDay,
)
from gongzhi.centers.timetable import DAY, HALVES, WEEKDAYS, Stretch, short_day, week_in_words
from gongzhi.directory.models import Organization
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable


class LevelDoesNotFit(Unacceptable):
    code = "centers.level-does-not-fit"
    message = "{level}要设在{wanted}，{place}是{is_a}。请换一个地点，或者换一种级别。"
    field = "place"


class NameTaken(Refused):
    code = "centers.name-taken"
    message = "已经有一个开着的“{name}”，两个中心不能同名。请在名称里写上镇街或村社。"


class CountyHasACenter(Refused):
    code = "centers.county-has-a-center"
    message = "县级支持中心只设1个，现在已有“{name}”。请改设分中心，或者先关闭原来的。"


class AlreadyDescribedSo(Refused):
    code = "centers.already-described-so"
    message = "{name}现在登记的就是这样，没有要改的地方。"


class ServiceUnknown(Unacceptable):
    code = "centers.service-unknown"
    message = "“{service}”不是五项服务里的一项。请从{known}里选。"
    field = "services"


class NotAHub(Refused):
    code = "centers.not-a-hub"
    message = (
        "{name}{why}。支持中心由枢纽型社会组织运行，请选在册的社会团体、社会服务机构或基金会。"
    )


class OperatorOverlaps(Refused):
    code = "centers.operator-overlaps"
    message = "{name}从{since}起运营这里，{end}。一个中心同时只有一家运营方，请先写明它到哪天为止，再聘下一家。"


class OperatorEnded(Refused):
    code = "centers.operator-ended"
    message = "{name}的运营到{day}已经结束，不用再结束一次。"


class OperatorTooShort(Unacceptable):
    code = "centers.operator-too-short"
    message = "结束的{day}不晚于开始的{since}，这样一天也没有运营。请填{since}以后的日期。"
    field = "until"


class HoursUnclear(Unacceptable):
    code = "centers.hours-unclear"
    message = "{where}的时间{wrong}，所以不能用。{mend}。"
    field = "hours"


class RuleUnclear(Unacceptable):
    code = "centers.rule-unclear"
    message = "{wrong}，所以没有发布。{mend}。"
    field = "text"


class RuleIsOlder(Refused):
    code = "centers.rule-is-older"
    message = "《{title}》已有从{since}起施行的一版，新的一版要更晚施行。请填{since}以后的日期。"


def _known_services(services: Iterable[str]) -> list[Service]:
    wanted = set(services)
    for service in wanted - set(Service.values):
        raise ServiceUnknown(service=service, known="、".join(s.label for s in Service))
    return [s for s in Service if s.value in wanted]


@transaction.atomic
def open_center(
    *,
    by: Actor,
    name: str,
    level: str,
    place: Place,
    address: str,
    phone: str,
    opened_on: date,
    intro: str = "",
    services: Collection[str] = (),
    rests_on_holidays: bool = True,
) -> Center:
    """
    Open a support center that serves *place* from *opened_on* on (设立支持中心).

    :raises PermissionDenied: *by* may not open centers here.
    :raises LevelDoesNotFit: a center of this level does not serve such a place.
    :raises CountyHasACenter: there is an open county center already.
    :raises NameTaken: an open center has this name.
    :raises ServiceUnknown: one of *services* is none of the five.
    """
    rules.OPEN.require_at(by, place.path)
    fitting = Center.FITS[Center.Level(level)]
    if place.level not in fitting:
        raise LevelDoesNotFit(
            level=Center.Level(level).label,
            wanted="或".join(Place.Level(x).label for x in fitting),
            place=place.name,
            is_a=place.get_level_display(),
        )
    offered = _known_services(services)
    center = Center(
        name=name,
        level=level,
        place=place,
        address=address,
        phone=phone,
        intro=intro,
        rests_on_holidays=rests_on_holidays,
        opened_on=opened_on,
    )
    center.tokens = queries.tokens_of(center, ())
    try:
        with transaction.atomic():
            center.save(force_insert=True)
    except IntegrityError:
        if Center.objects.filter(name=name, closed_on__isnull=True).exists():
            raise NameTaken(name=name) from None
        first = Center.objects.get(level=Center.Level.COUNTY, closed_on__isnull=True)
        raise CountyHasACenter(name=first.name) from None
    Offer.objects.bulk_create(Offer(center=center, service=s) for s in offered)
    audit.record(by, "centers.center-opened", center, place=place.path)
    return center


@transaction.atomic
def describe_center(
    *,
    by: Actor,
    center: Center,
    address: str,
    phone: str,
    intro: str,
    services: Collection[str],
    rests_on_holidays: bool,
    now: datetime,
) -> Center:
    """
    Bring what the public reads about a center up to date (更新中心信息).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: it has closed.
    :raises ServiceUnknown: one of *services* is none of the five.
    :raises AlreadyDescribedSo: nothing changes.
    :raises BookingsInTheWay: resting on holidays would shut out a booking.
    """
    rules.RUN.require(by, center)
    center = locked(center, on=today(now))
    offered = _known_services(services)
    wanted = {
        "address": address,
        "phone": phone,
        "intro": intro,
        "rests_on_holidays": rests_on_holidays,
    }
    changes: dict[str, list[object]] = {
        label_of(Center, name): [getattr(center, name), value]
        for name, value in wanted.items()
        if getattr(center, name) != value
    }
    before = {o.service for o in center.offers.all()}
    if before != {s.value for s in offered}:
        changes["提供的服务"] = [
            "、".join(s.label for s in Service if s.value in before),
            "、".join(s.label for s in offered),
        ]
    if not changes:
        raise AlreadyDescribedSo(name=center.name)
    if rests_on_holidays and not center.rests_on_holidays:
        stand_in_the_way(
            "改成节假日休息",
            center,
            today(now),
            replace(queries.timetable_of(center), rests_on_holidays=True),
        )
    for name, value in wanted.items():
        setattr(center, name, value)
    center.tokens = queries.tokens_of(center, center.venues.values_list("name", flat=True))
    center.save(update_fields=[*wanted, "tokens"])
    center.offers.exclude(service__in=offered).delete()
    Offer.objects.bulk_create(
        Offer(center=center, service=s) for s in offered if s.value not in before
    )
    audit.record(
        by, "centers.center-described", center, changes=changes, place=center.place.path, now=now
    )
    return center


@transaction.atomic
def close_center(*, by: Actor, center: Center, on: date, reason: str, now: datetime) -> Center:
    """
    Close a center from the day *on*; its operator's appointment ends with it (关闭支持中心).

    :raises PermissionDenied: *by* may not close centers here.
    :raises CenterClosed: it has closed already.
    :raises StartsInThePast: *on* is over.
    :raises BookingsInTheWay: somebody has booked a venue from then on.
    """
    rules.OPEN.require(by, center)
    center = locked(center, on=date.max)
    not_before_today("关闭", on, now)
    stand_in_the_way("关闭", center, on, replace(queries.timetable_of(center), closed_on=on))
    center.closed_on, center.closed_reason = max(on, center.opened_on + DAY), reason
    center.save(update_fields=["closed_on", "closed_reason"])
    for operator in center.operators.filter(until__isnull=True):
        operator.until = max(center.closed_on, operator.since + DAY)
        operator.ended_reason = "中心关闭"
        operator.save(update_fields=["until", "ended_reason"])
    audit.record(
        by,
        "centers.center-closed",
        center,
        changes={"关闭日期": ["", say_day(center.closed_on)]},
        reason=reason,
        place=center.place.path,
        now=now,
    )
    return center


@transaction.atomic
def appoint_operator(
    *, by: Actor, center: Center, organization: Organization, since: date, document: str
) -> Operator:
    """
    Appoint a hub organization to run a center from *since* on (聘任枢纽型社会组织).

    :raises PermissionDenied: *by* may not appoint operators here.
    :raises CenterClosed: the center has closed by then.
    :raises NotAHub: the organization is no social organization on the register on that day.
    :raises OperatorOverlaps: another one runs the center then.
    """
    rules.OPEN.require(by, center)
    center = locked(center, on=since)
    if why := _why_no_hub(organization, since):
        raise NotAHub(name=organization.name, why=why)
    other = (
        center.operators.select_related("organization")
        .filter(Q(until__isnull=True) | Q(until__gt=since))
        .order_by("since")
        .first()
    )
    if other is not None:
        raise OperatorOverlaps(
            name=other.organization.name,
            since=say_day(other.since),
            end="还没有写结束日期"
            if other.until is None
            else f"到{say_day(other.until - DAY)}为止",
        )
    operator = center.operators.create(organization=organization, since=since, document=document)
    audit.record(
        by,
        "centers.operator-appointed",
        operator,
        changes={"运营方": ["", organization.name], "起": ["", say_day(since)]},
        place=center.place.path,
    )
    return operator


def _why_no_hub(organization: Organization, day: date) -> str:
    if organization.kind not in Organization.SOCIAL:
        return f"是{organization.get_kind_display()}，不是登记的社会组织"
    if organization.status != Organization.Status.ACTIVE or (
        organization.ended_on is not None and organization.ended_on <= day
    ):
        return f"的登记状态是“{organization.get_status_display()}”"
    if organization.registered_on > day:
        return f"到{say_day(organization.registered_on)}才登记"
    return ""


@transaction.atomic
def end_operator(*, by: Actor, operator: Operator, on: date, reason: str) -> Operator:
    """
    End an appointment; *on* is the first day on which the organization no longer runs the center (结束运营).

    :raises PermissionDenied: *by* may not end appointments here.
    :raises OperatorEnded: it has ended before.
    :raises OperatorTooShort: *on* is not after its beginning.
    """
    rules.OPEN.require(by, operator.center)
    center = Center.objects.lock(operator.center_id)
    operator = Operator.objects.select_related("organization").get(pk=operator.pk)
    if operator.until is not None:
        raise OperatorEnded(name=operator.organization.name, day=say_day(operator.until - DAY))
    if on <= operator.since:
        raise OperatorTooShort(day=say_day(on), since=say_day(operator.since))
    operator.until, operator.ended_reason = on, reason
    operator.save(update_fields=["until", "ended_reason"])
    audit.record(
        by,
        "centers.operator-ended",
        operator,
        changes={"到哪天为止": ["", say_day(on - DAY)]},
        reason=reason,
        place=center.place.path,
    )
    return operator


@transaction.atomic
def set_hours(
    *,
    by: Actor,
    center: Center,
    week: Mapping[int, Sequence[Stretch]],
    since: date,
    now: datetime,
) -> None:
    """
    Set the usual week from *since* on; *week* maps a weekday (0 is Monday) to stretches of half-hours (设开放时间).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: it has closed by then.
    :raises StartsInThePast: *since* is over; the hours of past days are facts.
    :raises HoursUnclear: no day is open, or stretches are reversed or overlap.
    :raises BookingsInTheWay: a booking would lie outside the new hours.
    """
    rules.RUN.require(by, center)
    center = locked(center, on=since)
    if center.hours.exists():
        not_before_today("新的时间", since, now)
    usual = {day: tuple(sorted(stretches)) for day, stretches in week.items() if stretches}
    if not usual:
        raise HoursUnclear(
            where="一周", wrong="没有一天开门", mend="至少选一天；长期不开，请关闭中心"
        )
    for day, stretches in usual.items():
        _check_stretches(WEEKDAYS[day], stretches)
    before = queries.timetable_of(center)
    weeks = dict(before.weeks) | {since: usual}
    after = replace(before, weeks=tuple(sorted(weeks.items(), key=lambda item: item[0])))
    stand_in_the_way("改时间", center, since, after)
    # A week that was set for the same day and is now set anew never was in force as it stood.
    center.hours.filter(since=since).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(center=center, since=since, weekday=day, opens=opens, closes=closes)
        for day, stretches in usual.items()
        for opens, closes in stretches
    )
    audit.record(
        by,
        "centers.hours-set",
        center,
        changes={
            "从哪天起": ["", say_day(since)],
            "一周": [_say_week(before.week(since)), _say_week(usual)],
        },
        place=center.place.path,
        now=now,
    )


def _check_stretches(where: str, stretches: Sequence[Stretch]) -> None:
    passed = 0
    for opens, closes in stretches:
        if not 0 <= opens < closes <= HALVES:
            raise HoursUnclear(where=where, wrong="关门不晚于开门", mend="请把关门时间改到开门以后")
        if opens < passed:
            raise HoursUnclear(
                where=where, wrong="有两段重在一起", mend="请把两段错开，或者合成一段"
            )
        passed = closes


def _say_week(week: Mapping[int, Sequence[Stretch]]) -> str:
    return "；".join(f"{days}{hours}" for days, hours in week_in_words(week)) if week else ""


@transaction.atomic
def set_special_day(
    *, by: Actor, center: Center, day: date, hours: Stretch | None, note: str, now: datetime
) -> SpecialDay:
    """
    Keep other *hours* than usual on one day, or none at all (设特别的一天：关门或换时间).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: it has closed by then.
    :raises StartsInThePast: *day* is over.
    :raises HoursUnclear: the hours are reversed.
    :raises BookingsInTheWay: a booking of that day would lie outside them.
    """
    rules.RUN.require(by, center)
    center = locked(center, on=day)
    not_before_today("特别的时间", day, now)
    if hours is not None:
        _check_stretches(short_day(day), [hours])
    table = queries.timetable_of(center)
    before = table.on(day)
    after = replace(
        table, special={**table.special, day: ((hours,) if hours is not None else (), note)}
    )
    stand_in_the_way("改这一天", center, day, after, until=day + DAY)
    opens, closes = hours if hours is not None else (None, None)
    special, _ = SpecialDay.objects.update_or_create(
        center=center, day=day, defaults={"opens": opens, "closes": closes, "note": note}
    )
    audit.record(
        by,
        "centers.special-day-set",
        special,
        changes={"日期": ["", say_day(day)], "开放时间": [before.label, after.on(day).label]},
        reason=note,
        place=center.place.path,
        now=now,
    )
    return special


@transaction.atomic
def drop_special_day(*, by: Actor, special: SpecialDay, now: datetime) -> None:
    """
    Let a coming day keep the usual hours after all (取消特别安排).

    :raises PermissionDenied: *by* does not run this center.
    :raises StartsInThePast: the day is over.
    :raises BookingsInTheWay: a booking of that day would lie outside the usual hours.
    """
    rules.RUN.require(by, special.center)
    center = Center.objects.lock(special.center_id)
    day = special.day
    not_before_today("恢复平常时间", day, now)
    table = queries.timetable_of(center)
    after = replace(table, special={d: h for d, h in table.special.items() if d != day})
    stand_in_the_way("恢复平常时间", center, day, after, until=day + DAY)
    audit.record(
        by,
        "centers.special-day-dropped",
        special,
        changes={
            "日期": ["", say_day(day)],
            "开放时间": [table.on(day).label, after.on(day).label],
        },
        place=center.place.path,
        now=now,
    )
    special.delete()


@transaction.atomic
def publish_house_rule(
    *,
    by: Actor,
    center: Center,
    title: str,
    text: str,
    since: date,
    document: str = "",
    now: datetime,
) -> HouseRule:
    """
    Publish a version of a center's rules; it takes the place of the one before on *since* (发布管理办法).

    :raises PermissionDenied: *by* does not run this center.
    :raises CenterClosed: it has closed by then.
    :raises RuleUnclear: the title or the text is missing.
    :raises RuleIsOlder: a version that begins as late or later is there already.
    """
    rules.RUN.require(by, center)
    center = locked(center, on=since)
    title, text = title.strip(), text.strip()
    if not title or not text:
        raise RuleUnclear(wrong="标题或全文是空的", mend="请写上标题，把全文贴进来")
    before = center.house_rules.filter(title=title, until__isnull=True).first()
    if before is not None:
        if before.since >= since:
            raise RuleIsOlder(title=title, since=say_day(before.since))
        before.until = since
        before.save(update_fields=["until"])
    rule = center.house_rules.create(title=title, text=text, since=since, document=document)
    audit.record(
        by,
        "centers.house-rule-published",
        rule,
        changes={
            "标题": ["", title],
            "施行日期": [say_day(before.since) if before else "", say_day(since)],
        },
        place=center.place.path,
        now=now,
    )
    return rule
