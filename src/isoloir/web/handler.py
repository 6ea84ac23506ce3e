"""How a request is handled: in one thread from the first middleware to the view, and a bounded number at a time."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver

PLACES = 12  # requests at work in a process; as many as it has connections to the book


class Handler(ASGIHandler):
    """Django's, which would go from thread to thread twice for each middleware: half of what a request cost.

    Views that stream are asynchronous all the same: what they yield is sent by the loop.
    """

    def __init__(self) -> None:
        super().__init__()
        _ = get_resolver().url_patterns  # reads every address now, not while the first request waits
        self._places = asyncio.Semaphore(PLACES)

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002 (Django's signature)
        """All of it as ordinary functions."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The whole way, once a place is free."""
        async with self._places:
            return await sync_to_async(self.get_response)(request)
