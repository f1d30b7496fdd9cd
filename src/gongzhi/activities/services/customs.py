"""The days of the year that a place marks: chosen once, drafted ahead each year."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction

from gongzhi.activities import queries, rules
from gongzhi.activities.judging import require_open
from gongzhi.activities.models import Brand, Custom, CustomDraft
from gongzhi.activities.rhythm import fitting, span_of
from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.events import services as events
from gongzhi.events.models import Kind
from gongzhi.places.models import Place
from gongzhi.shared.almanac import OCCASIONS, coming
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize


class CustomUnclear(Unacceptable):
    code = "activities.custom-unclear"
    message = "{wrong}，所以没有定下来。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class CustomKept(Refused):
    code = "activities.custom-kept"
    message = "{place}{occasion}已经定了“{title}”，不用再定一次。要改时间地点，请先停掉那一条再定。"


class CustomEnded(Refused):
    code = "activities.custom-ended"
    message = "“{title}”已经停了，不用再停。"


@transaction.atomic
def choose_occasion(
    *,
    by: Actor,
    place: Place,
    occasion: str,
    title: str,
    address: str,
    begins_at: time,
    minutes: int,
    now: datetime,
    capacity: int | None = None,
    brand: Brand | None = None,
    host: Organization | None = None,
) -> Custom:
    """
    Say that *place* marks a day of the year, each year anew (定节令安排); *minutes* is how long.

    :raises PermissionDenied: *by* plans nothing at *place*.
    :raises CustomUnclear: day, title, address or length cannot be taken.
    :raises CustomKept: the same is chosen already.
    :raises BrandEnded: the brand has ended.
    """
    rules.PLAN.require_at(by, place.path)
    title, address = normalize(title), normalize(address)
    if occasion not in OCCASIONS:
        raise CustomUnclear(wrong="没有选哪个日子", mend="请从日历里选一个", field="occasion")
    if not title:
        raise CustomUnclear(
            wrong="没有写办什么", mend="请写一句，例如“包汤圆，送给独居老人”", field="title"
        )
    if not address:
        raise CustomUnclear(wrong="没有写在哪里", mend="请写到找得着的地方", field="address")
    if not 15 <= minutes <= 24 * 60:
        raise CustomUnclear(wrong="时长不对", mend="请填15到1440分钟", field="minutes")
    # The place's row is held, so that two clerks do not choose the same at once.
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    if brand is not None:
        require_open(brand, "定安排")
    if Custom.objects.filter(
        place=place, occasion=occasion, title=title[:80], ended_on=None
    ).exists():
        raise CustomKept(place=place.name, occasion=OCCASIONS[occasion].label, title=title)
    custom = Custom.objects.create(
        place=place,
        occasion=occasion,
        title=title[:80],
        brand=brand,
        host=host,
        address=address[:120],
        begins_at=begins_at,
        minutes=minutes,
        capacity=capacity,
        since=today(now),
        chosen_by_id=by.pk,
    )
    audit.record(
        by,
        "activities.custom-chosen",
        custom,
        changes={OCCASIONS[occasion].label: ["", title]},
        place=place.path,
        now=now,
    )
    return custom


@transaction.atomic
def drop_custom(*, by: Actor, custom: Custom, now: datetime) -> Custom:
    """
    Mark a day no longer (停掉节令安排); what is drafted or published already stays.

    :raises PermissionDenied: *by* plans nothing there.
    :raises CustomEnded: it has ended.
    """
    rules.PLAN.require(by, custom)
    custom = (
        Custom.objects.select_for_update(no_key=True, of=("self",))
        .select_related("place")
        .get(pk=custom.pk)
    )
    if custom.ended_on:
        raise CustomEnded(title=custom.title)
    custom.ended_on = today(now)
    custom.save(update_fields=["ended_on"])
    audit.record(by, "activities.custom-dropped", custom, place=custom.place.path, now=now)
    return custom


@transaction.atomic
def draft_occasions(*, by: Actor, now: datetime) -> int:
    """
    Draft the events of the days that come, for the places that chose them, and return how many (起草节令活动).

    A day is drafted once a year, so the clock may ask as often as it likes. Drafts are looked at and published by
    the place itself.

    :raises PermissionDenied: *by* plans nothing for the whole county.
    """
    rules.PLAN.require_at(by, queries.county_path())
    day = today(now)
    ahead = timedelta(days=rule("activities.draft-days-ahead", day).number)
    found = coming(day, day + ahead + timedelta(days=1))
    if not found:
        return 0
    customs = queries.customs_waiting({o.key for _, o in found}, day)
    done = set(
        CustomDraft.objects.filter(custom__in=[c.pk for c in customs]).values_list(
            "custom_id", "year"
        )
    )
    made = 0
    for at, occasion in found:
        for custom in customs:
            if custom.occasion != occasion.key or (custom.pk, at.year) in done:
                continue
            starts, ends = span_of(at, custom.begins_at, custom.minutes)
            if starts <= now:
                continue
            event = events.create_event(
                by=by,
                kind=custom.brand.kind if custom.brand else Kind.ACTIVITY,
                topic=custom.brand.key if custom.brand else "",
                title=fitting(f"{occasion.label}：{custom.title}"),
                place=custom.place,
                starts_at=starts,
                ends_at=ends,
                address=custom.address,
                host=custom.host,
                capacity=custom.capacity,
                now=now,
            )
            CustomDraft.objects.create(custom=custom, year=at.year, event=event)
            made += 1
    if made:
        audit.record(by, "activities.drafted", changes={"场次": [None, made]}, now=now)
    return made
