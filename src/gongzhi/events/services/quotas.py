"""Seats kept for the people of a place or an organization until a day, and the drawing of lots (名额、抽签)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.events import lots, rules, telling
from gongzhi.events.judging import Seats, say_moment
from gongzhi.events.line import hand_on
from gongzhi.events.models import Event, Quota, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable

Status = Registration.Status


class QuotaTooLarge(Refused):
    code = "events.quota-too-large"
    message = "“{title}”没分出去的名额只剩{left}个，不够再留{seats}个。请少留几个，或者先加名额。"


class QuotaUnclear(Unacceptable):
    code = "events.quota-unclear"
    message = "{wrong}，所以没有留。{mend}。"
    field = "seats"


class TooEarlyToDraw(Refused):
    code = "events.too-early-to-draw"
    message = "说好{when}抽签，还没到时候。请到时候再抽，不能提前。"


class NothingToDraw(Refused):
    code = "events.nothing-to-draw"
    message = "“{title}”{why}，不用再抽。请刷新页面看看。"


@transaction.atomic
def add_quota(
    *,
    by: Actor,
    event: Event,
    seats: int,
    releases_on: date,
    now: datetime,
    place: Place | None = None,
    organization: Organization | None = None,
) -> Quota:
    """
    Keep seats for the people of a place, or for an organization, until a day (分配名额).

    :raises PermissionDenied: *by* does not plan this event.
    :raises QuotaUnclear: for nobody or for two, no seats, or the day does not fit.
    :raises QuotaTooLarge: fewer seats are free for everybody.
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    if (place is None) == (organization is None):
        raise QuotaUnclear(wrong="没有写留给谁", mend="请选一个地方，或者一家组织")
    if event.capacity is None:
        raise QuotaUnclear(wrong="这一场不限人数，不用分名额", mend="请先写上名额")
    if seats < 1:
        raise QuotaUnclear(wrong="没有写留几个", mend="请填1以上的整数")
    if not today(now) < releases_on <= event.day:
        raise QuotaUnclear(
            wrong=f"收回的日子{say_day(releases_on)}不在明天到开始那天之间", mend="请改日子"
        )
    held = Seats.of(event)
    if (held.pool or 0) < seats:
        raise QuotaTooLarge(title=event.title, left=held.pool, seats=seats)
    quota = Quota.objects.create(
        event=event, place=place, organization=organization, seats=seats, releases_on=releases_on
    )
    event.has_quotas = True
    event.save(update_fields=["has_quotas"])
    audit.record(
        by,
        "events.quota-added",
        event,
        changes={
            "留给": ["", quota.label],
            "名额": [None, seats],
            "到": ["", say_day(releases_on)],
        },
        place=event.place.path,
        now=now,
    )
    return quota


@transaction.atomic
def release_quotas(*, by: Actor, now: datetime, event: Event | None = None) -> int:
    """
    Return the free seats of quotas whose day has come to the pool, and offer them down the line (收回名额).

    Of one event, or by the worker of all. Returns how many seats came back.

    :raises PermissionDenied: *by* does not plan the event, or not the whole county's.
    """
    due = Quota.objects.filter(released_at__isnull=True, releases_on__lte=today(now))
    if event is None:
        rules.PLAN.require_at(by, "/")
    else:
        rules.PLAN.require(by, event)
        due = due.filter(event=event)
    returned = 0
    for pk in sorted(set(due.values_list("event_id", flat=True))):
        held = Event.objects.lock(pk)
        seats = Seats.of(held)
        for quota in seats.quotas:
            if quota.released_at is None and quota.releases_on <= today(now):
                quota.released_at, quota.returned = now, quota.seats - quota.taken
                quota.save(update_fields=["released_at", "returned"])
                returned += quota.returned
        hand_on(seats, now)
        seats.keep()
        audit.record(
            by,
            "events.quotas-released",
            held,
            changes={"收回名额": [None, returned]},
            place=held.place.path,
            now=now,
        )
    return returned


@transaction.atomic
def draw_lots(*, by: Actor, event: Event, now: datetime) -> list[Registration]:
    """
    Draw lots among all who entered (抽签): seats to the first, the others wait in the order drawn.

    The seed was promised at publication and is published now, with the numbers: anybody can draw again and get
    the same order (`lots.order_of`). Seats kept for a place go to the first drawn from there.

    :raises PermissionDenied: *by* does not plan this event.
    :raises TooEarlyToDraw, NothingToDraw
    """
    rules.PLAN.require(by, event)
    return _draw(by, Event.objects.lock(event.pk), now)


@transaction.atomic
def draw_due(*, by: Actor, now: datetime) -> int:
    """
    Draw the lots of every event whose hour has come (到点抽签), and return of how many; run by the worker each minute.

    :raises PermissionDenied: *by* is not the house.
    """
    rules.PLAN.require_at(by, "/")
    due = Event.objects.filter(
        rule=Event.Rule.LOTTERY,
        status=Event.Status.PUBLISHED,
        drawn_at__isnull=True,
        draw_at__lte=now,
        starts_at__gt=now,
    )
    numbers = list(due.order_by("pk").values_list("pk", flat=True))
    for pk in numbers:
        event = Event.objects.lock(pk)
        if event.drawn_at is None:
            _draw(by, event, now)
    return len(numbers)


def _draw(by: Actor, event: Event, now: datetime) -> list[Registration]:
    if event.rule != Event.Rule.LOTTERY or event.status != Event.Status.PUBLISHED:
        raise NothingToDraw(title=event.title, why="不是等着抽签的场次")
    if event.drawn_at is not None:
        raise NothingToDraw(title=event.title, why=f"{say_moment(event.drawn_at)}抽过了")
    if event.draw_at is None or now < event.draw_at:
        raise TooEarlyToDraw(when=say_moment(event.draw_at or event.starts_at))
    entered = {
        r.number: r
        for r in event.registrations.filter(status=Status.ENTERED).select_related("person__place")
    }
    seats = Seats.of(event)
    event.drawn_at = now
    drawn = [entered[n] for n in lots.order_of(event.draw_seed.open(), entered)]
    for turn, one in enumerate(drawn, 1):
        found, quota = seats.find(one.person.place.path, one.organization_id)
        if found:
            seats.take(quota)
        one.status, one.quota = (Status.SEATED if found else Status.WAITING), quota
        one.turn, one.turn_reason, one.changed_at = turn, f"抽签抽到第{turn}位", now
    Registration.objects.bulk_update(
        drawn, ["status", "quota", "turn", "turn_reason", "changed_at"], batch_size=500
    )
    event.save(update_fields=["drawn_at"])
    seats.keep()
    telling.drawn(event, drawn, now=now)
    audit.record(
        by,
        "events.lots-drawn",
        event,
        changes={"参加抽签": [None, len(drawn)], "种子": ["", event.draw_seed.open()]},
        place=event.place.path,
        now=now,
    )
    return drawn
