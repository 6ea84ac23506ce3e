"""Least squares with clustered errors that are honest in small samples.

Variance: CR2 of Bell and McCaffrey (Survey Methodology 28(2), 2002), unbiased where errors are alike; with one station
a cluster it is HC2. Degrees of freedom: Satterthwaite's, for the one coefficient asked (Imbens and Kolesár, Review of
Economics and Statistics 98(4), 2016), because one control in five leaves far fewer than there are stations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isoloir.errors import StatsError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """One coefficient."""

    value: float
    error: float  # standard
    freedom: float  # degrees of


class Design:
    """The columns beside the one asked for (N, K), and the clusters (N,): what does not change with the outcome."""

    def __init__(self, controls: Floats, clusters: Ints) -> None:
        basis, scale, _ = np.linalg.svd(controls, full_matrices=False)
        self.basis = basis[:, scale > 1e-9 * max(scale[0], 1e-300)]
        _, self.clusters = np.unique(clusters, return_inverse=True)

    def residual(self, values: Floats) -> Floats:
        """What the controls do not explain."""
        return np.asarray(values - self.basis @ (self.basis.T @ values))

    def fit(self, outcome: Floats, asked: Floats, instrument: Floats | None = None) -> Fit:
        """The coefficient of `asked` on `outcome`, both (N,), by `instrument` where given (two-stage least squares).

        Raises StatsError where the controls leave nothing of `asked`, or too few stations to tell an error.
        """
        z = self.residual(asked if instrument is None else instrument)
        x, y = self.residual(asked), self.residual(outcome)
        first = float(z @ x)
        if z @ z < 1e-12 or abs(first) < 1e-9 * np.sqrt(float(z @ z) * max(float(asked @ asked), 1e-300)):
            raise StatsError("treatment and control do not differ once strata and earlier results are taken out")
        value = float(z @ y) / first
        leads = self._leads(z)
        error = y - value * x
        sums = np.array([weights @ error[rows] for rows, weights in leads])
        return Fit(value, float(np.sqrt((sums**2).sum())) / abs(first), self._freedom(z, leads))

    def _leads(self, z: Floats) -> list[tuple[Ints, Floats]]:
        """Of each cluster its rows, and z adjusted by the inverse root of what its residuals keep of their errors."""
        lead = z / np.sqrt(z @ z)
        out: list[tuple[Ints, Floats]] = []
        order = np.argsort(self.clusters, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self.clusters[order])) + 1):
            basis, own = self.basis[rows], lead[rows]
            kept = np.eye(len(rows)) - basis @ basis.T - np.outer(own, own)
            out.append((rows, _inverse_root(kept) @ z[rows]))
        return out

    def _freedom(self, z: Floats, leads: list[tuple[Ints, Floats]]) -> float:
        """Satterthwaite's, under independent errors of one variance: (tr B)^2 / tr B^2."""
        lead = z / np.sqrt(z @ z)
        gram = np.zeros((len(leads), len(leads)))
        through = np.array([np.append(w @ self.basis[rows], w @ lead[rows]) for rows, w in leads])
        gram -= through @ through.T
        gram[np.diag_indices(len(leads))] += [w @ w for _, w in leads]
        square = float((gram**2).sum())
        if square <= 0:
            raise StatsError("too few stations to tell an error: every one is needed to fit strata and earlier results")
        return float(np.trace(gram)) ** 2 / square


def _inverse_root(matrix: Floats) -> Floats:
    """The inverse square root of a symmetric matrix; what it maps to nothing stays nothing."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0.0)
    return np.asarray((vectors * root) @ vectors.T)
