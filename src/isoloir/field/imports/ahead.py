"""The rows of a large file, read, cleaned and sealed by another process while this one writes those before them."""

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
_BLOCK = 5_000  # rows


@contextmanager
def reading(found: Preview, file: Path) -> Iterator[Iterator[Incoming]]:
    """The rows of a previewed file that may enter; raise BookError where they end before the file does."""
    from isoloir.field.vault import ring

    keys = ring(found.campaign)
    with beside(_sealed, found, file, keys.marks, keys.contacts) as blocks:
        yield _one_by_one(blocks, file)


def _one_by_one(blocks: Iterator[list[Incoming]], file: Path) -> Iterator[Incoming]:
    try:
        for block in blocks:
            yield from block
    except Stopped:
        raise BookError(say(f"{file} : la lecture s'est arrêtée ; recommencez l'import",
                            f"{file}: reading it came to a stop; import it again")) from None  # fmt: skip


def _sealed(found: Preview, file: Path, marks: bytes, contacts: bytes) -> Iterator[list[Incoming]]:
    """The rows, step by step for a whole block: where each row takes all steps in turn, that is slower by a half."""
    from isoloir.field.imports.preview import entering
    from isoloir.field.imports.tables import opened
    from isoloir.field.intake import cleaned
    from isoloir.field.vault import Cipher

    wrapping = Cipher(contacts)
    with opened(file, found.file.name, found.file) as table:
        rows = entering(found, table)
        while block := list(islice(rows, _BLOCK)):
            clean = [cleaned(marks, new) for new in block]
            yield [row.close(wrapping) for row in clean]
