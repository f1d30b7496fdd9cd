"""What the pages of this room have in common: the path above the title."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from gongzhi.ui.desk import Crumbs, form_page, sent

__all__ = ["Crumbs", "crumbs", "form_page", "list_of", "sent"]


def list_of(listing: str, **asked: Any) -> str:
    """Return the address of a list of this room, narrowed as *asked* (名册的地址)."""
    asked = {k: v for k, v in asked.items() if v not in ("", None)}
    address = reverse("indicators:records", args=[f"directory.{listing}"])
    return f"{address}?{urlencode(asked)}" if asked else address


def crumbs(*path: tuple[str, str] | str) -> Crumbs:
    """Return the path to a page of this room; each piece is (label, address) or the page's own name."""
    found: Crumbs = [{"label": "组织和人", "url": reverse("directory:hub")}]
    for piece in path:
        label, url = piece if isinstance(piece, tuple) else (piece, "")
        found.append({"label": label, "url": url})
    return found
