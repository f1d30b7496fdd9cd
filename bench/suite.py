"""How long a county waits: seeding the whole demonstration, and the suite on SQLite."""

import os
import subprocess
import sys
import tempfile
import time

SEEDING_LIMIT, SUITE_LIMIT = 60, 90  # seconds on two cores


def run() -> list[dict]:
    """Time both from nothing, in processes of their own."""
    home = tempfile.mkdtemp(prefix="gongzhi-seed-")
    env = {
        **os.environ,
        "GONGZHI_HOME": home,
        "DJANGO_SETTINGS_MODULE": "gongzhi.config.settings.dev",
    }
    cli = [sys.executable, "-m", "gongzhi.config"]
    began = time.perf_counter()
    subprocess.run([*cli, "migrate", "--verbosity", "0"], env=env, check=True)
    subprocess.run([*cli, "demo"], env=env, check=True, stdout=subprocess.DEVNULL)
    seeding = time.perf_counter() - began
    env.pop("DJANGO_SETTINGS_MODULE")
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-m", "not journey", "-q"], env=env, check=True
    )
    suite = time.perf_counter() - began
    return [
        {
            "name": "建好整个演示县",
            "unit": "s",
            "ours": seeding,
            "peer": SEEDING_LIMIT,
            "peer_name": "上限",
            "runs": 1,
        },
        {
            "name": "整套测试（SQLite）",
            "unit": "s",
            "ours": suite,
            "peer": SUITE_LIMIT,
            "peer_name": "上限",
            "runs": 1,
        },
    ]
