"""What a browser says it is, in words that tell one's own devices apart."""

from __future__ import annotations

BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "火狐"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_of(user_agent: str) -> str:
    """Return 手机上的微信, 电脑上的Chrome and the like (设备); 浏览器 when it does not say."""
    where = "手机" if "Mobile" in user_agent or "Android" in user_agent else "电脑"
    what = next((name for sign, name in BROWSERS if sign in user_agent), "浏览器")
    return f"{where}上的{what}"
