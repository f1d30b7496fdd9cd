"""The generated pages say what the program does now."""

import pytest

from gongzhi.config import reference

from .heights import ROOT

NAMES = [
    "permissions.md",
    "data-dictionary.md",
    "measures.md",
    "registers.md",
    "routes.md",
    "settings.md",
    "rules.md",
    "openapi.json",
]


@pytest.fixture(scope="module")
def pages():
    return reference.pages()


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_page_is_up_to_date(pages, name):
    kept = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert kept == pages[name], f"run `make docs`: docs/reference/{name} is out of date"


def test_every_permission_speaks_chinese_and_has_its_own_code():
    every = reference.all_permissions()
    assert len(every) > 15
    for room, permission in every:
        assert permission.code.partition(".")[0] == room
        assert any("一" <= c <= "鿿" for c in permission.label)
