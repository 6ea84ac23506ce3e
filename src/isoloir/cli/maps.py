"""The map's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import DEFAULT, STATIONS, Database, app, example
from isoloir.commands import show
from isoloir.commands.progress import ERRORS
from isoloir.language import say

commands = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say("Les fichiers de la carte : tuiles et valeurs.", "The files of the map: tiles and values."),
)
app.add_typer(commands, name="map", rich_help_panel=STATIONS)


@commands.command(
    rich_help_panel=STATIONS,
    help=say(
        "Prépare la carte : les tuiles si les contours ont changé, les valeurs si la base a changé.",
        "Prepare the map: the tiles where outlines changed, the values where the database did.",
    ),
    epilog=example("isoloir map build", "isoloir map build -d villes.duckdb --out carte"),
)
def build(
    database: Database = DEFAULT.database,
    out: Annotated[
        Path | None,
        typer.Option(
            help=say("le dossier à écrire", "the folder to write"),
            show_default=say("à côté de la base", "beside the database"),
        ),
    ] = None,
) -> None:
    from isoloir.maps.folder import build_map

    show.written(build_map(database, lambda line: ERRORS.print(line, highlight=False), out))
