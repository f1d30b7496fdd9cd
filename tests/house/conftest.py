"""The one world that the tests over all routes share."""

import pytest

from gongzhi.registers.testing import make_import

from .world import World


@pytest.fixture
def world(db, settings, tmp_path):
    """青溪社区 of 赵镇街道, full of records, while the rest of the county is full of strangers."""
    settings.MEDIA_ROOT = tmp_path
    settings.GONGZHI_MFA_REQUIRED = False
    world = World()
    with world.register as register:
        world.batch = make_import(
            [("别名错在这里", "青溪", "", "19900001111")], place=world.village, register=register
        )
        yield world
