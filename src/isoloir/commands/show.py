"""What commands print, in French or English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from isoloir.language import language, say

if TYPE_CHECKING:  # `isoloir --help` need not load what a build needs
    from isoloir.commands.backtest.run import Backtest
    from isoloir.commands.demo import Demo
    from isoloir.commands.rank import Ranking
    from isoloir.simulate.country import Summary
    from isoloir.sources.fetch import Fetched
    from isoloir.sources.states import State
    from isoloir.stations.build import Built

OUT = Console()
WORST_FIRST = {"error": 0, "warning": 1}


def written(file: Path) -> None:
    """A file that is there now."""
    OUT.print(say(f"[green]écrit[/green] {file}", f"[green]written[/green] {file}"), highlight=False)


def demo(made: Demo) -> None:
    """The demonstration: database, ranking, timings, files."""
    built(made.built)
    ranking(made.ranking, 10)
    timings(made.seconds)
    for file in sorted(p for p in made.folder.iterdir() if p.is_file() and not p.name.startswith(".")):
        written(file)


def built(made: Built) -> None:
    """What the database holds, and what could not be matched and why."""
    counts = made.summary.counts
    OUT.print(
        say(
            f"[bold]{counts['today']} bureaux[/bold] de {made.area}, {counts['outlined']} avec un contour, "
            f"{counts['rounds']} tours depuis {counts['first']}, {counts['kinds']} variables",
            f"[bold]{counts['today']} stations[/bold] of {made.area}, {counts['outlined']} with an outline, "
            f"{counts['rounds']} rounds since {counts['first']}, {counts['kinds']} variables",
        ),
        highlight=False,
    )
    doubts(made)
    if made.seconds:
        timings(made.seconds)
    else:
        OUT.print(say("rien n'a changé : la base est à jour", "nothing changed: the database is current"))
    written(made.path)


def doubts(made: Built, most: int = 12) -> None:
    """The checks that are not plainly all right."""
    rows = sorted(made.summary.checks.rows(), key=lambda r: (WORST_FIRST.get(r[1], 2), r[0]))
    for name, outcome, detail in rows[:most]:
        colour = "red" if outcome == "error" else "yellow"
        OUT.print(f"[{colour}]{outcome}[/{colour}] {name}:", end=" ", highlight=False)
        OUT.print(detail, markup=False, highlight=False)
    if len(rows) > most:
        OUT.print(
            say(
                f"... et {len(rows) - most} autres remarques : table « checks » de la base",
                f"... and {len(rows) - most} more remarks: table `checks` of the database",
            )
        )


def ranking(found: Ranking, most: int) -> None:
    """The first stations, with the parts of their score."""
    if most:
        title = say(
            f"Priorité = abstention x soutien ({found.target}, {found.election})",
            f"Priority = abstention x support ({found.target}, {found.election})",
        )
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, expand=True)
        for heading in (say("rang", "rank"), say("niveau", "level"), say("bureau", "station")):
            table.add_column(heading, no_wrap=True)
        table.add_column(say("nom", "name"), no_wrap=True, overflow="ellipsis", ratio=1)
        for heading in (say("inscrits", "voters"), "abst.", say("soutien", "support"), "score", say("note", "grade")):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in found.table.head(most).iter_rows(named=True):
            table.add_row(
                str(row["rank"] or "-"),
                str(row["level"] or "-"),
                row["station_id"],
                f"{row['name'] or ''} · {row['commune'] or ''}".strip(" ·"),
                f"{row['registered']:.0f}",
                _percent(row["abstention_share"]),
                _percent(row["support_share"]),
                "-" if row["score"] is None else f"{row['score']:.3f}",
                row["quality"],
            )
        OUT.print(table)
    small = (found.table["rank"].is_null() & found.table["score"].is_not_null()).sum()
    if small:
        from isoloir.stats.priority.index import FEWEST, SMALLEST

        fr = f"[dim]hors classement : {small} (moins de {SMALLEST} inscrits ou de {FEWEST} exprimés)[/dim]"
        en = f"[dim]without a place: {small} (under {SMALLEST} voters or {FEWEST} valid votes)[/dim]"
        OUT.print(say(fr, en), highlight=False)
    if found.unplaced.height:
        names = ", ".join(
            f"{r['candidate']} ({r['nuance'] or '?'})" for r in found.unplaced.head(8).iter_rows(named=True)
        )
        OUT.print(
            say(f"[yellow]hors de tout bloc[/yellow] {names}", f"[yellow]in no bloc[/yellow] {names}"), highlight=False
        )


def backtest(found: Backtest) -> None:
    """The mean absolute errors of every method, and what they support."""
    from isoloir.commands.backtest.claims import claims
    from isoloir.commands.backtest.words import column, method, points, text
    from isoloir.stats.backtest.summary import comparable, table

    errors = table(comparable(found.scores), "mae")
    grid = Table(title=text("mae"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column(text("method"), no_wrap=True)
    for name in next(iter(errors.values())):
        grid.add_column(column(name, found.blocs), justify="right", min_width=5)
    for name in sorted(errors, key=lambda n: n != found.best):
        style = "bold" if name == found.best else None
        grid.add_row(method(name), *(points(e) for e in errors[name].values()), style=style)
    OUT.print(grid)
    colours = {"yes": "green", "partly": "yellow", "no": "red"}
    for claim in claims(found.evidence, column(found.target, found.blocs)):
        OUT.print(f"[{colours[claim.verdict]}]{text(claim.verdict)}[/] · [bold]{claim.title}[/]", highlight=False)
        OUT.print(claim.text, markup=False, highlight=False)


def sources(every: list[State], as_json: bool) -> None:
    """The list of sources, for people or for programs."""
    from isoloir.sources.states import rows, table

    if as_json:
        OUT.print_json(json.dumps(rows(every), default=str))
    else:
        OUT.print(table(every, language()))


def fetched(outcomes: list[Fetched]) -> None:
    """What became of each address; what must be fetched by hand is said last."""
    for outcome in outcomes:
        if outcome.outcome not in ("no_address", "failed"):
            size = f"{outcome.bytes / 1e6:.1f} MB" if outcome.bytes else ""
            OUT.print(f"[green]{outcome.outcome}[/green] {outcome.source}: {outcome.name} {size}", highlight=False)
    for outcome in outcomes:
        if outcome.outcome == "no_address":
            OUT.print(f"[yellow]{outcome.source}[/yellow]: {outcome.detail}", highlight=False)


def simulated(summary: Summary, folder: Path) -> None:
    """What a simulation wrote."""
    counts = ", ".join(f"{count:,} {name}".replace(",", " ") for name, count in summary.counts.items())
    OUT.print(f"{counts} ({summary.bytes / 1e6:.0f} MB, {summary.seconds:.1f} s)", highlight=False)
    written(folder)


def timings(seconds: Mapping[str, float]) -> None:
    """How long each stage took, in one line; what took no time is left out."""
    parts = [f"{name} {s:.1f} s" for name, s in seconds.items() if s >= 0.05 and not name.startswith("read ")]
    read = sum(s for name, s in seconds.items() if name.startswith("read "))
    if read >= 0.05:
        parts.insert(0, f"{say('lecture', 'read')} {read:.1f} s")
    OUT.print(" · ".join(parts), style="dim", highlight=False)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
