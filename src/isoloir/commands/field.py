"""What the commands of the field do and print."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isoloir.errors import BookError, SettingsError
from isoloir.language import LANGUAGES, language, say
from isoloir.law import cited
from isoloir.web.book import open_book

if TYPE_CHECKING:
    from isoloir.field.models import Campaign

OUT = Console(highlight=False)


def create_campaign(
    slug: str, name: str, controller: str, contact: str, vote: date, first_round: date | None, nonprofit: bool
) -> None:
    """Open a campaign, with its keys and the first entry of its log, or nothing at all."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,58}[a-z0-9]", slug):
        raise SettingsError(f"{slug!r}: a short name has 3 to 60 small letters, digits and hyphens, such as nord-2027")
    if first_round and first_round >= vote:
        raise SettingsError(f"the first round ({first_round}) is not before the last ({vote})")
    open_book(make=True)
    from isoloir.field.campaigns import open_campaign

    made = open_campaign(
        slug,
        name=name,
        controller=controller,
        contact=contact,
        vote_on=vote,
        first_round_on=first_round,
        nonprofit=nonprofit,
    )
    OUT.print(
        say(f"Campagne {made.slug} ouverte. Invitez quelqu'un :", f"Campaign {made.slug} is open. Invite somebody:")
    )
    OUT.print(f"  isoloir account invite ADDRESS --campaign {made.slug} --role administrator")


def list_campaigns() -> None:
    """The campaigns, with what they hold."""
    open_book()
    from isoloir.field.models import Campaign, Contact

    table = Table(box=SIMPLE_HEAD)
    for title in ("", say("nom", "name"), say("dernier tour", "last round"), say("contacts", "contacts")):
        table.add_column(title)
    for one in Campaign.objects.order_by("slug"):
        table.add_row(one.slug, escape(one.name), str(one.vote_on), f"{Contact.objects.of(one).count():,}")
    OUT.print(table)


def add_processor(slug: str, name: str, task: str, country: str, contract: date | None) -> None:
    """Enter a processor in the register."""
    campaign = campaign_named(slug)
    from isoloir.field.campaigns import add_processor as add

    add(campaign, name, task, country, contract)
    OUT.print(say(f"{escape(name)} : inscrit au registre.", f"{escape(name)}: entered in the register."))


def write_documents(slug: str, out: Path) -> None:
    """The register and the assessment in both languages, as files."""
    campaign = campaign_named(slug)
    from isoloir.field.rights.register import assessment, register

    out.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[Campaign, str], str]] = {"register": register, "assessment": assessment}
    for name, make in makers.items():
        for spoken in LANGUAGES:
            file = out / f"{name}.{spoken}.html"
            file.write_text(make(campaign, spoken), encoding="utf-8")
            OUT.print(str(file))


def expire(slug: str | None, warn_days: int, rehearse: bool) -> None:
    """Warn, then destroy; one line a campaign."""
    every = _campaigns(slug)
    from isoloir.field.retention import expire as run

    for campaign in every:
        found = run(campaign, warn_days=warn_days, rehearse=rehearse)
        gone = say("à détruire", "to be destroyed") if rehearse else say("détruits", "destroyed")
        soon = say("finissent bientôt", "end soon") if rehearse else say("nouveaux avertissements", "newly warned of")
        first = say(f" (le premier le {found.last_day})", f" (the first on {found.last_day})") if found.last_day else ""
        OUT.print(f"{campaign.slug}: {found.destroyed:,} {gone}, {found.warned:,} {soon}{first}")
        if found.destroyed:
            OUT.print(f"  {escape(cited('RET-03', language()))}", soft_wrap=True)


def backup(book: Path, keys: Path, keep_keys: int) -> None:
    """Back up both, and say what is missing from them."""
    open_book()
    from isoloir.field.backup import backup as run
    from isoloir.settings import settings

    for made in run(book, keys, keep_keys_days=keep_keys):
        OUT.print(str(made), soft_wrap=True)
    OUT.print(
        say(
            f"Gardez à part la clé maîtresse ({settings().master_key}) et le journal ({settings().journal}).",
            f"Keep the master key ({settings().master_key}) and the journal ({settings().journal}) elsewhere.",
        ),
        soft_wrap=True,
    )


def restore(source: Path, keys: Path | None, journal: Path | None) -> None:
    """Put back, replay, and say what was replayed."""
    from isoloir.web.book import set_up

    set_up()
    from isoloir.field.backup import restore as run

    done = run(source, keys, journal=journal)
    OUT.print(
        say(
            f"Rejoués : {done.erased} effacements, {done.undone} imports annulés, {done.objections} oppositions, "
            f"{done.withdrawals} retraits",
            f"Replayed: {done.erased} erasures, {done.undone} imports undone, {done.objections} objections, "
            f"{done.withdrawals} withdrawals",
        )
    )


def rekey() -> None:
    """Change the master key, and say what to keep now."""
    open_book()
    from isoloir.field.rekeying import change_master_key
    from isoloir.settings import settings

    number = change_master_key()
    OUT.print(
        say(
            f"Nouvelle clé maîtresse ({number} campagnes) : {settings().master_key}. Gardez-en une copie à part ; "
            "l'ancienne n'ouvre plus que les sauvegardes des clés d'avant. Redémarrez le serveur.",
            f"New master key ({number} campaigns): {settings().master_key}. Keep a copy of it apart; the old one opens "
            "the backups of keys from before only. Start the server again.",
        ),
        soft_wrap=True,
    )


def accept_journal() -> None:
    """Open the book with the journal that is there, and write in the log that it was taken so."""
    open_book(accept_journal=True)
    from isoloir.field import log

    log.write(None, None, "accept_journal")
    OUT.print(say("Le journal est pris comme il est.", "The journal is taken as it is."))


def verify_log(slug: str | None) -> bool:
    """Print each break, or where the chains end; whether they hold."""
    every = _campaigns(slug)
    from isoloir.field import log
    from isoloir.field.models import LogHead

    breaks = [found for one in every for found in log.verify(one)] + ([] if slug else log.verify_server())
    for found in breaks:
        OUT.print(f"{found.chain}, {say('entrée', 'entry')} {found.sequence}: {found.what}", soft_wrap=True)
    if not breaks:
        for head in LogHead.objects.order_by("chain"):
            OUT.print(
                f"{head.chain}: {head.sequence:,} {say('entrées, la dernière', 'entries, the last')} {head.link[:16]}"
            )
    return not breaks


def invite(email: str, slug: str, role: str) -> None:
    """Print the link of an invitation."""
    campaign = campaign_named(slug)
    from isoloir.field.invitations import invite as run
    from isoloir.field.roles import Role

    if role not in list(Role):
        raise SettingsError(f"--role {role}: one of {', '.join(Role)}")
    OUT.print(run(campaign, email, Role(role), by=None), soft_wrap=True)


def count_roll(file: Path, slug: str, undertaking: bool, interest_test: bool, out: Path, by: list[str]) -> None:
    """Count, write the counts, destroy the roll."""
    campaign = campaign_named(slug)
    from isoloir.field.roll import count

    done = count(campaign, file, out, undertaking=undertaking, interest_test=interest_test, by=by)
    OUT.print(
        say(
            f"{done.voters:,} inscrits comptés en {done.units:,} lignes : {out}. La liste est détruite.",
            f"{done.voters:,} voters counted in {done.units:,} lines: {out}. The roll is destroyed.",
        )
    )


def campaign_named(slug: str) -> Campaign:
    """The campaign of that short name, its book opened; raise BookError where there is none."""
    return _campaigns(slug)[0]


def _campaigns(slug: str | None) -> list[Campaign]:
    open_book()
    from isoloir.field.models import Campaign

    found = list(Campaign.objects.filter(slug=slug) if slug else Campaign.objects.order_by("slug"))
    if not found:
        known = ", ".join(Campaign.objects.order_by("slug").values_list("slug", flat=True)) or say("aucune", "none")
        raise BookError(f"{slug}: no such campaign (there are: {known})")
    return found
