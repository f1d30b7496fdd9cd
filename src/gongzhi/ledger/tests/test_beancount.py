"""The export is plain beancount, and `bean-check` agrees with the books to the fen."""

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from gongzhi.ledger import beancount, services
from gongzhi.ledger.models import Account, Ledger
from gongzhi.ledger.services import Line
from gongzhi.ledger.testing import (
    DAY,
    NOW,
    account,
    give,
    make_books,
    make_fund,
    make_project,
    post,
    spend,
)
from gongzhi.shared.keys import new_key
from gongzhi.shared.permissions import HOUSE

pytestmark = pytest.mark.django_db
BEAN_CHECK = shutil.which("bean-check", path=str(Path(sys.executable).parent))


@pytest.fixture
def text():
    bank, other = make_fund(), make_fund("qingxi", "青溪 微基金（二期）")
    give(bank, 50_001, memo='王先生说"都给孩子"')
    give(bank, 7, restriction="unrestricted", project=make_project())
    post(Line(amount_fen=20_000, debit=other.pk, credit=bank.pk, restriction="restricted"))
    paid = spend(other, 12_345)
    services.reverse(
        by=HOUSE, key=new_key(), parts=[(paid, 345)], reason="退", booked_on=DAY, now=NOW
    )
    services.reserve(
        by=HOUSE,
        key=new_key(),
        business=services.MANUAL[Ledger.CHARITY],
        line=Line(
            amount_fen=1_000, debit=account("5101").pk, credit=bank.pk, restriction="restricted"
        ),
        booked_on=DAY,
        now=NOW,
    )
    post(
        Line(amount_fen=405, debit=account("5201").pk, credit=account("1502").pk),
        value_on=date(2026, 10, 30),
    )
    return "".join(beancount.exported(Ledger.CHARITY))


def test_account_names_begin_with_the_digits_of_the_subject(text):
    names = re.findall(r"^\S+ open (\S+) CNY$", text, re.MULTILINE)

    assert "Assets:1101短期投资" in names
    assert any(re.fullmatch(r"Assets:1002银行存款:\d+本级", n) for n in names)
    assert any(re.fullmatch(r"Assets:1002银行存款:\d+青溪-微基金-二期-", n) for n in names)
    assert any(re.fullmatch(r"Income:4101捐赠收入:\d+限定", n) for n in names)
    assert len(names) == len(set(names)) == Account.objects.count()


def test_every_amount_has_exactly_two_decimals_and_every_balance_no_tolerance(text):
    amounts = re.findall(r"(-?[\d.]+)(?: ~ 0\.00)? CNY$", text, re.MULTILINE)

    assert amounts
    assert all(re.fullmatch(r"-?\d+\.\d\d", a) for a in amounts)
    balances = [line for line in text.splitlines() if " balance " in line]
    assert len(balances) == Account.objects.count()
    assert all(" ~ 0.00 CNY" in line for line in balances)


def test_what_is_only_set_aside_is_left_out(text):
    assert " 10.00 CNY" not in text


def test_a_late_fact_says_when_it_happened(text):
    assert "  happened: 2026-10-30" in text


class TestBeanCheck:
    def check(self, text, tmp_path):
        assert BEAN_CHECK, "bean-check comes with requirements/dev.txt: make test installs it"
        file = tmp_path / "books.beancount"
        file.write_text(text, "utf-8")
        return subprocess.run([BEAN_CHECK, str(file)], capture_output=True, text=True, check=False)

    def test_it_agrees_to_the_fen(self, text, tmp_path):
        done = self.check(text, tmp_path)

        assert (done.returncode, done.stdout + done.stderr) == (0, "")

    def test_it_would_see_one_fen(self, text, tmp_path):
        wrong = text.replace("380.05 ~", "380.06 ~").replace("4.05 ~ 0.00", "4.06 ~ 0.00", 1)
        assert wrong != text

        assert self.check(wrong, tmp_path).returncode != 0

    def test_empty_books_are_fine(self, tmp_path):
        make_books()

        done = self.check("".join(beancount.exported(Ledger.CHARITY)), tmp_path)

        assert done.returncode == 0, done.stderr
