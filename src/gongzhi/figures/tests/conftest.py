"""This room's own tests write into books on purpose, with and without marks."""

import pytest


@pytest.fixture
def _every_change_is_marked():
    """Watch nothing here."""
