"""`gongzhi facts`: every figure of the case beside what the records say."""

import json
import unicodedata
from fractions import Fraction
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from gongzhi.indicators.facts import Fact, facts
from gongzhi.shared.periods import parse_period
from gongzhi.shared.refusals import Refused


class Command(BaseCommand):
    """Print the facts of the case: said, computed, equal or not, or why not yet."""

    help = "逐条核对案例里的数：报道怎么说、平台数出多少、相符不相符，还算不出的写明缺什么"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", default="", metavar="日期", help="按哪一天数，不写就是今天")
        parser.add_argument("--json", action="store_true", help="写成JSON")

    def handle(self, *, on: str, **options: Any) -> None:
        now = timezone.now()
        try:
            day = parse_period(on).last if on else timezone.localdate(now)
            found = list(facts(day, now))
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        if options["json"]:
            data = {"on": day.isoformat(), "facts": [_data(f) for f in found]}
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
            return
        heads = ("数", "报道", "平台", "单位", "结果")
        rows = [
            (f.label, _said(f), _words(f), f.unit.removesuffix("以上"), _result(f)) for f in found
        ]
        widths = [max(map(_width, column)) for column in zip(heads, *rows, strict=True)]
        for row in (heads, *rows):
            self.stdout.write(
                "  ".join(_pad(t, w) for t, w in zip(row, widths, strict=True)).rstrip()
            )
        counts = {v: sum(f.verdict == v for f in found) for v in ("相符", "不符", "还算不出")}
        self.stdout.write("，".join(f"{v}{n}条" for v, n in counts.items()) + "。")


def _number(value: Fraction | None) -> str:
    if value is None:
        return ""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{float(value):,.1f}"


def _said(fact: Fact) -> str:
    return _number(fact.said) + ("以上" if fact.at_least else "")


def _words(fact: Fact) -> str:
    return _number(fact.computed) or "—"


def _result(fact: Fact) -> str:
    return fact.verdict if fact.is_equal is not None else f"{fact.verdict}：{fact.why}"


def _data(fact: Fact) -> dict:
    return {
        "key": fact.key,
        "label": fact.label,
        "unit": fact.unit,
        "said": float(fact.said),
        "as_said": fact.words,
        "compare": "at-least" if fact.at_least else "equal",
        "measure": fact.measure or None,
        "computed": None if fact.computed is None else float(fact.computed),
        "equal": fact.is_equal,
        "verdict": fact.verdict,
        "why": fact.why,
    }


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
