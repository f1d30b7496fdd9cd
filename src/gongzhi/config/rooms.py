"""The rooms of the house, top floor first. Adding a room is one line here and one in .importlinter."""

ROOMS = (
    "config",
    "demo",
    "portal",
    "indicators",
    "academy",
    "activities",
    "foundation",
    "volunteering",
    "ledger",
    "events",
    "suggestions",
    "registers",
    "centers",
    "outbox",
    "accounts",
    "directory",
    "figures",
    "places",
    "audit",
    "ui",
)
