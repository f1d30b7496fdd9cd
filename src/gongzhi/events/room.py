"""The sign on this room's door."""

from __future__ import annotations

from gongzhi.shared.rooms import Entry, Room, Search

from . import queries, rules, services

ROOM = Room(
    label="场次",
    menu=(
        Entry(
            label="场次", url="events:work", icon="cal", seen_by=rules.SEE, group="支撑", order=10
        ),
        Entry(
            label="到场登记",
            url="events:doors",
            icon="door",
            seen_by=rules.CHECK_IN,
            group="支撑",
            order=12,
        ),
    ),
    search=(Search(label="场次", find=queries.find, order=30),),
    api="gongzhi.events.api.router",
    each_minute=(
        services.expire_offers,
        services.release_quotas,
        services.draw_due,
        services.remind_tomorrow,
    ),
    each_day=(services.forget_details,),
)
ACTIONS = {
    "events.series-created": "建系列",
    "events.series-planned": "排一批场次",
    "events.series-published": "发布一批场次",
    "events.created": "建场次",
    "events.amended": "改场次",
    "events.questions-set": "定报名时问什么",
    "events.published": "发布场次",
    "events.moved": "改期",
    "events.cancelled": "取消场次",
    "events.closed": "散场收尾",
    "events.quota-added": "分配名额",
    "events.quotas-released": "收回名额",
    "events.lots-drawn": "抽签",
    "events.person-introduced": "报名时登记居民",
    "events.registered": "报名",
    "events.seat-offered": "座位轮到下一位",
    "events.offer-expired": "轮到了没来得及答复",
    "events.offers-expired": "清理到时间的座位",
    "events.offer-confirmed": "答应来",
    "events.offer-declined": "让给下一位",
    "events.registration-cancelled": "取消报名",
    "events.kept-after-move": "改期后还来",
    "events.put-ahead": "排队往前挪",
    "events.reminded": "前一天的提醒",
    "events.details-forgotten": "删掉报名时答的",
    "events.checked-in": "登记到场",
    "events.checked-out": "登记离场",
    "events.attendance-voided": "撤掉到场登记",
    "events.facts-added": "补录到场",
    "events.sheet-imported": "导入签到表",
    "events.sheet-withdrawn": "撤回导入的签到表",
    "events.code-refused": "没收的码",
    "events.headcount-noted": "记没留名的人数",
    "events.feedback-given": "评价",
    "events.calendar-opened": "开通日历地址",
    "events.calendar-closed": "停用日历地址",
}
