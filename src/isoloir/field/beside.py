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
from queue import Queue
from threading import Thread
from typing import IO, TypeVar

from isoloir.errors import BookError, IsoloirError
from isoloir.field.loading import unswept
from isoloir.language import say

_COMMAND = (sys.executable, "-m", "isoloir.field.beside")
_AHEAD = 8  # pieces

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
    """Send each piece as a tuple, None at the end; or, as a text, what is wrong.

    A pipe holds little: a thread sends, so that work goes on while whoever listens does something else.
    """
    work, given = pickle.load(task)
    ready: Queue[bytes] = Queue(_AHEAD)
    sender = Thread(target=_send, args=(ready, answers), daemon=True)
    sender.start()
    with unswept():
        for answer in _answers(work, given):
            ready.put(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
    ready.put(b"")
    sender.join()


def _answers(work: Callable[..., Iterable[object]], given: Iterable[object]) -> Iterator[tuple[object] | str | None]:
    try:
        for piece in work(*given):
            yield (piece,)
        yield None
    except IsoloirError as fault:
        yield str(fault)


def _send(ready: Queue[bytes], answers: IO[bytes]) -> None:
    for answer in iter(ready.get, b""):
        answers.write(answer)
        answers.flush()


if __name__ == "__main__":
    import django

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody listens any more: nothing to say about that
    django.setup()
    _answer(sys.stdin.buffer, sys.stdout.buffer)
