"""The order of rooms as .importlinter has it."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gongzhi"


def heights() -> dict[str, int]:
    """Return each room's height: 0 is the lowest floor; rooms of one row share a height."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", "utf-8")
    layers = contracts["importlinter:contract:rooms"]["layers"].strip().split("\n")
    rows = [row.replace("|", " ").split() for row in reversed(layers)]
    return {room: height for height, row in enumerate(rows) for room in row}
