"""Links that a person holds: what they carry is sealed or signed with keys of their campaign, and stored nowhere.

A link to confirm carries what was asked for, sealed (AES-256-GCM): nothing is in the book before its owner confirms.
A personal link carries a contact and a fingerprint, signed (HMAC-SHA-256): it still stops messages after an erasure.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import time
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.urls import reverse
from django.utils.translation import override

from isoloir.field.addresses import absolute
from isoloir.field.channels import MARK_BYTES, Channel
from isoloir.field.models import Campaign
from isoloir.field.vault import derive, ring

_NONCE, _MAC = 12, 16
_CHANNELS = tuple(Channel)


@dataclass(frozen=True)
class Holder:
    """Whose link it is, and the address that it was sent to, as its fingerprint."""

    contact: uuid.UUID
    channel: Channel
    mark: bytes


def seal(campaign: Campaign, purpose: str, what: Any) -> str:
    """What is given (JSON), sealed with the moment at which it was."""
    text = zlib.compress(json.dumps([time.time(), what], separators=(",", ":")).encode(), 9)
    nonce = os.urandom(_NONCE)
    return _text(nonce + AESGCM(_key(campaign, purpose)).encrypt(nonce, text, b""))


def unseal(campaign: Campaign, purpose: str, token: str, seconds: float) -> tuple[float, Any] | None:
    """When it was sealed and what; None where it is none of ours or older than so many seconds."""
    raw = _bytes(token)
    try:
        text = AESGCM(_key(campaign, purpose)).decrypt(raw[:_NONCE], raw[_NONCE:], b"")
    except (InvalidTag, ValueError):
        return None
    at, what = json.loads(zlib.decompress(text))
    return (at, what) if time.time() - at <= seconds else None


def personal(campaign: Campaign, holder: Holder) -> str:
    """The token of a person's own pages; it does not expire, as consent may be taken back at any time."""
    body = bytes([_CHANNELS.index(holder.channel)]) + holder.contact.bytes + holder.mark
    return _text(body + _mac(campaign, body))


def holder(campaign: Campaign, token: str) -> Holder | None:
    """Whose token it is; None where it was not made for this campaign."""
    raw = _bytes(token)
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if len(body) != 1 + 16 + MARK_BYTES or not hmac.compare_digest(mac, _mac(campaign, body)):
        return None
    return Holder(uuid.UUID(bytes=body[1:17]), _CHANNELS[body[0]], body[17:])


def address(route: str, campaign: Campaign, token: str, language: str) -> str:
    """The absolute address of a page that a token opens."""
    with override(language):
        return absolute(reverse(f"field:{route}", args=[campaign.slug, token]))


def _key(campaign: Campaign, purpose: str) -> bytes:
    return derive(ring(campaign).secret, b"link " + purpose.encode())


def _mac(campaign: Campaign, body: bytes) -> bytes:
    return hmac.digest(_key(campaign, "personal"), body, "sha256")[:_MAC]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
