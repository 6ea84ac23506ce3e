"""What the past alone announces for an election, and everything else that is known of each station on its eve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isoloir.stats.forecast.settle import settle
from isoloir.stats.forecast.standing import Standing, appeal, strengths
from isoloir.stats.forecast.support import support, telling
from isoloir.stats.history import Floats, History, Round

_SMALL = 0.01  # options under this national share are left out
_FAINT = 0.002  # national share that a bloc of the scenario has at least, where weights are compared


@dataclass(frozen=True)
class Announced:
    """What is announced before anything is learned from earlier elections. S stations, B blocs."""

    shares: Floats  # (S, B) of valid votes; they meet the scenario
    abstention: Floats  # (S,) of registered voters
    features: dict[str, Floats]  # (S,) each, by the part that they play

    def both(self) -> Floats:
        """Shares and abstention side by side, (S, B + 1)."""
        return np.column_stack([self.shares, self.abstention])


def announce(
    eve: History, kind: str, standing: Standing, national: Floats, registered: Floats, census: Floats
) -> Announced:
    """Announce an election of a type from the rounds before it.

    `national` (B + 1,) are the shares of the scenario and abstention, `registered` (S,) the weights, `census` (S, C)
    what `profile` made of it. Each bloc's support so far, times the appeal of its candidates, raked to the scenario;
    abstention is the mean deviation of the last two rounds.
    """
    voters = registered * (1 - national[-1])
    drawn = appeal(standing, strengths(eve, kind), eve.blocs, voters)
    weight = drawn * np.exp(support(eve, kind)) * np.maximum(national[:-1], _FAINT)
    shares = settle(weight, national[:-1], voters)
    rounds = telling(eve)
    departures = [deviation(r.abstention, registered) for r in rounds[:2]]
    abstention = national[-1] + (np.mean(departures, axis=0) if departures else np.zeros(len(registered)))
    known = features(eve, kind, rounds, registered)
    known |= {f"announced {bloc}": deviation(shares[:, i], registered) for i, bloc in enumerate(eve.blocs)}
    known |= {f"census {i}": column for i, column in enumerate(census.T)}
    return Announced(shares, abstention, known)


def features(eve: History, kind: str, rounds: list[Round], weights: Floats) -> dict[str, Floats]:
    """Columns (S,) by the part that they play, so that those of two elections can be matched; 0 where unknown.

    `last` and `before` are the last two rounds that tell, `same` the last of that type, `pres` the last presidential
    first round and `runoff` its second. Shares and abstention are deviations from the national level.
    """
    wide = [r for r in reversed(eve.rounds) if weights[np.isfinite(r.abstention)].sum() > 0.5 * weights.sum()]
    parts = {
        "last": rounds[:1],
        "before": rounds[1:2],
        "same": [r for r in wide if r.type == kind and r.round == 1][:1],
        "pres": [r for r in wide if r.type == "pres" and r.round == 1][:1],
        "runoff": [r for r in wide if r.type == "pres" and r.round == 2][:1],
    }
    out = {"size": deviation(np.log(np.maximum(weights, 20)), weights)}
    for part, found in parts.items():
        for round_ in found:
            columns = _figures(round_, eve.blocs, finer=part in ("pres", "runoff", "same"))
            out |= {f"{part} {name}": deviation(values, weights) for name, values in columns.items()}
    return out


def deviation(values: Floats, weights: Floats) -> Floats:
    """Values less their weighted mean; 0 where unknown."""
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return np.zeros(len(values))
    return np.where(np.isfinite(values), values - np.average(values[known], weights=weights[known]), 0)


def profile(census: Floats, components: int = 30) -> Floats:
    """The first principal components of the variables that most stations have, of unit variance, (S, C)."""
    census = census[:, np.isfinite(census).mean(axis=0) > 0.5] if census.size else census
    if not census.shape[1]:
        return np.zeros((len(census), 0))
    spread = np.maximum(np.nanstd(census, axis=0), 1e-12)
    scaled = np.clip(np.nan_to_num((census - np.nanmean(census, axis=0)) / spread), -5, 5)
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    kept = np.argsort(-values)[:components]
    return np.asarray(scaled @ vectors[:, kept] / np.sqrt(np.maximum(values[kept], 1e-9)))


def _figures(round_: Round, blocs: tuple[str, ...], finer: bool) -> dict[str, Floats]:
    """Abstention, and the shares of blocs and of options where they stood."""
    out = {"abstention": round_.abstention, "abstention squared": round_.abstention**2}
    if round_.known.mean() < 0.5:
        return out
    stood = np.where(round_.stood, round_.shares, np.nan)
    out |= {f"bloc {bloc}": stood[:, i] for i, bloc in enumerate(blocs)}
    if finer and round_.option_shares is not None:
        level = np.nan_to_num(round_.option_shares).mean(axis=0)
        kept = [i for i in range(len(round_.options)) if level[i] >= _SMALL]
        out |= {round_.options[i]: round_.option_shares[:, i].astype(np.float64) for i in kept}
    return out
