from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from gongzhi.audit import services
from gongzhi.audit.locks import LOCKS
from gongzhi.audit.models import Line
from gongzhi.shared.permissions import HOUSE

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(settings):
    settings.GONGZHI_AUDIT_LOCKS = True
    LOCKS.install_if_asked("default")
    yield
    LOCKS.remove()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_line SET reason = 'x'", "DELETE FROM audit_line"]
)
def test_the_database_refuses_to_change_or_remove_a_line(locked, statement):
    services.record(HOUSE, "audit.book-read", now=NOW)
    services.seal(now=NOW)
    with (
        pytest.raises(DatabaseError, match="只能添加"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Line.objects.count() == 1


def test_a_lost_lock_is_noticed_at_the_start(locked):
    assert LOCKS.check(["default"]) == []
    with connection.cursor() as cursor:
        on = " ON audit_seal" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_seal_no_update{on}")
    (warning,) = LOCKS.check(["default"])
    assert "audit_seal_no_update" in warning.msg
    LOCKS.install()
    assert LOCKS.missing() == []


def test_sealing_still_works_behind_the_lock(locked):
    services.record(HOUSE, "audit.book-read", now=NOW)
    assert services.seal(now=NOW) == 1
