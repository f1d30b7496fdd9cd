"""What this room adds to the house."""

from gongzhi.shared.rooms import Entry, Room

from . import rules

ROOM = Room(
    label="指标",
    menu=(
        Entry(
            label="总览",
            url="indicators:dashboard",
            icon="chart",
            seen_by=rules.SEE,
            order=10,
        ),
        Entry(
            label="指标和口径",
            url="indicators:measures",
            icon="file",
            seen_by=rules.SEE,
            group="管理",
            order=60,
        ),
    ),
    api="gongzhi.indicators.api.router",
)
ACTIONS = {
    "indicators.records-exported": "导出记录",
    "indicators.full-records-exported": "导出带完整号码的记录",
}
