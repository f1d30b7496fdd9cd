"""What this room adds to the house."""

from gongzhi.shared.rooms import Entry, Room

from . import rules

ROOM = Room(
    label="门户",
    menu=(
        Entry(label="我的待办", url="portal:home", icon="check", seen_by=None, order=20),
        Entry(
            label="窗口替人查登记",
            url="portal:counter",
            icon="user",
            seen_by=rules.COUNTER,
            group="管理",
            order=30,
        ),
    ),
)
ACTIONS = {
    "portal.looked-up-at-counter": "在窗口打开了登记",
    "portal.registration-denied": "本人说没有同意过，已退出",
}
OPENINGS = ("portal.looked-up-at-counter",)
