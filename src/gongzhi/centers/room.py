"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room, Search

from . import queries, rules


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many bookings wait for *by* to agree (等我答应的预约)."""
    return (
        "场地预约等着答应",
        queries.awaiting(by, today(now)).count(),
        reverse("centers:manage"),
    )


ROOM = Room(
    label="支持中心",
    menu=(
        Entry(
            label="支持中心",
            url="centers:manage",
            icon="build",
            seen_by=rules.SEE,
            group="支撑",
            order=20,
        ),
    ),
    search=(Search(label="支持中心", find=queries.find, order=40),),
    todos=(waiting,),
)
ACTIONS = {
    "centers.center-opened": "设立支持中心",
    "centers.center-described": "更新中心信息",
    "centers.center-closed": "关闭支持中心",
    "centers.operator-appointed": "聘任运营方",
    "centers.operator-ended": "结束运营",
    "centers.hours-set": "设开放时间",
    "centers.special-day-set": "设特别的一天",
    "centers.special-day-dropped": "取消特别安排",
    "centers.house-rule-published": "发布管理办法",
    "centers.venue-added": "登记场地",
    "centers.venue-changed": "改场地信息",
    "centers.venue-closed": "停用场地",
    "centers.venue-booked": "约场地",
    "centers.booking-confirmed": "答应预约",
    "centers.booking-declined": "谢绝预约",
    "centers.booking-cancelled": "取消预约",
    "centers.phone-opened": "打开预约人的电话",
}
OPENINGS = ("centers.phone-opened",)
