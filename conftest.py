"""What every test of the house may use."""

import pytest
from django.core.cache import cache
from hypothesis import settings as hypothesis

from gongzhi.figures.testing import every_change_is_marked
from tests.browser import browser  # noqa: F401  (the fixture that reads pages)

hypothesis.register_profile("house", deadline=None)  # a property is true or false, not fast or slow
hypothesis.load_profile("house")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Empty the cache before every test, so that none sees what another counted or limited."""
    cache.clear()


@pytest.fixture(autouse=True)
def _every_change_is_marked():
    """Fail a test whose deed changed a figure of a book with cells and marked nothing for it."""
    with every_change_is_marked():
        yield
