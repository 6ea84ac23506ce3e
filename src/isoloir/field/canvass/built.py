"""The files of the phone's application, as Vite built them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

from isoloir.errors import SettingsError
from isoloir.language import say

ENTRY = "canvass/main.ts"


@cache
def built(name: str) -> Path:
    """One of the files; raise SettingsError where the application has not been built."""
    found = finders.find(f"canvass/{name}")
    if not found:
        raise SettingsError(
            say(
                "l'application n'est pas construite ; lancez `make setup` dans un dépôt, ou installez un paquet",
                "the canvass has not been built; run `make setup` in a checkout, or install a wheel",
            )
        )
    return Path(found)


@cache
def entry() -> dict[str, list[str]]:
    """What its page loads, below the static address."""
    chunk = json.loads(built("manifest.json").read_text(encoding="utf-8"))[ENTRY]
    return {
        "scripts": [f"canvass/{chunk['file']}"],
        "styles": [f"canvass/{name}" for name in chunk.get("css", ())],
        "fonts": [f"canvass/{n}" for n in chunk.get("assets", ()) if "latin-wght" in n and "latin-ext" not in n],
    }
