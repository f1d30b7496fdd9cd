"""
How words leave the house: one class per way out, named in the settings.

`GONGZHI_MESSAGE_GATEWAY` carries short messages (codes and all others), `GONGZHI_MAIL_GATEWAY` mail and
`GONGZHI_WECHAT_GATEWAY` template messages of the county's own account. An empty setting closes that way.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail
from django.utils.module_loading import import_string

SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """
    One message to one address (一件): what a provider needs, and no more.

    `kind` is the key by which a county finds its approved template, `words` what goes into it; `text` is the same in
    full. `ident` is the same for each try of the same message, so that a provider can tell a second try.
    """

    to: str
    text: str
    title: str = ""
    kind: str = ""
    words: dict[str, str] = field(default_factory=dict)
    ident: str = ""


class Unreachable(Exception):
    """The provider knows that this address takes nothing (空号、没有关注公众号): trying again is of no use."""


class Gateway:
    """What a county's provider must offer (网关): a class with this one method."""

    def send(self, parcel: Parcel) -> None:
        """Send *parcel*; raise `Unreachable` when it never can arrive, any other error to be asked again."""
        raise NotImplementedError


class ConsoleGateway(Gateway):
    """Prints the message, the address masked: for demonstrations and development."""

    def send(self, parcel: Parcel) -> None:
        sys.stdout.write(f"消息 → {masked(parcel.to)}：{parcel.text}\n")
        sys.stdout.flush()


class FileGateway(Gateway):
    """Appends the message to a file (GONGZHI_MESSAGE_FILE), one JSON a line: for browser journeys."""

    def send(self, parcel: Parcel) -> None:
        with Path(getattr(settings, "GONGZHI_MESSAGE_FILE", "messages.jsonl")).open(
            "a", encoding="utf-8"
        ) as file:
            line = {"phone": parcel.to, "text": parcel.text}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


class MailGateway(Gateway):
    """Sends mail through Django's own settings (EMAIL_HOST and the rest)."""

    def send(self, parcel: Parcel) -> None:
        send_mail(parcel.title or parcel.text[:40], parcel.text, None, [parcel.to])


class WebGateway(Gateway):
    """
    Hands the message as JSON to the county's message platform (统一消息平台) at GONGZHI_MESSAGE_URL.

    Providers sign requests in a dozen ways: what is not plain JSON with a token is ten lines in a class of one's own.
    Answer 404 or 410 says that the address takes nothing.
    """

    def send(self, parcel: Parcel) -> None:
        body = {
            "to": parcel.to,
            "title": parcel.title,
            "text": parcel.text,
            "template": parcel.kind,
            "words": parcel.words,
            "id": parcel.ident,
        }
        url = settings.GONGZHI_MESSAGE_URL
        if not url.startswith(("https://", "http://")):
            raise ValueError("GONGZHI_MESSAGE_URL is no web address")
        request = urllib.request.Request(  # noqa: S310  (http and https only, judged above)
            url,
            json.dumps(body, ensure_ascii=False).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {settings.GONGZHI_MESSAGE_TOKEN}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
                pass
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                raise Unreachable from error
            raise


SETTINGS = {
    "sms": "GONGZHI_MESSAGE_GATEWAY",
    "mail": "GONGZHI_MAIL_GATEWAY",
    "wechat": "GONGZHI_WECHAT_GATEWAY",
}


def is_open(way: str) -> bool:
    """Tell whether this site has a gateway for *way* (开没开通)."""
    return bool(getattr(settings, SETTINGS[way], ""))


def send(parcel: Parcel, way: str = "sms") -> None:
    """Send *parcel* through the configured gateway; raises whatever the gateway raises."""
    import_string(getattr(settings, SETTINGS[way]))().send(parcel)


def masked(address: str) -> str:
    """Return an address as logs and pages may show it (遮住的号码)."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"{address[:3]}****{address[-4:]}"
