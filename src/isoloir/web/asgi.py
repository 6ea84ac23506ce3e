"""The application, for uvicorn or any other ASGI server: `isoloir.web.asgi:application`."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "isoloir.web.settings")
django = get_asgi_application()

from isoloir.web.archive import Tiles  # noqa: E402 (it reads Django's settings)

application = Tiles(django)
