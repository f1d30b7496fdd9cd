"""Settings of `make demo` and of a developer's machine."""

import os

from .base import *  # noqa: F403

DEBUG = False  # the pages of a demonstration look like the pages of a county
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT = None  # served from where they lie: nothing is collected that could grow old
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
# The demonstration's accounts are public: a second factor nobody holds would only lock visitors out.
GONGZHI_MFA_REQUIRED = os.environ.get("GONGZHI_MFA_REQUIRED", "") == "1"
