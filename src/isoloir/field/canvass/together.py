"""Requests that come at the same time are done together: one of them does the work of all that wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class Together(Generic[Asked, Given]):
    """Calls `work` with everything that was asked while it was last at work; what comes alone waits for nobody.

    So the busier a server, the less each request costs it (group commit: DeWitt et al., SIGMOD 1984). Where `work`
    raises, each is tried alone, so that nobody fails for another; it must therefore do all or nothing.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Given]], most: int):
        self._work, self._most = work, most
        self._waiting: list[tuple[Asked, Future[Given]]] = []
        self._list, self._turn = threading.Lock(), threading.Lock()

    def __call__(self, asked: Asked) -> Given:
        """What `work` gives for this one."""
        future: Future[Given] = Future()
        with self._list:
            self._waiting.append((asked, future))
        while not future.done():
            with self._turn:
                if not future.done():
                    self._work_off()
        return future.result()

    def _work_off(self) -> None:
        with self._list:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._give(group)
        except Exception:
            for one in group:
                self._alone(one)

    def _give(self, group: Sequence[tuple[Asked, Future[Given]]]) -> None:
        given = self._work([asked for asked, _ in group])
        for (_, future), what in zip(group, given, strict=True):
            future.set_result(what)

    def _alone(self, one: tuple[Asked, Future[Given]]) -> None:
        try:
            self._give([one])
        except Exception as error:
            one[1].set_exception(error)
