"""The Django project: what it serves, to whom, and what it refuses.

There is no secret in this file. The map sets no cookie and knows no account; the field does, and its sessions outlive
the process only where `ISOLOIR_SECRET_KEY` is set; a server of several processes gives all of them the same.
"""

from __future__ import annotations

import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

from isoloir.field.databases import databases
from isoloir.field.smtp import django_settings as mail_settings
from isoloir.settings import folder_of, settings

HERE = Path(__file__).parent


def hosts(bound: str) -> list[str]:
    """The names that a request may ask for; a page elsewhere that points its own name at this machine gets nothing."""
    public = urlsplit(settings().public_url).hostname or ""
    own = {bound, "localhost", "127.0.0.1", "[::1]", *filter(None, [*settings().hosts.split(","), public])}
    if bound in ("0.0.0.0", "::"):  # every address of this machine: a phone on the same network may ask for it
        name = socket.gethostname()
        try:
            own |= {name, f"{name}.local", *socket.gethostbyname_ex(name)[2]}
        except OSError:
            own.add(name)
    return sorted(f"[{h}]" if ":" in h and not h.startswith("[") else h for h in own)


STATION_DATABASE = settings().database.absolute()
MAP_FOLDER = folder_of(STATION_DATABASE)

DEBUG = False
SECRET_KEY = settings().secret_key or secrets.token_urlsafe(50)
ALLOWED_HOSTS = hosts(settings().host)
ROOT_URLCONF = "isoloir.web.urls"
ASGI_APPLICATION = "isoloir.web.asgi.application"
INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "isoloir.field.apps.Field",
    "isoloir.field.keys.apps.Keys",
    "isoloir.watch.apps.Watch",
]
DATABASES = databases(settings())
DATABASE_ROUTERS = ["isoloir.field.databases.Router"]
DEFAULT_CHARSET = "utf-8"
USE_TZ = True
TIME_ZONE = "Europe/Paris"

MIDDLEWARE = [
    "isoloir.web.security.headers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "isoloir.web.assets.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "isoloir.web.texts.speaks",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "isoloir.field.sessions.Ending",
    "allauth.account.middleware.AccountMiddleware",
    "isoloir.field.access.Gate",
    "isoloir.web.errors.Unavailable",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "isoloir.web.texts.context",
                "isoloir.web.assets.context",
                "isoloir.field.texts.context",
                "isoloir.field.navigation.context",
                "isoloir.watch.texts.context",
            ]
        },
    }
]

AUTH_USER_MODEL = "field.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by invitation, which proves the address
ACCOUNT_ADAPTER = "isoloir.field.adapter.Adapter"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/900s/key"}  # five wrong passwords: a quarter of an hour of rest
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_TRUSTED_PROXY_COUNT = settings().proxies
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Isoloir"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "field:home"

# Sessions end earlier than their cookie: field/sessions.py.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = settings().public_url.startswith("https://")
SESSION_COOKIE_AGE = 12 * 3600  # seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if settings().proxies else None
CSRF_TRUSTED_ORIGINS = [settings().public_url.rstrip("/")] if settings().public_url else []

# Attempts are counted over all processes, under keyed fingerprints: no address lies in the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "field_cache",
        "KEY_FUNCTION": "isoloir.field.cache.fingerprint",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
MAIL = mail_settings(settings().smtp_url)
EMAIL_BACKEND, EMAIL_TIMEOUT = MAIL["EMAIL_BACKEND"], 30
EMAIL_HOST, EMAIL_PORT = MAIL.get("EMAIL_HOST", ""), MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_USER", ""), MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.get("EMAIL_USE_SSL", False), MAIL.get("EMAIL_USE_TLS", False)

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(map|canvass)/assets/.+-[\w-]{8}\.\w+$"  # named by content

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
