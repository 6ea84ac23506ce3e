"""Bringing the databases to where the journal says they should be: after a restore of any age, or a killed process.

Everything here can be done again without effect. What the journal knows wins over what a database says: erasures,
imports undone, objections in their order, withdrawals.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import consent, destruction, journal, log, undo, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.keys.models import ContactKey
from isoloir.field.models import Campaign, ConsentEntry, Contact, ImportBatch, JournalMark
from isoloir.field.suppression import restore_marks
from isoloir.language import say
from isoloir.settings import settings

_AT_ONCE = 5000
_ORPHAN_AGE = timedelta(days=1)  # a key whose contact is being written this minute is no orphan


@dataclass
class Recovered:
    """What had to be done."""

    erased: int = 0
    undone: int = 0
    objections: int = 0
    withdrawals: int = 0
    orphan_keys: int = 0

    def __bool__(self) -> bool:
        return bool(self.erased or self.undone or self.objections or self.withdrawals or self.orphan_keys)


@dataclass
class _Told:
    """What the journal says of a campaign."""

    erased: dict[uuid.UUID, None] = field(default_factory=dict)
    undone: dict[uuid.UUID, None] = field(default_factory=dict)
    marks: dict[str, dict[bytes, tuple[bool, str, datetime]]] = field(default_factory=lambda: defaultdict(dict))
    withdrawn: dict[tuple[uuid.UUID, str, str, datetime], str] = field(default_factory=dict)


def recover(*, accept_journal: bool = False) -> Recovered:
    """Carry out what the journal says beyond what is known to be done: a killed process left it half-way.

    Raise BookError where the journal is shorter than the book remembers, unless `accept_journal` takes it as it is: all
    of it is carried out again then, and what it no longer tells is lost to the restores to come.
    """
    mark, end = JournalMark.objects.get_or_create(pk=1)[0], journal.size()
    if mark.size == end:
        return Recovered()
    if end < mark.size and not accept_journal:
        raise BookError(
            say(
                f"{settings().journal} a {end:,} octets et ce carnet se souvient de {mark.size:,} : sans eux, une "
                "restauration ferait revenir des effacés ; remettez le fichier ou sa copie, ou prenez-le tel quel avec "
                "`isoloir book accept-journal`",
                f"{settings().journal} has {end:,} bytes and this book remembers {mark.size:,}: without them, a "
                "restore would bring erased people back; put the file or its copy back, or take it as it is with "
                "`isoloir book accept-journal`",
            )
        )
    start = mark.size if mark.size < end else 0
    return _carry_out(_read(journal.entries(start=start)), end, "recovery")


def replay(copies: Iterable[Path] = ()) -> Recovered:
    """Carry out the whole journal, and copies of it that a backup had; destroy keys that no contact has."""
    end = journal.size()
    lines = [line for file in (*copies, None) for line in journal.entries(file)]
    done = _carry_out(_read(lines), end, "restore")
    done.orphan_keys = _destroy_orphans()
    return done


def _carry_out(told: Mapping[uuid.UUID, _Told], end: int, why: str) -> Recovered:
    done = Recovered()
    for campaign in Campaign.objects.filter(pk__in=list(told)):
        _replay(campaign, told[campaign.pk], why, done)
    JournalMark.objects.update_or_create(pk=1, defaults={"size": end})
    return done


def unreadable(campaign: Campaign) -> list[uuid.UUID]:
    """Contacts whose keys are not there: erased after the book's backup, or added after the keys' one."""
    keys = set(ContactKey.objects.filter(campaign=campaign.pk).values_list("contact", flat=True))
    return [pk for pk in Contact.objects.of(campaign).values_list("pk", flat=True).iterator() if pk not in keys]


def _read(lines: Iterable[dict[str, Any]]) -> dict[uuid.UUID, _Told]:
    told: dict[uuid.UUID, _Told] = defaultdict(_Told)
    for line in sorted(lines, key=lambda one: str(one["at"])):
        mine, at = told[uuid.UUID(line["campaign"])], datetime.fromisoformat(line["at"])
        match line["what"]:
            case "erased" | "undone" as what:
                getattr(mine, what).update(dict.fromkeys(uuid.UUID(one) for one in line["ids"]))
            case "objected" | "lifted" as what:
                stands = what == "objected"
                mine.marks[line["channel"]].update(
                    {bytes.fromhex(one): (stands, line["how"], at) for one in line["ids"]}
                )
            case "withdrawn":
                for one in line["ids"]:
                    mine.withdrawn[uuid.UUID(one), line["purpose"], line["channel"], at] = line["how"]
    return told


def _replay(campaign: Campaign, told: _Told, why: str, done: Recovered) -> None:
    erased = list(told.erased)
    for start in range(0, len(erased), _AT_ONCE):
        some = erased[start : start + _AT_ONCE]
        vault.destroy(campaign, some)
        done.erased += destruction.remove_rows(campaign, some, by=log.COMMAND, why=why)
    for batch in told.undone:
        done.undone += bool(undo.take_back(campaign, batch, by=None))
        left = ImportBatch.objects.of(campaign).filter(pk=batch).exclude(state=ImportBatch.UNDONE)
        left.update(state=ImportBatch.UNDONE, ended_at=timezone.now())
    for channel, marks in told.marks.items():
        done.objections += restore_marks(campaign, Channel(channel), marks)
    for (contact, purpose, channel, at), how in told.withdrawn.items():
        done.withdrawals += _withdraw(campaign, contact, purpose, channel, at, how)


def _withdraw(campaign: Campaign, contact_id: uuid.UUID, purpose: str, channel: str, at: datetime, how: str) -> bool:
    contact = Contact.objects.of(campaign).select_related("campaign").filter(pk=contact_id).first()
    if contact is None:
        return False
    mine = ConsentEntry.objects.of(campaign).filter(contact=contact_id, granted=False, at=at)
    if mine.filter(purpose=purpose, channel=channel).exists():
        return False
    with transaction.atomic(using=BOOK):
        consent.write_withdrawal(contact, purpose, channel, how, at)
        log.write(campaign, log.COMMAND, "withdraw", str(contact_id), purpose=purpose or "all", how="recovery")
    return True


def _destroy_orphans() -> int:
    """Keys that a killed process made for contacts that it never wrote: they open nothing."""
    old, gone = timezone.now() - _ORPHAN_AGE, 0
    for campaign in Campaign.objects.all():
        have = set(Contact.objects.of(campaign).values_list("pk", flat=True).iterator())
        keys = ContactKey.objects.filter(campaign=campaign.pk, made_at__lt=old).values_list("contact", flat=True)
        gone += vault.destroy(campaign, [one for one in keys.iterator() if one not in have])
    return gone
