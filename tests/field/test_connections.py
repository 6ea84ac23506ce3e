"""The server's threads and their connections: few for many requests, and made again where the database cut them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Barrier

import httpx
import pytest
from django.db import connection, connections

from isoloir.web.handler import PLACES, Handler

SIGNED_IN_ONCE = {"sessionid": "a" * 32}  # no such session: the book is asked


@pytest.fixture
def handler() -> Iterator[Handler]:
    made = Handler()
    yield made
    every = Barrier(PLACES)  # each thread has its own to close
    for done in [made.places.submit(lambda: (every.wait(60), connections.close_all())) for _ in range(PLACES)]:
        done.result()
    made.places.shutdown()


def asked(handler: Handler, times: int) -> set[int]:
    async def ask() -> set[int]:
        transport = httpx.ASGITransport(handler)  # type: ignore[arg-type] (Django's handler has no types)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", cookies=SIGNED_IN_ONCE
        ) as client:
            answers = await asyncio.gather(*(client.get("/fr/field/") for _ in range(times)))
            return {answer.status_code for answer in answers}

    return asyncio.run(ask())


def others() -> list[int]:
    """The server's processes for this book, our own left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return [pid for (pid,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_many_requests_hold_a_few_connections_and_outlive_them(handler: Handler) -> None:
    before = len(others()) if connection.vendor == "postgresql" else 0
    assert asked(handler, 60) == {302}
    if connection.vendor == "sqlite":
        return  # a file that is opened for each request: nothing can cut it
    assert 0 < len(others()) - before <= PLACES
    with connection.cursor() as cursor:
        cursor.executemany("SELECT pg_terminate_backend(%s)", [(pid,) for pid in others()])
    assert asked(handler, 60) == {302}, "a connection that broke is made again before anybody notices"
