"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules


def uncounted(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many shifts are over and wait for their hours (等着核时长的岗位)."""
    return (
        "志愿服务等着核时长",
        queries.uncounted(by, now).count(),
        reverse("volunteering:manage"),
    )


def awaiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many typed hours wait for a second person (等另一个人核的时长)."""
    return "补记的时长等着核", queries.awaiting(by).count(), reverse("volunteering:waiting")


ROOM = Room(
    label="志愿服务",
    menu=(
        Entry(
            label="志愿服务",
            url="volunteering:manage",
            icon="hand",
            seen_by=rules.RUN,
            group="活动",
            order=40,
        ),
    ),
    todos=(uncounted, awaiting),
)
ACTIONS = {
    "volunteering.shift-opened": "招志愿者",
    "volunteering.insurance-noted": "记保险",
    "volunteering.shift-published": "发布志愿岗位",
    "volunteering.shift-taken": "接岗位",
    "volunteering.profile-kept": "填了能帮什么",
    "volunteering.hours-confirmed": "核时长",
    "volunteering.hours-typed": "补记时长",
    "volunteering.hours-approved": "认了补记的时长",
    "volunteering.hours-declined": "没有认补记的时长",
    "volunteering.hours-corrected": "更正时长",
    "volunteering.hours-imported": "导入别的系统的时长",
    "volunteering.hours-withdrawn": "撤回导入的时长",
    "volunteering.certificate-issued": "出志愿服务证明",
    "volunteering.certificate-shown": "改证明露多少",
    "volunteering.certificate-printed": "打印证明",
    "volunteering.certificate-revoked": "证明作废",
    "volunteering.certificate-not-found": "验证明没有对上",
}
OPENINGS = ("volunteering.certificate-printed",)
