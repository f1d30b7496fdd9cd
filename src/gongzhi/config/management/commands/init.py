"""`gongzhi init --county 510121`: set up any county of the packaged divisions."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gongzhi.places import services as places
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused
from gongzhi.shared.rooms import enter_packaged


class Command(BaseCommand):
    """Make the places of one county."""

    help = "用随程序带的全国区划建一个县：镇街、村社一次建齐（gongzhi init --county 510121）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", required=True, help="六位区划代码，例如510121（金堂县）")

    def handle(self, *, county: str, **options: Any) -> None:
        try:
            made = places.set_up_county(by=HOUSE, code=county, now=timezone.now())
            enter_packaged(by=HOUSE, now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{made}已建好。")
