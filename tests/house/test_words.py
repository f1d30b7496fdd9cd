"""What must never come into the house: docs/decisions/forbidden.md says why."""

import re

from django.apps import apps
from django.urls import get_resolver

from .heights import ROOT, SOURCE

COLUMNS = re.compile(
    r"(^|_)(rank|ranking|score|points?|streak|likes?|leaderboard|medal|badge|online_(minutes|seconds)"
    r"|logins?|login_count|visits_count|clicks?|shares?|check_in_days|gps|track|latitude|longitude)(_|$)"
)
PAGES = re.compile(
    r"(排行榜|排名第|积分商城|红包|连续签到|打卡签到|在线时长|黑榜|敬请期待|暂无数据)"
)


def test_no_column_ranks_or_engages():
    for model in apps.get_models():
        if model.__module__.startswith("gongzhi."):
            for field in model._meta.get_fields():
                assert not COLUMNS.search(field.name), f"{model._meta.label}.{field.name}"


def test_no_page_ranks_lures_or_puts_off():
    for path in SOURCE.rglob("*"):
        if path.suffix in {".html", ".py", ".csv"} and "tests" not in path.parts:
            found = PAGES.search(path.read_text("utf-8"))
            assert not found, f"{path.relative_to(ROOT)} says {found and found.group()}"


def test_no_address_ranks():
    def walk(patterns, at=""):
        for p in patterns:
            here = at + str(p.pattern)
            yield here
            yield from walk(getattr(p, "url_patterns", ()), here)

    for address in walk(get_resolver().url_patterns):
        assert not re.search(r"rank|leader-?board|score|points", address), address
