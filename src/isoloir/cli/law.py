"""The rules: which there are, what each says, what they say of a situation, and an election's calendar."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import LAW, app, example
from isoloir.language import say

law = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say("Les règles, ce qu'elles disent, le calendrier.", "The rules, what they say, the calendar."),
)
app.add_typer(law, name="law", rich_help_panel=LAW)

Day = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help=say("au droit de ce jour", "by the law of that day")),
]


@law.command(
    "list",
    rich_help_panel=LAW,
    help=say("Liste les règles.", "List the rules."),
    epilog=example(
        "isoloir law list", "isoloir law list --unverified", "isoloir law list --for import --on 2017-04-01"
    ),
)
def list_rules(
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified",
            help=say("celles qu'un juriste doit encore lire", "those that a lawyer must still read"),
        ),
    ] = False,
    operation: Annotated[
        str | None, typer.Option("--for", help=say("d'une seule opération", "of one operation only"))
    ] = None,
    on: Day = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("en JSON", "as JSON"))] = False,
) -> None:
    from isoloir.commands import law as show

    show.rule_list(show.choose(operation, _day(on), unverified), as_json)


@law.command(
    rich_help_panel=LAW,
    help=say("Montre une règle entière.", "Show everything of one rule."),
    epilog=example("isoloir law show SENS-02"),
)
def show(rule: Annotated[str, typer.Argument(metavar="RULE", help=say("son nom", "its name"))]) -> None:
    from isoloir.commands.law import rule_page

    rule_page(rule)


@law.command(
    rich_help_panel=LAW,
    help=say("Liste les faits dont une situation peut parler.", "List the facts that a situation may speak of."),
    epilog=example("isoloir law facts"),
)
def facts() -> None:
    from isoloir.commands.law import fact_list

    fact_list()


@law.command(
    rich_help_panel=LAW,
    help=say(
        "Juge la situation d'un fichier ; sort avec 1 si elle est refusée.",
        "Judge the situation of a file; exit with 1 where it is refused.",
    ),
    epilog=example("isoloir law check situation.toml", "isoloir law check situation.toml --on 2017-04-01"),
)
def check(
    situation: Annotated[Path, typer.Argument(metavar="SITUATION.toml", help=say("le fichier", "the file"))],
    on: Day = None,
) -> None:
    from isoloir.commands.law import check as run

    if not run(situation, _day(on)):
        raise typer.Exit(1)


@law.command(
    rich_help_panel=LAW,
    help=say(
        "Le calendrier d'une élection : campagne, silence, interdictions, échéances.",
        "The calendar of an election: campaign, silence, bans, and what falls due.",
    ),
    epilog=example(
        "isoloir law calendar --election 2027-04", "isoloir law calendar --election 2027-04-11 --ics agenda.ics"
    ),
)
def calendar(
    election: Annotated[
        str,
        typer.Option(
            help=say("le premier tour (2027-04-11), ou son mois", "the first round (2027-04-11), or its month")
        ),
    ],
    second_round: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help=say("le second tour", "the second round"),
            show_default=say(
                "quatorze jours après, pour une présidentielle ; sinon aucun",
                "fourteen days later, of a presidential election; else none",
            ),
        ),
    ] = None,
    ics: Annotated[Path | None, typer.Option(help=say("écrire aussi un agenda", "also write an agenda"))] = None,
) -> None:
    from isoloir.commands.law import calendar as run
    from isoloir.law.calendar import read_election

    run(read_election(election, _day(second_round)), ics)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
