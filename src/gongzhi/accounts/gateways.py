"""How a short message leaves the house; GONGZHI_MESSAGE_GATEWAY names the class."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string


class Gateway:
    """What a county's message provider must offer (短信网关): a class with this one method."""

    def send(self, phone: str, text: str) -> None:
        """Send *text* to *phone*; raise any error when the provider did not take it."""
        raise NotImplementedError


class ConsoleGateway(Gateway):
    """Prints the message, the phone masked: for demonstrations and development."""

    def send(self, phone: str, text: str) -> None:
        sys.stdout.write(f"短信 → {phone[:3]}****{phone[-4:]}：{text}\n")
        sys.stdout.flush()


class FileGateway(Gateway):
    """Appends the message to a file (GONGZHI_MESSAGE_FILE), one JSON a line: for browser journeys."""

    def send(self, phone: str, text: str) -> None:
        with Path(getattr(settings, "GONGZHI_MESSAGE_FILE", "messages.jsonl")).open(
            "a", encoding="utf-8"
        ) as file:
            file.write(json.dumps({"phone": phone, "text": text}, ensure_ascii=False) + "\n")


def send(phone: str, text: str) -> None:
    """Send *text* to *phone* through the configured gateway."""
    import_string(settings.GONGZHI_MESSAGE_GATEWAY)().send(phone, text)
