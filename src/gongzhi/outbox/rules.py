"""Who may read messages: each person their own; who keeps the ways out may see what did not arrive."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from gongzhi.shared.permissions import Actor, Permission, Role

SEE_DELIVERIES = Permission(
    code="outbox.see-deliveries",
    label="看消息发没发出去，没发出去的再发",
    roles=frozenset({Role.COUNTY_OPERATOR, Role.SYSTEM_ADMIN}),
)


def require_own(by: Actor) -> None:
    """:raises PermissionDenied: *by* has no account, so no messages of their own."""
    if by.pk is None:
        raise PermissionDenied("outbox.own")


def require_deliveries(by: Actor) -> None:
    """:raises PermissionDenied: *by* does not keep the ways out of the whole county."""
    if not any(path.count("/") <= 2 for path in SEE_DELIVERIES.paths(by)):
        raise PermissionDenied(SEE_DELIVERIES.code)


def require_house(by: Actor) -> None:
    """:raises PermissionDenied: this is the house's own work, not a person's."""
    if by.pk is not None:
        raise PermissionDenied("outbox.house")
