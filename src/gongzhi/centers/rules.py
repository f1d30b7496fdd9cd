"""Who may open, run and use a support center."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import PermissionDenied

from gongzhi.directory.models import Organization
from gongzhi.shared.permissions import STAFF, Actor, Permission, Role

from .models import Booking, Center

# The government appoints and supervises; the hub organization runs (政府仅起指导监督作用).
OPEN = Permission(
    code="centers.open-center",
    label="设立、关闭支持中心，聘任运营方",
    roles=frozenset({Role.COUNTY_OFFICER}),
)
_RUNNERS = frozenset(
    {Role.COUNTY_OPERATOR, Role.CENTER_OPERATOR, Role.PARK_OFFICER, Role.COMMUNITY_CLERK}
)
RUN = Permission(
    code="centers.run-center", label="管开放时间、管理办法、场地和预约", roles=_RUNNERS
)
HANDLE = Permission(
    code="centers.handle-booking",
    label="答应、谢绝场地预约",
    roles=_RUNNERS,
    place="venue__center__place",
)
SEE = Permission(
    code="centers.see-bookings",
    label="看场地预约",
    roles=STAFF,
    place="venue__center__place",
)
# The same right, asked of a center instead of a booking.
SEE_CENTERS = replace(SEE, place="place")
BOOK_FOR_OTHERS = Permission(
    code="centers.book-for-others",
    label="代组织、代居民约场地",
    roles=_RUNNERS | {Role.TOWN_OFFICER},
)
BOOK_AS_ORGANIZATION = Permission(
    code="centers.book-as-organization",
    label="以本组织的名义约场地",
    roles=frozenset({Role.ORGANIZATION_MANAGER}),
    organization="pk",
)


def require_book(
    by: Actor, center: Center, organization: Organization | None, *, for_other: bool
) -> None:
    """
    Let anybody signed in book for themselves, a manager for their organization, staff for anyone beneath them.

    :raises PermissionDenied: *by* is not signed in, or may not book in somebody else's name here.
    """
    if not by.is_authenticated:
        raise PermissionDenied("centers.book")
    if BOOK_FOR_OTHERS.at(by, center.place.path):
        return
    if organization is not None:
        if organization.pk not in BOOK_AS_ORGANIZATION.organizations(by):
            raise PermissionDenied(BOOK_AS_ORGANIZATION.code)
    elif for_other:
        raise PermissionDenied(BOOK_FOR_OTHERS.code)


def owns(by: Actor, booking: Booking) -> bool:
    """Tell whether *by* made this booking, or manages the organization it was made for."""
    return by.pk is not None and (
        booking.booked_by_id == by.pk
        or booking.organization_id in BOOK_AS_ORGANIZATION.organizations(by)
    )


def require_cancel(by: Actor, booking: Booking) -> None:
    """
    Let whoever booked, their organization and those who run the center cancel a booking.

    :raises PermissionDenied: *by* is none of them.
    """
    if not owns(by, booking):
        HANDLE.require(by, booking)
