"""Who may note donors and gifts, open funds, ask for their money, and approve."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import PermissionDenied

from gongzhi.directory.models import Organization
from gongzhi.ledger.services import Business
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Actor, Permission, Role

_HOUSE = frozenset({Role.FOUNDATION_STAFF, Role.FOUNDATION_ACCOUNTANT, Role.FOUNDATION_DIRECTOR})
SEE = Permission(
    code="foundation.see",
    label="看基金会的工作台",
    roles=_HOUSE | {Role.COMMUNITY_CLERK, Role.AUDITOR, Role.COUNTY_OFFICER},
    organization="holder",
)
RECORD = Permission(
    code="foundation.record",
    label="登记捐赠人和捐赠，作废收据",
    roles=frozenset({Role.FOUNDATION_STAFF, Role.FOUNDATION_ACCOUNTANT}),
    organization="holder",
)
OPEN_FUND = Permission(
    code="foundation.open-fund",
    label="设立、关闭基金，定管委会",
    roles=frozenset({Role.FOUNDATION_STAFF, Role.FOUNDATION_DIRECTOR}),
    organization="holder",
)
ASK = Permission(
    code="foundation.ask",
    label="申请用基金的钱",
    roles=frozenset({Role.FOUNDATION_STAFF, Role.COMMUNITY_CLERK}),
    organization="holder",
)
APPROVE = Permission(
    code="foundation.approve",
    label="审批用钱",
    roles=frozenset({Role.FOUNDATION_DIRECTOR, Role.FOUNDATION_ACCOUNTANT}),
    organization="holder",
)
# The same rights, asked of a gift or a payment.
SEE_GIFT = replace(SEE, place="fund__place", organization="fund__holder")
RECORD_GIFT = replace(RECORD, place="fund__place", organization="fund__holder")
SEE_PAYMENT, APPROVE_PAYMENT = (
    replace(p, place="fund__place", organization="fund__holder") for p in (SEE, APPROVE)
)
GIFTS = Business(code="foundation.gift", label="捐赠", permission=RECORD)
PAYMENTS = Business(
    code="foundation.payment",
    label="基金用钱",
    permission=replace(
        ASK, code="foundation.move", label="动基金的钱", roles=ASK.roles | APPROVE.roles
    ),
)
FUNDS = Business(code="foundation.fund", label="设立和关闭基金", permission=OPEN_FUND)


def require_for(by: Actor, permission: Permission, holder: Organization, place: Place) -> None:
    """:raises PermissionDenied: *by* holds this right neither over the foundation nor over the place."""
    if holder.pk not in permission.organizations(by) and not permission.at(by, place.path):
        raise PermissionDenied(permission.code)
