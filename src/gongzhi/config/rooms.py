"""The rooms of the house, top floor first. Adding a room is one line here and one in .importlinter."""

ROOMS = (
    "config",
    "demo",
    "portal",
    "indicators",
    "suggestions",
    "registers",
    "centers",
    "accounts",
    "directory",
    "figures",
    "places",
    "audit",
    "ui",
)
