"""The flow diagram: who moved where, as wide as they are many, faded or hatched where that is not sure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path as Outline

from isoloir.commands.transitions.names import name_option, name_round
from isoloir.commands.transitions.rounds import SPECIAL, Side
from isoloir.language import say
from isoloir.stats.blocs import Blocs
from isoloir.stats.transitions.margins import Floats

if TYPE_CHECKING:
    from isoloir.commands.transitions.run import Flows

COLOURS = {
    "left": "#d5587a",
    "centre": "#dcab35",
    "centre_right": "#7d9bb5",
    "right": "#4e86c6",
    "far_right": "#3d4a6d",
    "abstention": "#c3bec7",
    "blank or spoiled": "#a9a3ae",
    "not registered": "#9cc3ae",
}
OTHER, INK, QUIET = "#9b97a0", "#1f1a24", "#655e6c"
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "isoloir", "font.family": "sans-serif", "font.size": 9}
Flags = npt.NDArray[np.bool_]
_SMALL = 0.015  # of all voters: options that are drawn together
_THIN = 0.002  # of all voters: flows that are not drawn
_TOLD = 0.018  # of all voters: flows whose share is written
_GAP = 0.012
_WIDTH = 0.016  # of the bars
_WIDE = 0.5  # an interval that begins under this part of its share is wide


@dataclass(frozen=True)
class Bars:
    """The options of one side, small ones together."""

    names: list[str]
    colours: list[str]
    of: list[int]  # the bar of each option


def draw(flows: Flows, file: Path) -> None:
    """Draw the transitions of the whole area into a .svg or .png file."""
    margins, found = flows.margins, flows.found
    left, right = (
        _bars(side, options, margins.blocs)
        for side, options in ((margins.before, margins.rows), (margins.after, margins.columns))
    )
    add = [np.eye(len(bars.names))[bars.of] for bars in (left, right)]
    votes = add[0].T @ found.votes @ add[1]
    half = add[0].T @ ((found.share_high - found.share_low) / 2 * found.votes.sum(1, keepdims=True)) @ add[1]
    doubt = add[0].T @ (found.disagree * found.votes) @ add[1] > 0.5 * votes
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 8.4), facecolor="white")
        axes = figure.add_axes((0.0, 0.075, 1.0, 0.83), frameon=False)
        axes.set(xlim=(-0.42, 1.42), ylim=(1.0 + _GAP * max(votes.shape), 0), xticks=[], yticks=[])
        _ribbons(axes, votes, half, doubt, left, right)
        _label(axes, votes.sum(1), left, -1)
        _label(axes, votes.sum(0), right, 1)
        _caption(figure, flows)
        figure.savefig(file, dpi=160, metadata={"Date": None} if file.suffix == ".svg" else None)


def _bars(side: Side, options: list[str], mapping: Blocs) -> Bars:
    """Small candidates together, in the place of the first of them; bars from left to right as the options are."""
    size = dict(zip(side.options, side.counts.sum(0) / side.counts.sum(), strict=True))
    small = [o for o in options if o not in SPECIAL and size[o] < _SMALL]
    if len(small) < 2:
        small = []
    bloc = dict(zip(side.options, side.blocs, strict=True))
    names = [say("autres", "others") if o in small else name_option(o, mapping) for o in options]
    bars = list(dict.fromkeys(names))
    colours = {
        name: OTHER if o in small else COLOURS.get(o) or COLOURS.get(bloc.get(o, ""), OTHER)
        for o, name in zip(options, names, strict=True)
    }
    return Bars(bars, [colours[name] for name in bars], [bars.index(name) for name in names])


def _starts(sizes: Floats) -> Floats:
    """Where each bar begins, from the top."""
    return np.asarray(np.concatenate([[0.0], np.cumsum(sizes + _GAP)[:-1]]))


def _ribbons(axes: Axes, votes: Floats, half: Floats, doubt: Flags, left: Bars, right: Bars) -> None:
    """Each flow from its origin to its destination, the biggest below."""
    share = votes / votes.sum()
    starts = _starts(share.sum(1))[:, None] + np.cumsum(share, axis=1) - share
    ends = _starts(share.sum(0))[None] + np.cumsum(share, axis=0) - share
    for r, c in sorted(np.ndindex(*share.shape), key=lambda cell: -share[cell]):
        if share[r, c] < _THIN:
            continue
        wide = half[r, c] > _WIDE * votes[r, c]
        style: dict[str, Any] = {"facecolor": left.colours[r], "alpha": 0.22 if wide else 0.62, "linewidth": 0}
        if doubt[r, c]:
            style |= {"hatch": "////", "edgecolor": "white"}
        axes.add_patch(PathPatch(_ribbon(starts[r, c], ends[r, c], share[r, c]), **style))
    for r, c in np.ndindex(*share.shape):
        if share[r, c] >= _TOLD:
            voters = votes[r].sum()
            low, high = (max(0.0, (votes[r, c] + sign * half[r, c]) / voters) for sign in (-1, 1))
            told = f"{100 * votes[r, c] / voters:.0f} %  ({100 * low:.0f}–{100 * min(high, 1):.0f})"
            axes.text(_WIDTH + 0.008, starts[r, c] + share[r, c] / 2, told, va="center", fontsize=7, color=INK)
    for x, sizes, bars in ((0.0, share.sum(1), left), (1.0 - _WIDTH, share.sum(0), right)):
        for top, size, colour in zip(_starts(sizes), sizes, bars.colours, strict=True):
            axes.add_patch(Rectangle((x, top), _WIDTH, size, color=colour, linewidth=0))


def _ribbon(start: float, end: float, width: float) -> Outline:
    a, b, middle = _WIDTH, 1.0 - _WIDTH, 0.5
    points = [(a, start), (middle, start), (middle, end), (b, end)]
    points += [(b, end + width), (middle, end + width), (middle, start + width), (a, start + width), (a, start)]
    codes = [Outline.MOVETO, *[Outline.CURVE4] * 3, Outline.LINETO, *[Outline.CURVE4] * 3, Outline.CLOSEPOLY]
    return Outline(points, codes)


def _label(axes: Axes, sizes: Floats, bars: Bars, side: int) -> None:
    """Name, voters and share of each bar, moved apart where bars are thin."""
    share = sizes / sizes.sum()
    wanted = _starts(share) + share / 2
    places = wanted.copy()
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + 0.026)
    x, edge = (-0.03, 0.0) if side < 0 else (1.03, 1.0)
    align = "right" if side < 0 else "left"
    for name, size, part, place, at in zip(bars.names, sizes, share, places, wanted, strict=True):
        axes.plot([edge + side * 0.004, edge + side * 0.026], [at, place], color="#d5d0d8", linewidth=0.7)
        figures = f"{_count(size)} · {100 * part:.1f} %"
        name_first = f"{name}   {figures}" if side > 0 else f"{figures}   {name}"
        axes.text(x, place, name_first, ha=align, va="center", color=INK, fontsize=8.5)


def _count(voters: float) -> str:
    return f"{voters / 1e6:.1f} M" if voters >= 9.95e5 else f"{round(voters):,}".replace(",", "\u202f")


def _caption(figure: Figure, flows: Flows) -> None:
    margins = flows.margins
    title = say("Qui est passé où", "Who moved where")
    figure.text(0.02, 0.965, title, fontsize=14, fontweight="bold", color=INK, va="center")
    area = "France" if str(margins.area) == "france" else str(margins.area)
    where = say(
        f"{area} · {len(margins.station_id):,} bureaux · en voix des inscrits",
        f"{area} · {len(margins.station_id):,} stations · registered voters",
    )
    figure.text(0.98, 0.965, where.replace(",", "\u202f"), fontsize=9, color=QUIET, va="center", ha="right")
    for x, align, election in ((0.02, "left", margins.before.election), (0.98, "right", margins.after.election)):
        figure.text(x, 0.925, name_round(election), fontsize=10, color=INK, va="center", ha=align)
    figure.legend(
        handles=[
            Patch(facecolor="#7d9bb5", alpha=0.62, label=say("estimé", "estimated")),
            Patch(facecolor="#7d9bb5", alpha=0.22, label=say("intervalle large", "wide interval")),
            Patch(
                facecolor="#7d9bb5",
                alpha=0.62,
                hatch="////",
                edgecolor="white",
                linewidth=0,
                label=say("méthodes en désaccord", "methods disagree"),
            ),
        ],
        loc="lower left",
        bbox_to_anchor=(0.01, 0.012),
        ncols=3,
        frameon=False,
        fontsize=8,
        labelcolor=QUIET,
    )
    note = say(
        "Part des voix d'origine (intervalle à 90 %). Déduit des bureaux : aucun bulletin n'est connu deux fois.",
        "Share of the origin's voters (90 % interval). Inferred from stations: nobody's ballot is known twice.",
    )
    figure.text(0.98, 0.032, note, fontsize=8, color=QUIET, va="center", ha="right")
