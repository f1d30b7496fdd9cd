"""Triggers that refuse to change or remove a row: a second lock, found missing when it is."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from gongzhi.ledger.locks import LOCKS
from gongzhi.ledger.models import Transfer
from gongzhi.ledger.testing import give, make_fund

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked():
    gift = give(make_fund(), 100)
    LOCKS.install()
    yield gift
    LOCKS.remove()


def test_a_transfer_is_neither_changed_nor_removed(locked):
    rows = Transfer.objects.filter(pk=locked.pk)
    for deed in (lambda: rows.update(memo="别的"), lambda: rows._raw_delete("default")):
        with pytest.raises(DatabaseError, match="只能添加"), transaction.atomic():
            deed()

    assert rows.get().memo == "王先生捐款"


def test_money_still_moves_with_the_lock_on(locked):
    assert give(locked.debit_account, 200).pk


def test_a_missing_lock_is_named_at_the_start(locked, settings):
    settings.GONGZHI_AUDIT_LOCKS = True
    assert LOCKS.missing() == []
    assert LOCKS.check(["default"]) == []

    LOCKS.remove()

    assert len(LOCKS.missing()) == 2 * len(LOCKS.tables)
    assert "缺ledger_allocation_no_delete" in LOCKS.check(["default"])[0].msg


def test_the_house_proves_its_books_with_one_command(capsys):
    bank = make_fund()
    give(bank, 100)
    call_command("verify")
    assert "账：全部核对无误。" in capsys.readouterr().out

    Transfer.objects.update(memo="改过")
    with pytest.raises(SystemExit):
        call_command("verify")

    assert "被改过：内容和链值对不上" in capsys.readouterr().out
