"""What each voter chooses: national matrices, and the draw of every voter of every block.

A voter has a family: the choice in the last presidential first round. A choice is drawn in two steps: whether to vote
(from the family, the place, and how near the nearest candidate is), then whom. The matrices are scaled on a pilot
electorate so that the country gives each candidate about the share in `rounds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from isoloir.simulate.geography import Floats, Ints
from isoloir.simulate.people import TRAITS
from isoloir.simulate.rounds import BLOCS, Option, Round

# How each trait moves each bloc and abstention (natural logarithm of the weight per standard deviation).
_TASTE = {
    "EXG": {"precarity": 0.10, "protest": 0.15},
    "RAD": {"urban": 0.12, "wealth": -0.08, "age": -0.15, "education": 0.10, "precarity": 0.22, "tradition": 0.12},
    "SOC": {"urban": 0.04, "age": 0.04, "education": 0.10, "precarity": 0.08, "tradition": 0.24},
    "ECO": {"urban": 0.10, "wealth": 0.06, "age": -0.10, "education": 0.30},
    "CEN": {"wealth": 0.20, "age": 0.08, "education": 0.18, "precarity": -0.10},
    "DRT": {"urban": -0.04, "wealth": 0.26, "age": 0.22, "precarity": -0.10, "tradition": -0.20},
    "EXD": {"urban": -0.20, "wealth": -0.08, "education": -0.30, "family": 0.06, "protest": 0.25},
    "DIV": {"urban": -0.12, "tradition": 0.08},
}
_ABSTAINING = {"urban": 0.06, "wealth": -0.08, "age": -0.16, "education": -0.08, "precarity": 0.20, "protest": 0.05}
# Where the blocs stand in two dimensions: near ones exchange voters.
_STAND = np.array([(-2.2, 0.6), (-1.6, 0.2), (-1.0, 0), (-0.9, -0.6), (0.1, -0.5), (1.0, 0), (1.7, 0.9), (0.3, 0.7)])
_NEARNESS, _ANYWHERE = 1.7, 0.012
_PILOT, _STEPS = 500, 60
NOT_REGISTERED = "not registered"
SILENT = ("abstention", "blank", "spoiled")


@dataclass(frozen=True)
class Matrix:
    """How the voters of each origin spread in a round, for an average place."""

    origins: tuple[str, ...]
    pull: Floats  # (origins, options)
    same: npt.NDArray[np.bool_]  # (origins, options): the same bloc
    silent: Floats  # (origins, 3): abstention, blank, spoiled, against 1 for voting


def taste(traits: Floats, options: tuple[Option, ...]) -> Floats:
    """The weight of each option in each place: (places, options)."""
    slopes = np.array([[_TASTE[b].get(t, 0.0) for t in TRAITS] for b in BLOCS])
    mix = np.array([[(b in o.blocs.split("+")) / len(o.blocs.split("+")) for b in BLOCS] for o in options])
    return np.asarray(np.exp(traits @ (mix @ slopes).T))


def abstaining(traits: Floats) -> Floats:
    """The weight of abstention in each place."""
    return np.asarray(np.exp(traits @ np.array([_ABSTAINING.get(t, 0.0) for t in TRAITS])))


def scale_matrices(rounds: Sequence[Round], seed: int) -> dict[str, Matrix]:
    """The matrix of each round, scaled on a pilot electorate that votes through all of them in expectation."""
    traits = np.random.default_rng([seed, 4]).normal(0, 1, (_PILOT, len(TRAITS)))
    abstain, state, family = abstaining(traits), np.ones((_PILOT, 1)), None
    out: dict[str, Matrix] = {}
    memory: dict[str, tuple[Round, Floats]] = {}
    for round_ in rounds:
        origin, shares = memory[round_.after] if round_.after else (family, state)
        weight = taste(traits, round_.options) * _presence(round_)
        matrix = _scale(_raw(origin, round_), round_, weight, abstain, shares)
        out[round_.election] = matrix
        after = _expect(matrix, weight, abstain, shares)
        memory[round_.election] = (round_, after)
        if round_.election.endswith("pres_t1"):
            family, state = round_, np.c_[after, np.full(_PILOT, 0.02)]
    return out


def _affinity(a: str, b: str) -> float:
    near = [
        np.exp(-_NEARNESS * float(np.hypot(*(_STAND[BLOCS.index(i)] - _STAND[BLOCS.index(j)]))))
        for i in a.split("+")
        for j in b.split("+")
    ]
    return float(max(near)) + _ANYWHERE


def _raw(origin: Round | None, round_: Round) -> Matrix:
    """Before scaling: by nearness of blocs; a second round is nearly always the same candidate where it stands."""
    options = round_.options
    if origin is None:
        ones = np.ones((1, len(options)))
        return Matrix(("everybody",), ones, ones < 0, np.full((1, 3), 0.2))
    names = [*(o.last or o.nuance for o in origin.options), *SILENT]
    names += [NOT_REGISTERED] if not round_.after else []
    pull = np.full((len(names), len(options)), 0.25)
    for i, a in enumerate(origin.options):
        pull[i] = [_affinity(a.blocs, b.blocs) for b in options]
        if round_.after:
            kin = [o.last == a.last if a.last else o.nuance == a.nuance for o in options]
            pull[i] *= np.where(kin, 25.0, 1.0)
    count = len(origin.options)
    same = np.zeros(pull.shape, dtype=bool)
    for i, a in enumerate(origin.options):
        same[i] = [bool(set(a.blocs.split("+")) & set(b.blocs.split("+"))) for b in options]
    silent = np.tile([0.15, 0.012, 0.006], (len(names), 1))
    silent[count] = [1.6, 0.03, 0.012]
    silent[count + 1], silent[count + 2] = [0.4, 0.25, 0.03], [0.4, 0.06, 0.08]
    if not round_.after:
        silent[count + 3] = [0.5, 0.02, 0.01]
    return Matrix(tuple(names), pull, same, silent)


def _presence(round_: Round) -> Floats:
    if round_.runoff:
        return np.clip([o.share / 25.0 for o in round_.options], 0.03, 1.0)
    return np.ones(len(round_.options))


def _scale(raw: Matrix, round_: Round, weight: Floats, abstain: Floats, shares: Floats) -> Matrix:
    """Multiply columns until the pilot gives the national figures of the round.

    Where the second round is between the best of each unit, only turnout is scaled: who stands decides the rest.
    """
    target = np.array([o.share for o in round_.options])
    target = target / target.sum()
    voting = 1 - round_.abstention / 100
    quiet = np.array([round_.abstention / 100, voting * round_.blank / 100, voting * round_.spoiled / 100])
    column, silent = target.copy(), np.ones(3)
    matrix = raw
    for _ in range(_STEPS):
        pull = raw.pull * column
        whole = (pull * _presence(round_)).sum(axis=1).mean() if round_.runoff else pull.sum(axis=1, keepdims=True)
        matrix = Matrix(raw.origins, pull / whole, raw.same, raw.silent * silent)
        got = _expect(matrix, weight, abstain, shares).mean(axis=0)
        got = got / got.sum()
        if not round_.runoff:
            column *= (target / np.maximum(got[:-3] / got[:-3].sum(), 1e-9)) ** 0.8
            column /= column.sum()
        silent *= (quiet / np.maximum(got[-3:], 1e-9)) ** 0.8
    return matrix


def _expect(matrix: Matrix, weight: Floats, abstain: Floats, shares: Floats) -> Floats:
    """Expected outcome (pilot places, options + 3) of the rule that `draw_choices` draws from."""
    mass = weight @ matrix.pull.T
    vote = np.sqrt(np.sqrt(mass))
    silent = np.stack([abstain, np.ones(len(abstain)), np.ones(len(abstain))], axis=1)[:, None] * matrix.silent
    whole = vote + silent.sum(axis=2)
    chosen = (shares * vote / whole / mass) @ matrix.pull * weight
    return np.asarray(np.c_[chosen, np.einsum("bo,bok->bk", shares / whole, silent)])


@numba.njit(cache=True, nogil=True)
def _random(state: np.uint64) -> tuple[np.uint64, float]:
    """SplitMix64 (Steele, Lea and Flood 2014): the next state and a number in [0, 1)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return state, float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def draw_choices(
    counts: Ints, pull: Floats, same: npt.NDArray[np.bool_], silent: Floats, weight: Floats, abstain: Floats,
    loyalty: Floats, row: Ints, seed: int, out: Ints, table: Ints,
) -> None:  # fmt: skip
    """Draw every voter of every block: fill `out` (blocks, options + 3) and add to `table` (stations, origins, out).

    A block whose `row` is negative does not vote. `weight` is (blocks, options): taste, zero where absent.
    """
    blocks, origins = counts.shape
    options = pull.shape[1]
    cumulated = np.empty(options)
    tabulate = table.shape[0] > 0
    for b in range(blocks):
        if row[b] < 0:
            continue
        state = np.uint64(seed) ^ (np.uint64(b + 1) * np.uint64(0xD1342543DE82EF95))
        for o in range(origins):
            n = counts[b, o]
            if n == 0:
                continue
            mass = 0.0
            for d in range(options):
                w = pull[o, d] * weight[b, d]
                mass += w * loyalty[b] if same[o, d] else w
                cumulated[d] = mass
            vote = np.sqrt(np.sqrt(mass))
            first = vote + silent[o, 0] * abstain[b]
            second = first + silent[o, 1]
            whole = second + silent[o, 2]
            for _ in range(n):
                state, u = _random(state)
                u *= whole
                if u < vote:
                    u *= mass / vote
                    d = 0
                    while d < options - 1 and u >= cumulated[d]:
                        d += 1
                elif u < first:
                    d = options
                elif u < second:
                    d = options + 1
                else:
                    d = options + 2
                out[b, d] += 1
                if tabulate:
                    table[row[b], o, d] += 1


@numba.njit(cache=True, nogil=True)
def adjust(counts: Ints, registered: Ints, seed: int) -> None:
    """Bring each block to its registered voters: newcomers go to the last column, who leaves is drawn at random."""
    blocks, origins = counts.shape
    for b in range(blocks):
        total = counts[b].sum()
        if registered[b] > total:
            counts[b, origins - 1] += registered[b] - total
        state = np.uint64(seed) ^ (np.uint64(b + 1) * np.uint64(0xD1342543DE82EF95))
        while total > registered[b]:
            state, u = _random(state)
            left = int(u * total)
            o = 0
            while left >= counts[b, o]:
                left -= counts[b, o]
                o += 1
            counts[b, o] -= 1
            total -= 1
