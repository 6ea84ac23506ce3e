"""The consent ledger: what stands is computed from entries that are only ever added, and a withdrawal always wins."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import journal, log, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.loading import change, load
from isoloir.field.models import Campaign, ConsentEntry, Contact, User, Wording
from isoloir.field.purposes import PURPOSES, last_day
from isoloir.field.reading import read, span
from isoloir.language import say

PROOF = b"proof"
_CHANNELS = {one.value: one for one in Channel}


@dataclass(frozen=True)
class Consent:
    """What a person agreed to: one purpose on one channel, in which words, how and when, and what shows it.

    `how`: signup_form, door, qr, paper, import. `until`: the last day that the wording itself named, or None.
    """

    purpose: str
    channel: Channel
    wording: str
    wording_version: str
    how: str
    at: datetime
    until: date | None = None
    collected_by: User | None = None
    proof: str = ""

    def __hash__(self) -> int:
        """Of what tells most consents apart and is quick: an import asks at every row; equality looks at the rest."""
        return hash((self.purpose, self.channel, self.at, self.proof))


@dataclass(frozen=True)
class State:
    """What stands for a purpose on a channel: `since` when, `until` which day, in which version of the words."""

    granted: bool
    since: datetime
    until: date | None
    wording_version: str


States = dict[tuple[str, Channel], State]


def grant(contact: Contact, consent: Consent) -> None:
    """Add a consent to the ledger; the contact is kept as long as it lasts."""
    key = vault.keys_of(contact.campaign, [contact.pk]).get(contact.pk)
    if key is None:
        raise BookError(say(f"{contact} n'a pas de clé : il a été effacé", f"{contact} has no key: it was erased"))
    with transaction.atomic(using=BOOK):
        proofs = sealed_proofs(key, contact.pk, [consent])
        add_entries(entries(Words(contact.campaign), contact.pk, [consent], proofs, None))
        settle(contact)
        actor, told = consent.collected_by or log.PERSON, {"purpose": consent.purpose, "channel": consent.channel.value}
        log.write(contact.campaign, actor, "grant", str(contact.pk), **told)


def withdraw(
    contact: Contact,
    purpose: str | None = None,
    channel: Channel | None = None,
    *,
    how: str,
    at: datetime | None = None,
    actor: log.Actor = log.PERSON,
) -> None:
    """Take back a purpose, a channel, both or everything (None: all of them); nothing given before then stands."""
    moment = at or timezone.now()
    with transaction.atomic(using=BOOK):
        journal.withdrawn(contact.campaign, contact.pk, purpose, channel, how, moment)
        write_withdrawal(contact, purpose or "", channel or "", how, moment)
        log.write(
            contact.campaign, actor, "withdraw", str(contact.pk), purpose=purpose or "all", channel=channel or "all"
        )


def state(contact: Contact) -> States:
    """What stands now for each purpose and channel that was ever agreed to."""
    return states(contact.campaign, [contact.pk])[contact.pk]


def states(campaign: Campaign, contacts: Iterable[uuid.UUID], on: date | None = None) -> dict[uuid.UUID, States]:
    """`state` of many contacts, on a day (today)."""
    day = on or timezone.localdate()
    rows: dict[uuid.UUID, list[_Entry]] = {contact: [] for contact in contacts}
    for one in map(_Entry._make, read(ConsentEntry, _Entry._fields, "contact", rows, {"campaign_id": campaign.pk})):
        rows[one.contact].append(one)
    used = {one.wording_id for entries in rows.values() for one in entries if one.wording_id}
    versions: dict[int, str] = dict(read(Wording, ("id", "version"), "id", used, {"campaign_id": campaign.pk}))
    return {contact: _fold(campaign, entries, day, versions) for contact, entries in rows.items()}


class _Entry(NamedTuple):
    """What of an entry decides whether it stands."""

    id: int
    contact: uuid.UUID
    granted: bool
    purpose: str
    channel: str
    at: datetime
    until: date | None
    batch: uuid.UUID | None
    wording_id: int | None


def agreed(
    campaign: Campaign, first: uuid.UUID, last: uuid.UUID, purposes: Sequence[str], channel: Channel
) -> set[uuid.UUID]:
    """Those, from one contact to another, whose consent to each of these purposes on this channel stands today."""
    day, found = timezone.localdate(), list[set[uuid.UUID]]()
    for purpose in purposes:
        where = {"campaign_id": campaign.pk, "purpose": ("", purpose), "channel": ("", channel.value)}
        rows = span(ConsentEntry, _Entry._fields, "contact", first, last, where)
        found.append(set(_agreeing(campaign, rows, (purpose, channel), day)))
    return set.intersection(*found)


def _agreeing(
    campaign: Campaign, rows: Sequence[tuple[Any, ...]], kind: tuple[str, Channel], day: date
) -> Iterator[uuid.UUID]:
    """Whose rows, all of one purpose and channel, come to a consent that stands; most have a single one, a grant."""
    entries: dict[uuid.UUID, list[_Entry]] = {}
    for row in map(_Entry._make, rows):
        entries.setdefault(row.contact, []).append(row)
    for contact, own in entries.items():
        if len(own) == 1:
            (one,) = own
            if one.granted and day <= last_day(campaign, one.purpose, one.at, one.until):
                yield contact
        elif (state := _fold(campaign, own, day, {}).get(kind)) and state.granted:
            yield contact


def _fold(campaign: Campaign, rows: Sequence[_Entry], day: date, versions: Mapping[int, str]) -> States:
    """The ledger read in the order of the acts; at the same moment, a withdrawal comes last and so wins.

    What an import brought never undoes a withdrawal, whatever its date; what a batch brought that was undone is void.
    """
    found: States = {}
    shut: list[_Entry] = []
    own: dict[tuple[str, Channel], datetime] = {}
    void = {row.batch for row in rows if row.batch and not row.granted}
    for row in sorted(rows, key=lambda one: (one.at, not one.granted, one.id)):
        if row.batch in void:
            continue
        if not row.granted:
            shut.append(row)
            _take_back(found, row)
            continue
        key = (row.purpose, _CHANNELS[row.channel])
        if not row.batch:
            own[key] = row.at
        if not row.batch or not any(_covers(one, row) and one.at >= own.get(key, one.at) for one in shut):
            until = last_day(campaign, row.purpose, row.at, row.until)
            found[key] = State(day <= until, row.at, until, versions.get(row.wording_id or 0, ""))
    return found


def _covers(withdrawal: _Entry, row: _Entry) -> bool:
    return withdrawal.purpose in ("", row.purpose) and withdrawal.channel in ("", row.channel)


def _take_back(found: States, row: _Entry) -> None:
    for (purpose, channel), was in list(found.items()):
        if row.purpose in ("", purpose) and row.channel in ("", channel):
            found[purpose, channel] = State(False, row.at, None, was.wording_version)


def void(campaign: Campaign, contacts: Collection[uuid.UUID], batch: uuid.UUID) -> int:
    """Make void what an import brought that is undone: no withdrawals, for these people said nothing.

    For how many of them it is done now; for the others it was done before.
    """
    where = {"campaign_id": campaign.pk, "batch": batch, "granted": False}
    done = {contact for (contact,) in read(ConsentEntry, ("contact",), "contact", contacts, where)}
    new, now = [one for one in contacts if one not in done], timezone.now()
    add_entries(
        (campaign.pk, one, False, "", "", None, "undo", now, None, None, batch, b"") for one in new
    )  # in the order of COLUMNS
    ends = {one: _end(standing) for one, standing in states(campaign, new).items()}
    change(Contact, ("keep_until", "changed_at", "warned_on"), ((end, now, None, one) for one, end in ends.items()))
    return len(new)


def settle(contact: Contact) -> None:
    """Set how long the contact is kept, from what stands: the last day of all, or yesterday where nothing does."""
    contact.keep_until, contact.changed_at, contact.warned_on = _end(state(contact)), timezone.now(), None
    contact.save(update_fields=["keep_until", "changed_at", "warned_on"])


def _end(standing: States) -> date:
    ends = [one.until for one in standing.values() if one.granted and one.until]
    return max(ends, default=timezone.localdate() - timedelta(days=1))


COLUMNS = (
    "campaign_id", "contact", "granted", "purpose", "channel", "wording_id", "how", "at", "until", "collected_by_id",
    "batch", "proof",
)  # fmt: skip


class Words:
    """The identifiers of exact words, each stored at first use and looked up once."""

    def __init__(self, campaign: Campaign):
        self.campaign = campaign
        self.known: dict[tuple[str, str], int] = {}
        self.told: dict[Consent, tuple[object, ...]] = {}

    def of(self, consent: Consent) -> tuple[object, ...]:
        """The columns that say what was agreed to; the same for a whole file."""
        found = self.told.get(consent)
        if found is None:
            if consent.purpose not in PURPOSES:
                raise BookError(
                    say(
                        f"aucune finalité ne s'appelle {consent.purpose!r} ; connues : {', '.join(PURPOSES)}",
                        f"no purpose is called {consent.purpose!r}; one of {', '.join(PURPOSES)}",
                    )
                )
            found = self.told[consent] = (
                True, consent.purpose, consent.channel.value, self.id_of(consent), consent.how, consent.at,
                consent.until, consent.collected_by.pk if consent.collected_by else None,
            )  # fmt: skip
        return found

    def id_of(self, consent: Consent) -> int:
        """The identifier of the words of this consent."""
        pair = (consent.wording_version, consent.wording)
        if pair not in self.known:
            digest = hashlib.sha256("\n".join(pair).encode()).hexdigest()
            told = {"version": pair[0], "text": pair[1]}
            found, _ = Wording.objects.get_or_create(campaign=self.campaign, digest=digest, defaults=told)
            self.known[pair] = found.pk
        return self.known[pair]


def entries(
    words: Words,
    contact: uuid.UUID,
    consents: Sequence[Consent],
    proofs: Sequence[bytes],
    batch: uuid.UUID | None,
) -> list[tuple[object, ...]]:
    """The rows of consents, in the order of COLUMNS, with their proofs as `sealed_proofs` seals them."""
    campaign = words.campaign.pk
    return [(campaign, contact, *words.of(one), batch, proof) for one, proof in zip(consents, proofs, strict=True)]


def sealed_proofs(cipher: vault.Cipher, contact: uuid.UUID, consents: Sequence[Consent]) -> tuple[bytes, ...]:
    """What shows each consent, sealed with the contact's key; the same text is sealed once."""
    sealed = {"": b""}
    for one in consents:
        if one.proof not in sealed:
            sealed[one.proof] = vault.seal(cipher, contact, PROOF, one.proof.encode())
    return tuple(sealed[one.proof] for one in consents)


def add_entries(rows: Iterable[tuple[object, ...]]) -> None:
    """Write rows made by `entries`."""
    load(ConsentEntry, COLUMNS, rows)


def write_withdrawal(contact: Contact, purpose: str, channel: str, how: str, at: datetime) -> None:
    """The entry of a withdrawal (empty: every purpose, every channel), and how long the contact is kept after it."""
    ConsentEntry(
        campaign=contact.campaign, contact=contact.pk, granted=False, purpose=purpose, channel=channel, how=how, at=at,
    ).save(force_insert=True)  # fmt: skip
    settle(contact)


def proofs(entries: Iterable[ConsentEntry], keys: Mapping[uuid.UUID, vault.Cipher]) -> dict[int, str]:
    """The proofs of entries, opened, by the entry's id; those of erased contacts are missing."""
    return {
        row.pk: vault.unseal(keys[row.contact], row.contact, PROOF, bytes(row.proof)).decode()
        for row in entries
        if row.proof and row.contact in keys
    }
