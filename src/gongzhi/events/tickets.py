"""The codes of the door: one's own for an event, and the venue's that changes by the minute (到场登记码、现场码)."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.sealed import fingerprint

# No 0 and O, no 1 and I: what is read aloud or written down is not mistaken.
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_HALF = 15  # bits of half a spoken code: six letters of 32 are 30 bits
_ROUNDS = 4


def new_token() -> str:
    """Return a code for a QR picture that nobody can guess: 132 random bits."""
    return secrets.token_urlsafe(17)[:22]


def spoken_code(event: int, number: int) -> str:
    """
    Return the six letters for registration *number* of an event (六位号).

    A keyed permutation of all 30-bit numbers (a Feistel network), another for each event: two numbers never
    get the same code, and whoever lacks the site's key cannot tell the next one.
    """
    left, right = divmod(number, 1 << _HALF)
    for turn in range(_ROUNDS):
        mixed = int(fingerprint(f"events.code:{event}:{turn}:{right}")[:8], 16)
        left, right = right, left ^ (mixed & ((1 << _HALF) - 1))
    whole = (left << _HALF) | right
    return "".join(LETTERS[(whole >> shift) & 31] for shift in range(25, -1, -5))


def read_spoken(text: str) -> str:
    """Return a spoken code as it is kept: capitals, no spaces, O and I as the digits nobody uses are dropped."""
    return "".join(c for c in text.upper() if c in LETTERS)


def venue_code(event: int, now: datetime) -> str:
    """Return what the picture at the venue says at *now* (现场码); the next minute it says something else."""
    return _venue_code(event, _window(now))


def fits_venue(event: int, code: str, at: datetime) -> bool:
    """Tell whether *code* was on the picture at *at*, or just before it changed."""
    window = _window(at)
    return any(
        hmac.compare_digest(code.encode(), _venue_code(event, w).encode())
        for w in (window, window - 1)
    )


def _window(at: datetime) -> int:
    return int(at.timestamp()) // rule("events.venue-code-seconds", today(at)).number


def _venue_code(event: int, window: int) -> str:
    return fingerprint(f"events.venue:{event}:{window}")[:20]


def grace(now: datetime) -> timedelta:
    """Return how long after scanning the venue's code somebody may take to say who they are."""
    return timedelta(minutes=rule("events.venue-code-grace-minutes", today(now)).number)
