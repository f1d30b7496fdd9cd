"""`gongzhi demo`: 金堂县 with its registers, ready to be looked at."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from gongzhi.accounts.models import User
from gongzhi.demo import generator, helping, money, stage, years
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Role


class Command(BaseCommand):
    """Set the demonstration up; run again, it adds nothing."""

    help = "建好演示用的金堂县：16个镇街、200个村社、登记表、支持中心和每种身份一个账号"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="之后在哪个端口打开")
        parser.add_argument("--no-facts", action="store_true", help="最后不列案例数字")

    def handle(self, *, port: int, no_facts: bool, **options: Any) -> None:
        self.began = perf_counter()
        now = timezone.now()
        county = stage.county(now)
        self.say(f"{county}：镇街和村社建好了")
        self.say(f"院落新登记{stage.courtyards(now)}处，园区{stage.park(county, now)}")
        operator = stage.account(stage.seats()[0], now)
        if stage.is_brought_in():
            self.say("登记表以前都导过，不再导")
        else:
            self.bring_in(operator, county)
        self.say(f"疑似重复新找到{stage.find_twins(operator, now)}对")
        for seat in stage.seats()[1:]:
            stage.account(seat, now)
        stage.enterprises(now)
        self.say(f"年度报告登记{stage.annual_reports(now)}份")
        self.say(f"支持中心新开{stage.support_centers(now)}个")
        self.say(
            f"志愿者本人确认{stage.confirmations(now)}人，投诉建议{stage.said(operator, now)}条"
        )
        self.live_through_the_years(county, now)
        asks, approves = stage.foundation_staff(now)
        for told in money.foundation_years(now, asks, approves):
            self.say(told)
        if not no_facts:
            call_command("facts", stdout=self.stdout)
        self.introduce(port)

    def bring_in(self, operator: User, county: Place) -> None:
        """Write the registers as files and bring them in."""
        folder = Path(settings.HOME) / "demo"
        files = stage.files(folder, timezone.localdate())
        self.say(f"演示登记表写在{folder}")
        for made in files:
            batch = stage.bring_in(made, operator, county, timezone.now())
            self.say(
                f"{made.path.name}：{made.rows:,}行，新增{batch.added:,}，更新{batch.updated:,}，"
                f"没变{batch.same_rows:,}，要改{batch.faulty_rows:,}"
            )

    def live_through_the_years(self, county: Place, now: datetime) -> None:
        """Hold three years of classes and activities, and plan what comes next."""
        crowd = years.Crowd.of_the_county()
        for told in years.trainings(now, crowd, county):
            self.say(told)
        self.say(f"结业{years.completions(now):,}人次，讲坛{years.lectures(now, crowd, county)}场")
        held, came = years.brands(now, crowd)
        self.say(f"品牌活动{held:,}场{came:,}人次，往后排了{years.coming(now, crowd, county)}场")
        shifts, times = helping.service(now, crowd)
        self.say(
            f"志愿服务{shifts}次{times:,}人次，等人接的岗位{helping.shifts_to_take(now)}个，"
            f"活动回顾{years.recaps(now)}篇"
        )

    def say(self, words: str) -> None:
        """Tell how far it is, with the seconds since the beginning."""
        self.stdout.write(f"[{perf_counter() - self.began:5.1f}秒] {words}")
        self.stdout.flush()

    def introduce(self, port: int) -> None:
        """Print the address and the accounts."""
        self.stdout.write(f"\n打开 http://localhost:{port}/ ，密码都是 {stage.PASSWORD}\n\n")
        for seat in stage.seats():
            self.stdout.write(
                f"  {seat.phone}  {Role(seat.role).label}（{seat.over}，{seat.name}）\n"
            )
        self.stdout.write(
            f"  {generator.FIRST_PHONE}  居民（查我的登记；短信码印在运行网站的窗口里）\n"
        )
