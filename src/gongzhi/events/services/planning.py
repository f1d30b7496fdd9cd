"""Planning what happens: made, amended, published, moved, cancelled, closed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.events import minutes, rules, telling
from gongzhi.events.books import ATTENDANCES
from gongzhi.events.judging import Seats, say_moment, say_span
from gongzhi.events.line import hand_on
from gongzhi.events.models import Event, Kind, Question, Registration, Series
from gongzhi.events.states import EVENT_MOVES
from gongzhi.figures import services as figures
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import month_of
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import bigrams, normalize

Status = Event.Status
# When and where; a published event changes these by being moved, so that everybody is told.
WHEN_AND_WHERE = ("starts_at", "ends_at", "place", "venue", "address")
DETAILS = (
    "kind",
    "topic",
    "title",
    "summary",
    "programme",
    "series",
    "host",
    "phone",
    "is_public",
    "is_step_free",
    "takes_calls",
    "takes_registrations",
    "capacity",
    "registration_opens_at",
    "registration_closes_at",
    "rule",
    "draw_at",
    "min_age",
    "max_age",
    "guardian_under",
    "has_waiting_list",
    "offer_minutes",
    "takes_walk_ins",
)
# What people relied on when they registered, and calendars show: a new revision tells them.
_SHOWN = {"title", "summary", *WHEN_AND_WHERE}
_SAID_ON_LINE = ("title", "capacity", "rule", "starts_at", "ends_at", "address", "is_public")


class EventUnclear(Unacceptable):
    code = "events.event-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class MovesInstead(Refused):
    code = "events.moves-instead"
    message = "“{title}”已经发布，时间和地点要用“改期”来改，好让报了名的人都收到通知。"


class CapacityBelowTaken(Refused):
    code = "events.capacity-below-taken"
    message = "已经有{taken}个名额给出去了，不能改成{capacity}个。请先和报了名的人商量，或者把名额改到{taken}个以上。"


class RuleIsSet(Refused):
    code = "events.rule-is-set"
    message = "已经有人报名，分名额的办法和抽签时间不能再改，不然对先报的人不公平。"


class AlreadyHeld(Refused):
    code = "events.already-held"
    message = "“{title}”已经有人到场，不能{what}。请收尾这一场，另办一场。"


class NotBegun(Refused):
    code = "events.not-begun"
    message = "“{title}”{when}才开始，还不能收尾。办不成了请取消。"


class WhyMissing(Unacceptable):
    code = "events.why-missing"
    message = "没有写为什么，所以没有{what}。请写一句，报了名的人都会收到。"
    field = "why"


class MovesNothing(Unacceptable):
    code = "events.moves-nothing"
    message = "时间和地点都和原来一样，所以没有改期。请填新的时间或地点。"
    field = "starts_at"


@transaction.atomic
def create_series(
    *,
    by: Actor,
    kind: str,
    title: str,
    place: Place,
    now: datetime,
    topic: str = "",
    host: Organization | None = None,
) -> Series:
    """
    Begin a series of events (建系列): a brand over a year, a class with its sessions.

    :raises PermissionDenied: *by* plans no events at *place*, nor for *host*.
    :raises EventUnclear
    """
    _require_plan(by, place, host)
    title = normalize(title)
    if not title:
        raise EventUnclear(wrong="没有写名称", mend="请写上系列叫什么", field="title")
    series = Series.objects.create(
        kind=Kind(kind),
        title=title[:80],
        topic=topic,
        place=place,
        host=host,
        planned_by_id=by.pk,
        planned_at=now,
    )
    audit.record(by, "events.series-created", series, place=place.path, now=now)
    return series


@transaction.atomic
def create_event(
    *,
    by: Actor,
    kind: str,
    title: str,
    place: Place,
    starts_at: datetime,
    ends_at: datetime,
    address: str,
    now: datetime,
    **details: Any,
) -> Event:
    """
    Draft an event (建场次); nobody sees it until it is published. `details` are the fields named in DETAILS.

    :raises PermissionDenied: *by* plans no events at *place*, nor for the host.
    :raises EventUnclear
    """
    _require_plan(by, place, details.get("host"))
    event = _drafted(
        by,
        now,
        kind=kind,
        title=title,
        place=place,
        starts_at=starts_at,
        ends_at=ends_at,
        address=address,
        **details,
    )
    event.save(force_insert=True)
    audit.record(
        by,
        "events.created",
        event,
        changes={"场次": ["", event.title], "时间": ["", say_span(event)]},
        place=place.path,
        now=now,
    )
    return event


@transaction.atomic
def plan_events(
    *, by: Actor, series: Series, plans: Sequence[Mapping[str, Any]], now: datetime
) -> list[Event]:
    """
    Draft many events of a series at once (排一批场次): each plan as `create_event` takes it, the rest from the series.

    :raises PermissionDenied: *by* plans no events at one of the places.
    :raises EventUnclear
    """
    drafted = []
    allowed: set[int] = set()
    for plan in plans:
        whole: dict[str, Any] = {"kind": series.kind, "topic": series.topic, "title": series.title}
        whole |= {"place": series.place, "host": series.host, "series": series} | dict(plan)
        if whole["place"].pk not in allowed:
            _require_plan(by, whole["place"], whole["host"])
            allowed.add(whole["place"].pk)
        drafted.append(_drafted(by, now, **whole))
    made = Event.objects.bulk_create(drafted, batch_size=500)
    audit.record(
        by,
        "events.series-planned",
        series,
        changes={"场次": [None, len(made)]},
        place=series.place.path,
        now=now,
    )
    return made


@transaction.atomic
def amend_event(*, by: Actor, event: Event, changes: Mapping[str, Any], now: datetime) -> Event:
    """
    Change what an event says (改场次); more seats go to those who wait at once.

    :raises PermissionDenied: *by* does not plan this event.
    :raises MovesInstead: it is published and the change is when or where.
    :raises CapacityBelowTaken, RuleIsSet, EventUnclear, MoveNotAllowed
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    _live(event)
    wanted = {k: v for k, v in changes.items() if k in (*DETAILS, *WHEN_AND_WHERE)}
    before = {k: getattr(event, k) for k in wanted}
    wanted = {k: v for k, v in wanted.items() if v != before[k]}
    if event.status == Status.PUBLISHED and wanted.keys() & set(WHEN_AND_WHERE):
        raise MovesInstead(title=event.title)
    if wanted.keys() & {"rule", "draw_at"} and event.last_number:
        raise RuleIsSet
    if wanted.keys() & {"kind", "topic"}:
        figures.mark(ATTENDANCES, holders=[event.pk])
    if wanted.keys() & {"place", "starts_at"}:
        figures.mark(ATTENDANCES, holders=[event.pk], pairs=[(event.place_id, month_of(event.day))])
    if "place" in wanted or "host" in wanted:
        _require_plan(by, wanted.get("place", event.place), wanted.get("host", event.host))
    for key, value in wanted.items():
        setattr(event, key, value)
    _checked(event)
    if wanted.keys() & _SHOWN and event.status == Status.PUBLISHED:
        event.revision += 1
    event.tokens = _tokens(event)
    seats = Seats.of(event)
    if event.capacity is not None and (seats.pool or 0) < 0:
        raise CapacityBelowTaken(taken=event.capacity - (seats.pool or 0), capacity=event.capacity)
    days = ["day"] if "starts_at" in wanted else []
    event.save(update_fields=[*wanted, *days, "revision", "tokens"])
    if "capacity" in wanted:
        hand_on(seats, now)
        seats.keep()
    audit.record(
        by,
        "events.amended",
        event,
        changes={
            _label(k): [str(before[k] or ""), str(v or "")]
            for k, v in wanted.items()
            if k in _SAID_ON_LINE
        }
        or {"改了": ["", "、".join(_label(k) for k in wanted)]},
        place=event.place.path,
        now=now,
    )
    return event


@transaction.atomic
def ask_questions(
    *, by: Actor, event: Event, questions: Sequence[Mapping[str, Any]], now: datetime
) -> list[Question]:
    """
    Say what is asked of whoever registers (报名时问什么): text, form, choices, is_required, in their order.

    :raises PermissionDenied: *by* does not plan this event.
    :raises RuleIsSet: somebody has registered: nobody is asked twice.
    :raises EventUnclear, MoveNotAllowed
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    _live(event)
    if event.last_number:
        raise RuleIsSet
    event.questions.all().delete()
    made = []
    for number, asked in enumerate(questions, 1):
        text, form = normalize(asked["text"])[:60], Question.Form(asked.get("form", "words"))
        choices = [c for c in (normalize(str(x))[:30] for x in asked.get("choices", ())) if c]
        if not text:
            raise EventUnclear(
                wrong="有一题没有写问什么", mend="请写上，或者删掉这一题", field="questions"
            )
        if form != Question.Form.WORDS and len(choices) < 2:
            raise EventUnclear(
                wrong=f"“{text}”要选，却不到两个选项", mend="请至少写两个选项", field="questions"
            )
        made.append(
            Question(
                event=event,
                number=number,
                text=text,
                form=form,
                choices=choices if form != Question.Form.WORDS else [],
                is_required=bool(asked.get("is_required")),
            )
        )
    made = Question.objects.bulk_create(made)
    event.has_questions = bool(made)
    event.save(update_fields=["has_questions"])
    audit.record(
        by,
        "events.questions-set",
        event,
        changes={"报名时问的": ["", "、".join(q.text for q in made)]},
        place=event.place.path,
        now=now,
    )
    return made


@transaction.atomic
def publish_event(*, by: Actor, event: Event, now: datetime) -> Event:
    """
    Let everybody see an event and register (发布). A lottery promises its seed now, before anybody enters.

    :raises PermissionDenied: *by* does not plan this event.
    :raises MoveNotAllowed, EventUnclear
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    EVENT_MOVES.require(event.status, Status.PUBLISHED)
    if event.ends_at <= now:
        raise EventUnclear(
            wrong=f"结束时间{say_moment(event.ends_at)}已经过了",
            mend="请先改时间",
            field="starts_at",
        )
    _published(event)
    event.save(update_fields=["status", "draw_seed", "draw_promise"])
    audit.record(by, "events.published", event, place=event.place.path, now=now)
    return event


@transaction.atomic
def publish_series(*, by: Actor, series: Series, now: datetime) -> int:
    """
    Publish every draft of a series that is not over, and return how many (发布一批场次).

    :raises PermissionDenied: *by* does not plan all of them.
    """
    drafts = Event.objects.filter(series=series, status=Status.DRAFT, ends_at__gt=now)
    mine = rules.PLAN.among(drafts, by)
    if mine.count() != drafts.count():
        rules.PLAN.require(by, drafts.exclude(pk__in=mine.values("pk"))[0])
    held = list(mine.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    for event in held:
        _published(event)
    Event.objects.bulk_update(held, ["status", "draw_seed", "draw_promise"], batch_size=500)
    audit.record(
        by,
        "events.series-published",
        series,
        changes={"场次": [None, len(held)]},
        place=series.place.path,
        now=now,
    )
    return len(held)


@transaction.atomic
def move_event(
    *,
    by: Actor,
    event: Event,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    now: datetime,
    place: Place | None = None,
    address: str = "",
) -> Event:
    """
    Move a published event to another time or place (改期); everybody on its list is told and asked anew.

    Seats and the line stay. The end of registration and the draw move along.

    :raises PermissionDenied: *by* does not plan this event, or no events at the new place.
    :raises AlreadyHeld: somebody has arrived.
    :raises WhyMissing, MovesNothing, EventUnclear, MoveNotAllowed
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    _live(event)
    why, address = normalize(why)[:200], normalize(address)[:120] or event.address
    place = place or event.place
    if not why:
        raise WhyMissing(what="改期")
    if event.is_held:
        raise AlreadyHeld(title=event.title, what="改期")
    was = (event.starts_at, event.ends_at, event.place_id, event.address)
    if was == (starts_at, ends_at, place.pk, address):
        raise MovesNothing
    if starts_at <= now:
        raise EventUnclear(
            wrong=f"新的时间{say_moment(starts_at)}已经过了",
            mend="请填以后的时间",
            field="starts_at",
        )
    if place.pk != event.place_id:
        _require_plan(by, place, event.host)
    figures.mark(ATTENDANCES, holders=[event.pk], pairs=[(event.place_id, month_of(event.day))])
    said, delta = say_span(event), starts_at - event.starts_at
    if starts_at != event.starts_at:
        event.was_at = event.was_at or event.starts_at
        if event.registration_closes_at:
            event.registration_closes_at += delta
        if event.draw_at and event.drawn_at is None:
            event.draw_at += delta
    event.starts_at, event.ends_at, event.why = starts_at, ends_at, why
    if place.pk != event.place_id or address != event.address:
        event.venue = None
    event.place, event.address = place, address
    event.revision += 1
    event.reminded_at = None
    _checked(event)
    event.save(
        update_fields=[
            *("starts_at", "ends_at", "day", "was_at", "place", "venue", "address", "why"),
            *("registration_closes_at", "draw_at", "revision", "reminded_at"),
        ]
    )
    event.registrations.filter(status=Registration.Status.SEATED).update(is_asked_again=True)
    event.registrations.filter(offer_until__gt=starts_at).update(offer_until=starts_at)
    telling.moved(event, now=now)
    audit.record(
        by,
        "events.moved",
        event,
        changes={"时间": [said, say_span(event)], "地点": [was[3], event.address]},
        reason=why,
        place=event.place.path,
        now=now,
    )
    return event


@transaction.atomic
def cancel_event(*, by: Actor, event: Event, why: str, now: datetime) -> Event:
    """
    Cancel an event (取消场次); everybody on its list is told.

    :raises PermissionDenied: *by* does not plan this event.
    :raises AlreadyHeld: somebody has arrived.
    :raises WhyMissing, MoveNotAllowed
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    EVENT_MOVES.require(event.status, Status.CANCELLED)
    why = normalize(why)[:200]
    if not why:
        raise WhyMissing(what="取消")
    if event.is_held:
        raise AlreadyHeld(title=event.title, what="取消")
    event.status, event.why = Status.CANCELLED, why
    event.revision += 1
    event.save(update_fields=["status", "why", "revision"])
    telling.cancelled(event, now=now)
    audit.record(by, "events.cancelled", event, reason=why, place=event.place.path, now=now)
    return event


@transaction.atomic
def close_event(
    *, by: Actor, event: Event, now: datetime, note: str = "", ended_at: datetime | None = None
) -> Event:
    """
    Close an event that took place (散场，收尾); a sentence is enough, and even that may be left out.

    `ended_at` is when it really ended: whoever did not say when they left stayed until then.

    :raises PermissionDenied: *by* does not plan this event.
    :raises NotBegun, EventUnclear, MoveNotAllowed
    """
    rules.PLAN.require(by, event)
    event = Event.objects.lock(event.pk)
    EVENT_MOVES.require(event.status, Status.CLOSED)
    if now < event.starts_at:
        raise NotBegun(title=event.title, when=say_moment(event.starts_at))
    event.status, event.closed_at, event.note = Status.CLOSED, now, normalize(note)[:500]
    if ended_at is not None and ended_at != event.ends_at:
        if ended_at > now:
            raise EventUnclear(
                wrong="散场时间在现在之后", mend="请填实际散场的时间", field="ended_at"
            )
        event.ends_at = ended_at
        _checked(event)
        figures.mark(ATTENDANCES, holders=[event.pk])
        minutes.measure_again(event)
    event.save(update_fields=["status", "closed_at", "note", "ends_at"])
    audit.record(by, "events.closed", event, place=event.place.path, now=now)
    return event


# --- steps ----------------------------------------------------------------------------------------


def _require_plan(by: Actor, place: Place, host: Organization | None) -> None:
    """:raises PermissionDenied: *by* plans no events at *place*, nor for *host*."""
    if host is None or host.pk not in rules.PLAN.organizations(by):
        rules.PLAN.require_at(by, place.path)


def _live(event: Event) -> None:
    """:raises MoveNotAllowed: the event is closed or cancelled."""
    if event.status not in (Status.DRAFT, Status.PUBLISHED):
        EVENT_MOVES.require(event.status, Status.PUBLISHED)


def _drafted(by: Actor, now: datetime, **fields: Any) -> Event:
    """Return an event that is not saved yet. :raises EventUnclear: it cannot be so."""
    unknown = fields.keys() - {*DETAILS, *WHEN_AND_WHERE}
    if unknown:
        raise TypeError(f"an event has no {'、'.join(sorted(unknown))}")
    day = today(fields["starts_at"])
    fields.setdefault("offer_minutes", rule("events.offer-minutes", day).number)
    event = Event(created_at=now, created_by_id=by.pk, **fields)
    event.kind = Kind(event.kind)
    _checked(event)
    event.tokens = _tokens(event)
    return event


def _checked(event: Event) -> None:
    """Put an event's texts and day in order. :raises EventUnclear: something in it cannot be."""
    event.title, event.address = normalize(event.title)[:80], normalize(event.address)[:120]
    event.summary, event.programme = event.summary.strip()[:2000], event.programme.strip()[:2000]
    event.day = today(event.starts_at)
    if not event.title:
        raise EventUnclear(wrong="没有写名称", mend="请写上这一场叫什么", field="title")
    if not event.address:
        raise EventUnclear(wrong="没有写地点", mend="请写到找得着的地方", field="address")
    if event.ends_at <= event.starts_at:
        raise EventUnclear(wrong="结束不晚于开始", mend="请把结束时间改到开始以后", field="ends_at")
    if event.capacity is not None and event.capacity < 1:
        raise EventUnclear(
            wrong="名额不到1个", mend="请填1以上的整数，不限人数就空着", field="capacity"
        )
    opens, closes = event.registration_opens_at, event.registration_closes_at
    if closes and closes > event.starts_at:
        raise EventUnclear(
            wrong="报名截止在开始以后",
            mend="请把截止时间改到开始以前",
            field="registration_closes_at",
        )
    if opens and opens >= (closes or event.starts_at):
        raise EventUnclear(
            wrong="报名开始不早于截止", mend="请把开始时间改早一些", field="registration_opens_at"
        )
    if event.min_age and event.max_age and event.min_age > event.max_age:
        raise EventUnclear(wrong="最小年龄大过最大年龄", mend="请改其中一个", field="max_age")
    if event.rule == Event.Rule.LOTTERY:
        if event.capacity is None:
            raise EventUnclear(wrong="抽签没有写名额", mend="请填有几个名额", field="capacity")
        if event.draw_at is None or not (closes or opens or event.created_at) <= event.draw_at:
            raise EventUnclear(
                wrong="抽签时间没有写，或在报名截止之前",
                mend="请填报名截止以后的时间",
                field="draw_at",
            )
        if closes is None or event.draw_at >= event.starts_at:
            raise EventUnclear(
                wrong="抽签要在报名截止以后、开始以前",
                mend="请填报名截止时间和抽签时间",
                field="draw_at",
            )


def _published(event: Event) -> None:
    event.status = Status.PUBLISHED
    if event.rule == Event.Rule.LOTTERY and not event.draw_promise:
        seed = secrets.token_hex(16)
        event.draw_seed, event.draw_promise = seed, hashlib.sha256(seed.encode()).hexdigest()


def _label(name: str) -> str:
    return str(getattr(Event._meta.get_field(name), "verbose_name", name))


def _tokens(event: Event) -> str:
    return bigrams(f"{event.title} {event.address}")
