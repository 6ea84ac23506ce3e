"""The folder of the map over HTTP: the browser asks for the few bytes that it needs (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import gzip
import io
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.views.decorators.http import conditional_page, require_safe

from isoloir.maps.folder import build_map
from isoloir.web.security import headers

Scope = dict[str, Any]
Asgi = Callable[[Scope, Callable[[], Any], Callable[[Any], Any]], Awaitable[None]]

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
_CHUNK = 1 << 18  # bytes
_AT_ONCE = 1 << 20  # bytes; a tile is far smaller, and the hops between threads of a stream cost more than reading it
ARCHIVE = r"stations(?:\.mosaic)?\.pmtiles"  # the names that `archive` answers to
_ADDRESS = re.compile(f"/data/({ARCHIVE})")
_UPDATING = threading.Lock()


class Tiles:
    """ASGI: what a map asks most, a small range of tiles, is answered before sessions and accounts are looked at.

    The answer is the one of `archive`; whatever is not such a range, or goes wrong, is left to the application.
    """

    def __init__(self, application: Asgi) -> None:
        self.application = application
        guarded: Any = SecurityMiddleware(XFrameOptionsMiddleware(_named))
        self.archive = headers(guarded)

    async def __call__(self, scope: Scope, receive: Callable[[], Any], send_on: Callable[[Any], Any]) -> None:
        """One connection."""
        asked = scope["type"] == "http" and scope["method"] == "GET" and _ADDRESS.fullmatch(scope["path"])
        response = self._small_range(scope) if asked else None
        if response is None:
            await self.application(scope, receive, send_on)
            return
        named = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        await send_on({"type": "http.response.start", "status": response.status_code, "headers": named})
        await send_on({"type": "http.response.body", "body": response.content})

    def _small_range(self, scope: Scope) -> HttpResponse | None:
        request = ASGIRequest(scope, io.BytesIO())
        try:
            request.get_host()  # raises for a name that is not ours
            response = self.archive(request)
        except (SuspiciousOperation, Http404):
            return None
        return response if isinstance(response, HttpResponse) else None


def _named(request: HttpRequest) -> HttpResponseBase:
    return archive(request, request.path_info.rpartition("/")[2])


@require_safe
def archive(request: HttpRequest, name: str) -> HttpResponseBase:
    """An archive of tiles, whole or a range of it."""
    return send(request, settings.MAP_FOLDER / name, "application/vnd.pmtiles")


@conditional_page
@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """What there is to show; where the database was written since, the folder is brought up to date first."""
    with _UPDATING:
        build_map(settings.STATION_DATABASE)
    return _whole(request, "index.json", "no-cache")


@conditional_page
@require_safe
def column(request: HttpRequest, name: str) -> HttpResponseBase:
    """A column of numbers, or one of the lists; the address says which build it is of, so it may be kept."""
    return _whole(request, name, "public, max-age=31536000, immutable" if "v" in request.GET else "no-cache")


def _whole(request: HttpRequest, name: str, caching: str) -> HttpResponse:
    """A file of the folder, whole, packed where the browser takes that."""
    kind = "application/json" if name.endswith(".json") else "application/octet-stream"
    file = settings.MAP_FOLDER / name
    packed = re.search(r"\bgzip\b(?!;\s*q=0(\.0*)?\b)", request.headers.get("Accept-Encoding", "")) is not None
    try:
        content = _packed(file, file.stat().st_mtime_ns) if packed else file.read_bytes()
    except OSError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=kind)
    if packed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = caching
    return response


# 30 MB at most; a browser asks for several at once while it starts, and they are always the same.
@lru_cache(maxsize=64)
def _packed(file: Path, _written: int) -> bytes:
    return gzip.compress(file.read_bytes(), 6, mtime=0)


def send(request: HttpRequest, archive: Path, kind: str) -> HttpResponseBase:
    """A file, whole or a range of it."""
    try:
        stat = archive.stat()
    except OSError as error:
        raise Http404 from error
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    if _unchanged(request, etag):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = _content(archive, kind, stat.st_size, _wanted(request, stat.st_size, etag, int(stat.st_mtime)))
    response["ETag"] = etag
    response["Last-Modified"] = http_date(stat.st_mtime)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "no-cache"  # keep, but ask: another build may have replaced the archive
    return response


def _unchanged(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {k.removeprefix("W/") for k in known}


def _wanted(request: HttpRequest, size: int, etag: str, modified: int) -> tuple[int, int] | None:
    """First and last byte asked for; the first lies beyond the last where the range cannot be satisfied.

    None is everything: no range, a header that is no single range of bytes, an If-Range about another version.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not asked or asked[1] == asked[2] == "" or not _same(request.headers.get("If-Range"), etag, modified):
        return None
    if not asked[1]:  # the last bytes
        return max(size - int(asked[2]), 0), size - 1
    first, last = int(asked[1]), int(asked[2]) if asked[2] else size - 1
    return None if asked[2] and last < first else (first, min(last, size - 1))


def _same(condition: str | None, etag: str, modified: int) -> bool:
    """Whether an If-Range, an entity tag or a date, speaks of this version; a weak tag never does."""
    return condition is None or condition.strip() == etag or parse_http_date_safe(condition) == modified


def _content(archive: Path, kind: str, size: int, part: tuple[int, int] | None) -> HttpResponseBase:
    first, last = part or (0, size - 1)
    if first > last:
        refused = HttpResponse(status=416, content_type="text/plain")
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    status = 206 if part else 200
    if last - first < _AT_ONCE:
        with archive.open("rb") as stream:
            stream.seek(first)
            response: HttpResponseBase = HttpResponse(stream.read(last - first + 1), status=status)
    else:
        response = StreamingHttpResponse(_chunks(archive, first, last), status=status)
    response["Content-Type"] = kind
    response["Content-Length"] = str(last - first + 1)
    if part:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


async def _chunks(archive: Path, first: int, last: int) -> AsyncIterator[bytes]:
    stream: BinaryIO = await sync_to_async(lambda: archive.open("rb"))()
    try:
        await sync_to_async(stream.seek)(first)
        left = last - first + 1
        while left and (chunk := await sync_to_async(stream.read)(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
    finally:
        await sync_to_async(stream.close)()
