"""The worker of jobs: runs queued jobs, picks up imports that stopped, seals the book of deeds each minute."""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")
MINUTE, MINUTES_A_DAY = 60, 24 * 60
log = logging.getLogger(__name__)


def tick(now: datetime, *, is_new_day: bool) -> list[str]:
    """
    Do what every room has the clock do, and return what failed (每分钟、每天要做的事).

    One deed that fails stops no other: it is told to the log and tried again at the next tick.
    """
    from gongzhi.audit import services as audit
    from gongzhi.shared.permissions import HOUSE
    from gongzhi.shared.rooms import rooms

    deeds: list[Callable] = [deed for room in rooms().values() for deed in room.each_minute]
    if is_new_day:
        deeds += [deed for room in rooms().values() for deed in room.each_day]
    failed = []
    for deed in deeds:
        try:
            deed(by=HOUSE, now=now)
        except Exception:
            log.exception("a deed of the clock failed: %s", deed.__qualname__)
            failed.append(deed.__qualname__)
    audit.seal(now=now)
    return failed


def keep_watch() -> None:
    """Tick each minute until the program ends (看着钟)."""
    from django.db import close_old_connections
    from django.utils import timezone

    minute = 0
    while True:
        try:
            tick(timezone.now(), is_new_day=minute % MINUTES_A_DAY == 0)
        except Exception:
            log.exception("the book was not sealed; it is tried again in a minute")
        finally:
            close_old_connections()
        minute += 1
        time.sleep(MINUTE)


def main() -> None:
    """Work until told to stop (后台任务)."""
    django.setup()
    from django.core.management import call_command
    from django.urls import get_resolver

    # A message names addresses: read all pages now, not while a deed of the clock holds SQLite's one lock.
    _ = get_resolver().url_patterns
    call_command("resume-imports")
    threading.Thread(target=keep_watch, daemon=True).start()
    call_command("db_worker", queue_name="*", interval=1, reload=False)


if __name__ == "__main__":
    main()
