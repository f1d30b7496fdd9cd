"""`gongzhi reference`: write docs/reference anew."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from gongzhi.config.reference import pages


class Command(BaseCommand):
    """Write the generated reference pages."""

    help = "重写 docs/reference 里由程序生成的参考页"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", default="docs/reference")

    def handle(self, *, to: str, **options: Any) -> None:
        folder = Path(to)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (folder / name).write_text(text, "utf-8")
            self.stdout.write(f"{folder / name}")
