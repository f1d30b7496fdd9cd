"""`gongzhi COMMAND`: Django's command line under the project's own name."""

import os
import sys


def main() -> None:
    """Run one command; `gongzhi help` lists them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
