"""Settings of the test suite: both databases through GONGZHI_DATABASE, fast hashing, jobs at once."""

import tempfile
from pathlib import Path

from .base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="gongzhi-test-"))
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
INSTALLED_APPS.append("gongzhi.figures.tests.bookroom")  # noqa: F405  (a heavy book to count)
GONGZHI_AUDIT_LOCKS = (
    False  # the suite empties its tables between tests; audit tests the locks themselves
)
