"""The sign on this room's door."""

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.calendar import year_wanting
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import rules, services


def holidays_wanting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Tell administrators in time that the next year's holidays are not installed (放假安排没装上)."""
    year = year_wanting(now) if rules.SEE_CALENDAR.anywhere(by) else None
    label = f"{year}年的放假安排还没装上，工作日算不准" if year else "放假安排"
    return label, int(bool(year)), reverse("accounts:calendar")


ROOM = Room(
    label="账号和身份",
    menu=(
        Entry(
            label="账号和身份",
            url="accounts:people",
            icon="key",
            seen_by=rules.SEE_PEOPLE,
            group="管理",
            order=80,
        ),
        Entry(
            label="锁着的账号",
            url="accounts:shut",
            icon="lock",
            seen_by=rules.UNLOCK,
            group="管理",
            order=82,
        ),
        Entry(
            label="安全规则",
            url="accounts:security",
            icon="shield",
            seen_by=rules.SEE_SECURITY,
            group="管理",
            order=84,
        ),
    ),
    todos=(holidays_wanting,),
    each_day=(services.forget_expired,),
)
ACTIONS = {
    "accounts.code-sent": "发了验证码",
    "accounts.phone-proved": "用验证码证明了手机号",
    "accounts.phone-proof-failed": "验证码没有通过",
    "accounts.phone-changed": "换了手机号",
    "accounts.signed-in": "登录了",
    "accounts.signed-out": "退出登录了",
    "accounts.sign-in-failed": "登录没有成功",
    "accounts.shut": "因为连着输错锁住了",
    "accounts.unlocked": "解了锁",
    "accounts.second-factor-added": "设了第二道验证",
    "accounts.second-factor-removed": "去掉了第二道验证",
    "accounts.second-factor-reset": "清掉了别人的第二道验证",
    "accounts.acting-changed": "换了身份",
    "accounts.oneself-chosen": "说了是家里的哪一位",
    "accounts.renamed": "改了称呼",
    "accounts.password-set": "设了密码",
    "accounts.password-changed": "改了密码",
    "accounts.session-ended": "退出了一处登录",
    "accounts.sessions-ended": "退出了别处的登录",
    "accounts.expired-forgotten": "清理了过期的登录和验证码",
    "accounts.account-opened": "开了账号",
    "accounts.account-closed": "停了账号",
    "accounts.account-reopened": "恢复了账号",
    "accounts.appointed": "给了身份",
    "accounts.dismissed": "停了身份",
}
