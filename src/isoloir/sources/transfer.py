"""One address brought into one file, over as many connections as it takes.

The bytes go to a `.part` file. Beside it a small JSON says which version of the document they belong to, so that a
later run, even after a kill, continues that version or starts over, and never joins two versions into one file.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from isoloir import __version__
from isoloir.errors import SourceError, Unreachable
from isoloir.store import write_text

Progress = Callable[[str, int, int | None], None]  # name, bytes so far, bytes in all where known

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_ADVANCE = 64 * 1024  # an attempt that brought this much more is not counted as a failure
_CONTENT_RANGE = re.compile(r"^bytes (\d+)-\d+/(\d+|\*)$")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, and how often to come back."""

    attempts: int = 4  # in a row, without getting further
    backoff_s: float = 1.0  # before the second attempt; then doubled
    longest_wait_s: float = 120.0  # a server that asks for more is left for another day
    connect_s: float = 15.0
    read_s: float = 30.0  # of silence
    redirects: int = 5
    largest_bytes: int = 16 * 2**30


@dataclass(frozen=True)
class Version:
    """What a server said of the document that it was sending."""

    url: str
    etag: str | None
    last_modified: str | None
    total: int | None  # bytes

    @property
    def validator(self) -> str | None:
        """What `If-Range` may carry: a strong ETag, else a date."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or self.last_modified


class NotModified(Exception):
    """The server says that the version already here is the current one."""


class _Again(Exception):
    """This attempt failed, the next one may not."""

    def __init__(self, why: str, wait_s: float | None = None):
        super().__init__(why)
        self.wait_s = wait_s


def open_client(patience: Patience, *, loopback: bool = False) -> httpx.Client:
    """A client that speaks https only, redirects included; `loopback` also allows http to this very machine."""

    def only_https(request: httpx.Request) -> None:
        local = loopback and request.url.scheme == "http" and request.url.host == "127.0.0.1"
        if request.url.scheme != "https" and not local:
            raise Unreachable("only https addresses are fetched, and it leads to another", file=str(request.url))

    return httpx.Client(
        follow_redirects=True,
        max_redirects=patience.redirects,
        event_hooks={"request": [only_https]},
        timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
        headers={"User-Agent": f"isoloir/{__version__}", "Accept-Encoding": "identity"},
        trust_env=not loopback,
    )


class Transfer:
    """One download into `part`; `run` returns when every announced byte is there."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        part: Path,
        *,
        patience: Patience,
        progress: Callable[[int, int | None], None],
        known: dict[str, str] | None = None,
    ):
        self.client, self.url, self.part, self.patience, self.progress = client, url, part, patience, progress
        self.known = known or {}  # headers that make the request conditional
        self.state = state_of(part)

    def run(self) -> Version:
        """Raise Unreachable where the server never gives it, SourceError where this machine cannot keep it."""
        failures, furthest = 0, self._size()
        while True:
            try:
                return self._attempt()
            except (_Again, httpx.TransportError) as error:
                advanced = self._size() >= furthest + _ADVANCE
                failures, furthest = (0 if advanced else failures + 1), max(furthest, self._size())
                if failures >= self.patience.attempts:
                    raise Unreachable(f"gave up after {failures} attempts: {_why(error)}", file=self.url) from error
                self._wait(error, failures)
            except httpx.TooManyRedirects as error:
                raise Unreachable(f"more than {self.patience.redirects} redirects", file=self.url) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Unreachable(f"cannot be asked for ({error})", file=self.url) from error
            except OSError as error:
                raise _local(error, self.part) from error

    def _attempt(self) -> Version:
        held, version = self._held()
        if version and version.total is not None and held == version.total:
            return version  # an earlier run received everything and was stopped just after
        with self.client.stream("GET", self.url, headers=self._headers(held, version)) as response:
            version = self._accept(response, held, version)
            return self._receive(response, version)

    def _headers(self, held: int, version: Version | None) -> dict[str, str]:
        if not (held and version):
            return self.known
        return {"Range": f"bytes={held}-", "If-Range": version.validator or ""}

    def _accept(self, response: httpx.Response, held: int, version: Version | None) -> Version:
        """Decide from the status and headers whether what comes continues the part or starts it afresh."""
        status = response.status_code
        if status == 304 and self.known:
            raise NotModified
        if status == 206 and held and version:
            return self._continue(response, held, version)
        if status == 416:
            self.discard()
            raise _Again("the server cannot continue the file where it stopped")
        if status in _TRANSIENT:
            raise _Again(_status(response), _retry_after(response))
        if status != 200:
            raise Unreachable(f"the server answered {_status(response)}", file=self.url)
        coding = response.headers.get("content-encoding", "identity")
        if coding not in ("identity", "gzip"):  # a gzip stream is kept as it comes, and unpacked like any archive
            raise Unreachable(f"the server sent it encoded ({coding}) though asked not to", file=self.url)
        return self._start(response)

    def _start(self, response: httpx.Response) -> Version:
        self.discard()
        headers = response.headers
        return self._remember(Version(self.url, headers.get("etag"), headers.get("last-modified"), _length(response)))

    def _remember(self, version: Version) -> Version:
        write_text(json.dumps(asdict(version)), self.state)
        return version

    def _continue(self, response: httpx.Response, held: int, version: Version) -> Version:
        found = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
        total = int(found[2]) if found and found[2] != "*" else None
        etag = response.headers.get("etag", version.etag)
        if not found or int(found[1]) != held or etag != version.etag or (version.total and total != version.total):
            self.discard()
            raise _Again("the document changed between two attempts")
        return self._remember(replace(version, total=total))

    def _receive(self, response: httpx.Response, version: Version) -> Version:
        done = self._size()
        self._room_for(version, done)
        with self.part.open("ab") as out:
            for chunk in response.iter_raw():
                out.write(chunk)
                done += len(chunk)
                if done > self.patience.largest_bytes:
                    raise Unreachable(f"it sends more than {self.patience.largest_bytes} bytes", file=self.url)
                self.progress(done, version.total)
            out.flush()
            os.fsync(out.fileno())
        if version.total is not None and done != version.total:
            raise _Again(f"{done} bytes came of {version.total} announced")
        return version

    def _room_for(self, version: Version, done: int) -> None:
        free, needed = shutil.disk_usage(self.part.parent).free, (version.total or 0) - done
        if needed > free:
            raise SourceError(f"no room: {needed} more bytes are needed, {free} are free", file=self.part.parent)

    def _held(self) -> tuple[int, Version | None]:
        """How many bytes of which version an earlier attempt left; nothing where they cannot be continued safely."""
        try:
            version = Version(**json.loads(self.state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return 0, None
        complete = version.total is not None and self._size() == version.total
        usable = version.url == self.url and (version.validator or complete)
        return (self._size(), version) if usable else (0, None)

    def _wait(self, error: Exception, failures: int) -> None:
        asked = error.wait_s if isinstance(error, _Again) else None
        if asked is not None and asked > self.patience.longest_wait_s:
            raise Unreachable(f"the server asks to come back in {asked:.0f} s; run again then", file=self.url)
        backoff = self.patience.backoff_s * 2 ** max(failures - 1, 0)
        time.sleep(asked if asked is not None else min(backoff, self.patience.longest_wait_s))

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def discard(self) -> None:
        """Forget what was received. The bytes go before their description, so that no other can claim them."""
        self.part.unlink(missing_ok=True)
        self.state.unlink(missing_ok=True)


def state_of(part: Path) -> Path:
    """Where the description of a `.part` file lies."""
    return part.with_name(f"{part.name}.json")


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isdigit() else None


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _local(error: OSError, part: Path) -> SourceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SourceError("the disk is full; free some room and run again, what came is kept", file=part.parent)
    return SourceError(f"cannot be written ({error.strerror})", file=part)
