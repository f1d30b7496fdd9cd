"""`gongzhi figure MEASURE --place CODE --period 2021-Q3`: one figure with its rule and cut-off."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gongzhi.indicators import queries
from gongzhi.places import queries as places
from gongzhi.shared.measures import measures
from gongzhi.shared.periods import parse_period
from gongzhi.shared.refusals import Refused


class Command(BaseCommand):
    """Print one figure the way every page counts it."""

    help = "数一个数：gongzhi figure 指标 --place 地点 --period 2021|2021-Q3|2021-08|2021-01-01..2021-08-31"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "measure", metavar="指标", nargs="?", help="指标的代号或名称，例如 directory.teams"
        )
        parser.add_argument("--list", action="store_true", help="列出所有指标")
        parser.add_argument(
            "--place", default="", metavar="地点", help="区划代码或名称，不写就是全县"
        )
        parser.add_argument("--period", default="", metavar="时段", help="不写就是今天")
        parser.add_argument("--as-now", action="store_true", help="按现在的区划数，不按当时的")
        parser.add_argument("--json", action="store_true", help="写成JSON")

    def handle(
        self, *, measure: str | None, place: str, period: str, as_now: bool, **options: Any
    ) -> None:
        now = timezone.now()
        today = timezone.localdate(now)
        if options["list"] or not measure:
            for known in measures().values():
                self.stdout.write(f"{known.key}  {known.label}（{known.unit}）")
            return
        try:
            asked = queries.find_measure(measure)
            where = places.find_place(place, on=None) if place else places.county()
            when = parse_period(period) if period else queries.one_day(today)
            found = queries.figure(asked, where, when, now=now, as_now=as_now)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(queries.as_data(found), ensure_ascii=False, indent=1))
            return
        self.stdout.write(f"{found.place.name} · {found.label}：{found.words}{found.unit}")
        if found.parts:
            self.stdout.write(f"分子和分母：{found.parts}")
        for label, words in found.beside:
            self.stdout.write(f"一起看：{label}{words}")
        self.stdout.write(f"怎么数：{found.rule}")
        self.stdout.write(f"时段：{found.when}")
        self.stdout.write(f"区划：{'按现在的区划' if as_now else '按当时的区划'}")
        self.stdout.write(f"截止：{found.cut_off_words}")
