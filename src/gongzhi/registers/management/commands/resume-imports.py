"""`gongzhi resume-imports`: pick up imports that stopped, and delete files whose days are over."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from gongzhi.registers import tasks


class Command(BaseCommand):
    help = "接上停住的导入，删除到期的上传文件"

    def handle(self, **options: Any) -> None:
        resumed, forgotten = tasks.pick_up(timezone.now())
        self.stdout.write(f"接上{resumed}个停住的导入，删除{forgotten}个到期的文件。")
