"""What every test of this room runs under."""

import pytest

from gongzhi.figures.testing import every_change_is_marked


@pytest.fixture(autouse=True)
def _every_change_is_marked():
    """Fail a test whose deed wrote what a figure is counted from and marked nothing."""
    with every_change_is_marked():
        yield
