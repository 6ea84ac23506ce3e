"""The application, for uvicorn or any other ASGI server: `isoloir.web.asgi:application`."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isoloir.web.settings")
django.setup(set_prefix=False)

from isoloir.web.archive import Tiles  # noqa: E402 (once Django is set up)
from isoloir.web.handler import Handler  # noqa: E402

application = Tiles(Handler())
