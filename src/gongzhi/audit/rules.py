"""Who may read the book of deeds. Nobody may write in it: lines come from deeds alone."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from gongzhi.shared.permissions import Actor, Permission, Role

READ_BOOK = Permission(
    code="audit.read-book",
    label="看操作留痕",
    roles=frozenset({Role.AUDITOR, Role.AUDIT_ADMIN}),
    place="place",
)


def require_reader(by: Actor) -> None:
    """:raises PermissionDenied: *by* may not read the book anywhere."""
    if not READ_BOOK.anywhere(by):
        raise PermissionDenied(READ_BOOK.code)
