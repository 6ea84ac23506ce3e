"""Opening what a person sealed on a canvasser's phone: ECDH on P-256, HKDF-SHA-256, AES-256-GCM.

The private key is derived from the secret of the campaign, which lies in the database of the keys; the phone has the
public one. The message is the phone's public point, a nonce and the ciphertext, each as base64url, joined by dots.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from isoloir.field.canvass.wire import Malformed
from isoloir.field.models import Campaign
from isoloir.field.vault import derive, ring

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4, D.1.2.3)
_INFO = b"isoloir sign-up"
_LONGEST = 20_000  # characters


def public_key(campaign: Campaign) -> str:
    """The public key as base64url of its uncompressed point."""
    point = _private_key(campaign).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _encode(point)


def open_sealed(campaign: Campaign, text: str) -> dict[str, Any]:
    """What was sealed; raise Malformed where it was altered, or was not sealed for this campaign."""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        point, nonce, sealed = (_decode(part) for part in text.split("."))
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        shared = _private_key(campaign).exchange(ec.ECDH(), theirs)
        cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=point, info=_INFO).derive(shared))
        found = json.loads(cipher.decrypt(nonce, sealed, None))
    except (ValueError, InvalidTag):
        raise Malformed("a sign-up that was not sealed for this campaign, or was altered on its way") from None
    if not isinstance(found, dict):
        raise Malformed("a sign-up is an object")
    return found


def _private_key(campaign: Campaign) -> ec.EllipticCurvePrivateKey:
    secret = derive(ring(campaign).secret, b"sign-up at the door")
    return ec.derive_private_key(int.from_bytes(secret) % (_ORDER - 1) + 1, _CURVE)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
