"""Every no is one stable code and one Chinese sentence that ends."""

import re
from importlib import import_module

import pytest
from django.apps import apps

from gongzhi.shared.refusals import Refused

from .heights import SOURCE


def all_refusals():
    for path in SOURCE.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        text = path.read_text("utf-8")
        if "Refused" in text or "Unacceptable" in text:
            name = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
            import_module(name.removesuffix(".__init__"))
    waiting, found = [Refused], set()
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.startswith("gongzhi.") and ".tests" not in kind.__module__:
                found.add(kind)
            waiting.append(kind)
    return sorted(found, key=lambda k: (k.__module__, k.__name__))


@pytest.fixture(scope="module")
def refusals():
    return all_refusals()


def test_a_refusal_has_a_stable_code(refusals):
    rooms = {c.label for c in apps.get_app_configs()} | {"house", "shared"}
    rooms |= {p.stem for p in (SOURCE / "shared").iterdir()}  # the ground floor speaks by its parts
    for kind in refusals:
        room, _, rest = kind.code.partition(".")
        assert room in rooms, f"{kind}: {kind.code}"
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rest), f"{kind}: {kind.code}"


def test_a_refusal_is_a_sentence_for_the_person(refusals):
    for kind in refusals:
        assert re.search(r"[一-鿿。]|^\{\w+\}$", kind.message), f"{kind} does not speak Chinese"
        assert kind.message.rstrip().endswith(("。", "？", "}")), f"{kind}: {kind.message}"
        assert kind.status in (403, 404, 409, 422, 429), f"{kind}: {kind.status}"


def test_two_refusals_never_share_a_code(refusals):
    seen = {}
    for kind in refusals:
        if kind.__dict__.get("code"):
            assert kind.code not in seen, f"{kind} and {seen[kind.code]} are both {kind.code}"
            seen[kind.code] = kind
