"""Every command: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from isoloir import __version__
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.commands.progress import ERRORS, progress
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
    from isoloir.commands.demo import demo as run

    with progress() as report:
        made = run(out, sources, Area.parse(area) if area else None, report)
    show.demo(made)
    if not exit_:
        serve(made.database)


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
    help=say(
        "Classe les bureaux : abstention x soutien (l'indice de Pons, 2012), niveaux 1 à 5 dans le territoire.",
        "Rank the stations: abstention x support (Pons's index of 2012), levels 1 to 5 inside the area.",
    ),
    epilog=example(
        "isoloir rank --for left", "isoloir rank 94 --for MACRON --election 2022_pres_t1 --out classement.csv"
    ),
)
def rank(
    area: AreaWords = None,
    database: Database = DEFAULT.database,
    target: Annotated[
        str,
        typer.Option(
            "--for", help=say("un bloc, une nuance ou un nom de candidat", "a bloc, a nuance or a candidate's name")
        ),
    ] = "left",
    election: Annotated[
        str | None,
        typer.Option(
            help=say("le tour, comme 2022_pres_t1", "the round, like 2022_pres_t1"),
            show_default=say("la dernière présidentielle, 1er tour", "the last presidential first round"),
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=say("écrire le classement en CSV", "write the ranking as CSV"))
    ] = None,
    blocs: Annotated[Path | None, typer.Option(help=say("votre propre blocs.toml", "your own blocs.toml"))] = None,
    top: Annotated[int, typer.Option(min=0, help=say("lignes à afficher", "rows to print"))] = 15,
) -> None:
    from isoloir.commands.rank import export
    from isoloir.commands.rank import rank as run

    ranking = run(database, target, election, Area.parse(area) if area else None, blocs)
    show.ranking(ranking, top)
    if out:
        export(ranking, out)
        show.written(out)


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
) -> None:
    from isoloir.web.serve import run

    run(database, host, port, browser, lambda line: ERRORS.print(line, highlight=False))


@app.command(
    rich_help_panel=SOURCES,
    help=say(
        "Liste les sources : éditeur, licence, millésime, adresse, état sur cette machine.",
        "List the sources: publisher, licence, vintage, address, state on this machine.",
    ),
    epilog=example("isoloir sources", "isoloir sources --in donnees --json"),
)
def sources(
    folder: Annotated[
        Path | None,
        typer.Option("--in", help=say("où chercher, outre le cache", "where to look, besides the cache")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("en JSON", "as JSON"))] = False,
) -> None:
    from isoloir.sources.states import states

    show.sources(states(folder, DEFAULT.cache), as_json)


@app.command(
    rich_help_panel=SOURCES,
    help=say(
        "Télécharge les fichiers officiels d'un territoire (reprise, sommes de contrôle, cache).",
        "Download the official files of an area (resumption, checksums, cache).",
    ),
    epilog=example(
        "isoloir fetch 94", "isoloir fetch france --out donnees", "isoloir fetch --only communes --only national"
    ),
)
def fetch(
    area: AreaWords = None,
    out: Annotated[
        Path | None, typer.Option(help=say("le dossier à remplir", "the folder to fill"), show_default="cache")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help=say("seulement cette source", "only this source"))] = None,
) -> None:
    from isoloir.commands.fetch import fetch as run
    from isoloir.sources.fetch import raise_failures

    with progress() as report:
        fetched = run(Area.parse(area or "france"), out or DEFAULT.cache, only, report)
    show.fetched(fetched)
    raise_failures(fetched)


@app.command(
    rich_help_panel=SOURCES,
    help=say(
        "Écrit un pays fictif dans les formats officiels, avec la vérité à côté (truth/).",
        "Write a fictional country in the official layouts, with the truth beside it (truth/).",
    ),
    epilog=example("isoloir simulate --out fiction", "isoloir simulate --size france --seed 7 --out fiction"),
)
def simulate(
    out: Annotated[Path, typer.Option(help=say("le dossier à écrire", "the folder to write"))],
    size: Annotated[Literal["departement", "france"], typer.Option(help=say("la taille", "the size"))] = "departement",
    seed: Annotated[int, typer.Option(help=say("la graine du hasard", "the seed"))] = 1,
) -> None:
    from isoloir.simulate.country import simulate as run

    with progress() as report:
        summary = run(out, size, seed, report)
    show.simulated(summary, out)
