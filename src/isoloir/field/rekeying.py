"""A new master key: every campaign's keys are wrapped again under it; those of contacts stay as they are.

The new key lies beside the old one before the database changes, in one transaction, and takes its place after it: a
process killed at any point leaves a key that opens everything, and `settle` finishes or forgets what it had begun.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from isoloir.errors import BookError
from isoloir.field import log, vault
from isoloir.field.databases import KEYS
from isoloir.field.keys.models import CampaignKey
from isoloir.settings import settings


def change_master_key() -> int:
    """Take a new master key; the number of campaigns whose keys it wraps now. The old one opens older backups only."""
    settle()
    old, new = vault.master_key(), secrets.token_bytes(vault.KEY_BYTES)
    with transaction.atomic(using=KEYS):
        vault.keep_server_secret()
        rows = _locked()
        vault.write_key(vault.coming(), new)  # behind the lock: nobody settles what is not committed yet
        _sync(vault.coming().parent)
        for row in rows:
            _wrap_again(row, AESGCM(old), AESGCM(new))
            row.save(force_update=True)
    _take_place()
    vault.forget()
    log.write(None, None, "rekey", campaigns=len(rows) - 1)  # one row is the server's
    return len(rows) - 1


def settle() -> None:
    """Finish a change that was committed, forget one that was not."""
    if not vault.coming().exists():
        return
    with transaction.atomic(using=KEYS):
        server = [row for row in _locked() if row.campaign == vault.SERVER]
        if any(map(_opens_with_coming, server)):
            _take_place()
        else:
            vault.coming().unlink(missing_ok=True)


def _locked() -> list[CampaignKey]:
    """The rows, which another process that changes or settles waits for."""
    return list(CampaignKey.objects.select_for_update())


def _wrap_again(row: CampaignKey, old: vault.Cipher, new: vault.Cipher) -> None:
    label = row.campaign.bytes
    row.contacts = vault.wrap(new, vault.unwrap(old, row.contacts, label + b"contacts"), label + b"contacts")
    row.marks = vault.wrap(new, vault.unwrap(old, row.marks, label + b"marks"), label + b"marks")


def _opens_with_coming(row: CampaignKey) -> bool:
    try:
        vault.unwrap(AESGCM(vault.key_in(vault.coming())), row.marks, row.campaign.bytes + b"marks")
    except BookError:
        return False
    return True


def _take_place() -> None:
    file = settings().master_key
    with contextlib.suppress(FileNotFoundError):  # another process settled it a moment ago
        vault.coming().replace(file)
    _sync(file.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
