"""What happens when allauth adds or takes away a second factor: the session knows it, the audit book says it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.http import HttpRequest
from django.utils import timezone

from . import queries, services, signing
from .adapters import HOW


def listen() -> None:
    """Connect to allauth's signals, once, when the house starts."""
    authenticator_added.connect(_added, dispatch_uid="accounts.second-factor-added")
    authenticator_removed.connect(_removed, dispatch_uid="accounts.second-factor-removed")
    authenticator_reset.connect(_added, dispatch_uid="accounts.second-factor-reset")


def _added(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        request.session[signing.SECOND_FACTOR] = signing.DONE
    services.note_second_factor(
        by=user, what=HOW[authenticator.type], added=True, now=timezone.now()
    )


def _removed(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    if not queries.has_second_factor(user):
        request.session[signing.SECOND_FACTOR] = signing.MISSING
    services.note_second_factor(
        by=user, what=HOW[authenticator.type], added=False, now=timezone.now()
    )
