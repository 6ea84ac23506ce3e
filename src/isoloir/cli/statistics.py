"""What the stations say: where to go first, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import DEFAULT, STATISTICS, AreaWords, Database, app, example
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.language import say


@app.command(
    rich_help_panel=STATISTICS,
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
