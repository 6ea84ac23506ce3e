"""Which new station is which old one, when a commune has renumbered: an optimal assignment.

The cost of saying that old station i is new station j is minus the log-likelihood of what is seen of j:

* its size: log(m_j / n_i), less the growth of the commune, follows a Student t with 2 degrees of freedom (fitted on
  2017 to 2022, where half of the stations move by under 3 % and one in a hundred by over 40 %);
* its voting profile: y_j = x_i B + e, with x and y the noise-scaled principal components of several rounds before and
  after, so that two different sets of candidates can be compared; B and the covariance of e are learned from stations
  known to be the same (other communes of the area, where there are any) and from the assignment itself, in turn;
* its code: a mixture of "kept its code", "kept its place in the order of codes", "follows the neighbour of its old
  neighbour" and "anything", whose weights are learned in the same loop, so that a renumbering at random is not forced
  into order; labels (constituency, first two characters of the code) work in the same way.

Alternating an exact assignment (`scipy.optimize.linear_sum_assignment`) with the estimation of its parameters is hard
EM; it is started from several places and the most likely end is kept. Where no other commune teaches the regression,
the assignment is believed only if it fits better, by 1 nat a station, than one to profiles shuffled at random: on real
communes with shuffled codes, assignments above that bar were right for 58 to 100 % of the stations (and for 75 to
100 % of those with a probability over one half), those below mostly wrong.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from isoloir.stations.identity.lessons import DEGREES, Lesson, principal_axes, regress
from isoloir.stations.identity.ordering import Prior
from isoloir.stations.identity.sides import Array, Indices, Side

UNMATCHED = np.log(20.0)  # prior: one station in twenty opens or closes
LONE = UNMATCHED + np.log(2.0)  # and a new one may have any size
SIGNIFICANT = 1.0  # nats a station by which an assignment must beat what chance fits, where nothing else teaches
CLEAR = 2.5  # above which its probabilities need no tempering
RICH = (60, 30)  # stations and features from which a commune teaches itself better than others do
FEWEST_ALONE = 12  # below which that cannot be measured


@dataclass(frozen=True)
class Matching:
    """An assignment: the rows of `before` and of `after` that are paired, and how far to believe it."""

    before: Indices
    after: Indices
    null: Array  # per new station: the cost of coming from nowhere
    cost: Array  # before x after
    objective: float
    profile: Array  # before x after: the part of the cost that is the profile
    confidence: Array = field(default_factory=lambda: np.zeros((0, 0)))  # before x after: probability of each pair

    def weighed(self, temperature: float, believed: bool = True) -> Matching:
        """With the probabilities of all pairs; learned on itself alone a model is too sure, hence the temperature."""
        found = _probabilities(self.cost, self.null, temperature)
        return replace(self, confidence=found if believed else np.zeros_like(found))


def match(before: Side, after: Side, years: float, lesson: Lesson | None = None) -> Matching:
    """Assign old stations to new ones; both sides need at least two stations.

    The axes of a lesson are along the features of the two sides. A large commune with many rounds goes on from what
    the lesson gives to what its own stations teach.
    """
    prior = Prior(before, after)
    fixed = size_cost(before.registered, after.registered, years)
    problem = _Problem(*_components(before, after, lesson), fixed, prior, lesson)
    same, ends = prior.same_code(), []
    if len(same[0]) >= 0.5 * min(len(before), len(after)):
        ends = [problem.solve(same, prior.keeping)]
        if _convincing(ends[0], same, problem.fixed):
            return ends[0].weighed(1.0)
    if lesson is not None:
        taught = problem.solve(_no_pairs(), prior.start)
        if ends and ends[0].objective <= taught.objective:
            return ends[0].weighed(1.0)
        if not _rich(before, after):
            return taught.weighed(1.0)
        own = _Problem(*_components(before, after, None), fixed, prior, None)
        free = own.solve((taught.before, taught.after), prior.start)
        gain = own.gain(free)
        return free.weighed(_temperature(gain)) if gain >= CLEAR else taught.weighed(1.0)
    free = problem.search(_shared(before, after))
    if ends and ends[0].objective <= free.objective:
        return ends[0].weighed(2.0)
    if len(before) < FEWEST_ALONE:
        return free.weighed(2.0)
    gain = problem.gain(free)
    return free.weighed(_temperature(gain), believed=gain >= SIGNIFICANT)


def _rich(before: Side, after: Side) -> bool:
    return min(len(before), len(after)) >= RICH[0] and min(before.profile.shape[1], after.profile.shape[1]) >= RICH[1]


def _temperature(gain: float) -> float:
    return float(np.clip(CLEAR / max(gain, 1e-9), 1.0, 2.0))


def _objective(end: Matching) -> float:
    return end.objective


def _convincing(end: Matching, same: tuple[Indices, Indices], fixed: Array) -> bool:
    """Whether sizes and profiles, without the codes, say that nearly every code kept its place."""
    gain = end.null[same[1]] - LONE - fixed[same] - end.profile[same]
    return len(same[0]) >= 0.9 * len(end.null) and float(gain.mean()) >= 1.0 and float(np.mean(gain > 0)) >= 0.8


@dataclass(frozen=True)
class _Problem:
    """Components of both sides, the cost of the sizes, the prior of the codes, and what others taught."""

    x: Array
    y: Array
    fixed: Array
    prior: Prior
    lesson: Lesson | None

    def solve(self, pairs: tuple[Indices, Indices], weights: Array, rounds: int = 20) -> Matching:
        """Alternate regression and assignment until the assignment stays."""
        null = _null_cost(self.y) + LONE
        bonds = self.prior.bonds
        for _ in range(rounds):
            slope, covariance = regress(self.x[pairs[0]], self.y[pairs[1]], self.lesson)
            profile = _profile_cost(self.x @ slope, self.y, covariance)
            cost = self.fixed + profile + self.prior.cost(weights, bonds, pairs)
            fresh = _assign(cost, null)
            if np.array_equal(fresh[0], pairs[0]) and np.array_equal(fresh[1], pairs[1]):
                break
            pairs = fresh
            weights, bonds = self.prior.learn(pairs)
        lonely = np.setdiff1d(np.arange(len(self.y)), pairs[1])
        objective = cost[pairs].sum() + null[lonely].sum() + UNMATCHED * (len(self.x) - len(pairs[0]))
        return Matching(pairs[0], pairs[1], null, cost, float(objective), profile)

    def search(self, shared: Array | None, leading: int = 3) -> Matching:
        """Start from every way to pair the leading components, and from the features that both sides share."""
        start = self.fixed + self.prior.cost(self.prior.start)
        firsts = [start if shared is None else start + shared]
        width = min(leading, self.x.shape[1], self.y.shape[1]) if len(self.x) <= 300 else 0
        a, b = (c[:, :width] / (c[:, :width].std(0) + 1e-9) for c in (self.x, self.y))
        for order in itertools.permutations(range(width)):
            for signs in itertools.product((1.0, -1.0), repeat=width):
                firsts.append(start + _squared_distances(a, b[:, order] * np.array(signs)))
        short = sorted((self.solve(_pairs_of(c), self.prior.start, rounds=3) for c in firsts), key=_objective)
        return min((self.solve((end.before, end.after), self.prior.start) for end in short[:4]), key=_objective)

    def gain(self, found: Matching) -> float:
        """By how many nats a station an assignment beats the best one to shuffled profiles."""
        return (self.shuffled().search(None, leading=2).objective - found.objective) / len(found.before)

    def shuffled(self) -> _Problem:
        """The same with new profiles that have nothing to do with the old ones: what chance alone can fit.

        Rows may be in any order, so it is the components that are shuffled, each by itself, and codes mean nothing.
        """
        rng = np.random.default_rng(0)
        y = np.column_stack([rng.permutation(c) for c in self.y.T]) if self.y.shape[1] else self.y
        return replace(self, y=y, prior=self.prior.blind())


def size_scale(years: float) -> float:
    """The scale of the Student t of a station's change of size over some years."""
    return 0.012 + 0.012 * math.sqrt(max(years, 0.1))


def size_cost(n: Array, m: Array, years: float, growth: float | None = None) -> Array:
    """Minus the log-likelihood of each new size given each old one, relative to a size known to a quarter only.

    `growth` is the logarithm of that of the commune; by default from the totals, where they are comparable.
    """
    scale = size_scale(years)
    step = np.log(np.maximum(m, 1))[None, :] - np.log(np.maximum(n, 1))[:, None]
    if growth is None:
        growth = np.log(max(m.sum(), 1) / max(n.sum(), 1)) if 0.8 < m.sum() / max(n.sum(), 1) < 1.25 else 0.0
    cost: Array = 1.5 * np.log1p((step - growth) ** 2 / (2 * scale**2)) + np.log(scale) - np.log(0.25)
    return cost


def _components(before: Side, after: Side, lesson: Lesson | None) -> tuple[Array, Array]:
    """Noise-scaled principal components of the profiles of each side."""
    if lesson is not None:
        return before.profile @ lesson.before_axes, after.profile @ lesson.after_axes
    most = int(np.clip(min(len(before), len(after)) / 6, 1, 6))
    x, y = (side.profile @ principal_axes(side.profile, side.noise.mean(0), most) for side in (before, after))
    return x, y


def _shared(before: Side, after: Side) -> Array | None:
    """The distance in the features that both sides share: turnout, and candidates who stood twice."""
    shared = [key for key in dict.fromkeys(before.keys) if key in after.keys]
    if not shared:
        return None
    sides = (before, after)
    a, b = (np.column_stack([_standard(s.profile[:, np.array(s.keys) == k].mean(1)) for k in shared]) for s in sides)
    cost: Array = _squared_distances(a, b) / (2 * np.sqrt(len(shared)))
    return cost


def _profile_cost(predicted: Array, y: Array, covariance: Array) -> Array:
    """Minus the log-density of every new profile around every predicted one."""
    if not y.shape[1]:
        return np.zeros((len(predicted), len(y)))
    root = np.linalg.cholesky(np.linalg.inv(covariance))
    half_log = 0.5 * float(np.linalg.slogdet(covariance)[1])
    return _student(_squared_distances(predicted @ root, y @ root), y.shape[1]) + half_log


def _null_cost(y: Array) -> Array:
    """Minus the log-density of each profile among all the stations of the commune."""
    if not y.shape[1]:
        return np.zeros(len(y))
    covariance = y.T @ y / len(y) + 1e-3 * np.eye(y.shape[1])
    distance = np.einsum("ij,jk,ik->i", y, np.linalg.inv(covariance), y)
    return _student(distance, y.shape[1]) + 0.5 * float(np.linalg.slogdet(covariance)[1])


def _student(squared: Array, width: int) -> Array:
    value: Array = 0.5 * (DEGREES + width) * np.log1p(squared / DEGREES)
    return value


def _squared_distances(a: Array, b: Array) -> Array:
    value: Array = np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T, 0.0)
    return value


def _standard(column: Array) -> Array:
    value: Array = (column - column.mean()) / (column.std() + 1e-9)
    return value


def _no_pairs() -> tuple[Indices, Indices]:
    return np.empty(0, np.intp), np.empty(0, np.intp)


def _pairs_of(cost: Array) -> tuple[Indices, Indices]:
    rows, columns = linear_sum_assignment(cost)
    return rows, columns


def _assign(cost: Array, null: Array) -> tuple[Indices, Indices]:
    """The best assignment in which a station may also stay alone."""
    n, m = cost.shape
    padded = np.zeros((n + m, n + m))
    padded[:n, :m] = cost - null[None, :]  # relative to leaving j alone
    padded[:n, m:] = UNMATCHED
    rows, columns = linear_sum_assignment(padded)
    keep = (rows < n) & (columns < m)
    return rows[keep], columns[keep]


def _probabilities(cost: Array, null: Array, temperature: float, rounds: int = 60) -> Array:
    """Probabilities of pairs: the matrix exp(-cost) scaled so that each station is used once at most (Sinkhorn)."""
    weight = np.exp(np.clip(null[None, :] - cost, -60, 60) / temperature)
    a, b = np.ones(cost.shape[0]), np.ones(cost.shape[1])
    alone = np.exp(-UNMATCHED / temperature)
    for _ in range(rounds):
        a = 1 / (weight @ b + alone)
        b = 1 / (a @ weight + 1.0)
    value: Array = a[:, None] * weight * b[None, :]
    return value
