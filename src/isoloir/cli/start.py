"""The main job in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import START, AreaWords, app, example
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.commands.progress import progress
from isoloir.language import say


@app.command(
    rich_help_panel=START,
    help=say(
        "Simule un département, construit sa base, classe ses bureaux et ouvre la carte.",
        "Simulate a département, build its database, rank its stations and open the map.",
    ),
    epilog=example("isoloir demo", "isoloir demo --exit --out essai", "isoloir demo 94 --sources donnees"),
)
def demo(
    area: AreaWords = None,
    sources: Annotated[
        Path | None,
        typer.Option(help=say("de vrais fichiers, au lieu d'en simuler", "real files, instead of simulated ones")),
    ] = None,
    out: Annotated[Path, typer.Option(help=say("le dossier à écrire", "the folder to write"))] = Path("demo"),
    exit_: Annotated[
        bool,
        typer.Option("--exit", help=say("s'arrêter une fois les fichiers écrits", "stop once the files are written")),
    ] = False,
) -> None:
    from isoloir.cli.stations import serve  # here, so that this group comes first in the help
    from isoloir.commands.demo import demo as run

    with progress() as report:
        made = run(out, sources, Area.parse(area) if area else None, report)
    show.demo(made)
    if not exit_:
        serve(made.database)
