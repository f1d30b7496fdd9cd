"""What this room tells people: the answer of a center to a booking."""

from gongzhi.shared.messages import Channel, Kind

WENT = frozenset({Channel.IN_APP, Channel.SMS})
CONFIRMED = Kind(
    key="centers.booking-confirmed",
    label="约的场地答应了",
    reason="您约了这个场地，在等中心答应",
    title="{venue}约好了",
    body="您约的{center}{venue}，{when}，中心答应了。来不了请早点取消，让给别的街坊。",
)
DECLINED = Kind(
    key="centers.booking-declined",
    label="约的场地没答应",
    reason="您约了这个场地，在等中心答应",
    title="{venue}没有约上",
    body="您约的{center}{venue}，{when}，中心没有答应：{reason}。可以另约时间，或者打{phone}问一问。",
    channels=WENT,
    may_switch_off=False,
)
CANCELLED = Kind(
    key="centers.booking-cancelled",
    label="约好的场地被中心取消",
    reason="您约好了这个场地",
    title="{venue}用不成了",
    body="您约的{center}{venue}，{when}，中心取消了：{reason}。请另约时间，或者打{phone}问一问。",
    channels=WENT,
    may_switch_off=False,
    can_wait=False,
)
KINDS = (CONFIRMED, DECLINED, CANCELLED)
