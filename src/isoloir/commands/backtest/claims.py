"""What the report says in plain words: each claim with its verdict, which is arithmetic and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from isoloir.commands.backtest.words import method, number, percent, points, text
from isoloir.stats.backtest.reach import FIRST
from isoloir.stats.backtest.summary import Evidence

Verdict = Literal["yes", "partly", "no"]


@dataclass(frozen=True)
class Claim:
    """A sentence that the held-out elections support, or not."""

    verdict: Verdict
    title: str
    text: str


def claims(found: Evidence, bloc: str) -> list[Claim]:
    """The claims that these figures allow to judge; `bloc` is the label of the bloc whose reserve is looked for."""
    every = (_where(found), _simple(found), _movement(found), _sure(found), _reserve(found, bloc), _size(found, bloc))
    return [claim for claim in every if claim is not None]


def _grade(value: float, partly: float, yes: float) -> Verdict:
    return "yes" if value >= yes else "partly" if value >= partly else "no"


def _where(found: Evidence) -> Claim | None:
    if not np.isfinite(found.within):
        return None
    return Claim(_grade(found.within, 0.4, 0.7), text("where"), text("where-text", rank=number(found.within)))


def _simple(found: Evidence) -> Claim | None:
    if not np.isfinite(found.closer):
        return None
    said = text(
        "simple-smaller" if found.closer >= 0 else "simple-larger",
        share=percent(abs(found.closer), 1),
        rival=method(found.rival),
        wins=found.wins,
        contests=found.contests,
    )
    return Claim(_grade(found.closer, 0.0, 0.05), text("simple"), said)


def _movement(found: Evidence) -> Claim | None:
    if not np.isfinite(found.movement):
        return None
    said = text("movement-text", share=percent(max(found.movement, 0)))
    return Claim(_grade(found.movement, 0.05, 0.25), text("movement"), said)


def _sure(found: Evidence) -> Claim:
    if not np.isfinite(found.cover):
        return Claim("no", text("sure"), text("sure-none"))
    low, high = found.cover_by_size
    even = 0.88 <= found.cover <= 0.93 and not (low < 0.85 or high > 0.95)
    verdict: Verdict = "yes" if even else "partly" if 0.85 <= found.cover <= 0.95 else "no"
    shares = {"cover": found.cover, "low": low, "high": high}
    said = text("sure-text", width=points(found.width), **{name: percent(share, 1) for name, share in shares.items()})
    return Claim(verdict, text("sure"), said)


def _reserve(found: Evidence, bloc: str) -> Claim | None:
    by = found.reached
    if found.best not in by:
        return None
    ours, perfect, po = by[found.best], by["perfect"], by.get("po")
    part = (ours - FIRST) / max(perfect - FIRST, 1e-9)
    said = text(
        "reserve-text", ours=percent(ours, 1), po=percent(po, 1), perfect=percent(perfect, 1), part=percent(part)
    )
    return Claim(_grade(part, 0.25, 0.6), text("reserve", bloc=bloc), said)


def _size(found: Evidence, bloc: str) -> Claim | None:
    by = found.reached_by_station
    if found.best not in by:
        return None
    ours, size = by[found.best], by["size"]
    part = float(np.clip((size - FIRST) / max(ours - FIRST, 1e-9), 0, 1))
    said = text("size-text", ours=percent(ours, 1), size=percent(size, 1), part=percent(part), bloc=bloc)
    return Claim(_grade(1 - part, 0.25, 0.6), text("size"), said)
