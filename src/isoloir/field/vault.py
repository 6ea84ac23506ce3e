"""Sealing and opening: a key for each contact, wrapped by its campaign's, wrapped by the master key file.

AES-256-GCM throughout (NIST SP 800-38D), with random nonces of 96 bits; what is sealed is bound to the contact and to
what it is, so that nothing can be moved to another row. Destroying a contact's key is how a person is erased: what is
sealed with it stays closed in every copy. Keys are written before what they seal, and destroyed before it goes.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import stat
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field.databases import KEYS
from isoloir.field.keys.models import CampaignKey, ContactKey
from isoloir.field.loading import load
from isoloir.field.models import Campaign, Contact, LogEntry, Suppression
from isoloir.field.reading import read, span
from isoloir.language import say
from isoloir.settings import settings

Cipher = AESGCM
"""An opened key."""
KEY_BYTES = 32
NONCE_BYTES = 12
SERVER = uuid.UUID(int=0)
"""Stands for the server where a campaign's identifier is asked for."""
_AT_ONCE = 5000  # keys asked for in one query: SQLite takes 32,766 parameters


@dataclass(frozen=True)
class Ring:
    """The opened keys of a campaign."""

    contacts: bytes
    secret: bytes

    @cached_property
    def wrapping(self) -> Cipher:
        """Wraps the keys of contacts."""
        return AESGCM(self.contacts)

    @cached_property
    def marks(self) -> bytes:
        """Keys the fingerprints of addresses."""
        return derive(self.secret, b"marks")

    @cached_property
    def log(self) -> bytes:
        """Keys the chain of the audit log."""
        return derive(self.secret, b"log")


_rings: dict[uuid.UUID, Ring] = {}


def derive(secret: bytes, purpose: bytes) -> bytes:
    """A key for one purpose, from a secret that is random already (HKDF-Expand, RFC 5869, one block)."""
    return hmac.digest(secret, b"isoloir " + purpose + b"\x01", "sha256")


def ring(campaign: Campaign) -> Ring:
    """The keys of a campaign, made at first use; raise BookError where they were lost or the master key is another."""
    if campaign.pk not in _rings:
        _rings[campaign.pk] = _open_ring(campaign)
    return _rings[campaign.pk]


def forget() -> None:
    """Drop every opened key of campaigns from this process."""
    _rings.clear()


def create(campaign: Campaign, contact: uuid.UUID) -> Cipher:
    """A new key, already stored: it is there before anything that it seals."""
    key, wrapped = fresh(ring(campaign).wrapping, contact)
    keep(campaign, [(contact, wrapped)])
    return AESGCM(key)


def fresh(wrapping: Cipher, contact: uuid.UUID) -> tuple[bytes, bytes]:
    """A new key, and the same as it is to be kept, wrapped by that of its campaign."""
    key = os.urandom(KEY_BYTES)
    return key, wrap(wrapping, key, contact.bytes)


def keep(campaign: Campaign, wrapped: Iterable[tuple[uuid.UUID, bytes]]) -> None:
    """Store the keys of contacts, before anything that they seal."""
    now = timezone.now()
    with transaction.atomic(using=KEYS):
        rows = ((contact, campaign.pk, key, now) for contact, key in wrapped)
        load(ContactKey, ("contact", "campaign", "wrapped", "made_at"), rows)


def keys_of(campaign: Campaign, contacts: Iterable[uuid.UUID]) -> dict[uuid.UUID, Cipher]:
    """The keys that are there; a contact whose key was destroyed is missing."""
    wrapping, found = ring(campaign).wrapping, dict[uuid.UUID, Cipher]()
    for contact, wrapped in read(ContactKey, ("contact", "wrapped"), "contact", contacts, {"campaign": campaign.pk}):
        found[contact] = AESGCM(unwrap(wrapping, wrapped, contact.bytes))
    return found


def keys_between(campaign: Campaign, first: uuid.UUID, last: uuid.UUID) -> dict[uuid.UUID, Cipher]:
    """`keys_of` all contacts from one to another, in the order of identifiers."""
    wrapping = ring(campaign).wrapping
    rows = span(ContactKey, ("contact", "wrapped"), "contact", first, last, {"campaign": campaign.pk})
    return {contact: AESGCM(unwrap(wrapping, wrapped, contact.bytes)) for contact, wrapped in rows}


def destroy(campaign: Campaign, contacts: Iterable[uuid.UUID]) -> int:
    """Destroy keys for good, and what the database keeps of them beside its tables; the number destroyed."""
    wanted, count = list(contacts), 0
    for start in range(0, len(wanted), _AT_ONCE):
        some = ContactKey.objects.filter(campaign=campaign.pk, contact__in=wanted[start : start + _AT_ONCE])
        count += some.delete()[0]
    scrub()
    return count


def scrub() -> None:
    """Have the database overwrite deleted keys: SQLite's write-ahead log now, PostgreSQL's dead rows by a vacuum."""
    connection = connections[KEYS]
    if connection.in_atomic_block:
        return
    statement = "VACUUM keys_contactkey" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
    with connection.cursor() as cursor:
        cursor.execute(statement)


def seal(key: Cipher, contact: uuid.UUID, what: bytes, text: bytes) -> bytes:
    """The text sealed: nonce, then ciphertext and tag."""
    return wrap(key, text, contact.bytes + what)


def unseal(key: Cipher, contact: uuid.UUID, what: bytes, sealed: bytes) -> bytes:
    """The text; raise BookError where it was altered or belongs elsewhere."""
    return unwrap(key, sealed, contact.bytes + what)


def master_key() -> bytes:
    """The key of the master key file, made at first use; raise BookError where others may read it or it is no key."""
    file = settings().master_key
    if not file.exists():
        _make_master_key(file)
    return key_in(file)


def coming() -> Path:
    """Where a new master key lies while it takes the place of the old one."""
    return settings().master_key.with_name(f"{settings().master_key.name}.next")


def key_in(file: Path) -> bytes:
    """The key of a file; raise BookError where others may read it or it is no key."""
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise BookError(
            say(
                f"{file} : d'autres peuvent lire la clé maîtresse ; lancez chmod 600 {file}",
                f"{file}: others may read the master key; run chmod 600 {file}",
            )
        )
    text = file.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BookError(
            say(
                f"{file} : ce n'est pas une clé maîtresse de {KEY_BYTES} octets ; remettez celle de ce carnet",
                f"{file}: not a master key of {KEY_BYTES} bytes; put back the one that this book was made with",
            )
        )
    return key


def _make_master_key(file: Path) -> None:
    if CampaignKey.objects.exists():
        raise BookError(
            say(
                f"{file} manque, et les clés en ont besoin : remettez-le, ou dites par ISOLOIR_MASTER_KEY où il est",
                f"{file} is missing, and the keys need it: put it back, or set ISOLOIR_MASTER_KEY to where it is",
            )
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_key(draft, secrets.token_bytes(KEY_BYTES))
    with contextlib.suppress(FileExistsError):  # another process was first: its key is the one
        os.link(draft, file)
    draft.unlink()


def write_key(file: Path, key: bytes) -> None:
    """Write a key where there is no file yet, for its owner alone, and see it to the disk."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def server_secret() -> bytes:
    """What keys the log that belongs to no campaign: of the first master key, whichever there is now."""
    row = CampaignKey.objects.filter(campaign=SERVER).first()
    return _under_master(row.marks, SERVER.bytes + b"marks") if row else derive(master_key(), b"server log")


def keep_server_secret() -> None:
    """Store it under the master key of now, so that another one may come."""
    if CampaignKey.objects.filter(campaign=SERVER).exists():
        return
    master, label = AESGCM(master_key()), SERVER.bytes
    CampaignKey(
        campaign=SERVER, contacts=wrap(master, b"", label + b"contacts"),
        marks=wrap(master, server_secret(), label + b"marks"),
    ).save(force_insert=True)  # fmt: skip


def _under_master(wrapped: bytes | memoryview, label: bytes) -> bytes:
    """Opened with the master key, or with the one that was taking its place when a process was killed."""
    try:
        return unwrap(AESGCM(master_key()), wrapped, label)
    except BookError:
        if not coming().exists():
            raise
        return unwrap(AESGCM(key_in(coming())), wrapped, label)


def _open_ring(campaign: Campaign) -> Ring:
    row = CampaignKey.objects.filter(campaign=campaign.pk).first() or _found_ring(campaign)
    label = campaign.pk.bytes
    return Ring(_under_master(row.contacts, label + b"contacts"), _under_master(row.marks, label + b"marks"))


def _found_ring(campaign: Campaign) -> CampaignKey:
    """New keys for a new campaign; one that has a past has lost them, and new ones would forget its opt-outs."""
    if any(model.objects.of(campaign).exists() for model in (Suppression, LogEntry, Contact)):
        raise BookError(
            say(
                f"les clés de la campagne {campaign} manquent : restaurez la sauvegarde des clés",
                f"the keys of campaign {campaign} are missing: restore the backup of the keys",
            )
        )
    master, label = AESGCM(master_key()), campaign.pk.bytes
    row = CampaignKey(
        campaign=campaign.pk,
        contacts=wrap(master, secrets.token_bytes(KEY_BYTES), label + b"contacts"),
        marks=wrap(master, secrets.token_bytes(KEY_BYTES), label + b"marks"),
    )
    try:
        with transaction.atomic(using=KEYS):
            row.save(force_insert=True)
    except IntegrityError:  # another process was first
        return CampaignKey.objects.get(campaign=campaign.pk)
    return row


def wrap(cipher: Cipher, text: bytes, label: bytes) -> bytes:
    """The text under a key, bound to a label: nonce, then ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, text, label)


def unwrap(cipher: Cipher, sealed: bytes | memoryview, label: bytes) -> bytes:
    """The text; raise BookError where it was altered, or wrapped under another key or label."""
    whole = bytes(sealed)
    try:
        return cipher.decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], label)
    except InvalidTag:
        raise BookError(
            say(
                "des données scellées ne s'ouvrent pas : altérées, ou scellées sous une autre clé maîtresse",
                "sealed data do not open: altered, or the master key is not the one they were made with",
            )
        ) from None
