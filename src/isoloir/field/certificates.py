"""Signed certificates: what was destroyed, in counts and fingerprints, with the campaign's Ed25519 key (RFC 8032).

The signature covers the canonical JSON of the certificate: sorted keys, no spaces, no floats (as RFC 8785 has it).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from isoloir.errors import BookError
from isoloir.field.models import Campaign
from isoloir.field.vault import derive, ring
from isoloir.language import say

KIND = "isoloir certificate 1"


@dataclass(frozen=True)
class Verdict:
    """What a verification found: what is wrong, and the certificate's text and key where it could be read."""

    wrong: tuple[str, ...]
    told: Mapping[str, Any]
    public_key: str


def sign(campaign: Campaign, told: Mapping[str, Any]) -> str:
    """The certificate as a JSON text."""
    private = _private(campaign)
    body = {"kind": KIND, **told}
    certificate = {
        "certificate": body,
        "algorithm": "Ed25519",
        "public_key": public_key(campaign),
        "signature": _base64(private.sign(_canonical(body))),
    }
    return json.dumps(certificate, ensure_ascii=False, indent=1) + "\n"


def public_key(campaign: Campaign) -> str:
    """The campaign's public key, which others need in order to trust its certificates."""
    return _base64(_private(campaign).public_key().public_bytes_raw())


def verify(text: str, known_key: str = "") -> Verdict:
    """Whether the signature holds and, where a key is given, was made with that key; never raises for the text."""
    try:
        whole = json.loads(text)
        body, key, signature = whole["certificate"], whole["public_key"], whole["signature"]
        raw = base64.b64decode(key, validate=True)
        public = Ed25519PublicKey.from_public_bytes(raw)
        if body["kind"] != KIND or whole["algorithm"] != "Ed25519":
            raise ValueError
        public.verify(base64.b64decode(signature, validate=True), _canonical(body))
    except InvalidSignature:
        return Verdict((say("la signature ne vaut pas : le texte a été changé",
                            "the signature does not hold: the text was changed"),), {}, "")  # fmt: skip
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        return Verdict((say("ce n'est pas un certificat", "this is no certificate"),), {}, "")
    wrong: tuple[str, ...] = ()
    if known_key and known_key != key:
        wrong = (
            say("signé par une autre clé que celle de la campagne", "signed with another key than the campaign's"),
        )
    return Verdict(wrong, body, key)


def read(file: Path) -> str:
    """The text of a certificate; raise BookError where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"{file}: {say('illisible', 'cannot be read')} ({type(error).__name__})") from None


def _private(campaign: Campaign) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(ring(campaign).secret, b"certificates"))


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
