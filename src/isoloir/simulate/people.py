"""The census: who lives in each block, as expected counts, and what they earn.

Seven traits vary smoothly over the country, at four scales and with noise at the level of a block. Every count is a
share of a larger one, and the share depends on the traits; the tables of INSEE are then sums over blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr

from isoloir.simulate.census_columns import SPLITS, Split
from isoloir.simulate.geography import Floats, Territory
from isoloir.simulate.settlement import Blocks

TRAITS = ("urban", "wealth", "age", "education", "precarity", "family", "tradition", "protest")
_SCALES = ((70_000.0, 0.35), (12_000.0, 0.40), (1_800.0, 0.60), (450.0, 0.45))  # metres, weight
_NOISE, _WAVES = 0.35, 16
POVERTY_LINE = 13_900.0  # euros a year per consumption unit
INCOME_STEPS = np.exp(np.linspace(np.log(3_000), np.log(120_000), 160))
INCOME_SPREAD = 0.42  # of the logarithm, inside a block


@dataclass
class People:
    """What lives in each block: traits (blocks, TRAITS), the counts of a vintage (blocks, atoms), log median income."""

    traits: Floats
    counts: dict[int, Floats]  # by vintage
    income: Floats


def draw_people(blocks: Blocks, traits: Floats, rng: np.random.Generator, vintages: list[int]) -> People:
    """Counts for each vintage, and incomes."""
    counts = {}
    for vintage in vintages:
        drift = rng.normal(0, 0.03 * (2021 - vintage), traits.shape) / 2
        counts[vintage] = _count(blocks.registered(vintage), traits + drift)
    wealth, education, precarity = traits[:, 1], traits[:, 3], traits[:, 4]
    income = np.log(22_300) + 0.16 * wealth + 0.07 * education - 0.15 * precarity + rng.normal(0, 0.04, len(wealth))
    return People(traits, counts, income)


def draw_traits(land: Territory, blocks: Blocks, seed: int, rng: np.random.Generator) -> Floats:
    """Gaussian fields (random Fourier features), each of variance one; the first is the size of the commune."""
    shared = np.random.default_rng([seed, 3])
    xy = np.c_[blocks.x, blocks.y]
    out = rng.normal(0, _NOISE, (len(xy), len(TRAITS)))
    for k in range(len(TRAITS)):
        for scale, weight in _SCALES:
            waves = shared.normal(0, 1 / scale, (2, _WAVES))
            phase = shared.uniform(0, 2 * np.pi, _WAVES)
            out[:, k] += weight * np.sqrt(2 / _WAVES) * np.cos(xy @ waves + phase).sum(axis=1)
    out /= np.sqrt(_NOISE**2 + sum(w**2 for _, w in _SCALES))
    urban = np.clip(np.log(land.registered[blocks.commune] / 2_500) / 1.8, -1.5, 2.5)
    size = 0.25 * out[:, 0] + urban
    out[:, 0] = size
    out[:, 3] += 0.35 * out[:, 1] + 0.25 * size  # education follows wealth and cities
    out[:, 4] += 0.45 * size - 0.4 * out[:, 1]  # precarity
    out[:, 2] -= 0.3 * size  # age
    return np.clip(out, -3.2, 3.2)


def towers(traits: Floats) -> Floats:
    """The share of address points that are buildings with many dwellings."""
    return np.clip(0.12 + 0.16 * traits[:, 0] + 0.07 * traits[:, 4], 0.01, 0.75)


@cache
def atoms() -> tuple[str, ...]:
    """The names of the finest counts, in the order of the columns of `People.counts`."""
    return tuple(child for split in SPLITS for child in split.children)


def _count(registered: np.ndarray, traits: Floats) -> Floats:
    index = {name: i for i, name in enumerate(atoms())}
    out = np.zeros((len(traits), len(index)))
    population = registered * 1.36 * np.exp(0.12 * traits[:, 4] + 0.06 * traits[:, 5] - 0.05 * traits[:, 2])
    for split in SPLITS:
        whole = population if split.of == ("POP",) else out[:, [index[name] for name in split.of]].sum(axis=1)
        out[:, [index[name] for name in split.children]] = (whole * split.scale)[:, None] * _shares(split, traits)
    return out


def _shares(split: Split, traits: Floats) -> Floats:
    share = np.array([s for s, _ in split.children.values()])
    slope = np.array([[slopes.get(t, 0.0) for t in TRAITS] for _, slopes in split.children.values()])
    weight = share * np.exp(traits @ slope.T)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def income_table(people: People, units: Floats, groups: np.ndarray, size: int) -> dict[str, Floats]:
    """FiLoSoFi of each group of blocks: quantiles of the mixture of their lognormal incomes, and what it is made of.

    `units` are the consumption units of each row, `groups` its group (0 to size - 1).
    """
    below = ndtr((np.log(INCOME_STEPS)[None, :] - people.income[:, None]) / INCOME_SPREAD) * units[:, None]
    total = np.maximum(np.bincount(groups, units, size), 1e-9)
    share = np.empty((size, len(INCOME_STEPS)))
    for j in range(len(INCOME_STEPS)):
        share[:, j] = np.bincount(groups, below[:, j], size) / total
    poor = np.bincount(groups, share_poor(people) * units, size) / total
    mean = [np.bincount(groups, people.traits[:, k] * units, size) / total for k in range(len(TRAITS))]
    table = {"TP60": 100 * poor}
    for name, q in [("Q1", 0.25), ("MED", 0.5), ("Q3", 0.75), *((f"D{k}", k / 10) for k in (1, 2, 3, 4, 6, 7, 8, 9))]:
        table[name] = _quantile(share, q)
    return table | _composition(table, mean)


def share_poor(people: People) -> Floats:
    """The share of each block's people under the poverty line."""
    return np.asarray(ndtr((np.log(POVERTY_LINE) - people.income) / INCOME_SPREAD))


def _quantile(share: Floats, q: float) -> Floats:
    """Invert each row's cumulative distribution, linear in the logarithm of income."""
    position = np.clip((share < q).sum(axis=1), 1, share.shape[1] - 1)
    rows, steps = np.arange(len(share)), np.log(INCOME_STEPS)
    low, high = share[rows, position - 1], share[rows, position]
    part = np.clip((q - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.asarray(np.exp(steps[position - 1] + part * (steps[position] - steps[position - 1])))


def _composition(table: dict[str, Floats], mean: list[Floats]) -> dict[str, Floats]:
    """Inequality and the shares of each kind of income, percent."""
    _, wealth, age, _, precarity, family, _, _ = mean
    salary = np.clip(63 - 9 * age + 2 * wealth - 2 * precarity, 25, 90)
    unemployment = np.clip(2.9 + 0.9 * precarity, 0.8, 9)
    benefit = np.clip(4.0 - 1.0 * precarity + 0.8 * wealth, 0.3, 12)
    pension = np.clip(28 + 8.5 * age, 5, 70)
    property_ = np.clip(8.5 + 3.2 * wealth + 1.5 * age, 1, 35)
    families = np.clip(2.0 + 0.5 * family + 0.5 * precarity, 0.3, 7)
    minimum = np.clip(2.2 + 1.3 * precarity, 0.2, 11)
    housing = np.clip(1.3 + 0.8 * precarity, 0.1, 6)
    social = families + minimum + housing
    tax = -(salary + unemployment + benefit + pension + property_ + social - 100)
    return {
        "EQ": (table["Q3"] - table["Q1"]) / table["MED"],
        "RD": table["D9"] / table["D1"],
        "S80S20": 0.55 + 1.02 * table["D9"] / table["D1"],
        "GI": 0.10 + 0.052 * table["D9"] / table["D1"],
        "PACT": salary + unemployment + benefit,
        "PTSA": salary,
        "PCHO": unemployment,
        "PBEN": benefit,
        "PPEN": pension,
        "PPAT": property_,
        "PPSOC": social,
        "PPFAM": families,
        "PPMINI": minimum,
        "PPLOGT": housing,
        "PIMPOT": tax,
    }
