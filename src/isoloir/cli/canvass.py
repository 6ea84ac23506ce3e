"""The canvass: open it on a plan, end a pass, bring its counts to the measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.field import Campaign
from isoloir.cli.words import DEFAULT, FIELD, Database, app, example
from isoloir.commands import show
from isoloir.language import say

commands = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say("Le porte-à-porte : passages, secteurs, comptes.", "The canvass: passes, turfs, counts."),
)
app.add_typer(commands, name="canvass", rich_help_panel=FIELD)


@commands.command(
    name="open",
    rich_help_panel=FIELD,
    help=say(
        "Ouvre un passage : les secteurs d'un plan, leurs adresses dans l'ordre de marche, leur carte.",
        "Open a pass: the turfs of a plan, their addresses in walking order, their map.",
    ),
    epilog=example("isoloir canvass open --campaign nord --plan plan.csv --addresses table-adresses-reu.parquet"),
)
def open_(
    campaign: Campaign,
    plan: Annotated[Path, typer.Option(help=say("le plan (CSV de isoloir plan)", "the plan (CSV of isoloir plan)"))],
    addresses: Annotated[
        Path,
        typer.Option(
            help=say(
                "les adresses du répertoire électoral, ou un CSV station_id, street, number, place, longitude,"
                " latitude, dwellings",
                "the addresses of the electoral register, or a CSV of station_id, street, number, place, longitude,"
                " latitude, dwellings",
            )
        ),
    ],
    database: Database = DEFAULT.database,
) -> None:
    from isoloir.commands.canvass import open_canvass

    open_canvass(database, campaign, plan, addresses)


@commands.command(
    rich_help_panel=FIELD,
    help=say(
        "Finit le passage : ce qui est su des portes est effacé, les comptes restent.",
        "End the pass: what is known of doors is erased, the counts stay.",
    ),
    epilog=example("isoloir canvass end --campaign nord"),
)
def end(campaign: Campaign) -> None:
    from isoloir.commands.canvass import end_canvass

    end_canvass(campaign)


@commands.command(
    rich_help_panel=FIELD,
    help=say(
        "Écrit les portes frappées par bureau, pour isoloir measure.",
        "Write the doors knocked at by station, for isoloir measure.",
    ),
    epilog=example("isoloir canvass visits --campaign nord --out visites.csv"),
)
def visits(
    campaign: Campaign,
    out: Annotated[Path, typer.Option(help=say("le CSV à écrire", "the CSV to write"))] = Path("visits.csv"),
) -> None:
    from isoloir.commands.canvass import write_visits

    show.written(write_visits(campaign, out))


@commands.command(
    rich_help_panel=FIELD,
    help=say(
        "Fait des secteurs de contours dessinés (GeoJSON), avec les immeubles du passage ouvert qui sont dedans.",
        "Make turfs of drawn outlines (GeoJSON), with the buildings of the open pass that lie inside.",
    ),
    epilog=example("isoloir canvass draw --campaign nord --outlines secteurs.geojson"),
)
def draw(
    campaign: Campaign,
    outlines: Annotated[
        Path,
        typer.Option(help=say("des polygones en degrés, nommés par `name`", "polygons in degrees, named by `name`")),
    ],
) -> None:
    from isoloir.commands.canvass import draw_turfs

    draw_turfs(campaign, outlines)
