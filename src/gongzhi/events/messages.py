"""What this room tells people: few things, each when it changes what they do."""

from gongzhi.shared.messages import Channel, Kind

WENT = frozenset({Channel.IN_APP, Channel.SMS})
REGISTERED = Kind(
    key="events.registered",
    label="报名的结果",
    reason="您报了这一场",
    title="{result}：{title}",
    body="{when}，{place}。{detail}来不了请早点取消，让给别的街坊。",
)
REGISTERED_FOR_YOU = Kind(
    key="events.registered-for-you",
    label="有人替您报了名",
    reason="有人写明您同意，替您报了这一场",
    title="替您报了名：{title}",
    body="{when}，{place}。{detail}没有同意过、来不了，都可以在“我报的活动”里取消，或者打{phone}。",
    channels=WENT,
)
SEAT_OFFERED = Kind(
    key="events.seat-offered",
    label="轮到您了",
    reason="您在这一场排队，有人来不了，空出了座位",
    title="轮到您了：{title}",
    body="{when}，{place}，给您留了一个座位，留到{until}。去不去，请在“我报的活动”里答一声，或者打{phone}。",
    channels=WENT,
    can_wait=False,
)
OFFER_EXPIRED = Kind(
    key="events.offer-expired",
    label="座位给了下一位",
    reason="给您留的座位过了时间，没有等到答复",
    title="座位给了下一位：{title}",
    body="{when}那一场，给您留的座位过了时间。还想来，可以再报一次，排在最后。",
)
DRAWN = Kind(
    key="events.drawn",
    label="抽签的结果",
    reason="您参加了这一场的抽签",
    title="{result}：{title}",
    body="{when}，{place}。{detail}怎么抽的、号码和种子，都在场次页面上，谁都可以再算一遍。",
    channels=WENT,
    may_switch_off=False,
)
EVENT_MOVED = Kind(
    key="events.moved",
    label="改期",
    reason="您报了这一场，它改了时间或地点",
    title="改期：{title}",
    body="改到{when}，{place}。原因：{why}。新日子来不来，请在“我报的活动”里定一下，或者打{phone}。",
    channels=WENT,
    may_switch_off=False,
    can_wait=False,
)
EVENT_CANCELLED = Kind(
    key="events.cancelled",
    label="取消",
    reason="您报了这一场，它办不成了",
    title="取消：{title}",
    body="{when}的这一场取消了，请不要跑空。原因：{why}。有事打{phone}。",
    channels=WENT,
    may_switch_off=False,
    can_wait=False,
)
REMINDER = Kind(
    key="events.reminder",
    label="前一天的提醒",
    reason="您报了明天的这一场",
    title="明天：{title}",
    body="{when}，{place}。来不了请现在取消，让给别的街坊。",
    channels=WENT,
)
KINDS = (
    REGISTERED,
    REGISTERED_FOR_YOU,
    SEAT_OFFERED,
    OFFER_EXPIRED,
    DRAWN,
    EVENT_MOVED,
    EVENT_CANCELLED,
    REMINDER,
)
