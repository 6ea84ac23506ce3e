"""Bring the official files of an area from their addresses into a folder.

    fetch            every address that the area needs, one after the other; failures at the end
      delivery       one address: is it needed, is it right, unpack, put in place, record
        transfer     one download over http: resume, retry, wait
        content      is it what its name says; archives
        manifest     what was fetched, when, with which checksum

A kill at any point leaves either the old file or the new one, never a half, and a part that the next run continues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import polars as pl

from isoloir.codes import Area
from isoloir.errors import SourceError, Unreachable
from isoloir.sources.catalogue import catalogue
from isoloir.sources.delivery import Address, Delivery, Fetched
from isoloir.sources.reading import Entry, Source
from isoloir.sources.transfer import Patience, Progress, open_client

__all__ = ["Fetched", "Patience", "Progress", "fetch", "plan", "raise_failures"]


def fetch(
    area: Area,
    folder: Path,
    *,
    sources: Iterable[Source] | None = None,
    progress: Progress | None = None,
    refresh: bool = False,
    patience: Patience | None = None,
    loopback: bool = False,
) -> Iterator[Fetched]:
    """Fetch everything that the area needs, one entry at a time; failures are among the outcomes and stop nothing.

    `progress` is called with the entry's name, the bytes so far and the bytes in all (None: not announced).
    `refresh` asks the servers whether intact files are still current. `loopback` allows http on 127.0.0.1, for tests.
    """
    patience = patience or Patience()
    addresses, without = plan(area, catalogue().values() if sources is None else sources)
    for source, names in without:
        yield Fetched(source.id, ", ".join(names), None, "no_address", detail=f"to be taken by hand from {source.page}")
    _make(folder)
    away: set[str] = set()
    with open_client(patience, loopback=loopback) as client:
        for address in addresses:
            try:
                if address.host in away:  # without a network, forty files are not tried four times each
                    raise Unreachable("not asked for: its server did not answer a moment ago", file=address.url)
                yield from Delivery(address, folder, client, patience, progress or _silent).run(refresh=refresh)
            except SourceError as error:
                away |= {address.host} if isinstance(error.__cause__, httpx.ConnectError) else set()
                for source, entry in address.serves:
                    yield Fetched(source.id, entry.name, address.url, "failed", detail=str(error), error=error)


def raise_failures(outcomes: Iterable[Fetched]) -> list[Fetched]:
    """The outcomes, if none failed; else report every failure at once.

    Raises Unreachable where an address was at fault, else the class that the failures share.
    """
    found = list(outcomes)
    errors = list(dict.fromkeys(o.error for o in found if o.error is not None))
    if not errors:
        return found
    kinds = {type(error) for error in errors}
    kind = Unreachable if Unreachable in kinds else kinds.pop() if len(kinds) == 1 else SourceError
    told = "; ".join(str(error) for error in errors)
    raise kind(told if len(errors) == 1 else f"{len(errors)} downloads failed: {told}") from errors[0]


def plan(area: Area, sources: Iterable[Source]) -> tuple[list[Address], list[tuple[Source, list[str]]]]:
    """The addresses to visit for an area, each once; and by source the names of the files that have none."""
    addresses: dict[str, list[tuple[Source, Entry]]] = {}
    without = []
    for source in sources:
        needed = [entry for entry in source.entries if needs(area, entry)]
        for entry in needed:
            if entry.url:
                addresses.setdefault(entry.url, []).append((source, entry))
        if names := [entry.name for entry in needed if not entry.url]:
            without.append((source, names))
    return [Address(url, tuple(serves)) for url, serves in addresses.items()], without


def needs(area: Area, entry: Entry) -> bool:
    """Whether an entry may say anything about the area."""
    if area.everything or not entry.areas:
        return True
    own = Area.parse(entry.areas)
    return own.everything or _reaches(area, own) or _reaches(own, area)


def _reaches(area: Area, other: Area) -> bool:
    inside = pl.Series(other.communes, dtype=pl.String).to_frame("code").select(area.contains("code").any()).item()
    return bool(inside) or bool(set(area.departements) & set(other.departements))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"no such folder can be made ({error.strerror})", file=folder) from error


def _silent(name: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""
