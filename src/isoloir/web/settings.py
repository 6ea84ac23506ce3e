"""The Django project: what it serves, to whom, and what it refuses.

There is no secret in this file. The pages set no cookie and keep no account, so the key signs nothing that outlives
the process; a server of several processes gives all of them one `ISOLOIR_SECRET_KEY`.
"""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

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
INSTALLED_APPS = ["django.contrib.staticfiles"]
DATABASES: dict[str, object] = {}
DEFAULT_CHARSET = "utf-8"
USE_TZ = True
TIME_ZONE = "Europe/Paris"

MIDDLEWARE = [
    "isoloir.web.security.headers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "isoloir.web.assets.StaticFiles",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "isoloir.web.errors.Unavailable",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {"context_processors": ["isoloir.web.texts.context"]},
    }
]

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
