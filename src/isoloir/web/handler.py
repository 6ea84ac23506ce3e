"""How a request is handled: in one thread from the first middleware to the view, and a bounded number at a time."""

from __future__ import annotations

import atexit
import gc
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_resolver

PLACES = 12  # requests at work in a process; each has a thread, and the thread a connection to the book
_NEW_OBJECTS = 20_000  # before they are searched for cycles: two batches of a phone


class Handler(ASGIHandler):
    """Django's, which would go from thread to thread twice for each middleware: half of what a request cost.

    The threads stay, and so do their connections: Django's would be made for each request.
    Views that stream are asynchronous all the same: what they yield is sent by the loop.
    """

    def __init__(self) -> None:
        super().__init__()
        _ = get_resolver().url_patterns  # reads every address now, not while the first request waits
        self.places = ThreadPoolExecutor(PLACES, thread_name_prefix="request")
        _search_less()

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002 (Django's signature)
        """All of it as ordinary functions."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The whole way, once a place is free."""
        return await sync_to_async(self._answer, thread_sensitive=False, executor=self.places)(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            close_old_connections()  # of this thread: what broke, or is too old; SQLite's always


def _search_less() -> None:
    """What is loaded by now stays, and is not searched for cycles again; what requests make seldom has any."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end all is to be found again
    gc.set_threshold(_NEW_OBJECTS)
