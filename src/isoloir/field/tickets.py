"""Tickets: links short enough for a text message. What one stands for waits here, sealed, until it is used or too old.

A ticket is nine random bytes and a code that proves them ours (HMAC-SHA-256). Its key is derived from those bytes too,
so that the table and the keys of the book do not open what waits: only who was sent the message does. Used once.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import timezone

from isoloir.field.models import Campaign, Ticket
from isoloir.field.vault import derive, ring

_RANDOM, _PROOF, _NONCE = 9, 6, 12  # bytes


def issue(campaign: Campaign, what: Any, *, days: int) -> str:
    """Leave something (JSON) until its ticket, which is returned, is shown; those that are too old go meanwhile."""
    sweep(campaign)
    drawn, nonce, now = os.urandom(_RANDOM), os.urandom(_NONCE), timezone.now()
    text = json.dumps([now.isoformat(), what], separators=(",", ":")).encode()
    sealed = nonce + AESGCM(_keyed(campaign, b"key", drawn)).encrypt(nonce, text, b"")
    Ticket.objects.create(
        campaign=campaign, mark=_keyed(campaign, b"mark", drawn).hex(), sealed=sealed, until=now + timedelta(days=days)
    )
    return base64.urlsafe_b64encode(drawn + _proof(campaign, drawn)).decode()


def look(campaign: Campaign, ticket: str) -> tuple[datetime, Any] | None:
    """When it was issued, and what waits; None where the ticket is none of ours, used or too old."""
    drawn, row = _row(campaign, ticket)
    return _opened(campaign, drawn, row) if row else None


def use(campaign: Campaign, ticket: str) -> tuple[datetime, Any] | None:
    """The same, and the ticket is worth nothing any more: of two who come at once, one gets it."""
    drawn, row = _row(campaign, ticket)
    found = _opened(campaign, drawn, row) if row else None
    if row is None or found is None:
        return None
    gone, _ = Ticket.objects.of(campaign).filter(pk=row.pk).delete()
    return found if gone else None


def sweep(campaign: Campaign) -> None:
    """Those that are too old go, with what waited."""
    Ticket.objects.of(campaign).filter(until__lt=timezone.now()).delete()


def _row(campaign: Campaign, ticket: str) -> tuple[bytes, Ticket | None]:
    """The random part of a ticket, proven ours, and what waits under it."""
    drawn = _drawn(campaign, ticket)
    if not drawn:
        return drawn, None
    return drawn, Ticket.objects.of(campaign).filter(mark=_keyed(campaign, b"mark", drawn).hex()).first()


def _opened(campaign: Campaign, drawn: bytes, row: Ticket) -> tuple[datetime, Any] | None:
    sealed = bytes(row.sealed)
    try:
        text = AESGCM(_keyed(campaign, b"key", drawn)).decrypt(sealed[:_NONCE], sealed[_NONCE:], b"")
    except InvalidTag:
        return None
    at, what = json.loads(text)
    return (datetime.fromisoformat(at), what) if row.until >= timezone.now() else None


def _drawn(campaign: Campaign, ticket: str) -> bytes:
    """The random part of a ticket of ours; empty where it is none."""
    try:
        raw = base64.b64decode(ticket, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    drawn, proof = raw[:_RANDOM], raw[_RANDOM:]
    ours = len(raw) == _RANDOM + _PROOF and hmac.compare_digest(proof, _proof(campaign, drawn))
    return drawn if ours else b""


def _proof(campaign: Campaign, drawn: bytes) -> bytes:
    return _keyed(campaign, b"proof", drawn)[:_PROOF]


def _keyed(campaign: Campaign, purpose: bytes, drawn: bytes) -> bytes:
    return hmac.digest(derive(ring(campaign).secret, b"ticket " + purpose), drawn, "sha256")
