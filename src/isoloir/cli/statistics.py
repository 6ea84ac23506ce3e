"""What the stations say: where to go first, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from isoloir.cli.words import (
    DEFAULT,
    STATISTICS,
    Against,
    AreaWords,
    BlocsFile,
    CandidatesFile,
    Database,
    Effect,
    EffectsFile,
    Registration,
    ScenarioFile,
    Seed,
    Target,
    app,
    example,
)
from isoloir.codes import Area
from isoloir.commands import show
from isoloir.errors import SettingsError
from isoloir.language import say


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Classe les bureaux : voix attendues par heure de porte-à-porte dans une élection à venir, et leur certitude ;"
        " ou, dans un tour passé, abstention x soutien (l'indice de Pons, 2012). Niveaux 1 à 5 dans le territoire.",
        "Rank the stations: votes expected per canvassing hour in an election to come, and how sure that is; or, for a"
        " past round, abstention x support (Pons's index of 2012). Levels 1 to 5 inside the area.",
    ),
    epilog=example(
        "isoloir rank --for left --election legislative --hours 400",
        "isoloir rank 94 --for turnout --election presidential",
        "isoloir rank 94 --for MACRON --election 2022_pres_t1 --out classement.csv",
    ),
)
def rank(
    area: AreaWords = None,
    database: Database = DEFAULT.database,
    target: Target = "left",
    election: Annotated[
        str | None,
        typer.Option(
            help=say(
                "un type d'élection à venir (legislative), ou un tour comme 2022_pres_t1",
                "a type of election to come (legislative), or a round like 2022_pres_t1",
            ),
            show_default=say("la dernière présidentielle, 1er tour", "the last presidential first round"),
        ),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            help=say(
                "les heures de porte-à-porte (d'une équipe de deux) ; un tour passé est alors classé comme à sa veille",
                "the canvassing hours (of a pair); a past round is then ranked as on its eve",
            ),
            show_default=say("un cinquième de toutes les portes", "a fifth of all doors"),
        ),
    ] = None,
    against: Against = None,
    registration: Registration = False,
    effect: Effect = None,
    effects: EffectsFile = None,
    scenario: ScenarioFile = None,
    candidates: CandidatesFile = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option(help=say("écrire le classement en CSV", "write the ranking as CSV"))
    ] = None,
    blocs: BlocsFile = None,
    top: Annotated[int, typer.Option(min=0, help=say("lignes à afficher", "rows to print"))] = 15,
) -> None:
    from isoloir.commands.rank import export, is_past
    from isoloir.commands.rank import rank as rank_past

    where = Area.parse(area) if area else Area()
    to_come = hours is not None or scenario is not None or candidates is not None
    if election is None and to_come:
        raise SettingsError("--hours, --scenario and --candidates go with --election, like --election legislative")
    if election is None or (not to_come and is_past(database, election)):
        past = rank_past(database, target, election, where, blocs)
        show.ranking(past, top)
        table = past.table
    else:
        from isoloir.commands.priority import Question, prioritise_stations
        from isoloir.commands.priority.show import prioritised
        from isoloir.commands.progress import progress

        question = Question(
            election,
            target,
            where,
            hours,
            against,
            registration,
            effects,
            tuple(effect or ()),
            blocs,
            scenario,
            candidates,
            seed=seed,
        )
        with progress() as report:
            found = prioritise_stations(database, question, report=report)
        prioritised(found, top)
        table = found.table
    if out:
        export(table, out)
        show.written(out)


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Que vaut la prévision : chaque élection est cachée puis prédite, à côté de règles simples ; un rapport HTML.",
        "How good the forecast is: each election is hidden, then predicted, beside simple rules; an HTML report.",
    ),
    epilog=example(
        "isoloir backtest --out rapport.html", "isoloir backtest 94 --mode leave-one-out --election 2022_legi_t1"
    ),
)
def backtest(
    area: AreaWords = None,
    database: Database = DEFAULT.database,
    mode: Annotated[
        Literal["rolling", "leave-one-out"],
        typer.Option(
            help=say(
                "rolling : prédite par les élections précédentes ; leave-one-out : par toutes les autres",
                "rolling: predicted from the elections before it; leave-one-out: from all the others",
            )
        ),
    ] = "rolling",
    election: Annotated[
        list[str] | None,
        typer.Option(
            help=say("les tours à cacher, comme 2022_legi_t1", "the rounds to hide, like 2022_legi_t1"),
            show_default=say("tous les premiers tours nationaux", "every national first round"),
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option("--for", help=say("le bloc dont on cherche la réserve", "the bloc whose reserve is looked for")),
    ] = "left",
    sample: Annotated[
        int | None,
        typer.Option(
            help=say(
                "seulement environ tant de bureaux, tirés par communes", "only about so many stations, by communes"
            ),
            show_default=say("tous", "all"),
        ),
    ] = None,
    blocs: Annotated[Path | None, typer.Option(help=say("votre propre blocs.toml", "your own blocs.toml"))] = None,
    out: Annotated[Path, typer.Option(help=say("le rapport", "the report"))] = Path("backtest.html"),
) -> None:
    from isoloir.commands.backtest.page import write
    from isoloir.commands.backtest.run import backtest as run
    from isoloir.commands.progress import progress

    with progress() as report:
        found = run(
            database, Area.parse(area) if area else None, mode, tuple(election or ()), target, sample, blocs, report
        )
        write(found, out)
    show.backtest(found)
    show.written(out)


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Qui est passé où entre deux tours : parts, intervalles, bornes certaines et diagramme de flux ; ou, avec"
        " --margins, dans un tableau quelconque de voix avant et après.",
        "Who moved where between two rounds: shares, intervals, certain bounds and a flow diagram; or, with --margins,"
        " in anyone's table of votes before and after.",
    ),
    epilog=example(
        "isoloir transitions --from 2017_pres_t1 --to 2022_pres_t1 --out flux",
        "isoloir transitions 94 --from 2022_pres_t1 --to 2022_legi_t1 --by blocs --out flux.svg",
        "isoloir transitions --margins voix.parquet --out flux.parquet",
    ),
)
def transitions(
    area: AreaWords = None,
    database: Database = DEFAULT.database,
    before: Annotated[
        str | None, typer.Option("--from", help=say("le tour de départ, comme 2017_pres_t1", "the round before"))
    ] = None,
    after: Annotated[
        str | None, typer.Option("--to", help=say("le tour d'arrivée, comme 2022_pres_t1", "the round after"))
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--area", help=say("comme AREA : département, commune ou france", "the same as AREA")),
    ] = None,
    by: Annotated[
        Literal["candidates", "blocs"] | None,
        typer.Option(
            help=say("lignes et colonnes : candidats ou blocs", "rows and columns: candidates or blocs"),
            show_default=say("candidats, blocs s'ils sont plus de 16", "candidates, blocs if more than 16"),
        ),
    ] = None,
    margins: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "une table (Parquet ou CSV) : election, district_no, unit, side (row ou col), opt, votes",
                "a table (Parquet or CSV): election, district_no, unit, side (row or col), opt, votes",
            )
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "un dossier (SVG, PNG, CSV et Parquet), ou un fichier .svg, .png, .csv ou .parquet",
                "a folder (SVG, PNG, CSV and Parquet), or a .svg, .png, .csv or .parquet file",
            )
        ),
    ] = None,
    blocs: BlocsFile = None,
    seed: Seed = 0,
    top: Annotated[int, typer.Option(min=1, help=say("destinations à afficher", "destinations to print"))] = 5,
) -> None:
    from isoloir.commands.transitions import show as print_
    from isoloir.commands.transitions.margins import infer_margins
    from isoloir.commands.transitions.run import export, infer_rounds

    if margins:
        if not out or before or after:
            raise SettingsError("--margins goes with --out FILE, and without --from and --to")
        print_.inferred(infer_margins(margins, out, seed))
        files = [out]
    else:
        if not before or not after:
            raise SettingsError("--from and --to name the two rounds, like 2017_pres_t1 and 2022_pres_t1")
        words = [*(area or []), *(place or [])]
        found = infer_rounds(database, before, after, Area.parse(words) if words else None, by, blocs, seed)
        print_.flows(found, top)
        files = export(found, out) if out else []
    for file in files:
        show.written(file)


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Prévoit chaque bureau d'une élection à venir, d'après un scénario national et les candidats en présence.",
        "Forecast every station of a coming election, from a national scenario and who stands where.",
    ),
    epilog=example(
        "isoloir forecast --type legislative --round 1 --date 2024-06-30 --scenario S.toml --out F.parquet",
        "isoloir forecast --type europeennes --date 2029-06-10 --scenario S.toml --area 94 --out F.parquet",
    ),
)
def forecast(
    kind: Annotated[
        str,
        typer.Option("--type", help=say("législatives, européennes, pres, legi...", "legislative, european, pres...")),
    ],
    day: Annotated[str, typer.Option("--date", help=say("le jour du vote, 2024-06-30", "the day, 2024-06-30"))],
    scenario: Annotated[
        Path,
        typer.Option(
            help=say(
                "un toml, [national] : left = 0.31 ou [0.30, 0.33], ..., abstention = 0.33",
                "a toml, [national]: left = 0.31 or [0.30, 0.33], ..., abstention = 0.33",
            )
        ),
    ],
    out: Annotated[Path, typer.Option(help=say("la prévision, en Parquet", "the forecast, as Parquet"))],
    number: Annotated[int, typer.Option("--round", min=1, max=2, help=say("le tour", "the round"))] = 1,
    candidates: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "un CSV : code (bureau, commune ou circonscription), nuance",
                "a CSV: code (station, commune or constituency), nuance",
            )
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--area", help=say("département, commune ou france", "département, commune or france")),
    ] = None,
    database: Database = DEFAULT.database,
    blocs: BlocsFile = None,
    seed: Seed = 0,
) -> None:
    from isoloir.commands.forecast.run import export, parse_date, parse_type
    from isoloir.commands.forecast.run import forecast as run
    from isoloir.commands.forecast.show import forecast as print_
    from isoloir.stats.blocs import blocs as read_blocs
    from isoloir.stats.forecast import Target

    target = Target(parse_type(kind), number, parse_date(day))
    found = run(database, target, scenario, candidates, Area.parse(place) if place else None, blocs, seed)
    export(found, out)
    print_(found, read_blocs(blocs))
    show.written(out)
