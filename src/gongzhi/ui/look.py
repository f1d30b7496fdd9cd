"""How a person wants to see the site: three cookies, so that no page flashes or needs script."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

# Cookie by cookie: the values it may hold besides none.
CHOICES = {"mode": ("elder",), "size": ("max",), "theme": ("dark", "light")}


@dataclass(frozen=True, kw_only=True)
class Look:
    """Elder mode, larger type, dark or light (外观)."""

    mode: str = ""
    size: str = ""
    theme: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Look:
        """Return the look that *request* asks for; unknown values count as none."""
        asked = {name: request.COOKIES.get(name, "") for name in CHOICES}
        return cls(**{name: value for name, value in asked.items() if value in CHOICES[name]})

    @property
    def is_elder(self) -> bool:
        return self.mode == "elder"

    @property
    def attributes(self) -> SafeString:
        """Return the attributes of <html>: elder mode is always light, larger type its own step."""
        if self.is_elder:
            return mark_safe(  # noqa: S308  (both texts are ours)
                ' data-mode="elder"' + (' data-size="max"' if self.size else "")
            )
        return mark_safe(f' data-theme="{self.theme}"' if self.theme else "")  # noqa: S308  (from CHOICES)
