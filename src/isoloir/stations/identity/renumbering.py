"""Which new station is which old one, when a commune has renumbered: an optimal assignment.

The cost of saying that old station i is new station j is minus the log-likelihood of what is seen of j:

* its size (`sizes`): log(m_j / n_i), less the growth of the commune, as stations of the area that stayed changed it;
* its voting profile: y_j = x_i B + e, with x and y the noise-scaled principal components of several rounds before and
  after, so that two different sets of candidates can be compared; B and the covariance of e are learned from stations
  known to be the same (other communes of the area, where there are any) and, in communes of some size, from the
  assignment itself, in turn;
* its code: a mixture of "kept its code", "kept its place in the order of codes", "follows the neighbour of its old
  neighbour" and "anything", whose weights are learned in the same loop, so that a renumbering at random is not forced
  into order; labels (constituency, first two characters of the code) work in the same way.

Alternating an exact assignment with the estimation of its parameters is hard EM; it is started from several places and
the most likely end is kept, once for a commune that kept its codes and once for one that dealt them again. Where no
other commune teaches the regression, the assignment is believed only if it fits better, by 1 nat a station, than one to
profiles shuffled at random: on real communes with shuffled codes, assignments above that bar were right for 58 to 100 %
of the stations (and for 75 to 100 % of those with a probability over one half), those below mostly wrong.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

from isoloir.stations.identity.assignment import UNMATCHED, assign, probabilities
from isoloir.stations.identity.components import components, shared_distance
from isoloir.stations.identity.known import Known
from isoloir.stations.identity.lessons import Lesson, Spread, regress, squared_distances
from isoloir.stations.identity.ordering import Prior
from isoloir.stations.identity.sides import Array, Indices, Side
from isoloir.stations.identity.sizes import Sizes, total_growth, usual_growth

LONE = UNMATCHED + math.log(2.0)  # and a new one may have any size
SIGNIFICANT = 1.0  # nats a station by which an assignment must beat what chance fits, where nothing else teaches
CLEAR = 2.5  # above which its probabilities need no tempering
FEWEST_ALONE = 12  # below which that cannot be measured
RENUMBERED = math.log(200.0)  # prior odds that a commune did not deal its codes again
ANOTHER_GROWTH = 2.0  # prior: a commune's total grows as its stations do
MANY = 8  # stations whose profiles tell how the commune grew
MOSTLY = 0.85  # of the stations must fit their own code better than others do, where a large commune kept its codes
ENOUGH = 20  # stations from which a commune adds to what others teach


@dataclass(frozen=True)
class Matching:
    """An assignment: the rows of `before` and of `after` that are paired, and how far to believe it."""

    before: Indices
    after: Indices
    null: Array  # per new station: the cost of coming from nowhere
    cost: Array  # before x after
    objective: float
    profile: Array  # before x after: the part of the cost that is the profile
    size: Array  # and the part that is the size
    confidence: Array = field(default_factory=lambda: np.zeros((0, 0)))  # before x after: probability of each pair

    def weighed(self, temperature: float, believed: bool = True) -> Matching:
        """With the probabilities of all pairs; learned on itself alone a model is too sure, hence the temperature."""
        found = probabilities(self.cost, self.null, temperature)
        return replace(self, confidence=found if believed else np.zeros_like(found))


def match(before: Side, after: Side, known: Known) -> Matching:
    """Assign old stations to new ones; both sides need at least two stations.

    Two histories are compared: the commune kept its codes, or it dealt them again (which one commune in a hundred does
    between two years of elections). Where both are likely, the probabilities of the pairs say so.
    """
    prior, lesson = Prior(before, after), known.lesson
    problem = _Problem.of(before, after, known.sizes, prior, lesson)
    same, keep = prior.same_code(), None
    if len(same[0]) >= 0.5 * min(len(before), len(after)):
        for attempt in (problem.kept, problem.best_kept):
            keep = attempt(same)
            if problem.settles(keep, same):
                return problem.refined(keep, same).weighed(1.0 if lesson else 2.0)
    if lesson is not None and len(before) >= ENOUGH:
        lesson = known.lesson_of(before.columns, after.columns)
        problem = _Problem.of(before, after, known.sizes, prior, lesson)
        keep = keep and problem.best_kept(same)
    free, temperature, believed = _dealt_again(before, after, problem, lesson)
    if keep is None:
        return free.weighed(temperature, believed)
    odds = float(np.clip(keep.objective - free.objective - RENUMBERED, -50, 50)) / temperature
    return _mixed(keep, free.weighed(temperature, believed), 1 / (1 + math.exp(-odds)))


def _dealt_again(before: Side, after: Side, problem: _Problem, lesson: Lesson | None) -> tuple[Matching, float, bool]:
    """The best assignment after a renumbering, the temperature of its probabilities, and whether to believe it."""
    if lesson is not None:
        return problem.best(_no_pairs(), problem.prior.start, problem.prior.anywhere), 1.0, True
    free = problem.search(shared_distance(before, after))
    if len(before) < FEWEST_ALONE:
        return free, 2.0, True
    gain = problem.gain(free)
    return free, _temperature(gain), gain >= SIGNIFICANT


def _mixed(keep: Matching, free: Matching, dealt: float) -> Matching:
    """The likelier of two histories, with the probabilities of the pairs over both; `dealt` is that of the second."""
    kept = keep.weighed(1.0)
    confidence = (1 - dealt) * kept.confidence + dealt * free.confidence
    return replace(free if dealt > 0.5 else kept, confidence=confidence)


def _temperature(gain: float) -> float:
    return float(np.clip(CLEAR / max(gain, 1e-9), 1.0, 2.0))


def _objective(end: Matching) -> float:
    return end.objective


@dataclass(frozen=True)
class _Problem:
    """Components of both sides, their sizes, the prior of the codes, and what others taught."""

    x: Array
    y: Array
    registered: tuple[Array, Array]
    sizes: Sizes
    prior: Prior
    lesson: Lesson | None

    @classmethod
    def of(cls, before: Side, after: Side, sizes: Sizes, prior: Prior, lesson: Lesson | None) -> _Problem:
        """The problem of one step."""
        x, y = components(before, after, lesson)
        return cls(x, y, (before.registered, after.registered), sizes, prior, lesson)

    @cached_property
    def fixed(self) -> Array:
        """The cost of the sizes, with the growth of the commune's total."""
        return self.sizes.between(*self.registered)

    @cached_property
    def taught(self) -> Array:
        """The cost of the profiles by the lesson alone."""
        assert self.lesson is not None
        return self.lesson.error.cost(self.x @ self.lesson.slope, self.y)

    @cached_property
    def null(self) -> Array:
        """The cost of each new station coming from nowhere."""
        if self.lesson is None:
            return _null_cost(self.y) + LONE
        return self.lesson.whole.scattered(self.y, len(self.y) >= MANY) + LONE

    def settles(self, keep: Matching, same: tuple[Indices, Indices]) -> bool:
        """Whether no other history can be likelier; of a large commune, whether nearly every code fits by itself."""
        if not self._learns:
            free = np.minimum(self.null, (keep.size + self.taught).min(0) - math.log(len(self.y)))
            return bool(keep.objective <= free.sum() + RENUMBERED)
        if self.lesson is None:
            gain = self.null[same[1]] - LONE - keep.size[same] - keep.profile[same]
        else:  # what the wrong codes would have taught must not speak for them
            base = keep.size + self.taught
            gain = np.median(base, axis=0)[same[1]] - base[same]
        whole = len(same[0]) >= 0.9 * len(self.null)
        return whole and float(gain.mean()) >= 1.0 and float(np.mean(gain > 0)) >= MOSTLY

    @property
    def _learns(self) -> bool:
        return self.lesson is None or len(self.x) >= ENOUGH

    def _profile(self, pairs: tuple[Indices, Indices]) -> Array:
        if not self._learns:
            return self.taught
        slope, covariance = regress(self.x[pairs[0]], self.y[pairs[1]], self.lesson)
        return _profile_cost(self.x @ slope, self.y, covariance)

    def kept(self, same: tuple[Indices, Indices]) -> Matching:
        """The assignment of a commune that kept its codes, by what others teach alone where they do."""
        if self.lesson is None:
            return self.best_kept(same)
        fixed = self.fixed if len(same[0]) < MANY else self.sizes.between(*self.registered, self._growth_of(same))
        cost = fixed + self.taught + self.prior.cost(self.prior.keeping, pairs=same)
        return self._ended(assign(cost, self.null), cost, self.taught, fixed)

    def best_kept(self, same: tuple[Indices, Indices]) -> Matching:
        """The same, from several growths and with what the commune itself teaches."""
        return self.best(same, self.prior.keeping)

    def refined(self, keep: Matching, same: tuple[Indices, Indices]) -> Matching:
        """A commune that kept its codes teaches how it differs from others, where it is large."""
        if self.lesson is None or not self._learns:
            return keep
        return self.solve(same, self.prior.keeping, rounds=2, growth=self._growth_of(same))

    def _growth_of(self, pairs: tuple[Indices, Indices]) -> float:
        n, m = self.registered
        steps = np.log(m[pairs[1]] / n[pairs[0]])
        return usual_growth(steps, np.ones(len(steps)), self.sizes.scale)

    def best(self, pairs: tuple[Indices, Indices], *starts: Array) -> Matching:
        """The likeliest end of several starts, for each of the growths that the commune may have had."""
        ends = [self.solve(pairs, weights) for weights in starts]
        for weights in starts:
            for growth in self._growths(pairs if len(pairs[0]) else (ends[0].before, ends[0].after)):
                ends.append(self.solve(pairs, weights, growth=growth))
        return min(ends, key=_objective)

    def _growths(self, pairs: tuple[Indices, Indices]) -> Iterable[float]:
        """What the pairs suggest, and what the profiles do, where they are not what the total does."""
        n, m = self.registered
        steps, total = np.log(m[None, :] / n[:, None]), total_growth(n, m)
        found = []
        if len(pairs[0]) >= 3:
            found.append(self._growth_of(pairs))
        if self.lesson is not None and min(len(n), len(m)) >= MANY:
            loose = Sizes(max(self.sizes.scale, 0.02), 0.1).between(n, m)
            weight = probabilities(loose + self.taught, self.null, 1.0, rounds=10)
            found.append(usual_growth(steps.ravel(), weight.ravel(), self.sizes.scale))
        return [g for g in found if abs(g - total) > self.sizes.scale]

    def solve(
        self, pairs: tuple[Indices, Indices], weights: Array, rounds: int = 20, growth: float | None = None
    ) -> Matching:
        """Alternate regression and assignment until the assignment stays."""
        bonds = self.prior.bonds
        fixed = self.fixed if growth is None else self.sizes.between(*self.registered, growth)
        for _ in range(rounds):
            profile = self._profile(pairs)
            cost = fixed + profile + self.prior.cost(weights, bonds, pairs)
            fresh = assign(cost, self.null)
            if np.array_equal(fresh[0], pairs[0]) and np.array_equal(fresh[1], pairs[1]):
                break
            pairs = fresh
            weights, bonds = self.prior.learn(pairs)
        return self._ended(pairs, cost, profile, fixed, 0.0 if growth is None else ANOTHER_GROWTH)

    def _ended(
        self, pairs: tuple[Indices, Indices], cost: Array, profile: Array, fixed: Array, more: float = 0.0
    ) -> Matching:
        lonely = np.ones(len(self.y), bool)
        lonely[pairs[1]] = False
        objective = cost[pairs].sum() + self.null[lonely].sum() + UNMATCHED * (len(self.x) - len(pairs[0])) + more
        return Matching(pairs[0], pairs[1], self.null, cost, float(objective), profile, fixed)

    def search(self, shared: Array | None, leading: int = 3) -> Matching:
        """Start from every way to pair the leading components, and from the features that both sides share."""
        start = self.fixed + self.prior.cost(self.prior.start)
        firsts = [start if shared is None else start + shared]
        width = min(leading, self.x.shape[1], self.y.shape[1]) if len(self.x) <= 300 else 0
        a, b = (c[:, :width] / (c[:, :width].std(0) + 1e-9) for c in (self.x, self.y))
        for order in itertools.permutations(range(width)):
            for signs in itertools.product((1.0, -1.0), repeat=width):
                firsts.append(start + squared_distances(a, b[:, order] * np.array(signs)))
        short = sorted(
            (self.solve(linear_sum_assignment(c), self.prior.start, rounds=3) for c in firsts), key=_objective
        )
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


def _profile_cost(predicted: Array, y: Array, covariance: Array) -> Array:
    """Minus the log-density of every new profile around every predicted one."""
    return Spread.of(covariance).cost(predicted, y) if y.shape[1] else np.zeros((len(predicted), len(y)))


def _null_cost(y: Array) -> Array:
    """Minus the log-density of each profile among all the stations of the commune."""
    if not y.shape[1]:
        return np.zeros(len(y))
    covariance = y.T @ y / len(y) + 1e-3 * np.eye(y.shape[1])
    spread: Array = Spread.of(covariance).cost(np.zeros((1, y.shape[1])), y)[0]
    return spread


def _no_pairs() -> tuple[Indices, Indices]:
    return np.empty(0, np.intp), np.empty(0, np.intp)
