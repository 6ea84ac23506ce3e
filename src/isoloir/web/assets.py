"""The files that Vite built, by the names it gave them, and how they are sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from isoloir.errors import SettingsError

BUILT = Path(__file__).parent / "static" / "map"


@dataclass(frozen=True)
class Assets:
    """What a page must load, relative to STATIC_URL."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    fonts: tuple[str, ...]


MAP, FIELD = "src/main.ts", "src/field/field.ts"  # the entries that Vite builds


@cache
def assets(built: str = MAP) -> Assets:
    """Of one entry; raise SettingsError where the front end has not been built."""
    try:
        manifest = json.loads((BUILT / "manifest.json").read_text(encoding="utf-8"))
        entry = manifest[built]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            "the pages have not been built; run `make setup` in a checkout, or install a wheel"
        ) from error
    fonts = tuple(f for f in entry.get("assets", ()) if "latin-wght" in f and "latin-ext" not in f)
    parts = [*(manifest[name] for name in entry.get("imports", ())), entry]  # what entries share is a file of its own
    return Assets(
        tuple(f"map/{part['file']}" for part in parts),
        tuple(f"map/{name}" for part in parts for name in part.get("css", ())),
        tuple(f"map/{name}" for name in fonts),
    )


def context(_: HttpRequest) -> dict[str, object]:
    """What the templates of the field load; nothing where it is not built, so that an error can still be shown."""
    try:
        return {"field_assets": assets(FIELD), "static": settings.STATIC_URL}
    except SettingsError:
        return {"field_assets": Assets((), (), ()), "static": settings.STATIC_URL}


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise for an asynchronous server: the files are small and go out whole rather than through an iterator."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """One file, or the part of it that was asked for."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as stream:
                body = stream.read()
        response = HttpResponse(body, status=int(found.status))
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        return response
