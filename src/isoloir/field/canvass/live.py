"""The board as it changes, as server-sent events. All who watch one board share one look at it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakValueDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from isoloir.field.canvass.board import mark
from isoloir.field.models import Campaign

LOOK = 1.0  # seconds between two looks for news
_Fragment = Callable[[Campaign, str], str]
_T = TypeVar("_T")
_LOOKING = ThreadPoolExecutor(2, thread_name_prefix="look")


@dataclass
class _Look:
    """What was last seen of a board in one language."""

    at: float = float("-inf")
    mark: int | None = None
    html: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_looks: WeakValueDictionary[tuple[object, object, str], _Look] = WeakValueDictionary()
"""Each there for as long as somebody watches: their streams hold it."""


async def events(campaign: Campaign, language: str, fragment: _Fragment) -> AsyncIterator[str]:
    """The board now, and again whenever it changes; a comment where it does not, which tells a proxy that we live."""
    look = _looks.setdefault((asyncio.get_running_loop(), campaign.pk, language), _Look())
    before: int | None = None
    while True:
        async with look.turn:
            if time.monotonic() - look.at >= LOOK:
                await _look(look, campaign, language, fragment)
        if look.mark != before:
            yield "event: board\n" + "".join(f"data: {line}\n" for line in look.html.splitlines()) + "\n"
        else:
            yield ": still here\n\n"
        before = look.mark
        await asyncio.sleep(LOOK)


async def _look(look: _Look, campaign: Campaign, language: str, fragment: _Fragment) -> None:
    now = await _asked(mark, campaign)
    if now != look.mark:
        look.html = await _asked(fragment, campaign, language)
    look.mark, look.at = now, time.monotonic()


async def _asked(what: Callable[..., _T], *of: object) -> _T:
    """In a thread that stays, with its connection: a stream lasts for hours, and each would hold one."""

    def asked() -> _T:
        try:
            return what(*of)
        finally:
            close_old_connections()

    return await sync_to_async(asked, thread_sensitive=False, executor=_LOOKING)()
