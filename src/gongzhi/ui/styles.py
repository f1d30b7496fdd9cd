"""One stylesheet from its parts, without Node: `gongzhi build_css` writes it."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "ui"
BUILT = FOLDER / "gongzhi.css"

# The order of the cascade. Within a layer a later part wins, so `elder` and `print` come late.
PARTS = (
    *("tokens", "base", "layout"),
    *("icon", "head", "topbar", "place", "crumbs", "side", "button", "card", "tag", "money"),
    *("tile", "steps", "timeline", "notice", "meter", "field", "alert", "empty", "dialog"),
    *("tabs", "pager", "filters", "table", "list", "dl", "tabbar", "footer", "chart", "heat"),
    *("portal", "columns", "workbench", "menu", "tally", "typed", "progress", "fig", "mask"),
    *("compare", "log", "pick-list", "fold", "gate", "attendance", "elder"),
    *("utilities", "fallback", "print"),
)


def build() -> str:
    """Return the whole stylesheet (样式表), comments and indentation left out."""
    text = "\n".join((FOLDER / "css" / f"{part}.css").read_text("utf-8") for part in PARTS)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*\n\s*", "\n", text)
    text = re.sub(r"\s*([{};])\s*", r"\1", text).replace(";}", "}")
    return text.strip() + "\n"
