"""The rows of a large file, read and cleaned by a process of their own while this one writes those before them.

The other process is given its work by its input and answers on its output: nothing of it touches a disk or a database,
and it ends with whoever listens, even where that one is killed.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from isoloir.errors import BookError, IsoloirError
from isoloir.field.loading import unswept
from isoloir.language import say

if TYPE_CHECKING:
    from isoloir.field.imports.preview import Preview
    from isoloir.field.intake import Incoming

LARGE = 2_000_000  # bytes: a smaller file is read sooner than another process begins
_COMMAND = (sys.executable, "-m", "isoloir.field.imports.ahead")


@contextmanager
def reading(found: Preview, file: Path) -> Iterator[Iterator[Incoming]]:
    """The rows of a previewed file that may enter; raise BookError where they end before the file does."""
    from isoloir.field.bulk import CHUNK
    from isoloir.field.vault import ring

    with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        try:
            with suppress(BrokenPipeError), other.stdin as work:  # one that is gone already says so below
                pickle.dump((found, file, ring(found.campaign).marks, CHUNK), work)
            yield _received(other.stdout, file)
        finally:
            other.kill()


def _received(answers: Iterable[bytes], file: Path) -> Iterator[Incoming]:
    while True:
        try:
            rows = pickle.load(answers)  # type: ignore[arg-type]
        except EOFError:
            raise BookError(say(f"{file} : la lecture s'est arrêtée ; recommencez l'import",
                                f"{file}: reading it came to a stop; import it again")) from None  # fmt: skip
        if isinstance(rows, str):
            raise BookError(rows)
        if not rows:
            return
        yield from rows


def _answer(work: BinaryIO, answers: BinaryIO) -> None:
    """Send the rows by chunks, an empty one at the end; or what is wrong with the file."""
    found, file, key, size = pickle.load(work)
    try:
        rows = _cleaned(found, file, key)
        while some := _some(rows, size):
            pickle.dump(some, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        pickle.dump([], answers)
    except IsoloirError as fault:
        pickle.dump(str(fault), answers)
    answers.flush()


def _some(rows: Iterator[Incoming], size: int) -> list[Incoming]:
    with unswept():
        return list(islice(rows, size))


def _cleaned(found: Preview, file: Path, key: bytes) -> Iterator[Incoming]:
    from isoloir.field.imports.preview import entering
    from isoloir.field.imports.tables import opened
    from isoloir.field.intake import cleaned

    with opened(file, found.file.name, found.file) as table:
        for new in entering(found, table):
            yield cleaned(key, new)


if __name__ == "__main__":
    import django

    django.setup()
    _answer(sys.stdin.buffer, sys.stdout.buffer)
