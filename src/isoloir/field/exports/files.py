"""Files of personal data: nobody else reads them, and nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from isoloir.errors import SettingsError
from isoloir.language import say


@contextmanager
def private_file(path: Path) -> Iterator[TextIOWrapper]:
    """A text that appears at `path` whole, with mode 0600, when the block ends well; else nothing is left of it.

    Where the system can, the file has no name before it is whole, so that even a killed process leaves nothing.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = _nameless(path)
    except OSError as error:
        raise SettingsError(f"{path}: {say('impossible à écrire', 'cannot be written')} ({error.strerror})") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if draft is None:
                draft = _beside(path)
                _name(stream.fileno(), draft)
        draft.replace(path)
        draft = None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    _settle(path.parent)


def _nameless(path: Path) -> tuple[int, Path | None]:
    """An open file without a name, or with one of its own where the system knows none without."""
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):
            return os.open(path.parent, os.O_TMPFILE | os.O_RDWR, 0o600), None
    draft = _beside(path)
    return os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), draft


def _name(handle: int, path: Path) -> None:
    """Name an open file that has no name: linkat with AT_SYMLINK_FOLLOW, which Python asks for given a folder only."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{handle}", path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")


def _settle(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems do not sync folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
