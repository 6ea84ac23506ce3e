"""What `isoloir transitions` prints."""

from __future__ import annotations

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from isoloir.commands.show import OUT
from isoloir.commands.transitions.margins import Inferred
from isoloir.commands.transitions.names import name_option, name_round
from isoloir.commands.transitions.run import Flows
from isoloir.language import say

_HIDDEN = 0.005  # of an origin's voters: flows under it are not printed


def flows(found: Flows, most: int) -> None:
    """Of each origin the main destinations, with interval, bounds and doubt; then what the figures rest on."""
    margins, result = found.margins, found.found
    OUT.print(
        say(
            f"[bold]{name_round(margins.before.election)} → {name_round(margins.after.election)}[/bold], "
            f"{margins.area}, {len(margins.station_id)} bureaux, en parts des inscrits de chaque origine",
            f"[bold]{name_round(margins.before.election)} → {name_round(margins.after.election)}[/bold], "
            f"{margins.area}, {len(margins.station_id)} stations, shares of each origin's registered voters",
        ),
        highlight=False,
    )
    OUT.print(_table(found, most))
    doubted = int(result.disagree.sum())
    OUT.print(
        say(
            f"? : les méthodes se contredisent ({doubted} cases sur {result.disagree.size}). Bornes : vraies quoi "
            "qu'aient fait les électeurs. Intervalle : à 90 %.",
            f"?: the methods disagree ({doubted} of {result.disagree.size} cells). Bounds: true whatever voters did. "
            "Interval: 90 %.",
        ),
        style="dim",
        highlight=False,
    )
    for notice in margins.notices:
        OUT.print(f"· {notice}", markup=False, highlight=False)


def _table(found: Flows, most: int) -> Table:
    margins, result = found.margins, found.found
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in (say("de", "from"), say("vers", "to")):
        table.add_column(heading, no_wrap=True, max_width=20)
    headings = (say("voix", "voters"), say("part", "share"), say("intervalle", "interval"), say("bornes", "bounds"), "")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True, min_width=6 if heading else 1)
    for r, origin in enumerate(margins.rows):
        main = [c for c in np.argsort(-result.shares[r])[:most] if result.shares[r, c] >= _HIDDEN]
        for c in main:
            table.add_row(
                name_option(origin, margins.blocs) if c == main[0] else "",
                name_option(margins.columns[c], margins.blocs),
                f"{result.votes[r, c]:,.0f}".replace(",", " "),
                f"{100 * result.shares[r, c]:.1f} %",
                _range(result.share_low[r, c], result.share_high[r, c]),
                _range(result.bound_low[r, c], result.bound_high[r, c]),
                "?" if result.disagree[r, c] else "",
                end_section=bool(c == main[-1]),
            )
    return table


def _range(low: float, high: float) -> str:
    return f"{100 * low:.0f}–{100 * high:.0f}"


def inferred(found: Inferred) -> None:
    """How many districts there were, and what had to be done to their figures."""
    districts = found.table.select("election", "district_no").n_unique()
    OUT.print(
        say(
            f"{districts} circonscriptions, {found.table.height} cases",
            f"{districts} districts, {found.table.height} cells",
        ),
        highlight=False,
    )
    for notice in found.notices:
        OUT.print(f"[yellow]·[/yellow] {notice}", highlight=False)
