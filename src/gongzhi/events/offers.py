"""The address by which whoever got the message answers for one offered seat, without proving anything again."""

from __future__ import annotations

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from .models import Registration

_SIGNER = Signer(salt="events.offer", sep="~")


def address_of(registration: Registration) -> str:
    """Return the address where this one seat is taken or left (答复的地址): good for this row and its number alone."""
    key = _SIGNER.sign(f"{registration.pk}-{registration.number}")
    return reverse("events:answer", args=[key])


def read(key: str) -> tuple[int, int] | None:
    """Return the registration and its number that *key* was signed for; None when nobody signed it."""
    try:
        pk, _, number = _SIGNER.unsign(key).partition("-")
        return int(pk), int(number)
    except (BadSignature, ValueError):
        return None
