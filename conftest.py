"""What every test of the house may use."""

import pytest
from django.core.cache import cache

from tests.browser import browser  # noqa: F401  (the fixture that reads pages)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Empty the cache before every test, so that none sees what another counted or limited."""
    cache.clear()
