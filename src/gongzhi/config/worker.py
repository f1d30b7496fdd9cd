"""The worker of jobs: runs queued jobs, picks up imports that stopped, seals the book of deeds each minute."""

import os
import threading
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")
MINUTE, MINUTES_A_DAY = 60, 24 * 60


def keep_watch() -> None:
    """Seal the book each minute and forget what expired once a day (每分钟封存、每天清理)."""
    from django.db import close_old_connections
    from django.utils import timezone

    from gongzhi.accounts import services as accounts
    from gongzhi.audit import services as audit
    from gongzhi.shared.permissions import HOUSE

    minute = 0
    while True:
        try:
            audit.seal(now=timezone.now())
            if minute % MINUTES_A_DAY == 0:
                accounts.forget_expired(by=HOUSE, now=timezone.now())
        finally:
            close_old_connections()
        minute += 1
        time.sleep(MINUTE)


def main() -> None:
    """Work until told to stop (后台任务)."""
    django.setup()
    from django.core.management import call_command

    call_command("resume-imports")
    threading.Thread(target=keep_watch, daemon=True).start()
    call_command("db_worker", queue_name="*", interval=1, reload=False)


if __name__ == "__main__":
    main()
