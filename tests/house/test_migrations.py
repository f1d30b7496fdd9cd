"""Migrations are clean, one per room until the first county runs the program."""

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
