"""The local server behind `isoloir serve`."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from django.db import connections
from uvicorn.supervisors import Multiprocess

from isoloir.errors import SettingsError
from isoloir.language import say
from isoloir.maps.folder import build_map
from isoloir.settings import settings
from isoloir.web import book

if TYPE_CHECKING:
    from isoloir.web.archive import Tiles

_UVICORN: dict[str, Any] = {
    "lifespan": "off", "log_level": "warning", "access_log": False, "server_header": False,
    "timeout_graceful_shutdown": 2, "timeout_worker_healthcheck": 60,
}  # fmt: skip
_BACKLOG = 2048  # connections that wait to be taken: many phones come home at once


def run(
    database: Path, host: str, port: int, open_browser: bool, announce: Callable[[str], None], workers: int = 1
) -> None:
    """Serve the map of a station database, and the contact book where there is one, until interrupted; port 0: any.

    Builds the map first where it is missing or older than the database. Raises StationError where the database is
    missing or of another shape, and SettingsError where the address cannot be had.
    """
    with listen(host, port) as listener:
        address = url(host, listener.getsockname()[1])
        if database.exists() or not book.is_there():
            build_map(database, announce)
        else:  # no stations, but a contact book: the field is served alone
            announce(say("Pas de base de bureaux : le carnet seul.", "No station database: the contact book alone."))
            address += "fr/field/"
        announce(address)
        if open_browser:
            threading.Timer(0.8, webbrowser.open, [address]).start()
        application = prepare(database, host)
        if workers > 1:
            several(workers, listener)
        else:
            alone(application, database).run(sockets=[listener])


def alone(application: Tiles, database: Path) -> uvicorn.Server:
    """One process, which is this one."""
    from isoloir.web.pages import map_page

    if database.exists():
        map_page(database, "fr", {})  # counted once, so that the first visitor does not wait for it
    return uvicorn.Server(uvicorn.Config(application, **_UVICORN))


def several(workers: int, listener: socket.socket) -> None:
    """Processes that share an address. What they must agree on lies in the databases, or in what they inherit here."""
    os.environ["ISOLOIR_SECRET_KEY"] = settings().secret_key or secrets.token_urlsafe(50)
    connections.close_all()  # each opens its own
    Workers(uvicorn.Config("isoloir.web.asgi:application", workers=workers, **_UVICORN), [listener]).run()


class Workers(Multiprocess):
    """Uvicorn's, which looks after its processes twice a second and waits a minute for one that starts to answer."""

    def keep_subprocess_alive(self) -> None:
        """Replace those that ended or do not answer; one that ended before it could answer is not waited for."""
        for process in self.processes:
            process.child_conn.close()  # its only end is now the process's own, so that its end tells of its death
        super().keep_subprocess_alive()


def prepare(database: Path, host: str) -> Tiles:
    """Django set up for this database."""
    os.environ["ISOLOIR_DATABASE"] = str(database.absolute())
    os.environ["ISOLOIR_HOST"] = host
    settings.cache_clear()
    if book.is_there():
        book.open_book()
    from isoloir.web.asgi import application
    from isoloir.web.assets import assets

    assets()  # say now that the page has not been built, not in the browser
    return application


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raise SettingsError where the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise SettingsError(f"cannot serve at {host}:{port} ({error.strerror or error}); try --port 0") from error


def url(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"
