"""Where the voters of the stations of one commune went between two years in which something happened to it.

Evidence in order: one station only on a side; the overlap of outlines; the same code and a similar size, confirmed or
refuted by the assignment of `renumbering`; splits and merges that sizes and profiles explain; and, for what is left,
the balance of sizes. Voters for whom none of these speaks get no edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from isoloir.stations.identity.known import Known
from isoloir.stations.identity.renumbering import Matching, match
from isoloir.stations.identity.sides import Array, Side
from isoloir.stations.identity.sizes import Sizes, total_growth, usual_growth
from isoloir.stations.identity.splits import explain

SIMILAR = 0.2
CERTAIN = 0.5  # an assignment less probable than this is not made: the commune's stations look too much alike
RIVAL = 0.1  # another station as probable as this makes the same code a guess
WHOLE = 0.97
PART = 0.03  # a smaller part of a station is not followed
BALANCED = 0.6  # of a loss to a gain, below which sizes that move are no sign of a moved boundary
VISIBLE = 8.0  # times the usual change of a size, from which voters moved


@dataclass
class Transfer:
    """Shares of old stations (rows) that went to new ones (columns), why, and how sure that is."""

    share: Array
    evidence: NDArray[np.object_]
    quality: NDArray[np.object_]
    confidence: Array
    kept: NDArray[np.bool_]  # the same station, unchanged: same version
    reasons: list[str] = field(default_factory=list)  # what was left open

    @classmethod
    def empty(cls, n: int, m: int) -> Transfer:
        """Nothing known yet."""
        text = np.full((n, m), None, object)
        return cls(np.zeros((n, m)), text, text.copy(), np.zeros((n, m)), np.zeros((n, m), bool))

    def put(self, i: int, j: int, share: float, evidence: str, quality: str, confidence: float = 1.0) -> None:
        """Say that this share of i went to j."""
        self.share[i, j], self.evidence[i, j], self.quality[i, j] = share, evidence, quality
        self.confidence[i, j] = confidence


def transfer(
    before: Side,
    after: Side,
    known: Known,
    *,
    communes: tuple[list[str], list[str]],
    overlap: Array | None = None,
) -> Transfer:
    """Decide one step of one commune, or of the communes that merged or split in it."""
    n, m = len(before), len(after)
    found = Transfer.empty(n, m)
    changed = "commune_merger" if len(set(communes[0])) > 1 else "commune_split" if len(set(communes[1])) > 1 else None
    if m == 1:
        for i in range(n):
            found.put(i, 0, 1.0, changed or ("only_station" if n == 1 else "merged"), "B")
    elif n == 1:
        shares = after.registered / max(after.registered.sum(), 1)
        for j in range(m):
            found.put(0, j, float(shares[j]), changed or "split", "C")
    else:
        rows = _by_overlap(found, before, after, overlap)
        _by_match(found, before, after, known, rows, changed)
        _keep(found, before, after)
    return found


def _by_overlap(found: Transfer, before: Side, after: Side, overlap: Array | None) -> NDArray[np.bool_]:
    """Take what outlines say; the rows and columns that they do not cover remain. Returns the rows that are done."""
    done = np.zeros(len(before), bool)
    if overlap is None:
        return done
    done = np.asarray(overlap.sum(1) > 0.5)
    if done.mean() < 0.8:
        return np.zeros(len(before), bool)
    size = before.registered[:, None] * overlap
    covered = np.minimum(overlap.sum(1, keepdims=True), 1.0)
    shares = _fit(size, size.sum(1), after.registered, done)
    shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-12)
    shares[shares < PART] = 0
    shares = covered * shares / np.maximum(shares.sum(1, keepdims=True), 1e-12)
    similar = _similar(before, after)
    for i, j in zip(*np.nonzero(shares * done[:, None]), strict=True):
        whole = shares[i, j] > WHOLE
        if whole and before.codes[i] == after.codes[j] and (shares[:, j] > 0).sum() == 1:
            found.put(i, j, 1.0, "same_code", "A" if similar[i, j] else "C")
        else:
            found.put(i, j, float(shares[i, j]), "outline_overlap", "B" if whole else "C")
    return done


def _similar(before: Side, after: Side) -> NDArray[np.bool_]:
    """Which pairs have nearly the same size, the growth of the commune set aside."""
    growth = np.log(after.registered.sum() / before.registered.sum())
    step = np.log(after.registered[None, :] / before.registered[:, None])
    close: NDArray[np.bool_] = np.abs(step - (growth if abs(growth) < SIMILAR else 0.0)) <= SIMILAR
    return close


def _fit(seed: Array, rows: Array, columns: Array, done: NDArray[np.bool_]) -> Array:
    """Scale the seed to the voters of both sides (IPF), a few rounds only: outlines are right, sizes refine them."""
    table = seed.copy()
    growth = rows[done].sum() / max(columns.sum(), 1)
    reached = table.sum(0) > 0
    for _ in range(3):
        ratio = np.where(reached, columns * growth / np.maximum(table.sum(0), 1e-9), 1.0)
        table = table * np.clip(ratio, 0.5, 2.0)[None, :]
        table = table * (rows / np.maximum(table.sum(1), 1e-9))[:, None]
    return table


def _by_match(
    found: Transfer,
    before: Side,
    after: Side,
    known: Known,
    done: NDArray[np.bool_],
    changed: str | None,
) -> None:
    """Assign the stations that outlines left open."""
    filled = before.registered @ found.share
    rows = np.flatnonzero(~done)
    columns = np.flatnonzero(filled < 0.5 * after.registered)
    if not len(rows) or not len(columns):
        return
    if len(rows) == 1 or len(columns) == 1:
        _lonely(found, before, after, rows, columns, changed)
        return
    left, right = before.part(rows), after.part(columns)
    matching = match(left, right, known)
    groups = explain(matching, left, right, known.sizes)
    similar = _similar(left, right)
    for olds, news in groups:
        total = right.registered[news].sum()
        for i in olds:
            for j in news:
                share = float(right.registered[j] / max(total, 1)) if len(news) > 1 else 1.0
                found.put(
                    rows[i], columns[j], share, *_judge(matching, similar, left, right, olds, news, i, j, changed)
                )
    doubtful = _withdraw(found)
    _balance(found, before, after, _nearness(before, after, matching, rows, columns), doubtful, known.sizes)


def _lonely(
    found: Transfer, before: Side, after: Side, rows: NDArray[np.intp], columns: NDArray[np.intp], changed: str | None
) -> None:
    """One station left on a side: the only place to go to, or to come from."""
    size, room = before.registered[rows].sum(), after.registered[columns].sum()
    if not 0.5 < size / max(room, 1) < 2:
        found.reasons.append(f"{len(rows)} stations closed and {len(columns)} opened, of other sizes")
        return
    for i in rows:
        for j in columns:
            share = float(after.registered[j] / max(room, 1)) if len(columns) > 1 else 1.0
            found.put(i, j, share, changed or "remainder", "C")


def _judge(
    matching: Matching,
    similar: NDArray[np.bool_],
    left: Side,
    right: Side,
    olds: list[int],
    news: list[int],
    i: int,
    j: int,
    changed: str | None,
) -> tuple[str, str, float]:
    """The evidence, grade and probability of one edge of an assignment."""
    alone = len(olds) == len(news) == 1
    sure = float(matching.confidence[i, j]) if alone else 0.9
    if left.codes[i] == right.codes[j] and alone:
        rival = max(
            np.delete(matching.confidence[i], j).max(initial=0), np.delete(matching.confidence[:, j], i).max(initial=0)
        )
        return "same_code", "D" if rival > RIVAL else "A" if similar[i, j] else "C", max(sure, 0.9)
    evidence = changed or ("assignment" if alone else "split" if len(news) > 1 else "merged")
    return evidence, "C" if changed and sure > 0.95 else "D", sure


def _withdraw(found: Transfer) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Take back the assignments that are less probable than not; returns their rows and columns."""
    doubtful = (found.share > 0) & (found.confidence < CERTAIN)
    if doubtful.any():
        found.reasons.append(f"{int(doubtful.any(1).sum())} stations look too much like others to be told apart")
    found.share[doubtful], found.evidence[doubtful], found.quality[doubtful] = 0.0, None, None
    return np.any(doubtful, axis=1), np.any(doubtful, axis=0)


def _balance(
    found: Transfer,
    before: Side,
    after: Side,
    near: Array,
    doubtful: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    sizes: Sizes,
) -> None:
    """Send the voters of closed and shrunken stations to new and grown ones, near ones first."""
    n, m = before.registered, after.registered
    linked = found.share.sum(1) > 0
    growth = _growth(found, n, m, sizes)
    expected = growth * n @ found.share
    closed = ~linked & ~doubtful[0]
    opened = (expected == 0) & ~doubtful[1]
    changing = closed.any() or opened.any()
    tolerance = float(np.clip(VISIBLE * sizes.scale, 0.03, 0.04 if changing else 0.15))
    gain = np.where((m - expected > tolerance * expected) & ~doubtful[1], m - expected, 0.0)
    own = found.share.argmax(1)
    single = (found.share > 0).sum(0) == 1
    loss = np.where(linked & single[own] & (found.share.max(1) > WHOLE), expected[own] - m[own], 0.0)
    loss = np.where(loss > np.clip(VISIBLE * sizes.scale, 0.06, 0.15) * growth * n, loss, 0.0)
    must = np.where(closed, growth * n, 0.0)
    if not changing:
        loss, gain = _counterparts(loss, gain)
    if min(must.sum() + loss.sum(), gain.sum()) <= 0.02 * n.mean():
        return
    loss = loss * min(1.0, max(gain.sum() - must.sum(), 0.0) / max(loss.sum(), 1e-9))
    supply = must + loss
    gain = gain * min(1.0, supply.sum() / gain.sum())
    supply = supply * min(1.0, gain.sum() / max(supply.sum(), 1e-9))
    flow = _flow(near, supply, gain)
    followed = float(np.clip(VISIBLE * sizes.scale, PART, 0.05)) * growth * n[:, None]
    for i, j in zip(*np.nonzero((flow > followed) & (found.share == 0)), strict=True):
        part = float(min(flow[i, j] / (growth * n[i]), 1.0))
        if linked[i]:
            found.share[i, own[i]] = max(found.share[i, own[i]] - part, 0.0)
            found.quality[i, own[i]] = max(found.quality[i, own[i]], "C")
        found.put(i, j, part, "size_balance", "D", CERTAIN)


def _counterparts(loss: Array, gain: Array) -> tuple[Array, Array]:
    """Where no station opened or closed: the losses that a gain elsewhere answers, and these gains."""
    answered, answers = np.zeros_like(loss), np.zeros_like(gain)
    for i in np.argsort(-loss, kind="stable")[: int((loss > 0).sum())]:
        free = np.where(answers > 0, 0.0, gain)
        j = int(np.abs(free - loss[i]).argmin())
        if free[j] > 0 and abs(free[j] - loss[i]) <= (1 - BALANCED) * max(loss[i], free[j]):
            answered[i], answers[j] = loss[i], free[j]
    return answered, answers


def _growth(found: Transfer, n: Array, m: Array, sizes: Sizes) -> float:
    """How much stations grew that nothing happened to; that of the commune where they are few."""
    i, j = np.nonzero(found.share > WHOLE)
    if len(i) < 3:
        return math.exp(total_growth(n, m))
    return math.exp(float(np.clip(usual_growth(np.log(m[j] / n[i]), np.ones(len(i)), sizes.scale), -0.22, 0.22)))


def _nearness(
    before: Side, after: Side, matching: Matching, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Array:
    """Closer in the order of codes and in profile: larger."""
    order = np.abs(_rank(before)[:, None] - _rank(after)[None, :])
    near: Array = np.exp(-order / 0.1) + 1e-4
    cost = matching.profile - matching.profile.min(1, keepdims=True)
    near[np.ix_(rows, columns)] *= np.exp(-np.minimum(cost, 20) / 2) + 1e-4
    return near


def _rank(side: Side) -> Array:
    ranks: Array = (np.argsort(np.argsort(side.codes)) + 0.5) / len(side)
    return ranks


def _flow(near: Array, supply: Array, gain: Array) -> Array:
    table = near * (supply > 0)[:, None] * (gain > 0)[None, :]
    for _ in range(40):
        table = table * (gain / np.maximum(table.sum(0), 1e-12))[None, :]
        table = table * np.minimum(supply / np.maximum(table.sum(1), 1e-12), 1e12)[:, None]
    return table


def _keep(found: Transfer, before: Side, after: Side) -> None:
    """Mark the stations that nothing happened to."""
    same = np.array(before.codes)[:, None] == np.array(after.codes)[None, :]
    alone = ((found.share > 0).sum(0) == 1)[None, :] & ((found.share > 0).sum(1) == 1)[:, None]
    found.kept = same & alone & (found.share > WHOLE) & (found.quality == "A")
