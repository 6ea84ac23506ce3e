"""The sites and their truth, from `catalogue/*.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Truth:
    """What the law says of a site: a verdict, and the obligations that are breached."""

    verdict: str
    breached: frozenset[str]

    @classmethod
    def read(cls, text: str) -> Truth:
        """From `breach consent refusal`: the verdict, then the obligations."""
        verdict, *breached = text.split()
        if verdict not in ("compliant", "breach", "not_established") or bool(breached) != (verdict == "breach"):
            raise ValueError(f"no truth: {text!r}")
        return cls(verdict, frozenset(breached))


@dataclass(frozen=True)
class Site:
    """A site: how it behaves (`made`, read by `pages.py` and `site.js`), and the truth about it.

    `angers` lists what the study of 2017 would have found (told, asked, refusable); `analytics` is `open` where Google
    Analytics runs without anonymity, `anonymous` where with it, empty where it does not run.
    """

    host: str
    about: str
    today: Truth
    then: Truth
    angers: frozenset[str] | None
    analytics: str
    group: str
    made: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def url(self) -> str:
        """Its first page."""
        return str(self.made.get("url", f"https://{self.host}/"))

    @property
    def kept_out(self) -> bool:
        """Whether it is kept out of development: a third of the sites, by a rule that nobody can bend."""
        return crc32(self.host.encode()) % 3 == 0

    @property
    def truths(self) -> dict[str, Truth]:
        """The truth by pack of rules."""
        return {"cnil-2020": self.today, "cnil-2013": self.then}


@cache
def sites() -> dict[str, Site]:
    """Every site that the audit is scored on, by host."""
    return _all(sorted((HERE / "catalogue").glob("*.toml")))


@cache
def study() -> dict[str, Site]:
    """The eleven sites of the study of 2017, reconstructed."""
    return _all([HERE / "study-2017.toml"])


@cache
def campaign() -> dict[str, Site]:
    """Political sites, judged by the pack `campaign`: their truth is in `made["campaign"]`."""
    return _all([HERE / "campaign.toml"])


@cache
def helped() -> dict[str, Site]:
    """Sites whose refusal this audit does not find by itself, or that has none."""
    return _all([HERE / "helped.toml"])


@cache
def served() -> dict[str, Site]:
    """Every site that is served."""
    return sites() | study() | campaign() | helped()


def _all(files: list[Path]) -> dict[str, Site]:
    found: dict[str, Site] = {}
    for file in files:
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["site"]:
            site = _read(entry, file.stem)
            if site.host in found:
                raise ValueError(f"{file.name}: {site.host} is there twice")
            found[site.host] = site
    return found


def _read(entry: dict[str, Any], group: str) -> Site:
    made = dict(entry)
    angers = made.pop("angers", None)
    return Site(
        host=made["host"],
        about=made.pop("about"),
        today=Truth.read(made.pop("today", "compliant")),
        then=Truth.read(made.pop("then", "compliant")),
        angers=None if angers is None else frozenset(angers.split()),
        analytics=made.pop("analytics", ""),
        group=group,
        made=made,
    )
