"""Who may do what at the door of the house."""

from django.core.exceptions import PermissionDenied

from gongzhi.shared.permissions import Actor, Permission, Role

COUNTER = Permission(
    code="portal.look-up-at-counter",
    label="在窗口替本人查登记",
    roles=frozenset(
        {
            Role.COUNTY_OPERATOR,
            Role.CENTER_OPERATOR,
            Role.TOWN_OFFICER,
            Role.COMMUNITY_CLERK,
            Role.PARK_OFFICER,
        }
    ),
)


def require_person(by: Actor, person_id: int) -> None:
    """
    Let nobody but somebody who stands for a person act here (本人才可以); whose record it is the directory judges.

    :raises PermissionDenied: *by* is no person of the directory.
    """
    if not (getattr(by, "person_id", None) and person_id):
        raise PermissionDenied("portal.oneself")
