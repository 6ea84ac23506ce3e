"""Looking up owners and names."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Owner:
    """Who is behind a host, and what its requests are for."""

    name: str
    kind: str
    tracking: bool = False


def _read(file: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("isoloir.audit.known") / file).read_text(encoding="utf-8"))


@cache
def _owners() -> dict[str, Owner]:
    return {
        name: Owner(o["name"], o["kind"], o.get("tracking", False))
        for o in _read("owners.toml")["owner"]
        for name in o["hosts"]
    }


@lru_cache(4096)
def owner(host: str) -> Owner | None:
    """Who is behind a host; None where it is not known."""
    parts = host.lower().strip(".").split(".")
    return next((found for n in range(len(parts) - 1) if (found := _owners().get(".".join(parts[n:])))), None)


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile("|".join(f"(?:{p})" for p in ps))) for kind, ps in _read("names.toml")["kinds"].items()
    )


@cache
def exempt_kinds() -> frozenset[str]:
    """The kinds of cookies that need no consent."""
    return frozenset(_read("names.toml")["lists"]["exempt"])


@cache
def ambiguous_names() -> frozenset[str]:
    """Names that trackers use but others too."""
    return frozenset(_read("names.toml")["lists"]["ambiguous"])


@lru_cache(4096)
def kind_of(name: str) -> str:
    """What a cookie or a storage key of this name is for; empty where its name does not tell."""
    lower = name.lower()
    return next((kind for kind, pattern in _kinds() if pattern.fullmatch(lower)), "")
