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
AUDIT = say("L'audit", "The audit")
FIELD = say("Le terrain", "The field")
LAW = say("Le droit", "The law")

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

Target = Annotated[
    str,
    typer.Option(
        "--for",
        help=say(
            "un bloc, ou turnout (la participation) ; dans un tour passé, aussi une nuance ou un candidat",
            "a bloc, or turnout; in a past round also a nuance or a candidate",
        ),
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        help=say(
            "le bloc adverse, dont les voix mobilisées sont retranchées",
            "the opposing bloc, whose mobilised votes are taken off",
        ),
        show_default=say("le plus fort des autres", "the strongest other one"),
    ),
]
Registration = Annotated[
    bool,
    typer.Option(
        "--registration",
        help=say(
            "compter aussi les inscriptions (tant que les listes sont ouvertes)",
            "count registrations too (while the register is open)",
        ),
    ),
]
Effect = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help=say(
            "un effet publié, comme pons_2018_round_1 (voir effects.toml)",
            "a published effect, like pons_2018_round_1 (see effects.toml)",
        ),
        show_default=say("larges, zéro compris", "wide, zero included"),
    ),
]
EffectsFile = Annotated[
    Path | None, typer.Option("--effects", help=say("votre propre effects.toml", "your own effects.toml"))
]
BlocsFile = Annotated[Path | None, typer.Option("--blocs", help=say("votre propre blocs.toml", "your own blocs.toml"))]
ScenarioFile = Annotated[
    Path | None,
    typer.Option(
        "--scenario",
        help=say(
            "un toml, [national] : left = 0.31 ou [0.30, 0.33], ..., abstention = 0.33",
            "a toml, [national]: left = 0.31 or [0.30, 0.33], ..., abstention = 0.33",
        ),
        show_default=say("le niveau de la dernière du même type, large", "the level of the last one of the type, wide"),
    ),
]
CandidatesFile = Annotated[
    Path | None,
    typer.Option(
        "--candidates",
        help=say(
            "un CSV : code (bureau, commune ou circonscription), nuance",
            "a CSV: code (station, commune or constituency), nuance",
        ),
        show_default=say("chaque bloc partout", "every bloc everywhere"),
    ),
]
Seed = Annotated[int, typer.Option(min=0, help=say("la graine des tirages", "the seed of every draw"))]


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
