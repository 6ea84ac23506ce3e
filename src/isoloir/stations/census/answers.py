"""What one candidate answers to the variables: a value per station, its grade, and the reason where there is none.

Hundreds of variables are asked at once: what they share (which units are whole, sums by station, the share of a station
that is covered) is computed once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from isoloir.stations.census.candidates import COVERED, WELL_COVERED, Candidate, share_of
from isoloir.stations.census.locate import Floats
from isoloir.stations.census.variables import Computation, Variable

BLOCK = 16  # columns
TOLERANCE = 0.02  # shares may leave 0 to 1 by this, where INSEE's two samples are mixed; they are clipped
REASONS = (
    "no table covers it",
    "too few people or households",
    "secret or unknown in the census",
    "inconsistent counts",
)
Codes = npt.NDArray[np.int8]
Units = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """A variable (a `column` of the answers) and how the candidate can compute it; `rank` breaks ties of grade."""

    column: int
    variable: Variable
    computation: Computation
    rank: int


@dataclass(frozen=True)
class Answer:
    """For each station: the value or NaN, its grade, and the reason of its absence (an index of REASONS)."""

    value: Floats
    grade: Codes
    why: Codes


def answer(candidate: Candidate, questions: list[Question], own: pl.DataFrame) -> Iterator[Answer]:
    """The answer to each question; `own` has the columns of the stations themselves."""
    known = _Known(candidate, own)
    wanted = {c for q in questions for c in q.computation.columns} & set(candidate.source)
    gaps = known.gaps(sorted(wanted))
    easy = [q for q in questions if not q.computation.averaged and gaps.isdisjoint(q.computation.columns)]
    figures = dict(zip((q.column for q in easy), known.evaluate([q.computation for q in easy]), strict=True))
    for question in questions:
        columns = [c for c in question.computation.columns if c not in own.columns]
        valid = known.valid([c for c in columns if c in gaps])
        if question.computation.averaged:
            yield known.graded(_mean(candidate, question.computation, valid), valid, averaged=True)
            continue
        value, divisor = figures.get(question.column) or known.evaluate_within(question.computation, columns, valid)
        value, why = finish(value, divisor, question.variable)
        yield known.graded(value, valid, why=why)


def evaluate(table: pl.DataFrame, computations: list[Computation]) -> list[tuple[Floats, Floats]]:
    """Value and divisor of each computation in every row: NaN where unknown, infinite where nothing is divided."""
    nothing = pl.lit(np.inf)
    pairs = [(c.value, nothing if c.divisor is None else c.divisor) for c in computations]
    figures = [figure.cast(pl.Float64).fill_null(np.nan) for pair in pairs for figure in pair]
    if not figures:
        return []
    found = table.select(figure.alias(str(i)) for i, figure in enumerate(figures))
    values = [np.broadcast_to(column.to_numpy(), table.height) for column in found]
    return list(zip(values[::2], values[1::2], strict=True))


def finish(value: Floats, divisor: Floats, variable: Variable) -> tuple[Floats, Codes]:
    """Null under the floor of the denominator, and where a share is no share; with the reasons."""
    small = ~(divisor >= max(variable.minimum, 1e-12))
    why = np.where(small, 1, 0).astype(np.int8)
    if variable.unit == "share":
        odd = (value < -TOLERANCE) | (value > 1 + TOLERANCE)
        why = np.where(odd & ~small, np.int8(3), why)
        value = np.where(odd, np.nan, np.clip(value, 0.0, 1.0))
    return np.where(small, np.nan, value), why


class _Known:
    """What the answers of a candidate share, each computed when it is first needed."""

    def __init__(self, candidate: Candidate, own: pl.DataFrame) -> None:
        self.candidate = candidate
        self.own = own
        self.mass = candidate.size + 1e-9
        self.touched = np.diff(candidate.crosswalk.weights.indptr) > 0
        self._valid: dict[tuple[str, ...], tuple[Units, Floats]] = {}

    def gaps(self, columns: list[str]) -> set[str]:
        """The columns that are unknown in some unit."""
        whole = self.candidate.units.select(_finite(c).all().alias(c) for c in columns)
        return {c for c in columns if not whole[c].item()}

    def valid(self, columns: list[str]) -> tuple[Units, Floats]:
        """Whether each unit has all the columns, and the share of each station that such units cover."""
        key = tuple(columns)
        if key not in self._valid:
            units = self.candidate.units
            whole = np.ones(units.height, np.bool_)
            if columns:
                whole = units.select(pl.all_horizontal(_finite(c) for c in columns)).to_series().to_numpy()
            self._valid[key] = whole, share_of(self.candidate.crosswalk, self.mass, whole)
        return self._valid[key]

    def evaluate(self, computations: list[Computation]) -> list[tuple[Floats, Floats]]:
        """The same as `evaluate`, on sums over all units."""
        columns = sorted({c for k in computations for c in k.columns} & set(self.candidate.source))
        sums = _sum(self.candidate, np.ones(self.candidate.units.height, np.bool_), columns)
        return evaluate(pl.concat([sums, self.own], how="horizontal"), computations)

    def evaluate_within(
        self, computation: Computation, columns: list[str], valid: tuple[Units, Floats]
    ) -> tuple[Floats, Floats]:
        """The same for one computation, on sums over the units that have all its columns."""
        sums = _sum(self.candidate, valid[0], columns)
        return evaluate(pl.concat([sums, self.own], how="horizontal"), [computation])[0]

    def graded(
        self, value: Floats, valid: tuple[Units, Floats], *, why: Codes | None = None, averaged: bool = False
    ) -> Answer:
        """A value only where enough of the station is covered, with a lower grade where little is."""
        candidate, covered = self.candidate, valid[1]
        grade = candidate.grade
        if averaged and candidate.level != "station":
            grade = np.where(candidate.exact, grade, np.maximum(grade, 2))
        enough = covered >= COVERED
        why = np.zeros(len(covered), np.int8) if why is None else why
        why = np.where(self.touched & ~enough, 2, np.where(self.touched, why, 0)).astype(np.int8)
        grade = np.where(covered < WELL_COVERED, np.maximum(grade, 2), grade).astype(np.int8)
        return Answer(np.where(self.touched & enough, value, np.nan), grade, why)


def _finite(column: str) -> pl.Expr:
    return pl.col(column).is_finite().fill_null(False)


def _mean(candidate: Candidate, computation: Computation, valid: tuple[Units, Floats]) -> Floats:
    """The mean over units weighted by the households that the station has in each."""
    value = candidate.units.select(computation.value.cast(pl.Float64).fill_null(np.nan)).to_series().to_numpy()
    weight = (candidate.size + 1e-9) * valid[0]
    total = candidate.crosswalk.weights @ weight
    summed = candidate.crosswalk.weights @ np.where(valid[0], value * weight, 0.0)
    result: Floats = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    return result


def _sum(candidate: Candidate, valid: Units, columns: list[str]) -> pl.DataFrame:
    """Sums by station over some units, a few columns at a time: the grid of France has two million rows."""
    parts = []
    for start in range(0, len(columns), BLOCK):
        block = columns[start : start + BLOCK]
        values = candidate.units.select(pl.col(block).fill_null(np.nan)).to_numpy()
        sums = candidate.crosswalk.weights @ np.where(valid[:, None] & np.isfinite(values), values, 0.0)
        parts.append(pl.DataFrame(sums, schema=block, orient="row"))
    return pl.concat(parts, how="horizontal") if parts else pl.DataFrame()
