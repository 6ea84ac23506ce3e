"""From a ranking to the field and back: a plan with its control, and what it changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from isoloir.language import say


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Répartit des heures de porte-à-porte : secteurs d'un seul tenant, à portes égales, et un bureau sur cinq"
        " témoin, tiré au sort pour mesurer l'effet après le vote.",
        "Spend canvassing hours: turfs in one piece with the same doors, and one control station in five drawn by lot,"
        " so that the effect can be measured after the vote.",
    ),
    epilog=example(
        "isoloir plan 94 --hours 400 --teams 6 --start Créteil --out plan.csv",
        "isoloir plan --hours 60 --teams 2 --start 48.79,2.45 --no-control",
    ),
)
def plan(
    hours: Annotated[
        float,
        typer.Option(help=say("les heures de toutes les équipes, trajets compris", "hours of all teams, way included")),
    ],
    teams: Annotated[int, typer.Option(min=1, help=say("les équipes de deux", "teams of two"))],
    start: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help=say(
                "d'où l'on part : une commune, un bureau ou latitude,longitude",
                "where teams start: a commune, a station or latitude,longitude",
            ),
        ),
    ],
    area: AreaWords = None,
    database: Database = DEFAULT.database,
    target: Target = "left",
    election: Annotated[
        str, typer.Option(help=say("l'élection à venir, ou un tour", "the election to come, or a round"))
    ] = "legislative",
    control: Annotated[
        bool, typer.Option(help=say("garder un bureau témoin sur cinq", "leave one station in five alone"))
    ] = True,
    against: Against = None,
    registration: Registration = False,
    effect: Effect = None,
    effects: EffectsFile = None,
    scenario: ScenarioFile = None,
    candidates: CandidatesFile = None,
    seed: Seed = 0,
    blocs: BlocsFile = None,
    out: Annotated[
        Path, typer.Option(help=say("le plan (CSV ; un GeoJSON à côté)", "the plan (CSV; a GeoJSON beside it)"))
    ] = Path("plan.csv"),
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help=say("remplacer un autre plan, tirage compris", "replace another plan, draw and all")
        ),
    ] = False,
) -> None:
    from isoloir.commands.plan import plan_hours, write_plan
    from isoloir.commands.plan.show import planned
    from isoloir.commands.priority import Question
    from isoloir.commands.progress import progress

    where = Area.parse(area) if area else Area()
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
        found = plan_hours(database, question, teams, start, control, report)
    files = write_plan(found, out, replace)
    planned(found)
    for file in files:
        show.written(file)


@app.command(
    rich_help_panel=STATISTICS,
    help=say(
        "Mesure, après le vote, ce qu'un plan a changé, et le plus petit effet qu'il pouvait montrer.",
        "Measure after the vote what a plan changed, and the smallest effect that it could have shown.",
    ),
    epilog=example(
        "isoloir measure --plan plan.csv --election 2027_legi_t1",
        "isoloir measure --plan plan.csv --election 2027_legi_t1 --visits visites.csv",
    ),
)
def measure(
    plan: Annotated[Path, typer.Option(help=say("le CSV d'isoloir plan", "the CSV of isoloir plan"))],
    election: Annotated[str, typer.Option(help=say("le tour, comme 2027_legi_t1", "the round, like 2027_legi_t1"))],
    database: Database = DEFAULT.database,
    visits: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "CSV des visites faites : station_id, doors (portes frappées)",
                "CSV of the visits made: station_id, doors (knocked at)",
            )
        ),
    ] = None,
    blocs: BlocsFile = None,
    seed: Seed = 0,
) -> None:
    from isoloir.commands.measure import measure_plan
    from isoloir.commands.measure.show import measured

    measured(measure_plan(database, plan, election, visits, blocs, seed))
