"""Migrations are clean, one per room until the first county runs the program."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from gongzhi.config.rooms import ROOMS

from .heights import SOURCE


@pytest.mark.django_db
def test_no_model_has_changed_without_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_one_migration(room):
    found = sorted(p.name for p in (SOURCE / room / "migrations").glob("[0-9]*.py"))
    assert found in ([], ["0001_initial.py"])


@pytest.mark.parametrize("room", ROOMS)
def test_a_migration_imports_none_of_our_services(room):
    for path in (SOURCE / room / "migrations").glob("[0-9]*.py"):
        text = path.read_text("utf-8")
        assert ".services" not in text
        assert ".queries" not in text


def test_one_room_is_migrated_by_itself_on_a_fresh_database(tmp_path):
    # A process of its own: after a migrate every room is told, and in this process all of them have their tables.
    own = {
        "DJANGO_SETTINGS_MODULE": "gongzhi.config.settings.dev",
        "GONGZHI_HOME": str(tmp_path),
        "GONGZHI_DATABASE": "",
    }

    ran = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "places", "--verbosity=0"],
        env=os.environ | own,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
