"""The map's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import DEFAULT, STATIONS, Database, app, example
from isoloir.commands import show
from isoloir.commands.progress import ERRORS
from isoloir.language import language, say

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


@commands.command(
    rich_help_panel=STATIONS,
    help=say(
        "Écrit la carte comme un site statique, pour n'importe quel serveur web.",
        "Write the map as a static site, for any web server.",
    ),
    epilog=example("isoloir map export --out site", "isoloir map export -d france.duckdb --out site --no-sheets"),
)
def export(
    out: Annotated[Path, typer.Option(help=say("le dossier à écrire", "the folder to write"))],
    database: Database = DEFAULT.database,
    sheets: Annotated[
        bool,
        typer.Option(
            help=say("avec la fiche de chaque bureau (12 ko chacune)", "with the figures of each station (12 kB each)")
        ),
    ] = True,
) -> None:
    from isoloir.web.export import export_site

    show.written(export_site(database, out, sheets, lambda line: ERRORS.print(line, highlight=False)))


@commands.command(
    rich_help_panel=STATIONS,
    help=say(
        "Imprime les feuilles de route d'un plan : carte, bureaux, portes, cases à cocher (PDF).",
        "Print the walk sheets of a plan: map, stations, doors, boxes to count in (PDF).",
    ),
    epilog=example("isoloir map sheets --plan plan.csv --out feuilles.pdf"),
)
def sheets(
    plan: Annotated[Path, typer.Option(help=say("le plan (CSV de isoloir plan)", "the plan (CSV of isoloir plan)"))],
    out: Annotated[Path, typer.Option(help=say("le PDF à écrire", "the PDF to write"))] = Path("walk.pdf"),
    database: Database = DEFAULT.database,
) -> None:
    from isoloir.maps.walk import write_walk_sheets

    show.written(write_walk_sheets(database, plan, out, language()))
