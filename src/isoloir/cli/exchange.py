"""What goes into the contact book and out of it as files: imports, their undoing, purges, exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isoloir.cli.field import Campaign, contacts
from isoloir.cli.words import FIELD, example
from isoloir.language import say

File = Annotated[Path, typer.Argument(metavar="FILE", help=say("le fichier", "the file"))]
Account = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="EMAIL",
        help=say("le compte qui décide ; son mot de passe est demandé", "the account that decides; asks its password"),
    ),
]


@contacts.command(
    "import",
    rich_help_panel=FIELD,
    help=say(
        "Importe un fichier : montre ce qui entrera, ce qui est refusé et pourquoi, puis demande.",
        "Import a file: show what enters, what is refused and why, then ask.",
    ),
    epilog=example(
        "isoloir contacts import nationbuilder-people-export.csv -c nord --proof preuve.toml --preview",
        "isoloir contacts import unsubscribed_members.csv -c nord --yes",
        "isoloir contacts import liste.csv -c nord --proof preuve.toml --column 'Adresse mél=email'",
    ),
)
def import_file(
    file: File,
    campaign: Campaign,
    layout: Annotated[
        str,
        typer.Option(
            help=say("le format", "the layout")
            + " (nationbuilder, mailchimp, mailchimp-unsubscribed, brevo, listmonk, "
            "civicrm, vcard, csv)",
            show_default=say("reconnu à ses colonnes", "known by its columns"),
        ),
    ] = "",
    proof: Annotated[
        Path | None,
        typer.Option(help=say("la preuve du consentement (TOML)", "the proof of consent (TOML)")),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=MEANING", help=say("ce qu'une colonne veut dire", "what a column means")),
    ] = None,
    origin: Annotated[
        str,
        typer.Option(
            help=say("d'où viennent ces contacts", "where these contacts come from"),
            show_default=say("le format", "the layout"),
        ),
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help=say("compter seulement, ne rien écrire", "only count, write nothing"))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help=say("ne pas demander", "do not ask"))] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "écrire le numéro et la raison de chaque ligne refusée", "write line and reason of each refused row"
            )
        ),
    ] = None,
) -> None:
    from isoloir.commands.exchange import import_file as run

    run(campaign, file, layout, proof, column or [], origin, preview, yes, refused)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Défait un import : qui en venait part, qui en fut complété redevient comme avant.",
        "Undo an import: whom it brought goes, whom it completed is as before.",
    ),
    epilog=example("isoloir contacts undo 01970b1e-... -c nord"),
)
def undo(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help=say("le lot", "the batch"))], campaign: Campaign
) -> None:
    from isoloir.commands.exchange import undo as run

    run(campaign, batch)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Détruit ce qu'un service a déduit ou ramassé, dans le carnet et dans un fichier, et le certifie.",
        "Destroy what a service derived or harvested, in the book and in a file, and certify it.",
    ),
    epilog=example(
        "isoloir contacts purge --origin nationbuilder-match -c nord --certificate purge.json",
        "isoloir contacts purge --origin nationbuilder-match -c nord --file export.csv --out clean.csv "
        "--certificate purge.json",
    ),
)
def purge(
    campaign: Campaign,
    origin: Annotated[str, typer.Option(help="nationbuilder-match, social-harvest, inferred-opinions")],
    certificate: Annotated[Path, typer.Option(help=say("où écrire le certificat", "where to write the certificate"))],
    file: Annotated[Path | None, typer.Option(help=say("un fichier à nettoyer", "a file to clean"))] = None,
    out: Annotated[Path | None, typer.Option(help=say("le fichier nettoyé", "the clean file"))] = None,
    destroy: Annotated[
        bool,
        typer.Option("--destroy", help=say("écraser et supprimer l'original", "overwrite and remove the original")),
    ] = False,
) -> None:
    from isoloir.commands.exchange import purge as run

    run(campaign, origin, certificate, file, out, destroy)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Vérifie un certificat de purge, et qu'un fichier est bien celui qu'il décrit.",
        "Verify the certificate of a purge, and that a file is the one it speaks of.",
    ),
    epilog=example("isoloir contacts verify purge.json --key BASE64 --file clean.csv"),
)
def verify(
    certificate: File,
    key: Annotated[
        str, typer.Option(help=say("la clé publique de la campagne", "the public key of the campaign"))
    ] = "",
    file: Annotated[Path | None, typer.Option(help=say("le fichier nettoyé", "the clean file"))] = None,
) -> None:
    from isoloir.commands.exchange import verify as run

    if not run(certificate, key, file):
        raise typer.Exit(1)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Exporte ceux à qui l'on peut écrire maintenant ; au-delà d'un nombre, une seconde personne approuve.",
        "Export those who may be written to now; above a number a second person approves.",
    ),
    epilog=example(
        "isoloir contacts export -c nord --format listmonk --out lettre.csv",
        "isoloir contacts export -c nord --request 01970b1e-... --out lettre.csv",
        "isoloir contacts export -c nord --push https://listmonk.example.org --list 3",
    ),
)
def export(
    campaign: Campaign,
    out: Annotated[Path | None, typer.Option(help=say("le fichier à écrire", "the file to write"))] = None,
    purpose: Annotated[str, typer.Option(help=say("la finalité", "the purpose"))] = "news",
    channel: Annotated[str, typer.Option(help="email, sms, phone")] = "email",
    form: Annotated[str, typer.Option("--format", help="csv, mailchimp, brevo, listmonk, civicrm, vcard")] = "csv",
    recipient: Annotated[
        str,
        typer.Option(help=say("qui reçoit le fichier (`isoloir law facts`)", "who receives it (`isoloir law facts`)")),
    ] = "campaign_heads",
    request: Annotated[str, typer.Option(help=say("un export déjà demandé", "an export asked for before"))] = "",
    push: Annotated[str, typer.Option(metavar="URL", help=say("un serveur listmonk", "a listmonk server"))] = "",
    list_id: Annotated[int, typer.Option("--list", help=say("sa liste", "its list"))] = 0,
    account: Account = None,
) -> None:
    from isoloir.commands.exchange import export as run

    run(campaign, out, purpose, channel, form, recipient, request, push, list_id, account)


@contacts.command(
    rich_help_panel=FIELD,
    help=say(
        "Approuve ou refuse l'export qu'un autre a demandé.",
        "Approve or refuse the export that somebody else asked for.",
    ),
    epilog=example("isoloir contacts decide 01970b1e-... -c nord --as dpo@example.org"),
)
def decide(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help=say("l'export demandé", "the export asked for"))],
    campaign: Campaign,
    account: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="EMAIL",
            help=say("qui décide ; son mot de passe est demandé", "who decides; asks the password"),
        ),
    ],
    refuse: Annotated[bool, typer.Option("--refuse", help=say("refuser", "refuse"))] = False,
) -> None:
    from isoloir.commands.exchange import decide as run

    run(campaign, request, account, refuse)
