"""`gongzhi verify`: prove the book of deeds and recount every figure by brute force."""

import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from gongzhi.audit import queries as audit
from gongzhi.audit import services as sealing
from gongzhi.figures import queries as figures
from gongzhi.shared.calendar import today


class Command(BaseCommand):
    """Tell what is wrong, line by line; exit 1 when anything is."""

    help = "核对操作留痕（改动、删除、插入都会指出是哪一条），并把每个数从记录重数一遍"

    def handle(self, **options):
        sealing.seal(now=timezone.now())
        faults = 0
        for title, found in (
            ("操作留痕", audit.verify()),
            ("数", figures.verify(today(timezone.now()))),
        ):
            found = list(found)
            faults += len(found)
            self.stdout.write(
                f"{title}：{'全部核对无误' if not found else f'有{len(found)}处不对'}。"
            )
            for fault in found:
                self.stdout.write(f"  {fault}")
        if faults:
            sys.exit(1)
