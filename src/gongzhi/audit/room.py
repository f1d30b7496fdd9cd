"""The sign on this room's door."""

from gongzhi.shared.rooms import Entry, Room

from . import rules

ROOM = Room(
    label="操作留痕",
    menu=(
        Entry(
            label="操作留痕",
            url="audit:list",
            icon="shield",
            seen_by=rules.READ_BOOK,
            group="管理",
            order=90,
        ),
    ),
)
ACTIONS = {
    "audit.book-read": "查看了操作留痕",
    "audit.book-exported": "导出了操作留痕",
}
