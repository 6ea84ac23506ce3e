"""Made-up towns whose stations are known through time: what the tests of the lineage compare with.

A town is a set of blocks of voters; a station is a set of blocks. Every block has lasting leanings, every round its own
candidates and its own swing, and votes are drawn from both. Between rounds stations split, merge, give blocks away and
get new codes, and because blocks are known, so is where every voter went.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

ROUNDS = (
    "2007_pres_t1",
    "2007_pres_t2",
    "2008_muni_t1",
    "2010_regi_t1",
    "2012_pres_t1",
    "2012_pres_t2",
    "2012_legi_t1",
)
LATER = ("2014_muni_t1", "2014_euro_t1", "2015_dpmt_t1", "2015_regi_t1", "2017_pres_t1", "2017_pres_t2", "2017_legi_t1")


@dataclass
class Town:
    """What readers would give of a town, and the true shares of each station of 2012 in those of 2017."""

    turnout: pl.DataFrame
    results: pl.DataFrame
    truth: pl.DataFrame  # commune_code, old, new, share, registered (of old)


class Maker:
    """Draws towns; the candidates and swings of each round are shared by all its towns."""

    def __init__(self, seed: int, dimensions: int = 5):
        self.rng = np.random.default_rng(seed)
        self.pull = {r: self._candidates(r, dimensions) for r in ROUNDS + LATER}
        self.dimensions = dimensions

    def _candidates(self, election: str, dimensions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = 2 if election.endswith("t2") else 9
        pull = self.rng.normal(0, 0.35, (dimensions, count))
        return pull, self.rng.normal(0, 0.8, count), self.rng.normal(0, 0.35, dimensions)

    def town(
        self,
        commune: str,
        stations: int,
        *,
        renumber: str | None = None,
        events: int = 0,
        partial: tuple[str, ...] = (),
    ) -> Town:
        """`renumber`: None, "random" or "order"; `events`: how many splits, merges and moved boundaries, each."""
        blocks = np.repeat(np.arange(stations), 4)
        size = self.rng.integers(120, 300, len(blocks))
        leaning = self.rng.normal(0, 1, (stations, self.dimensions))[blocks]
        leaning = leaning + self.rng.normal(0, 0.35, leaning.shape)
        old = [f"{k + 1:04d}" for k in range(stations)]
        after = self._change(blocks.copy(), events)
        kept = np.unique(after)
        codes = self._codes(kept, old, renumber)
        before_code, after_code = np.array(old)[blocks], np.array([codes[k] for k in after])
        turnout, results = [], []
        for election in ROUNDS + LATER:
            code = before_code if election in ROUNDS else after_code
            size = np.maximum(size + self.rng.normal(0, 0.006, len(size)) * size, 20).astype(int)
            self._vote(commune, election, code, size, leaning, partial, turnout, results)
        return Town(pl.concat(turnout), pl.concat(results), _truth(commune, before_code, after_code, size))

    def _change(self, blocks: np.ndarray, events: int) -> np.ndarray:
        stations = int(blocks.max()) + 1
        chosen = iter(self.rng.permutation(stations // 2)[: 3 * events] * 2)
        for number, a in enumerate(chosen):
            mine = np.flatnonzero(blocks == a)
            if number % 3 == 0:
                blocks[mine[:2]] = stations + number
            elif number % 3 == 1:
                blocks[mine] = a + 1
            else:
                blocks[mine[:1]] = a + 1
        return blocks

    def _codes(self, kept: np.ndarray, old: list[str], renumber: str | None) -> dict[int, str]:
        if renumber is None:
            return {int(k): old[k] if k < len(old) else f"{len(old) + i + 1:04d}" for i, k in enumerate(kept)}
        order = self.rng.permutation(len(kept)) if renumber == "random" else np.arange(len(kept))
        return {int(kept[k]): f"{place // 20 + 1:02d}{place % 20 + 1:02d}" for place, k in enumerate(order)}

    def _vote(
        self,
        commune: str,
        election: str,
        code: np.ndarray,
        size: np.ndarray,
        leaning: np.ndarray,
        partial: tuple[str, ...],
        turnout: list[pl.DataFrame],
        results: list[pl.DataFrame],
    ) -> None:
        pull, base, mobilising = self.pull[election]
        leaning = leaning + self.rng.normal(0, 0.05, leaning.shape)
        voters = self.rng.binomial(size, 1 / (1 + np.exp(-(0.8 + leaning @ mobilising * 0.5))))
        utility = np.exp(base + leaning @ pull)
        votes = self.rng.multinomial(voters, utility / utility.sum(1, keepdims=True))
        names, where = np.unique(code, return_inverse=True)
        shown = np.ones(len(names), bool) if election not in partial else np.arange(len(names)) < len(names) // 3
        sums = np.zeros((len(names), votes.shape[1]), int)
        np.add.at(sums, where, votes)
        key = {"commune_code": commune, "election": election}
        registered, came = np.bincount(where, size).astype(int), np.bincount(where, voters).astype(int)
        turnout.append(
            pl.DataFrame({"station_code": names[shown], "registered": registered[shown], "voters": came[shown]})
            .with_columns(**{k: pl.lit(v) for k, v in key.items()})
            .select("commune_code", "station_code", "election", pl.col("registered", "voters").cast(pl.Int32))
        )
        rows = [
            (commune, s, election, f"{election} {c}", int(sums[i, c]))
            for i, s in enumerate(names)
            if shown[i]
            for c in range(votes.shape[1])
        ]
        schema = {
            "commune_code": pl.String,
            "station_code": pl.String,
            "election": pl.String,
            "candidate": pl.String,
            "votes": pl.Int32,
        }
        results.append(pl.DataFrame(rows, schema=schema, orient="row"))


def _truth(commune: str, before: np.ndarray, after: np.ndarray, size: np.ndarray) -> pl.DataFrame:
    table = pl.DataFrame({"old": before, "new": after, "size": size}).group_by("old", "new").agg(pl.col("size").sum())
    whole = pl.col("size").sum().over("old")
    return table.select(
        pl.lit(commune).alias("commune_code"), "old", "new", share=pl.col("size") / whole, registered=whole
    )
