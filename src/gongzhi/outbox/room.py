"""The sign on this room's door."""

from gongzhi.shared.rooms import Entry, Room

from . import rules, services

ROOM = Room(
    label="消息",
    menu=(
        Entry(label="我的消息", url="outbox:mine", icon="mail", seen_by=None, order=22),
        Entry(
            label="消息发送情况",
            url="outbox:deliveries",
            icon="mail",
            seen_by=rules.SEE_DELIVERIES,
            group="系统",
            order=60,
        ),
    ),
    each_minute=(services.send_due,),
    each_day=(services.forget_old,),
)
ACTIONS = {
    "outbox.chosen": "改了收哪些消息",
    "outbox.tried-again": "把没发出去的消息再发",
    "outbox.old-forgotten": "清理了旧消息",
}
