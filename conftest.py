"""What every test of the house may use."""

import pytest

from tests.browser import browser  # noqa: F401  (the fixture that reads pages)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Forget what processes keep in memory between tests: the tree of places and the rows of books."""
    from django.core.cache import cache

    from gongzhi.figures import services as figures
    from gongzhi.places import trees

    cache.clear()
    trees.forget()
    figures.forget()
