"""The figures of the report as SVG that a page can hold: its text and colours follow the page, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from isoloir.commands.backtest import words
from isoloir.commands.backtest.words import text
from isoloir.stats.backtest.question import Floats
from isoloir.stats.backtest.reach import Reach
from isoloir.stats.backtest.scores import Gain
from isoloir.stats.backtest.sizes import BySize
from isoloir.stats.backtest.trial import Trial
from isoloir.stats.blocs import Blocs

# Each colour drawn stands for a variable of the page's style sheet.
INK, LINE = "#010101", "#020202"
COLOURS = {
    "forecast": "#030301",
    "composite": "#030302",
    "uniform_swing": "#030303",
    "po": "#030304",
    "last_result": "#030305",
    "perfect": "#030306",
    "floor": "#030307",
    "other": "#030308",
}
SHAPES = {"composite": "D", "uniform_swing": "s"}  # for those who do not tell the colours apart
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "isoloir",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 1.4,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.1,
    "savefig.transparent": True,
}
TOLD_NOTHING = ("same_as_last", "last_of_type")  # of the scenario: in the table, but off the scale of the figure
INK_RGB = (0.16, 0.47, 0.71)  # of the densities, which are pictures: readable on white and on black


def errors_by_method(errors: dict[str, dict[str, float]], best: str, mapping: Blocs) -> str:
    """One row a column (bloc, abstention), one dot a method that is told the scenario: mean absolute error."""
    with rc_context(STYLE):
        columns = list(next(iter(errors.values())))
        figure, axes = _canvas(6.8, 0.4 * len(columns) + 1.1)
        rows = np.arange(len(columns))[::-1]
        for name in sorted((n for n in errors if n not in TOLD_NOTHING), key=lambda n: (n == best, n in COLOURS)):
            colour = COLOURS.get(name, COLOURS["other"])
            label = words.method(name) if name in COLOURS else None
            axes.scatter(
                [100 * errors[name][c] for c in columns], rows, 75 if name == best else 32, colour, label=label
            )
        axes.scatter([], [], 32, COLOURS["other"], label=text("others"))
        axes.set_yticks(rows, [words.column(c, mapping) for c in columns])
        axes.set_ylim(-0.6, len(columns) - 0.4)
        axes.set_xlim(left=0)
        axes.set_xlabel(text("mae"))
        figure.legend(loc="outside upper left", ncols=4)
        return _svg(figure, "methods", text("errors"))


def seen(trial: Trial, name: str, mapping: Blocs) -> str:
    """For each column how many stations lie where: predicted across, observed up; the diagonal is no error."""
    with rc_context(STYLE):
        said = trial.answers[name].mean
        kept = [i for i in range(said.shape[1]) if np.isfinite(trial.truth[:, i]).any()]
        figure = Figure(figsize=(2.3 * 3, 2.35 * -(-len(kept) // 3)), layout="constrained")
        for place, i in enumerate(kept):
            axes = figure.add_subplot(-(-len(kept) // 3), 3, place + 1)
            _density(axes, said[:, i], trial.truth[:, i], trial.question.registered)
            axes.set_title(words.column(trial.columns[i], mapping))
        figure.supxlabel(text("predicted"), fontsize=10)
        figure.supylabel(text("observed"), fontsize=10)
        title = words.election(trial.question.election)
        return _svg(
            figure,
            f"seen-{trial.question.election}",
            text("seen-title", election=title),
        )


def error_by_size(blocs: Sequence[BySize], abstention: Sequence[BySize]) -> str:
    """RMSE of some methods and of chance alone over tenths of the stations, blocs beside abstention."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.8, 3.1), layout="constrained")
        for place, (title, sizes) in enumerate(((text("blocs"), blocs), ("abstention", abstention))):
            axes = figure.add_subplot(1, 2, place + 1)
            for size in sizes:
                colour = COLOURS.get(size.method, COLOURS["other"])
                axes.plot(
                    range(10),
                    100 * size.rmse,
                    color=colour,
                    marker=SHAPES.get(size.method, "o"),
                    ms=4,
                    label=words.method(size.method),
                )
            axes.plot(range(10), 100 * sizes[0].floor, color=COLOURS["floor"], ls=":", label=text("chance"))
            axes.set_title(title)
            axes.set_ylim(bottom=0)
            _size_axis(axes, sizes[0].registered)
            if not place:
                axes.set_ylabel(text("rmse-axis"))
                handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=4)
        return _svg(figure, "error-size", text("sizes-title"))


def cover_by_size(sizes: Sequence[BySize], mapping: Blocs) -> str:
    """How often the 90 % intervals held the truth, over tenths of the stations; the band is 85 to 95 %."""
    with rc_context(STYLE):
        figure, axes = _canvas(6.8, 3.0)
        axes.axhspan(85, 95, color=COLOURS["floor"], alpha=0.15, lw=0)
        axes.axhline(90, color=COLOURS["floor"], lw=1)
        for size, style in zip(sizes, ("-", "--", ":", "-."), strict=False):
            label = "blocs" if size.column == "blocs" else words.column(size.column, mapping)
            axes.plot(range(10), 100 * size.cover, color=COLOURS["forecast"], ls=style, marker="o", ms=4, label=label)
        lowest = min(float(np.nanmin(s.cover)) for s in sizes)
        axes.set_ylim(min(75, 100 * lowest - 3), 100)
        axes.set_ylabel(text("cover-axis"))
        _size_axis(axes, sizes[0].registered)
        figure.legend(loc="outside upper left", ncols=4)
        return _svg(figure, "cover-size", text("cover-title"))


def gains(reaches: Sequence[Reach], best: str, bloc: str) -> str:
    """The share of the reserve that each order of visits reaches: with a share of the stations, then of the voters."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.8, 3.6), layout="constrained")
        grid = np.linspace(0, 1, 51)
        sides = (
            (text("gain-stations"), [r.by_station for r in reaches]),
            (text("gain-voters"), [r.by_voter for r in reaches]),
        )
        for place, (label, curves) in enumerate(sides):
            axes = figure.add_subplot(1, 2, place + 1)
            for name in [n for n in ("perfect", best, "po", "last_result", "size") if n in curves[0]]:
                mean = np.mean([_heights(curve[name], grid) for curve in curves], axis=0)
                dashes = "--" if name in ("perfect", "size") else "-"
                axes.plot(100 * grid, 100 * mean, color=COLOURS.get(name, COLOURS["other"]), ls=dashes, lw=1.7)
            axes.plot([0, 100], [0, 100], color=COLOURS["floor"], ls=":")
            axes.axvline(20, color=LINE, lw=1, zorder=0)
            axes.set(xlim=(0, 100), ylim=(0, 100), xlabel=label)
            if not place:
                axes.set_ylabel(text("gain-axis"))
        first = figure.axes[0]
        names = [n for n in ("perfect", best, "po", "last_result", "size") if n in sides[0][1][0]] + ["random"]
        figure.legend(
            first.get_lines()[: len(names)], [words.method(n) for n in names], loc="outside upper left", ncols=3
        )
        return _svg(figure, "gain", text("gain-title", bloc=bloc))


def _heights(curve: Gain, grid: Floats) -> Floats:
    return np.interp(grid, curve.cost, curve.gain)


def _density(axes: Axes, said: Floats, true: Floats, weights: Floats) -> None:
    known = np.isfinite(true) & np.isfinite(weights)
    high = max(0.05, float(np.quantile(np.append(true[known], said[known]), 0.999)))
    counts, _, _ = np.histogram2d(said[known], true[known], 60, [[0, high], [0, high]], weights=weights[known])
    colours = LinearSegmentedColormap.from_list("ink", [(*INK_RGB, 0.0), (*INK_RGB, 1.0)])
    extent = (0, 100 * high, 0, 100 * high)
    axes.imshow(counts.T**0.35, origin="lower", extent=extent, cmap=colours, interpolation="nearest")
    axes.plot([0, 100 * high], [0, 100 * high], color=INK, lw=0.8)


def _size_axis(axes: Axes, registered: Floats) -> None:
    axes.set_xticks(range(10), ["" if not np.isfinite(r) else f"{r:.0f}" for r in registered], fontsize=8)
    axes.set_xlabel(text("size-axis"))


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an `<svg>` that names itself to those who do not see it."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'width="[\d.]+pt" height="[\d.]+pt" |height="[\d.]+pt" |width="[\d.]+pt" ', "", svg, count=2)
    for colour, variable in {INK: "ink", LINE: "line", **{c: n for n, c in COLOURS.items()}}.items():
        svg = svg.replace(colour, f"var(--{variable.replace('_', '-')})")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
