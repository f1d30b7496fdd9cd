"""Planning a brand over places and days: drafts of events, never twice for one place and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from gongzhi.activities import queries, rules
from gongzhi.activities.judging import require_open
from gongzhi.activities.models import Brand, Occurrence, Plan
from gongzhi.activities.rhythm import Rhythm, fitting, span_of
from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.events import services as events
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Unacceptable


class PlanUnclear(Unacceptable):
    code = "activities.plan-unclear"
    message = "{wrong}，所以没有排。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


@transaction.atomic
def plan_series(
    *,
    by: Actor,
    brand: Brand,
    scope: Place,
    places: Iterable[Place],
    rhythm: Rhythm,
    begins_at: time,
    minutes: int,
    now: datetime,
    capacity: int | None = None,
    host: Organization | None = None,
    addresses: Mapping[int, str] | None = None,
) -> Plan:
    """
    Draft a brand's events over *places* beneath *scope* and the days of *rhythm* (排品牌计划).

    `capacity` is seats of one event, `addresses` where it is by place id; what is not given comes from the place.
    The drafts are published with `events.publish_series`.

    :raises PermissionDenied: *by* plans nothing at *scope*.
    :raises BrandEnded: the brand has ended.
    :raises PlanUnclear: no day, no place, too many, or a day that has passed.
    """
    rules.PLAN.require_at(by, scope.path)
    brand = Brand.objects.select_for_update(no_key=True).get(pk=brand.pk)
    require_open(brand, "排计划")
    if rhythm.first < today(now):
        raise PlanUnclear(
            wrong=f"从{say_day(rhythm.first)}起，那天已经过了",
            mend="请从今天或以后排起",
            field="first_day",
        )
    if rhythm.last < rhythm.first:
        raise PlanUnclear(wrong="最后一天早过第一天", mend="请改其中一个", field="last_day")
    series = events.create_series(
        by=by,
        kind=brand.kind,
        title=f"{scope.name}{brand.name}",
        place=scope,
        topic=brand.key,
        host=host,
        now=now,
    )
    plan = Plan.objects.create(
        brand=brand,
        series=series,
        rhythm=rhythm.every,
        weekday=rhythm.weekday,
        nth=rhythm.nth,
        skips_holidays=rhythm.skips_holidays,
        begins_at=begins_at,
        minutes=minutes,
        capacity=capacity,
        first_day=rhythm.first,
        last_day=rhythm.last,
    )
    made = _carry_out(by, plan, list(places), rhythm, addresses or {}, now)
    audit.record(
        by,
        "activities.planned",
        plan,
        changes={"计划": ["", f"{series.title}，{rhythm.words()}，{made}场"]},
        place=scope.path,
        now=now,
    )
    return plan


@transaction.atomic
def extend_plan(*, by: Actor, plan: Plan, until: date, now: datetime) -> int:
    """
    Go on with a plan until another day, at the same places, and return how many events it drafted (续排).

    :raises PermissionDenied: *by* plans nothing there.
    :raises BrandEnded: the brand has ended.
    :raises PlanUnclear: the day is not after the last one, or it would be too many.
    """
    rules.PLAN_SERIES.require(by, plan)
    plan = (
        Plan.objects.select_for_update(no_key=True, of=("self",))
        .select_related("brand", "series__place")
        .get(pk=plan.pk)
    )
    require_open(plan.brand, "续排")
    if until <= plan.last_day:
        raise PlanUnclear(
            wrong=f"已经排到{say_day(plan.last_day)}", mend="请填更晚的一天", field="until"
        )
    before = plan.last_day
    plan.last_day = until
    plan.save(update_fields=["last_day"])
    rhythm = queries.rhythm_of(plan)
    places = list(queries.places_of(plan))
    made = _carry_out(by, plan, places, rhythm, queries.addresses_of(plan), now)
    audit.record(
        by,
        "activities.extended",
        plan,
        changes={"排到": [str(before), str(until)], "场次": [None, made]},
        place=plan.series.place.path,
        now=now,
    )
    return made


def _carry_out(
    by: Actor,
    plan: Plan,
    places: list[Place],
    rhythm: Rhythm,
    addresses: Mapping[int, str],
    now: datetime,
) -> int:
    """Draft what is not drafted yet, and return how many. :raises PlanUnclear"""
    day = today(now)
    days = [d for d in rhythm.days() if d >= day]
    if not places:
        raise PlanUnclear(wrong="没有选地方", mend="请至少选一个", field="places")
    if not days:
        raise PlanUnclear(
            wrong=f"这段时间里没有一天是{rhythm.words()}",
            mend="请把时间放长，或者换一个星期",
            field="last_day",
        )
    most = rule("activities.plan-most-events", day).number
    if len(days) * len(places) > most:
        raise PlanUnclear(
            wrong=f"{len(places)}个地方、{len(days)}天，一共{len(days) * len(places)}场，一次最多排{most}场",
            mend="请少选几个地方，或者排得短一些",
            field="last_day",
        )
    done = set(plan.occurrences.values_list("place_id", "day"))
    wanted = [(p, d) for d in days for p in places if (p.pk, d) not in done]
    known = queries.usual_addresses(places, day)
    made = events.plan_events(
        by=by,
        series=plan.series,
        plans=[_drafted(plan, p, d, addresses.get(p.pk) or known[p.pk]) for p, d in wanted],
        now=now,
    )
    Occurrence.objects.bulk_create(
        (
            Occurrence(plan=plan, place=place, day=day, event=event)
            for (place, day), event in zip(wanted, made, strict=True)
        ),
        batch_size=500,
    )
    return len(made)


def _drafted(plan: Plan, place: Place, day: date, address: str) -> dict[str, Any]:
    starts, ends = span_of(day, plan.begins_at, plan.minutes)
    brand = plan.brand
    return {
        "title": fitting(brand.name),
        "summary": brand.summary,
        "place": place,
        "address": address,
        "starts_at": starts,
        "ends_at": ends,
        "capacity": plan.capacity,
        "min_age": brand.min_age,
        "max_age": brand.max_age,
    }
