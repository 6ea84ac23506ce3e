"""The rows of a large file, read and cleaned by a process of their own while this one writes those before them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from isoloir.errors import BookError
from isoloir.field.beside import Stopped, beside
from isoloir.language import say

if TYPE_CHECKING:
    from isoloir.field.imports.preview import Preview
    from isoloir.field.intake import Incoming

LARGE = 2_000_000  # bytes: a smaller file is read sooner than another process begins


@contextmanager
def reading(found: Preview, file: Path) -> Iterator[Iterator[Incoming]]:
    """The rows of a previewed file that may enter; raise BookError where they end before the file does."""
    from isoloir.field.bulk import CHUNK
    from isoloir.field.vault import ring

    with beside(_cleaned, found, file, ring(found.campaign).marks, CHUNK) as chunks:
        yield _one_by_one(chunks, file)


def _one_by_one(chunks: Iterator[list[Incoming]], file: Path) -> Iterator[Incoming]:
    try:
        for some in chunks:
            yield from some
    except Stopped:
        raise BookError(say(f"{file} : la lecture s'est arrêtée ; recommencez l'import",
                            f"{file}: reading it came to a stop; import it again")) from None  # fmt: skip


def _cleaned(found: Preview, file: Path, key: bytes, size: int) -> Iterator[list[Incoming]]:
    from isoloir.field.imports.preview import entering
    from isoloir.field.imports.tables import opened
    from isoloir.field.intake import cleaned

    with opened(file, found.file.name, found.file) as table:
        rows = (cleaned(key, new) for new in entering(found, table))
        while some := list(islice(rows, size)):
            yield some
