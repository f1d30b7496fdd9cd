"""Every deed keeps four promises: one transaction, an actor first, a rule before anything, one audit line."""

import ast

import pytest

from .heights import SOURCE

# The rooms that deeds are written with: they serve the deed of another room, inside its transaction.
FOUNDATIONS = {"audit", "figures", "outbox"}


def deeds():
    for path in sorted([*SOURCE.glob("*/services.py"), *SOURCE.glob("*/services/*.py")]):
        room = path.relative_to(SOURCE).parts[0]
        if room in FOUNDATIONS:
            continue
        functions = {
            node.name: node
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        for name, node in functions.items():
            if not name.startswith("_"):
                source = with_its_own_steps(node, functions)
                yield pytest.param(node, source, id=f"{room}.{name}")


def with_its_own_steps(deed, functions):
    """Return the source of *deed*, the private steps of its own file that it calls read in place."""
    called = {
        n.func.id
        for n in ast.walk(deed)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    steps = [
        ast.unparse(functions[name])
        for name in sorted(called)
        if name in functions and name[0] == "_"
    ]
    return "\n".join([ast.unparse(deed), *steps])


@pytest.mark.parametrize(("deed", "source"), list(deeds()))
def test_a_deed_keeps_its_promises(deed, source):

    assert "transaction.atomic" in {ast.unparse(d) for d in deed.decorator_list}, (
        "one transaction per deed"
    )
    assert not deed.args.args, "keyword-only"
    assert deed.args.kwonlyargs, "the actor comes first"
    assert deed.args.kwonlyargs[0].arg == "by", "the actor comes first"
    assert "rules." in source, "ask a rule before touching anything"
    assert "audit.record(" in source, "leave a line in the audit book"
    assert ast.get_docstring(deed), "say what it does, in English, with the Chinese term"


def test_the_promises_are_kept_by_many_deeds():
    assert len(list(deeds())) > 40


def test_no_service_knows_http():
    for path in SOURCE.glob("*/services.py"):
        text = path.read_text("utf-8")
        for word in ("django.http", "django.shortcuts", "HttpRequest", "messages."):
            assert word not in text, f"{path.parent.name}/services.py speaks of {word}"
