"""What is known of the stations of a commune on one side of a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class Side:
    """The stations of a commune before or after, in the order of their codes."""

    codes: list[str]
    registered: Array
    profile: Array  # stations x features, arcsine shares centred on the commune
    noise: Array  # sampling variance of each of them
    keys: list[str]  # one per feature; the same key on both sides means the same party or turnout
    columns: Indices  # one per feature: which of the window of rounds it is
    labels: list[list[str | None]] = field(default_factory=list)  # each a partition of the stations

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, rows: Indices) -> Side:
        """Some of the stations."""
        return Side(
            [self.codes[k] for k in rows],
            self.registered[rows],
            self.profile[rows],
            self.noise[rows],
            self.keys,
            self.columns,
            [[label[k] for k in rows] for label in self.labels],
        )
