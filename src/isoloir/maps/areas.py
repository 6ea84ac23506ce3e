"""What an area is called."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from isoloir import store
from isoloir.codes import Area
from isoloir.errors import SettingsError
from isoloir.maps.database import rows

_SHOWN = 3  # names before the title says how many more there are


def title(connection: store.Connection, area: str) -> str:
    """The names of the départements and communes of an area: `94` is Val-de-Marne."""
    try:
        parsed = Area.parse(area)
    except SettingsError:
        return area
    if parsed.everything:
        return "France"
    communes = rows(
        connection,
        "SELECT coalesce(name, commune_code) AS name FROM communes WHERE commune_code IN (SELECT unnest(?))",
        [list(parsed.communes)],
    )
    names = [departements().get(code, code) for code in parsed.departements] + [str(c["name"]) for c in communes]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" + {more}" if more > 0 else "")


@cache
def departements() -> dict[str, str]:
    """The name of each département by its code (INSEE, code officiel géographique 2024)."""
    text = (resources.files("isoloir.maps") / "departements.toml").read_text(encoding="utf-8")
    return {str(code): str(name) for code, name in tomllib.loads(text).items()}
