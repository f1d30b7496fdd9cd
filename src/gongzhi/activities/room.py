"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules, services


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many drafted events of coming days wait to be looked at (等着看的草稿)."""
    count = queries.drafts_waiting(by, now).count() if rules.PLAN.anywhere(by) else 0
    return "节令活动的草稿，看过就能发布", count, reverse("activities:almanac")


ROOM = Room(
    label="居民活动",
    menu=(
        Entry(
            label="品牌和计划",
            url="activities:plans",
            icon="star",
            seen_by=rules.PLAN,
            group="活动",
            order=20,
        ),
        Entry(
            label="节气和节日",
            url="activities:almanac",
            icon="sprout",
            seen_by=rules.PLAN,
            group="活动",
            order=30,
        ),
    ),
    todos=(waiting,),
    seed=services.set_up_brands,
    each_day=(services.draft_occasions,),
)
ACTIONS = {
    "activities.brands-set-up": "设好随程序带的品牌",
    "activities.brand-founded": "设立品牌",
    "activities.brand-ended": "停办品牌",
    "activities.planned": "排品牌计划",
    "activities.extended": "续排品牌计划",
    "activities.custom-chosen": "定节令安排",
    "activities.custom-dropped": "停掉节令安排",
    "activities.drafted": "起草节令活动",
    "activities.recap-written": "写活动回顾",
    "activities.photo-added": "传照片",
    "activities.photo-withdrawn": "撤照片",
}
