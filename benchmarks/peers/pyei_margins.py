"""PyEI on margins, in its own environment (requirements/bench.txt).

    .venv/bench/bin/python benchmarks/peers/pyei_margins.py MARGINS.npz DRAWS

MARGINS.npz holds `origins` and `destinations` (stations, options), as many voters in both. Prints one line of JSON:
seconds of the fit, compilation included, and the table that it found.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def main() -> None:
    from pyei.r_by_c import RowByColumnEI

    margins = np.load(sys.argv[1])
    draws = int(sys.argv[2])
    x, y = margins["origins"], margins["destinations"]
    voters = x.sum(1)
    model = RowByColumnEI(model_name="multinomial-dirichlet-modified")
    start = time.perf_counter()
    model.fit(
        (x / voters[:, None]).T,
        (y / voters[:, None]).T,
        voters.astype(int),
        demographic_group_names=[f"origin {i}" for i in range(x.shape[1])],
        candidate_names=[f"destination {i}" for i in range(y.shape[1])],
        draws=draws,
        tune=draws,
        chains=1,
        cores=1,
        progressbar=False,
    )
    seconds = time.perf_counter() - start
    table = np.asarray(model.posterior_mean_voting_prefs) * x.sum(0)[:, None]
    print(json.dumps({"seconds": seconds, "table": table.tolist()}))


if __name__ == "__main__":
    main()
