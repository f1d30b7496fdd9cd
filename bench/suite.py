"""How long a county waits for its demonstration, and a developer for the tests: wall clock and processor."""

import resource
import subprocess
import sys
import time

from .both import databases

SEEDING_LIMIT, SUITE_LIMIT = 60, 90  # seconds on two cores
SETTINGS = {"DJANGO_SETTINGS_MODULE": "gongzhi.config.settings.dev"}


def run() -> list[dict]:
    """Time both from nothing, in processes of their own, on SQLite and on PostgreSQL when there is one."""
    found = []
    for name, env in databases("suite"):
        cli = [sys.executable, "-m", "gongzhi.config"]
        seeding = [[*cli, "migrate", "--verbosity", "0"], [*cli, "demo"]]
        found.append(_record(f"建好整个演示县（{name}）", seeding, env | SETTINGS, SEEDING_LIMIT))
        tests = [[sys.executable, "-m", "pytest", "-n", "2", "-m", "not journey", "-q"]]
        without = {key: value for key, value in env.items() if key not in SETTINGS}
        found.append(_record(f"整套测试（{name}）", tests, without, SUITE_LIMIT))
    return found


def _record(name: str, commands: list[list[str]], env: dict[str, str], limit: int) -> dict:
    before, began = _cpu(), time.perf_counter()
    for command in commands:
        subprocess.run(command, env=env, check=True, stdout=sys.stderr)
    return {
        "name": name,
        "unit": "s",
        "ours": time.perf_counter() - began,
        "ours_cpu": _cpu() - before,
        "floor": limit,
        "floor_name": "上限",
        "runs": 1,
    }


def _cpu() -> float:
    """Return the processor seconds of all children that have ended; a database server is not among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
