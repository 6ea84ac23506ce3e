"""The field: campaigns and accounts, the contact book's backups and end, the audit log, the count of a roll."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.words import FIELD, app, example
from isoloir.language import say


def _group(name: str, fr: str, en: str) -> typer.Typer:
    group = typer.Typer(
        no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}, help=say(fr, en)
    )
    app.add_typer(group, name=name, rich_help_panel=FIELD)
    return group


campaign = _group("campaign", "Les campagnes : en ouvrir une, les lister.", "Campaigns: open one, list them.")
account = _group("account", "Les comptes : inviter quelqu'un.", "Accounts: invite somebody.")
contacts = _group("contacts", "Les contacts : leur fin.", "Contacts: their end.")
book = _group("book", "Le carnet : sauvegarder, restaurer.", "The book: back up, restore.")
audit_log = _group("audit-log", "Le journal d'audit.", "The audit log.")
roll = _group("roll", "La liste électorale : compter, et rien d'autre.", "The electoral roll: count, and nothing else.")

Campaign = Annotated[
    str, typer.Option("--campaign", "-c", help=say("la campagne, par son nom court", "the campaign, by its short name"))
]
Every = Annotated[
    str | None,
    typer.Option(
        "--campaign", "-c", help=say("une campagne", "one campaign"), show_default=say("toutes", "all of them")
    ),
]


@campaign.command(
    rich_help_panel=FIELD,
    help=say("Ouvre une campagne ; fait le carnet s'il n'y en a pas.", "Open a campaign; make the book if need be."),
    epilog=example(
        "isoloir campaign create nord --name 'Nord 2027' --controller 'Comité X, 1 rue Y, 59000 Lille' "
        "--contact donnees@example.org --vote 2027-04-25 --first-round 2027-04-11"
    ),
)
def create(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help=say("son nom court, dans les adresses", "its short name"))
    ],
    name: Annotated[str, typer.Option(help=say("son nom", "its name"))],
    controller: Annotated[
        str,
        typer.Option(help=say("qui répond des données : nom et adresse", "who answers for the data: name and address")),
    ],
    contact: Annotated[
        str, typer.Option(help=say("l'adresse où exercer ses droits", "the e-mail address for people's rights"))
    ],
    vote: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help=say("le jour du dernier tour", "the day of the last round"))
    ],
    first_round: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=say("le premier tour, s'il y en a deux", "the first, of two")),
    ] = None,
    nonprofit: Annotated[
        bool,
        typer.Option("--nonprofit", help=say("un parti ou une association politique", "a party or political body")),
    ] = False,
) -> None:
    from isoloir.commands.field import create_campaign

    create_campaign(
        slug, name, controller, contact, vote.date(), first_round.date() if first_round else None, nonprofit
    )


@campaign.command("list", rich_help_panel=FIELD, help=say("Liste les campagnes.", "List the campaigns."),
                  epilog=example("isoloir campaign list"))  # fmt: skip
def campaign_list() -> None:
    from isoloir.commands.field import list_campaigns

    list_campaigns()


@campaign.command(
    rich_help_panel=FIELD,
    help=say("Inscrit un sous-traitant, l'hébergeur d'abord.", "Enter a processor, the host first."),
    epilog=example("isoloir campaign processor nord 'Hébergeur SA' --task hosting --country FR --contract 2026-10-01"),
)
def processor(
    slug: Annotated[str, typer.Argument(metavar="CAMPAIGN", help=say("la campagne", "the campaign"))],
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("son nom", "its name"))],
    task: Annotated[str, typer.Option(help=say("ce qu'il fait", "what it does"))],
    country: Annotated[str, typer.Option(help=say("où il traite les données", "where it processes data"))],
    contract: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help=say("jour du contrat", "day of the contract"))
    ] = None,
) -> None:
    from isoloir.commands.field import add_processor

    add_processor(slug, name, task, country, contract.date() if contract else None)


@campaign.command(
    rich_help_panel=FIELD,
    help=say(
        "Écrit le registre et les éléments de l'analyse d'impact.", "Write the record of processing and the assessment."
    ),
    epilog=example("isoloir campaign documents nord --out documents"),
)
def documents(
    slug: Annotated[str, typer.Argument(metavar="CAMPAIGN", help=say("la campagne", "the campaign"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=say("le dossier", "the folder"))] = Path("documents"),
) -> None:
    from isoloir.commands.field import write_documents

    write_documents(slug, out)


@account.command(
    rich_help_panel=FIELD,
    help=say("Invite quelqu'un : affiche un lien à lui donner.", "Invite somebody: print a link to give to them."),
    epilog=example("isoloir account invite marie@example.org --campaign nord --role administrator"),
)
def invite(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help=say("son adresse", "their address"))],
    of: Campaign,
    role: Annotated[
        str,
        typer.Option(
            help=say(
                "canvasser, coordinator, officer ou administrator", "canvasser, coordinator, officer or administrator"
            )
        ),
    ],
) -> None:
    from isoloir.commands.field import invite as run

    run(email, of, role)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Avertit de ce qui finit bientôt, détruit ce dont le dernier jour est passé.",
        "Warn of what ends soon, destroy what is past its last day.",
    ),
    epilog=example("isoloir contacts expire --dry-run", "isoloir contacts expire --campaign nord"),
)
def expire(
    of: Every = None,
    warn_days: Annotated[int, typer.Option(min=0, help=say("jours d'avertissement", "days of warning"))] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("compter seulement", "only count"))] = False,
) -> None:
    from isoloir.commands.field import expire as run

    run(of, warn_days, dry_run)


@book.command(
    rich_help_panel=FIELD,
    help=say("Sauvegarde le carnet et ses clés, à part.", "Back up the book and its keys, apart."),
    epilog=example("isoloir book backup --book /backup/book --keys /other/keys"),
)
def backup(
    to: Annotated[Path, typer.Option("--book", help=say("dossier du carnet", "folder of the book"))],
    keys: Annotated[Path, typer.Option(help=say("dossier des clés, ailleurs", "folder of the keys, elsewhere"))],
    keep_keys: Annotated[
        int, typer.Option(min=1, max=30, help=say("jours où garder les clés", "days that keys are kept"))
    ] = 7,
) -> None:
    from isoloir.commands.field import backup as run

    run(to, keys, keep_keys)


@book.command(
    rich_help_panel=FIELD,
    help=say(
        "Remet une sauvegarde, puis rejoue effacements et oppositions.",
        "Put a backup back, then replay erasures and objections.",
    ),
    epilog=example("isoloir book restore /backup/book/book-20270401T020000Z --keys /other/keys/keys-20270401T020000Z"),
)
def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help=say("la sauvegarde du carnet", "the book's backup"))],
    keys: Annotated[
        Path | None,
        typer.Option(
            help=say("celle des clés", "that of the keys"), show_default=say("les clés en place", "those in place")
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            help=say("une copie du journal", "a copy of the journal"),
            show_default=say("celui en place", "the one in place"),
        ),
    ] = None,
) -> None:
    from isoloir.commands.field import restore as run

    run(source, keys, journal)


@book.command(
    rich_help_panel=FIELD,
    help=say("Change la clé maîtresse ; arrêtez d'abord le serveur.", "Change the master key; stop the server first."),
    epilog=example("isoloir book rekey"),
)
def rekey() -> None:
    from isoloir.commands.field import rekey as run

    run()


@book.command(
    "accept-journal",
    rich_help_panel=FIELD,
    help=say(
        "Ouvre le carnet bien que son journal ait perdu des lignes.",
        "Open the book although its journal has lost lines.",
    ),
    epilog=example("isoloir book accept-journal"),
)
def accept_journal() -> None:
    from isoloir.commands.field import accept_journal as run

    run()


@audit_log.command(
    rich_help_panel=FIELD,
    help=say(
        "Vérifie les chaînes du journal ; sort avec 1 s'il y a une rupture.", "Verify the chains; exit 1 at a break."
    ),
    epilog=example("isoloir audit-log verify", "isoloir audit-log verify --campaign nord"),
)
def verify(of: Every = None) -> None:
    from isoloir.commands.field import verify_log

    if not verify_log(of):
        raise typer.Exit(1)


@roll.command(
    rich_help_panel=FIELD,
    help=say(
        "Compte les inscrits d'une liste par immeuble et par âge, puis détruit la liste.",
        "Count the voters of a roll by building and by age, then destroy the roll.",
    ),
    epilog=example("isoloir roll count liste.csv --campaign nord --undertaking --interest-test --out counts.csv"),
)
def count(
    file: Annotated[
        Path,
        typer.Argument(metavar="ROLL.csv", help=say("la liste ; elle sera détruite", "the roll; it will be destroyed")),
    ],
    of: Campaign,
    undertaking: Annotated[
        bool,
        typer.Option(
            "--undertaking",
            help=say("l'engagement de l'article L37 a été signé", "the undertaking of article L37 was signed"),
        ),
    ] = False,
    interest_test: Annotated[
        bool,
        typer.Option("--interest-test", help=say("la mise en balance est écrite", "the balancing test is written")),
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help=say("les comptes", "the counts"))] = Path("roll-counts.csv"),
    by: Annotated[
        list[str] | None,
        typer.Option(help="building, age", show_default=say("les deux", "both")),
    ] = None,
) -> None:
    from isoloir.commands.field import count_roll

    count_roll(file, of, undertaking, interest_test, out, by or ["building", "age"])
