"""Who may change the network (权限)."""

from gongzhi.shared.permissions import Actor, Permission, Role

SET_UP = Permission(
    code="places.set-up",
    label="建立县域网络（只由安装命令）",
    roles=frozenset({Role.SYSTEM_ADMIN}),
    place="",
)
MANAGE = Permission(
    code="places.manage-network",
    label="调整网络：更名、改隶属、合并、撤销、园区",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.COUNTY_OFFICER}),
    place="",
)
ADD_COURTYARD = Permission(
    code="places.add-courtyard",
    label="登记院落",
    roles=frozenset(
        {
            Role.COUNTY_OPERATOR,
            Role.COUNTY_OFFICER,
            Role.TOWN_OFFICER,
            Role.COMMUNITY_CLERK,
        }
    ),
    place="",
)


def require_set_up(by: Actor) -> None:
    """:raises PermissionDenied: *by* is not the house itself: there is no place yet that a role could be held over."""
    SET_UP.require_at(by, "/")
