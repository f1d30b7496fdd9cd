"""Settings shared by every way of running Gongzhi. Times are stored aware and shown in Asia/Shanghai."""

import os
from pathlib import Path

from gongzhi.config.database import database_from
from gongzhi.config.keys import keys_in
from gongzhi.config.logs import logging_for
from gongzhi.config.rooms import ROOMS

HOME = Path(os.environ.get("GONGZHI_HOME", "var")).resolve()
HOME.mkdir(parents=True, exist_ok=True)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("GONGZHI_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

_keys = keys_in(HOME)
SECRET_KEY = _keys["session"]
# Two keys for personal data, never the session key: one seals, the other makes look-up hashes.
GONGZHI_SEALING_KEY = _keys["sealing"]
GONGZHI_FINGERPRINT_KEY = _keys["fingerprint"]
GONGZHI_SEALING_CIPHER = os.environ.get("GONGZHI_SEALING_CIPHER", "AES")  # or SM4
GONGZHI_AUDIT_KEY = _keys["audit"]

INSTALLED_APPS = [
    *[f"gongzhi.{room}" for room in ROOMS],
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "template_partials",
    "csp",
    "django_structlog",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gongzhi.accounts.middleware.ActingMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "gongzhi.places.middleware.TreeMiddleware",
    "gongzhi.ui.middleware.LookMiddleware",
    "gongzhi.ui.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "gongzhi.config.urls"
WSGI_APPLICATION = "gongzhi.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gongzhi.ui.context.look",
                "gongzhi.portal.context.house",
            ],
        },
    }
]
FORM_RENDERER = "gongzhi.ui.forms.HouseRenderer"
DATABASES = {"default": database_from(os.environ.get("GONGZHI_DATABASE", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "portal:public"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["gongzhi.accounts.backends.PhoneBackend"]
# allauth does the second factors and the stages of signing in; the phone code and the limits are ours.
ACCOUNT_ADAPTER = "gongzhi.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = (
    False  # counted in the database instead, see accounts/guard.py
)
ACCOUNT_FORMS = {
    "change_password": "gongzhi.accounts.forms.OtherPasswordForm",
    "set_password": "gongzhi.accounts.forms.NewPasswordForm",
    "reauthenticate": "gongzhi.accounts.forms.AgainForm",
}
MFA_ADAPTER = "gongzhi.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # one step of 30 seconds, for phones whose clocks are a little off
MFA_FORMS = {
    "authenticate": "gongzhi.accounts.forms.SecondFactorForm",
    "reauthenticate": "gongzhi.accounts.forms.SecondFactorAgainForm",
    "activate_totp": "gongzhi.accounts.forms.SetUpAppForm",
    "add_webauthn": "gongzhi.accounts.forms.AddKeyForm",
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [Path(__file__).parents[2] / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT: Path | None = HOME / "static"
MEDIA_ROOT = HOME / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Sessions are kept beside their account, so that it can list and end them; how long they last is dated data.
SESSION_ENGINE = "gongzhi.accounts.sessions"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

from csp.constants import SELF  # noqa: E402  (settings read top to bottom)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF, "'unsafe-inline'"],  # lengths of bars are set with style="--v:57%"
        "script-src": [SELF],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
        "base-uri": [SELF],
    }
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# Ways out of the house, each a class of gongzhi.shared.gateways or one's own; empty closes that way.
GONGZHI_MESSAGE_GATEWAY = os.environ.get(
    "GONGZHI_MESSAGE_GATEWAY", "gongzhi.shared.gateways.ConsoleGateway"
)
GONGZHI_MAIL_GATEWAY = os.environ.get(
    "GONGZHI_MAIL_GATEWAY", "gongzhi.shared.gateways.ConsoleGateway"
)
GONGZHI_WECHAT_GATEWAY = os.environ.get(
    "GONGZHI_WECHAT_GATEWAY", "gongzhi.shared.gateways.ConsoleGateway"
)
GONGZHI_MESSAGE_URL = os.environ.get("GONGZHI_MESSAGE_URL", "")  # for WebGateway
GONGZHI_MESSAGE_TOKEN = os.environ.get("GONGZHI_MESSAGE_TOKEN", "")
GONGZHI_AUDIT_LOCKS = (
    True  # a second lock on the door of the audit book; its proof does not rest on it
)
GONGZHI_UPLOAD_LIMIT = 20 * 1024 * 1024  # bytes; a county's whole volunteer register is about 9 MB

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # an address can name a person
LOGGING = logging_for(os.environ.get("GONGZHI_LOG", "WARNING"))
