"""Work that another process does while this one goes on, and hands over piece by piece.

The other process is a fresh interpreter, for one that serves has threads and cannot be forked. It is given its work by
its input and answers on its output: nothing of it touches a disk, it never is more than a few pieces ahead, and it ends
with whoever listens, even where that one is killed.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TypeVar

from isoloir.errors import BookError, IsoloirError
from isoloir.field.loading import unswept
from isoloir.language import say

_COMMAND = (sys.executable, "-m", "isoloir.field.beside")

Piece = TypeVar("Piece")


class Stopped(BookError):
    """The other process ended before its work did."""


@contextmanager
def beside(work: Callable[..., Iterable[Piece]], *given: object) -> Iterator[Iterator[Piece]]:
    """What `work(*given)` yields, in order; raise BookError with what it says is wrong, Stopped where it ends early.

    `work` is a function of a module; what it is given and what it yields can be pickled.
    """
    with subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        try:
            with suppress(BrokenPipeError), other.stdin as task:  # one that is gone already says so below
                pickle.dump((work, given), task, pickle.HIGHEST_PROTOCOL)
            yield _received(other.stdout)
        finally:
            other.kill()


def _received(answers: IO[bytes]) -> Iterator[Piece]:
    while True:
        try:
            answer = pickle.load(answers)
        except (EOFError, pickle.UnpicklingError):  # it ended between two pieces, or within one
            raise Stopped(say("un processus qui aidait s'est arrêté ; recommencez",
                              "a process that was helping came to a stop; do it again")) from None  # fmt: skip
        if answer is None:
            return
        if isinstance(answer, str):
            raise BookError(answer)
        yield answer[0]


def _answer(task: IO[bytes], answers: IO[bytes]) -> None:
    """Send each piece as a tuple, None at the end; or, as a text, what is wrong."""

    def send(answer: tuple[object] | str | None) -> None:
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    work, given = pickle.load(task)
    try:
        pieces = iter(work(*given))
        while piece := _next(pieces):
            send(piece)
        send(None)
    except IsoloirError as fault:
        send(str(fault))


def _next(pieces: Iterator[Piece]) -> tuple[Piece] | None:
    with unswept():
        for piece in pieces:
            return (piece,)
    return None


if __name__ == "__main__":
    import django

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody listens any more: nothing to say about that
    django.setup()
    _answer(sys.stdin.buffer, sys.stdout.buffer)
