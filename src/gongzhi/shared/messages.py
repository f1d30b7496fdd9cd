"""How a room declares what it writes to people: a file of values (`messages.py`, name `KINDS`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.db.models import TextChoices

from .rooms import declared


class Channel(TextChoices):
    """The ways by which a message reaches somebody (渠道)."""

    IN_APP = "in_app", "站内"
    SMS = "sms", "短信"
    WECHAT = "wechat", "微信"
    MAIL = "mail", "邮件"


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """
    A kind of message (消息种类): few and useful, each with the reason why somebody gets it.

    `reason` completes 您收到这条消息，是因为……; `title` and `body` are templates that name `{words}`.
    `channels` are the ways it goes unless the person chose others. What must be known
    (`may_switch_off=False`: the day moved, it is cancelled) cannot be switched off inside the house.
    `can_wait`: no short message at night.
    """

    key: str
    label: str
    reason: str
    title: str
    body: str
    channels: frozenset[Channel] = frozenset({Channel.IN_APP})
    may_switch_off: bool = True
    can_wait: bool = True

    def written(self, words: Mapping[str, object]) -> tuple[str, str]:
        """Return title and body with *words* filled in (写好的消息)."""
        return self.title.format(**words), self.body.format(**words)


@cache
def kinds() -> dict[str, Kind]:
    """Return all declared kinds by key."""
    return {k.key: k for k in declared("messages", "KINDS")}
