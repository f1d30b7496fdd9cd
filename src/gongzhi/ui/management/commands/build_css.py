"""`gongzhi build_css`: write the one stylesheet from its parts."""

from typing import Any

from django.core.management.base import BaseCommand

from gongzhi.ui import styles


class Command(BaseCommand):
    help = "Write ui/static/ui/gongzhi.css from the parts in ui/static/ui/css."

    def handle(self, *args: Any, **options: Any) -> None:
        styles.BUILT.write_text(styles.build(), "utf-8")
        self.stdout.write(
            f"{styles.BUILT.name}：{len(styles.PARTS)}份，{styles.BUILT.stat().st_size}字节"
        )
