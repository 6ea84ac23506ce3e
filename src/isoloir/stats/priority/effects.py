"""What a visit does and takes: named priors with their sources, and draws from them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from isoloir.errors import SettingsError
from isoloir.stats.priority.index import Floats

# What each channel may be at all; anything else is a mistake of the file.
RANGES = {
    "persuasion": (-1.0, 1.0), "mobilisation": (-1.0, 1.0), "registration": (0.0, 1.0), "closeness": (0.0, 1.0),
    "marginal_slope": (0.0, 1.5), "marginal_level": (0.0, 2.0), "opening": (0.01, 1.0), "talk_minutes": (0.1, 60.0),
    "knock_minutes": (0.1, 10.0), "walk_km_h": (0.5, 30.0), "setup_hours": (0.0, 10.0),
    "scatter": (0.0, 1.0), "station_spread": (0.0, 2.0),
}  # fmt: skip


@dataclass(frozen=True)
class Prior:
    """A triangle from `low` over `likely` to `high` (flat if `even`), or nothing at all with the chance `nothing`."""

    name: str
    channel: str
    low: float
    likely: float
    high: float
    source: str
    nothing: float = 0.0
    even: bool = False

    def draw(self, rng: np.random.Generator, draws: int) -> Floats:
        """`draws` values."""
        if self.even:
            value = rng.uniform(self.low, self.high, draws)
        elif self.high > self.low:
            value = rng.triangular(self.low, self.likely, self.high, draws)
        else:
            value = np.full(draws, self.likely)
        return np.where(rng.random(draws) < self.nothing, 0.0, value)


@dataclass(frozen=True)
class Effects:
    """Every prior of a file, and which of them are used."""

    priors: Mapping[str, Prior]
    use: Mapping[str, str]  # channel, or channel and type of election ("mobilisation.pres") -> name

    def chosen(self, type_: str) -> dict[str, Prior]:
        """The prior of each channel for a type of election (`pres`, `legi`, ...)."""
        return {c: self.priors[self.use.get(f"{c}.{type_}", self.use[c])] for c in RANGES}

    def choose(self, names: Sequence[str]) -> Effects:
        """The same with other priors in use; raise SettingsError where a name is unknown."""
        if unknown := [n for n in names if n not in self.priors]:
            raise SettingsError(f"no prior is called {', '.join(unknown)}; there are {', '.join(sorted(self.priors))}")
        taken = {self.priors[n].channel: n for n in names}
        kept = {c: n for c, n in self.use.items() if c.partition(".")[0] not in taken}
        return Effects(self.priors, kept | taken)


@dataclass(frozen=True)
class Drawn:
    """Draws of every channel, each (D,). Those shared by all stations: a station cannot tell them apart."""

    persuasion: Floats
    mobilisation: Floats
    registration: Floats
    closeness: Floats
    marginal_slope: Floats
    marginal_level: Floats
    opening: Floats
    talk_minutes: Floats
    knock_minutes: Floats
    walk_km_h: Floats
    setup_hours: Floats
    scatter: Floats
    station_spread: Floats


def draw_effects(effects: Effects, type_: str, draws: int, rng: np.random.Generator) -> Drawn:
    """Draw each channel on its own: that the true effects of two channels go together is not known."""
    return Drawn(**{channel: prior.draw(rng, draws) for channel, prior in effects.chosen(type_).items()})


@cache
def effects(file: Path | None = None) -> Effects:
    """Read `effects.toml`, or the user's own, which may hold only what differs; raise SettingsError on any mistake."""
    built_in = _read((resources.files("isoloir.stats.priority") / "effects.toml").read_text(encoding="utf-8"), None)
    if file is None:
        return built_in
    try:
        own = _read(file.read_text(encoding="utf-8"), file)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror or error})") from error
    priors = {**built_in.priors, **own.priors}
    # A file of one prior a channel need not say that it is the one to use.
    named = {**{p.channel: p.name for p in own.priors.values()}, **own.use}
    for channel, name in named.items():
        if name not in priors or priors[name].channel != channel.partition(".")[0]:
            raise SettingsError(f"{file}: [use] {channel} = {name!r} names no prior of that channel")
    kept = {c: n for c, n in built_in.use.items() if c.partition(".")[0] not in named}
    return Effects(priors, kept | named)


def _read(text: str, file: Path | None) -> Effects:
    where = file or "effects.toml"
    try:
        raw = tomllib.loads(text)
        priors = {p["name"]: Prior(**p) for p in raw.get("prior", [])}
        use = {str(c): str(n) for c, n in raw.get("use", {}).items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{where}: not a list of priors ({error!r}); see the file that comes with isoloir"
        ) from error
    for prior in priors.values():
        _check(prior, where)
    return Effects(priors, use)


def _check(prior: Prior, where: Path | str) -> None:
    if prior.channel not in RANGES:
        raise SettingsError(f"{where}: prior {prior.name!r} is of no channel; there are {', '.join(RANGES)}")
    values = (prior.low, prior.likely, prior.high, prior.nothing)
    if not all(isinstance(v, int | float) and np.isfinite(v) for v in values):
        raise SettingsError(f"{where}: prior {prior.name!r} holds something that is no number {values}")
    least, most = RANGES[prior.channel]
    if not least <= prior.low <= prior.likely <= prior.high <= most:
        raise SettingsError(
            f"{where}: prior {prior.name!r} must have {least} <= low <= likely <= high <= {most};"
            f" it has {prior.low}, {prior.likely}, {prior.high}"
        )
    if not 0 <= prior.nothing <= 1 or not prior.source:
        raise SettingsError(f"{where}: prior {prior.name!r} needs a source, and a chance of nothing from 0 to 1")
