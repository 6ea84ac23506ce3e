"""A file between its preview and its import, for pages: kept sealed, so that no upload lies readable on a disk.

Sealed in blocks with AES-256-GCM under a key of the campaign for this one file; each block is bound to its place.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from isoloir.errors import BookError
from isoloir.field.models import Campaign
from isoloir.field.vault import derive, ring
from isoloir.language import say
from isoloir.settings import settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_BLOCK = 1 << 18
_SEALED = _BLOCK + 16
KEPT_SECONDS = 24 * 3600


def keep(campaign: Campaign, pieces: Iterable[bytes]) -> str:
    """Seal what an upload brings, piece by piece; the token by which it is found again."""
    token = secrets.token_urlsafe(24)
    path, cipher, number, held = _path(token), _cipher(campaign, token), 0, b""
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep()
    with path.open("xb") as stream:
        path.chmod(0o600)
        for piece in pieces:
            held += piece
            while len(held) >= _BLOCK:
                stream.write(cipher.encrypt(_nonce(number), held[:_BLOCK], b""))
                held, number = held[_BLOCK:], number + 1
        stream.write(cipher.encrypt(_nonce(number), held, b"end"))
    return token


def staged(campaign: Campaign, token: str) -> BinaryIO:
    """The file, readable and seekable; raise BookError where there is none for this campaign."""
    path = _path(token)
    try:
        return io.BufferedReader(_Opened(path, _cipher(campaign, token)), _BLOCK)
    except (OSError, InvalidTag):
        what = say("le fichier déposé n'est plus là : déposez-le à nouveau", "the upload is gone: upload it again")
        raise BookError(what) from None


def drop(token: str) -> None:
    """Forget a file."""
    _path(token).unlink(missing_ok=True)


def sweep() -> None:
    """Forget what was kept for longer than a day."""
    for path in settings().staging.glob("*.sealed"):
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)


class _Opened(io.RawIOBase):
    """Opens one block at a time."""

    def __init__(self, path: Path, cipher: AESGCM):
        self._stream, self._cipher = path.open("rb"), cipher
        size = path.stat().st_size
        self._blocks = max(1, -(-size // _SEALED))
        self.size = size - 16 * self._blocks
        self._place, self._number, self._block = 0, -1, b""
        self._load(self._blocks - 1)  # a file cut short does not end as it should

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere."""
        self._place = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence])
        return self._place

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer as far as the block goes."""
        if self._place >= self.size:
            return 0
        self._load(self._place // _BLOCK)
        start = self._place % _BLOCK
        view = memoryview(buffer).cast("B")
        piece = self._block[start : start + len(view)]
        view[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()

    def _load(self, number: int) -> None:
        if number != self._number:
            self._stream.seek(number * _SEALED)
            label = b"end" if number == self._blocks - 1 else b""
            self._block = self._cipher.decrypt(_nonce(number), self._stream.read(_SEALED), label)
            self._number = number


def _path(token: str) -> Path:
    if not token.replace("-", "").replace("_", "").isalnum() or len(token) > 64:
        raise BookError(say("aucun fichier déposé sous ce nom", "no upload of that name"))
    return settings().staging / f"{token}.sealed"


def _cipher(campaign: Campaign, token: str) -> AESGCM:
    return AESGCM(derive(ring(campaign).secret, b"staged " + token.encode()))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
