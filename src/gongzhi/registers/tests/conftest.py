import pytest

from gongzhi.registers.testing import declared_aliases


@pytest.fixture(autouse=True)
def aliases(settings, tmp_path):
    """The register of aliases is declared, and uploads go to a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path
    with declared_aliases() as register:
        yield register
