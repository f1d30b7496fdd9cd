"""Brands: the eight that come as data, those a county founds, and when one ends."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from gongzhi.activities import queries, rules
from gongzhi.activities.judging import require_open
from gongzhi.activities.models import Brand
from gongzhi.audit import services as audit
from gongzhi.events.models import Kind
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize, pinyin

SINCE = date(2020, 1, 1)  # the brands of the case are older than any record here


class BrandUnclear(Unacceptable):
    code = "activities.brand-unclear"
    message = "{wrong}，所以没有存。{mend}。"

    def __init__(self, *, wrong: str, mend: str, field: str) -> None:
        self.field = field
        super().__init__(wrong=wrong, mend=mend)


class BrandTaken(Refused):
    code = "activities.brand-taken"
    message = "已经有一个品牌叫“{name}”。同一个名字只用一次，街坊才认得清；请换一个名字，或者直接排它的计划。"


@transaction.atomic
def set_up_brands(*, by: Actor, now: datetime) -> int:
    """
    Enter the brands that come with the program and are not there yet, and return how many (设好品牌).

    :raises PermissionDenied: *by* founds no brands.
    """
    rules.FOUND.require_at(by, queries.county_path())
    known = set(Brand.objects.values_list("key", flat=True))
    made = Brand.objects.bulk_create(
        Brand(
            key=row["key"],
            name=row["name"],
            kind=Kind(row["kind"]),
            minutes=int(row["minutes"]),
            min_age=int(row["min_age"]) if row["min_age"] else None,
            max_age=int(row["max_age"]) if row["max_age"] else None,
            summary=row["summary"],
            audience=row["audience"],
            founded_on=SINCE,
        )
        for row in queries.packaged()
        if row["key"] not in known
    )
    if made:
        audit.record(
            by,
            "activities.brands-set-up",
            changes={"品牌": ["", "、".join(b.name for b in made)]},
            now=now,
        )
    return len(made)


@transaction.atomic
def found_brand(
    *,
    by: Actor,
    name: str,
    kind: str,
    summary: str,
    audience: str,
    minutes: int,
    now: datetime,
    min_age: int | None = None,
    max_age: int | None = None,
) -> Brand:
    """
    Found a brand of activities (设立品牌): its key comes from the pinyin of its name. *minutes* is its usual length.

    :raises PermissionDenied: *by* founds no brands.
    :raises BrandUnclear: name, summary or length cannot be taken.
    :raises BrandTaken: the name is in use.
    """
    rules.FOUND.require_at(by, queries.county_path())
    name, summary, audience = normalize(name), normalize(summary), normalize(audience)
    for value, label, field in (
        (name, "名称", "name"),
        (summary, "一句话介绍", "summary"),
        (audience, "适合谁", "audience"),
    ):
        if not value:
            raise BrandUnclear(wrong=f"没有写{label}", mend="请写上，街坊靠它认", field=field)
    if not 15 <= minutes <= 24 * 60:
        raise BrandUnclear(
            wrong=f"一场{minutes}分钟不像话", mend="请填15到1440分钟", field="minutes"
        )
    if min_age is not None and max_age is not None and min_age > max_age:
        raise BrandUnclear(wrong="最小年龄大过最大年龄", mend="请改其中一个", field="max_age")
    if Brand.objects.filter(name=name).exists():
        raise BrandTaken(name=name)
    brand = Brand.objects.create(
        key=_key(name),
        name=name[:40],
        kind=Kind(kind),
        summary=summary[:200],
        audience=audience[:60],
        minutes=minutes,
        min_age=min_age,
        max_age=max_age,
        founded_on=today(now),
    )
    audit.record(by, "activities.brand-founded", brand, changes={"品牌": ["", name]}, now=now)
    return brand


def _key(name: str) -> str:
    """Return a key for addresses that no other brand has."""
    stem = pinyin(name)[:36].strip("-") or "brand"
    taken = set(Brand.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(k for k in (stem, *(f"{stem}-{n}" for n in range(2, 999))) if k not in taken)


@transaction.atomic
def end_brand(*, by: Actor, brand: Brand, reason: str, now: datetime) -> Brand:
    """
    End a brand (停办品牌): nothing more is planned of it; what is planned already goes on.

    :raises PermissionDenied: *by* founds no brands.
    :raises BrandEnded: it has ended.
    :raises BrandUnclear: no reason is given.
    """
    rules.FOUND.require_at(by, queries.county_path())
    brand = Brand.objects.select_for_update(no_key=True).get(pk=brand.pk)
    require_open(brand, "停办")
    if not (reason := normalize(reason)):
        raise BrandUnclear(wrong="没有写为什么停办", mend="请写一句，街坊看得到", field="reason")
    brand.ended_on, brand.ended_reason = today(now), reason[:200]
    brand.save(update_fields=["ended_on", "ended_reason"])
    audit.record(by, "activities.brand-ended", brand, reason=reason, now=now)
    return brand
