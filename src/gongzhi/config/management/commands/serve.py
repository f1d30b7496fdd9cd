"""`gongzhi serve`: the site and its worker of jobs, side by side."""

import os
import signal
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

# Threads of one process take turns at the interpreter: eight readers at once were served 64 pages a second by one
# thread, 50 by two to four, 35 by eight, and each thread keeps a connection and what it remembers. Two, so that a
# long export does not hold up everybody; more at once is a matter of --workers, one for each core.
THREADS = "2"


class Command(BaseCommand):
    """Serve the site with granian and run the jobs beside it; both end together."""

    help = "启动网站和后台任务（Ctrl+C停止）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", default="8000")
        parser.add_argument("--workers", default="1")

    def handle(self, *, host: str, port: str, workers: str, **options: Any) -> None:
        python = [sys.executable, "-m"]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        running = [
            subprocess.Popen(  # noqa: S603  (our own program, no shell)
                [
                    *python,
                    "granian",
                    "--interface",
                    "wsgi",
                    "--host",
                    host,
                    "--port",
                    port,
                    "--workers",
                    workers,
                    "--blocking-threads",
                    THREADS,
                    # Else a thread that rests half a minute ends, and its connection with it.
                    "--blocking-threads-idle-timeout",
                    "600",
                    "--no-access-log",
                    "--log-level",
                    "warning",
                    "gongzhi.config.wsgi:application",
                ],
                env=env,
            ),
            subprocess.Popen(  # noqa: S603
                [*python, "gongzhi.config.worker"], env=env
            ),
        ]
        self.stdout.write(f"共治已启动：http://{host}:{port}/（Ctrl+C停止）")

        def stop(*_: object) -> None:
            for process in running:
                process.terminate()

        signal.signal(signal.SIGTERM, stop)
        try:
            code = running[0].wait()
        except KeyboardInterrupt:
            code = 0
        stop()
        for process in running:
            process.wait()
        sys.exit(max(code, 0))
