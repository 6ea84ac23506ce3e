"""Build the stations and look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import DEFAULT, STATIONS, AreaWords, Database, app, example
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.commands.progress import ERRORS, progress
from isoloir.language import say


@app.command(
    rich_help_panel=STATIONS,
    help=say(
        "Construit la base des bureaux de vote d'un territoire à partir de fichiers officiels.",
        "Build the station database of an area from official files.",
    ),
    epilog=example(
        "isoloir build 75 --sources donnees", "isoloir build 44109 13055 --sources donnees -d villes.duckdb"
    ),
)
def build(
    area: AreaWords = None,
    sources: Annotated[
        Path | None,
        typer.Option(
            help=say("le dossier des fichiers officiels", "the folder of official files"), show_default="isoloir fetch"
        ),
    ] = None,
    database: Database = DEFAULT.database,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going",
            help=say(
                "laisser de côté un fichier inutilisable, et le noter",
                "leave out a file that cannot be used, and say so",
            ),
        ),
    ] = False,
) -> None:
    from isoloir.stations.build import build as run

    with progress() as report:
        built = run(
            Area.parse(area or "france"), sources or DEFAULT.cache, database, keep_going=keep_going, report=report
        )
    show.built(built)


@app.command(
    rich_help_panel=STATIONS,
    help=say("Montre la carte des bureaux dans le navigateur.", "Show the map of the stations in the browser."),
    epilog=example("isoloir serve", "isoloir serve -d villes.duckdb --port 0 --no-browser"),
)
def serve(
    database: Database = DEFAULT.database,
    host: Annotated[str, typer.Option(help=say("l'adresse où servir", "the address to serve at"))] = DEFAULT.host,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help=say("le port ; 0 : n'importe lequel", "the port; 0: any"))
    ] = DEFAULT.port,
    browser: Annotated[bool, typer.Option(help=say("ouvrir le navigateur", "open the browser"))] = True,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            help=say(
                "les processus qui répondent ; avec PostgreSQL, un par cœur",
                "the processes that answer; with PostgreSQL, one a core",
            ),
        ),
    ] = 1,
) -> None:
    from isoloir.web.serve import run

    run(database, host, port, browser, lambda line: ERRORS.print(line, highlight=False), workers)
