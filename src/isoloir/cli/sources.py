"""The official files: which there are, fetching them, and a country that imitates them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from isoloir.cli.words import DEFAULT, SOURCES, AreaWords, app, example
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.commands.progress import progress
from isoloir.language import say


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
