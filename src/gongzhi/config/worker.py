"""The worker of jobs: runs queued jobs, picks up imports that stopped, seals the book of deeds each minute."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")


def main() -> None:
    """Work until told to stop (后台任务)."""
    django.setup()
    from django.core.management import call_command

    call_command("resume-imports")
    call_command("db_worker", queue_name="*", interval=1, reload=False)


if __name__ == "__main__":
    main()
