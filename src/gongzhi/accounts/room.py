"""The sign on this room's door."""

from gongzhi.audit.queries import PlaceNames
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules

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
)
# The book of deeds stands below the places: this room tells it their names.
PLACE_NAMES = (PlaceNames(path_of=queries.path_of_text, names_of=queries.names_of_paths),)
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
