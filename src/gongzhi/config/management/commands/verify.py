"""`gongzhi verify`: prove the book of deeds and the books of money, and recount every figure by brute force."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from gongzhi.audit import queries as audit
from gongzhi.audit import services as sealing
from gongzhi.figures import queries as figures
from gongzhi.ledger import queries as ledger
from gongzhi.ledger import services as books
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE


class Command(BaseCommand):
    """Tell what is wrong, line by line; exit 1 when anything is."""

    help = "核对操作留痕和账本（改动、删除、插入都会指出是哪一条），并把每个数从记录重数一遍"

    def handle(self, **options: Any) -> None:
        sealing.seal(now=timezone.now())
        books.seal(by=HOUSE, now=timezone.now())
        faults = 0
        proofs: tuple[tuple[str, Iterable[object]], ...] = (
            ("操作留痕", audit.verify()),
            ("账", ledger.verify()),
            ("数", figures.verify(today(timezone.now()))),
        )
        for title, faulty in proofs:
            found = list(faulty)
            faults += len(found)
            self.stdout.write(
                f"{title}：{'全部核对无误' if not found else f'有{len(found)}处不对'}。"
            )
            for fault in found:
                self.stdout.write(f"  {fault}")
        if faults:
            sys.exit(1)
