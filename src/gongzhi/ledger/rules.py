"""Who may see, keep, approve and close the books. Who makes a voucher never approves it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from django.core.exceptions import PermissionDenied

from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor, Permission, Role
from gongzhi.shared.rooms import declared

from .models import Books, Ledger

_WATCH = {Role.AUDITOR, Role.COUNTY_OFFICER, Role.COUNTY_LEADER}
SEE_CHARITY = Permission(
    code="ledger.see-charity",
    label="看慈善账",
    roles=frozenset(
        {Role.FOUNDATION_ACCOUNTANT, Role.FOUNDATION_DIRECTOR, Role.FOUNDATION_STAFF, *_WATCH}
    ),
    organization="organization",
)
SEE_FISCAL = Permission(
    code="ledger.see-fiscal",
    label="看财政专账",
    roles=frozenset({Role.FISCAL_ACCOUNTANT, *_WATCH}),
    organization="organization",
)
SEE_BOOKS = replace(
    SEE_CHARITY,
    code="ledger.see-books",
    label="看账",
    roles=SEE_CHARITY.roles | SEE_FISCAL.roles,
)
KEEP_CHARITY = Permission(
    code="ledger.keep-charity",
    label="记慈善账",
    roles=frozenset({Role.FOUNDATION_ACCOUNTANT}),
    organization="organization",
)
KEEP_FISCAL = Permission(
    code="ledger.keep-fiscal",
    label="记财政专账",
    roles=frozenset({Role.FISCAL_ACCOUNTANT}),
    organization="organization",
)
APPROVE_CHARITY = Permission(
    code="ledger.approve-charity",
    label="复核慈善账的凭证",
    roles=frozenset({Role.FOUNDATION_ACCOUNTANT, Role.FOUNDATION_DIRECTOR}),
    organization="organization",
)
APPROVE_FISCAL = Permission(
    code="ledger.approve-fiscal",
    label="复核财政专账的凭证",
    roles=frozenset({Role.FISCAL_ACCOUNTANT, Role.COUNTY_OFFICER}),
    organization="organization",
)
CLOSE_CHARITY = Permission(
    code="ledger.close-charity",
    label="关慈善账",
    roles=frozenset({Role.FOUNDATION_DIRECTOR}),
    organization="organization",
)
CLOSE_FISCAL = Permission(
    code="ledger.close-fiscal",
    label="关财政专账",
    roles=frozenset({Role.COUNTY_OFFICER}),
    organization="organization",
)
OPEN_BOOKS = Permission(
    code="ledger.open-books",
    label="建账",
    roles=frozenset({Role.COUNTY_OFFICER, Role.SYSTEM_ADMIN}),
)
SEE = {Ledger.CHARITY: SEE_CHARITY, Ledger.FISCAL: SEE_FISCAL}
KEEP = {Ledger.CHARITY: KEEP_CHARITY, Ledger.FISCAL: KEEP_FISCAL}
APPROVE = {Ledger.CHARITY: APPROVE_CHARITY, Ledger.FISCAL: APPROVE_FISCAL}
CLOSE = {Ledger.CHARITY: CLOSE_CHARITY, Ledger.FISCAL: CLOSE_FISCAL}


@dataclass(frozen=True, kw_only=True)
class Business:
    """
    A kind of thing that moves money, with the right it takes (业务).

    A room above declares its own in `room.py` (`BUSINESS = (…,)`), so that whoever may disburse need
    not be a bookkeeper. Its code is kept on every transfer.
    """

    code: str
    label: str
    permission: Permission


MANUAL = {
    ledger: Business(code=f"ledger.{ledger.slug}-voucher", label="手工凭证", permission=permission)
    for ledger, permission in KEEP.items()
}
YEAR_END = {
    ledger: Business(code="ledger.year-end", label="年末结转", permission=permission)
    for ledger, permission in KEEP.items()
}


@cache
def businesses() -> dict[str, Business]:
    """Return every declared kind of business by its code (业务种类)."""
    ours = [*MANUAL.values(), YEAR_END[Ledger.CHARITY]]
    return {b.code: b for b in [*ours, *declared("room", "BUSINESS")]}


def holds(by: Actor, permission: Permission, ledger: int, place: Place | None = None) -> bool:
    """
    Tell whether *by* holds a right over these books (对这本账的权限).

    The books are the county's: a role over the county, over the organization that owns them, or over
    the place that the money is spent at carries it.
    """
    if any(path.count("/") <= 2 for path in permission.paths(by)):
        return True
    if place is not None and permission.at(by, place.path):
        return True
    own = permission.organizations(by)
    return bool(own) and Books.objects.filter(pk=ledger, organization__in=own).exists()


def require(by: Actor, permission: Permission, ledger: int, place: Place | None = None) -> None:
    """:raises PermissionDenied: *by* does not hold this right over these books."""
    if not holds(by, permission, ledger, place):
        raise PermissionDenied(permission.code)


def require_business(
    by: Actor, code: str, ledger: int, places: tuple[Place | None, ...] = (None,)
) -> None:
    """
    Let whoever may do this kind of business, and the bookkeeper, move its money.

    :raises PermissionDenied: *by* may do neither.
    """
    known = businesses().get(code)
    for place in dict.fromkeys(places):
        if known is not None and holds(by, known.permission, ledger, place):
            continue
        require(by, KEEP[Ledger(ledger)], ledger, place)
