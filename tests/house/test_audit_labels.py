"""Every deed that leaves a line in the book of deeds is called something in Chinese there."""

import ast
import re

from gongzhi.audit import queries as audit
from gongzhi.config.rooms import ROOMS
from gongzhi.shared import dated

from .heights import SOURCE


def actions_of(room):
    """Yield (file, action): each text `room.what-was-done` beside a deed, no code of a refusal, no kind of message."""
    shape = re.compile(rf"{room}\.[a-z0-9]+(-[a-z0-9]+)*")
    for path in sorted((SOURCE / room).rglob("*.py")):
        inside = path.relative_to(SOURCE / room).parts
        source = path.read_text("utf-8")
        if inside[0] == "tests" or not (
            inside[0].startswith("services") or "audit.record(" in source
        ):
            continue
        tree = ast.parse(source)
        codes = {
            id(node.value)
            for node in ast.walk(tree)
            if (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code")
            or (isinstance(node, ast.keyword) and node.arg == "kind")
        }
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in codes else None
            if isinstance(text, str) and shape.fullmatch(text):
                yield path, text


def test_every_action_is_called_something_in_chinese():
    found = [(path, action) for room in ROOMS for path, action in actions_of(room)]
    known = {*audit.actions(), *dated.all_rules()}

    unnamed = [
        f"{path.relative_to(SOURCE)}: {action}" for path, action in found if action not in known
    ]

    assert len(found) > 80
    assert not unnamed, "name these actions in ACTIONS of the room's room.py"
    for action, label in audit.actions().items():
        assert re.search("[一-鿿]", label), action


def test_no_action_is_named_that_nobody_records():
    sources = {
        room: "\n".join(
            path.read_text("utf-8")
            for path in (SOURCE / room).rglob("*.py")
            if path.name not in ("room.py", "actions.py") and "tests" not in path.parts
        )
        for room in ROOMS
    }

    # Written out, or put together from the room and what was done.
    idle = [
        action
        for action in audit.actions()
        for room, _, done in [action.partition(".")]
        if f'"{action}"' not in sources[room] and f'"{done}"' not in sources[room]
    ]

    assert not idle, "no deed records these actions any more"
