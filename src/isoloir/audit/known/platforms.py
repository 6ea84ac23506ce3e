"""The platforms that a site is built on or gathers supporters with, from `platforms.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

from isoloir.audit.evidence import Evidence
from isoloir.audit.parties import host, same_site


@dataclass(frozen=True)
class Platform:
    """What gives a platform away."""

    name: str
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()


@cache
def known() -> tuple[Platform, ...]:
    """Every platform that is known."""
    table = tomllib.loads((resources.files("isoloir.audit.known") / "platforms.toml").read_text(encoding="utf-8"))
    return tuple(
        Platform(p["name"], *(tuple(p.get(key, ())) for key in ("hosts", "paths", "cookies")))
        for p in table["platform"]
    )


def platforms(evidence: Evidence) -> list[str]:
    """The platforms that a site shows, in the order of the list."""
    phases = [phase for visit in evidence.visits for phase in visit.phases]
    called = {request.url for visit in evidence.visits for request in visit.requests}
    called |= {form.action for phase in phases for form in phase.forms}
    hosts = {host(url) for url in called}
    own = [urlsplit(url).path for url in called if same_site(host(url), evidence.host)]
    stored = {item.name for phase in phases for item in phase.stored}

    def shows(platform: Platform) -> bool:
        return (
            any(h == known or h.endswith(f".{known}") for h in hosts for known in platform.hosts)
            or any(path.startswith(known) for path in own for known in platform.paths)
            or any(name in platform.cookies for name in stored)
        )

    return [platform.name for platform in known() if shows(platform)]
