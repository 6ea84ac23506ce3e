"""What the commands of imports and exports do and print."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isoloir.commands.field import campaign_named
from isoloir.errors import NotAllowed, SettingsError
from isoloir.language import say
from isoloir.settings import settings

if TYPE_CHECKING:
    from isoloir.field.imports.preview import Preview
    from isoloir.field.models import User

OUT = Console(highlight=False)


def import_file(
    slug: str,
    file: Path,
    layout: str,
    proof: Path | None,
    columns: list[str],
    origin: str,
    only_preview: bool,
    yes: bool,
    refused: Path | None,
) -> None:
    """Preview, ask, run."""
    campaign = campaign_named(slug)
    from django.utils import timezone

    from isoloir.field.imports.batches import run
    from isoloir.field.imports.preview import preview
    from isoloir.field.imports.proofs import NOTHING, read_proof

    told = read_proof(proof, timezone.localdate()) if proof else NOTHING
    found = preview(campaign, file, layout, told, columns=_pairs(columns), origin=origin)
    show_preview(found)
    if refused:
        write_refused(found, file, refused)
    if only_preview:
        return
    if not yes and not typer.confirm(say("Importer ?", "Import?")):
        raise typer.Exit(1)
    batch = run(found, file, by=None)
    OUT.print(say(f"[green]fait[/green] : lot {batch.pk}", f"[green]done[/green]: batch {batch.pk}"))
    OUT.print(f"  isoloir contacts undo {batch.pk} --campaign {slug}")


def show_preview(found: Preview) -> None:
    """Columns with their rules, then rows with their reasons."""
    from isoloir.field.imports.faults import RULES, reason_text

    fates = {"mapped": say("entre", "enters"), "read": say("lue", "read"), "refused": say("refusée", "refused"),
             "dropped": say("laissée", "left out")}  # fmt: skip
    table = Table(box=SIMPLE_HEAD, title=f"{found.file.name} · {say(found.layout.text.fr, found.layout.text.en)}")
    for title in (say("colonne", "column"), "", say("règles", "rules"), say("pourquoi", "why")):
        table.add_column(title)
    for one in found.columns:
        told = one.meaning if one.fate == "mapped" else one.told
        table.add_row(escape(one.name), fates[one.fate], ", ".join(one.rules), escape(told))
    OUT.print(table)
    counts = found.counts
    lines = [
        (say("lignes", "rows"), found.rows, ""),
        (say("nouveaux contacts", "new contacts"), counts.created, ""),
        (say("complètent un contact", "complete a contact"), counts.merged, ""),
        (say("sur la liste d'opposition", "on the opt-out list"), counts.suppressed, "OPT-01"),
        (say("oppositions dans le fichier", "objections in the file"), found.objections, ""),
        *((reason_text(why), number, ", ".join(RULES.get(why, ()))) for why, number in found.refusals.most_common()),
        *((say("refusées par le droit", "refused by law"), number, why) for why, number in counts.refusals.items()),
    ]
    for label, number, rules in lines:
        shown = f"{number:>9,}".replace(",", "\u202f")
        OUT.print(f"{shown}  {escape(label)} [dim]{escape(rules)}[/dim]", soft_wrap=True)
    for rule in found.rules:
        words = say(rule.text.fr, rule.text.en)
        OUT.print(f"[bold]{rule.id}[/bold] {escape(words)} [dim]{escape(rule.article)}[/dim]", soft_wrap=True)
    for example in found.examples[:10]:
        told = reason_text(example.refusal.reason)
        what = f"{example.refusal.column} {example.refusal.value}".strip()
        told += f" ({what})" if what else ""
        OUT.print(f"[dim]  {say('ligne', 'line')} {example.line}: {escape(told)}[/dim]", soft_wrap=True)


def write_refused(found: Preview, file: Path, target: Path) -> None:
    """Every row that does not enter: its line and its reason, and nothing of whose it is."""
    from isoloir.field.exports.files import private_file
    from isoloir.field.imports.faults import Refusal, reason_text
    from isoloir.field.imports.tables import opened

    reader = found.reader()
    with opened(file, seen=found.file) as table, private_file(target) as stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "reason", "column", "rules", "words"])
        for line, cells in table.rows:
            refusal = cells if isinstance(cells, Refusal) else reader.read(cells).refusal
            if refusal:
                rules = " ".join(refusal.rules)
                writer.writerow([line, refusal.reason, refusal.column, rules, reason_text(refusal.reason)])
    OUT.print(say(f"[green]écrit[/green] {target}", f"[green]written[/green] {target}"))


def undo(slug: str, name: str) -> None:
    """Take a batch back."""
    campaign = campaign_named(slug)
    from isoloir.field.imports.batches import batch_of
    from isoloir.field.imports.batches import undo as run

    count = run(batch_of(campaign, name), None)
    OUT.print(say(f"{count} contacts détruits ou remis comme avant", f"{count} contacts destroyed or as before"))


def purge(slug: str, origin: str, certificate: Path, file: Path | None, out: Path | None, destroy: bool) -> None:
    """Purge and write the certificate."""
    campaign = campaign_named(slug)
    from isoloir.field import certificates
    from isoloir.field.exports.files import private_file
    from isoloir.field.imports.purge import origin_named
    from isoloir.field.imports.purge import purge as run

    text = run(campaign, origin_named(origin), by=None, file=file, out=out, destroy=destroy)
    with private_file(certificate) as stream:
        stream.write(text)
    told = certificates.verify(text).told
    if file:
        cells, columns = told["file"]["cells_destroyed"], len(told["file"]["columns_destroyed"])
        OUT.print(
            say(f"{cells} cellules détruites dans {columns} colonnes", f"{cells} cells destroyed in {columns} columns")
        )
    counts = Counter(told["book"])
    gone = counts["contacts_undone"] + counts["contacts_destroyed"]
    OUT.print(say(f"{gone} contacts détruits dans le carnet", f"{gone} contacts destroyed in the book"))
    key = certificates.public_key(campaign)
    told_out = f" --file {out}" if out else ""
    OUT.print(f"  isoloir contacts verify {certificate} --key {key}{told_out}", soft_wrap=True)


def verify(certificate: Path, key: str, file: Path | None) -> bool:
    """Say what is wrong with a certificate; whether nothing is."""
    from isoloir.field import certificates
    from isoloir.field.imports.purge import fingerprint

    verdict = certificates.verify(certificates.read(certificate), key)
    wrong = list(verdict.wrong)
    if file and not wrong and fingerprint(file) != verdict.told.get("file", {}).get("sha256_after"):
        wrong.append(say(f"{file} n'est pas le fichier du certificat", f"{file} is not the file of the certificate"))
    for line in wrong:
        OUT.print(f"[red]✗[/red] {escape(line)}")
    if not wrong:
        held = say("le certificat vaut", "the certificate holds")
        unknown = "" if key else say(" (clé non comparée : --key)", " (key not compared: --key)")
        OUT.print(f"[green]✓[/green] {held}{unknown}: {verdict.told['origin']}, {verdict.told['at']}")
    return not wrong


def export(
    slug: str,
    out: Path | None,
    purpose: str,
    channel: str,
    form: str,
    recipient: str,
    name: str,
    push: str,
    list_id: int,
    account: str | None,
) -> None:
    """Ask, and write or push where it is approved."""
    campaign = campaign_named(slug)
    from isoloir.field.exports import requests
    from isoloir.field.models import ExportRequest

    on = requests.channel_of(campaign, channel)
    if not push and out is None:
        raise SettingsError(say("dites où : --out ou --push", "say where to: --out or --push"))
    by = _account(account) if account else None
    form = "listmonk" if push else form
    request = requests.request_of(campaign, name) if name else requests.request_export(
        campaign, by, purpose=purpose, channel=on, format=form, recipient=recipient
    )  # fmt: skip
    if request.state == ExportRequest.PENDING:
        OUT.print(say(f"{request.people} personnes : une seconde personne doit approuver.",
                      f"{request.people} people: a second person has to approve."))  # fmt: skip
        OUT.print(f"  isoloir contacts decide {request.pk} --campaign {slug} --as EMAIL")
        raise typer.Exit(1)
    if push:
        _push(request, push, list_id, by)
    elif out:
        count = requests.write_export(request, out, by)
        OUT.print(
            say(f"[green]écrit[/green] {out} : {count} personnes", f"[green]written[/green] {out}: {count} people")
        )


def _push(request: object, url: str, list_id: int, by: User | None) -> None:
    from isoloir.field.exports.listmonk import Listmonk, push_export
    from isoloir.field.models import ExportRequest

    assert isinstance(request, ExportRequest)
    if not settings().listmonk_token or not list_id:
        what = say("il faut --list, ISOLOIR_LISTMONK_USER et ISOLOIR_LISTMONK_TOKEN",
                   "it takes --list, ISOLOIR_LISTMONK_USER and ISOLOIR_LISTMONK_TOKEN")  # fmt: skip
        raise SettingsError(what)
    server = Listmonk(url, settings().listmonk_user, settings().listmonk_token, list_id)
    try:
        pushed = push_export(request, server, by)
    finally:
        server.close()
    for number, fr, en in (
        (pushed.added, "abonnés", "subscribed"),
        (pushed.there, "déjà là", "there already"),
        (pushed.left, "ont dit non là-bas", "said no over there"),
        (pushed.refused, "refusés par le serveur", "refused by the server"),
        (pushed.objections, "oppositions apprises du serveur", "objections learned from the server"),
    ):
        OUT.print(f"{number:>9}  {say(fr, en)}")


def decide(slug: str, name: str, account: str, refuse: bool) -> None:
    """Approve or refuse as an account."""
    campaign = campaign_named(slug)
    from isoloir.field.exports import requests

    request = requests.request_of(campaign, name)
    (requests.refuse_export if refuse else requests.approve_export)(request, _account(account))
    OUT.print(say(f"export {request.pk} : {request.state}", f"export {request.pk}: {request.state}"))


def _account(email: str) -> User:
    """The account of whoever knows its password; raise NotAllowed."""
    from isoloir.field.models import User

    user = User.objects.filter(email=email.lower(), is_active=True).first()
    password = typer.prompt(say("Mot de passe", "Password"), hide_input=True)
    if user is None or not user.check_password(password):
        raise NotAllowed(say("compte ou mot de passe inconnu", "unknown account or password"))
    return user


def _pairs(columns: list[str]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in columns]
    if wrong := next((text for text, parts in zip(columns, pairs, strict=True) if not parts[0]), None):
        raise SettingsError(f"--column {wrong}: {say('NOM=SENS', 'NAME=MEANING')}")
    return {name: meaning for name, _, meaning in pairs}
