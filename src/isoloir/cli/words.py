"""What the commands share: the application itself, its groups, and the options that several of them take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir import __version__
from isoloir.language import say
from isoloir.settings import settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "Isoloir : des bureaux de vote, du porte-à-porte et des audits qui respectent les personnes.",
        "Isoloir: polling stations, canvassing and audits that respect the people they concern.",
    ),
    epilog=say("Pour commencer : [bold]isoloir demo[/bold]", "To begin with: [bold]isoloir demo[/bold]"),
)

DEFAULT = settings()
START = say("Pour commencer", "To begin with")
STATIONS = say("Les bureaux de vote", "The stations")
STATISTICS = say("Les statistiques", "The statistics")
SOURCES = say("Les données publiques", "The open data")

AreaWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="AREA",
        help=say(
            "départements et communes (75, 2A, 44109), ou france",
            "départements and communes (75, 2A, 44109), or france",
        ),
        show_default="france",
    ),
]
Database = Annotated[Path, typer.Option("--database", "-d", help=say("la base des bureaux", "the station database"))]


def example(*lines: str) -> str:
    """The examples at the end of a command's help."""
    return say("Exemples :", "Examples:") + "".join(f"\n\n  [cyan]{line}[/cyan]" for line in lines)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help=say("la version", "the version"))] = False,
) -> None:
    if version:
        typer.echo(f"isoloir {__version__}")
        raise typer.Exit
