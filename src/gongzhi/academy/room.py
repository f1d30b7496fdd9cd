"""The sign on this room's door."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules, services


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Return how many classes are over and wait for their completions (等着办结业的班)."""
    count = queries.ending_soon(by, now).count() if rules.RUN.anywhere(by) else 0
    return "课上完了，等着办结业", count, reverse("academy:desk")


ROOM = Room(
    label="治理学院",
    menu=(
        Entry(
            label="能力提升",
            url="academy:desk",
            icon="cap",
            seen_by=rules.SEE,
            group="五项服务",
            order=20,
        ),
    ),
    todos=(waiting,),
    seed=services.set_up_schools,
)
ACTIONS = {
    "academy.set-up": "设好学苑和计划",
    "academy.course-founded": "设课程",
    "academy.course-ended": "停课程",
    "academy.courses-imported": "导入课程名录",
    "academy.material-added": "传学习资料",
    "academy.material-withdrawn": "撤学习资料",
    "academy.class-opened": "开班",
    "academy.class-closed": "结班",
    "academy.class-completed": "给够条件的都办结业",
    "academy.attendance-marked": "改到课",
    "academy.work-received": "收作业",
    "academy.completed": "办结业",
    "academy.completion-revoked": "作废结业",
    "academy.trainer-entered": "登记讲师",
    "academy.trainer-qualified": "认定讲师",
    "academy.trainer-retired": "不再讲课",
}
