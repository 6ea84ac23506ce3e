"""The Django project: what it serves, to whom, and what it refuses.

There is no secret in this file. The map sets no cookie and knows no account; the field does, and its sessions outlive
the process only where `ISOLOIR_SECRET_KEY` is set; a server of several processes gives all of them the same.
"""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from isoloir.field.databases import databases
from isoloir.maps.folder import folder_of
from isoloir.settings import settings

HERE = Path(__file__).parent


def hosts(bound: str) -> list[str]:
    """The names that a request may ask for; a page elsewhere that points its own name at this machine gets nothing."""
    own = {bound, "localhost", "127.0.0.1", "[::1]", *filter(None, settings().hosts.split(","))}
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "isoloir.field.apps.Field",
    "isoloir.field.keys.apps.Keys",
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
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Isoloir"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "field:home"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 3600  # seconds: an evening of canvassing

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/map/assets/.+-[\w-]{8}\.\w+$"  # named by content

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
