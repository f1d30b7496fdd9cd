"""Each deed has a name that people can read in the book of deeds."""

import re
from pathlib import Path

from gongzhi.directory.actions import ACTIONS, OPENINGS

ROOM = Path(__file__).parents[1]


def test_every_action_that_a_deed_records_has_a_name_and_no_name_is_idle():
    said = "".join(
        path.read_text("utf-8") for path in [*ROOM.glob("services/*.py"), ROOM / "queries.py"]
    )

    assert set(re.findall(r'"(directory\.[a-z-]+)"', said)) - refusals(said) == ACTIONS.keys()
    assert set(OPENINGS) <= ACTIONS.keys()


def refusals(said):
    return set(re.findall(r'code = "(directory\.[a-z-]+)"', said))
