"""A room introduces itself in about ten lines, and names only what is there."""

import re
from functools import cache

import pytest

from .heights import SOURCE, heights

ROOMS = sorted(heights())


@cache
def words():
    """Return every word of the source, and the names of all files and folders."""
    found = {"docs", "reference"}
    for path in SOURCE.rglob("*"):
        if "__pycache__" in path.parts or "tests" in path.parts:
            continue
        found |= {path.name, path.stem}
        if path.suffix in {".py", ".html", ".csv", ".css", ".js"}:
            found |= set(re.findall(r"\w+", path.read_text("utf-8")))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_introduces_itself_in_about_ten_lines(room):
    lines = (SOURCE / room / "README.md").read_text("utf-8").splitlines()

    assert lines[0].startswith("# ")
    assert 5 <= len(lines) <= 18


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_names_only_what_is_there(room):
    text = (SOURCE / room / "README.md").read_text("utf-8")
    named = {
        word
        for piece in re.findall(r"`([^`]+)`", text)
        for word in re.findall(r"[A-Za-z_]\w+", piece)
    }

    assert not named - words(), "the README speaks of what is not there"
