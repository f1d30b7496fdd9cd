"""What this room adds to the house."""

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Count the files that were looked over and wait for somebody's decision (我的待办)."""
    return "登记表看过了，等着导入", queries.waiting_for(by), reverse("registers:list")


ROOM = Room(
    label="登记表",
    menu=(
        Entry(
            label="导入登记表",
            url="registers:list",
            icon="ul",
            seen_by=rules.IMPORT,
            group="管理",
            order=20,
        ),
    ),
    todos=(waiting,),
)
