"""A web server on 127.0.0.1 that drops, truncates, redirects and lies, as it is told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """What the server does with one request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = '"v1"'
    ranges: bool = True  # False: always sends everything
    refuses_ranges: bool = False  # True: answers 416 to whoever asks for the rest
    drop_after: int | None = None  # bytes of this answer, then the line goes dead
    reset: bool = False  # the line goes dead with a TCP reset instead of an end
    announced: int | None = None  # a Content-Length that lies
    chunked: bool = False  # no Content-Length at all
    content_range: str | None = None  # one that lies
    pause_at: int | None = None  # bytes of this answer, then a silence of `pause_s`
    pause_s: float = 0.0
    drip_s: float = 0.0  # between blocks of 16 KiB


class HostileServer:
    """Answers each path with its replies in order; the last one is repeated. Every request is kept."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                with contextlib.suppress(ConnectionError):
                    owner.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def says(self, path: str, *replies: Reply) -> str:
        """Set the replies of a path; return its address."""
        self.replies[path] = list(replies)
        return self.address + path

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.requests)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            self.requests.append((handler.path, headers))
            waiting = self.replies.get(handler.path) or [Reply(status=404)]
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if reply.etag and headers.get("if-none-match") == reply.etag:
            reply = Reply(status=304, etag=reply.etag)
        body, status, extra = self._part(reply, headers)
        handler.send_response(status)
        for name, value in (extra | reply.headers).items():
            handler.send_header(name, value)
        if reply.etag:
            handler.send_header("ETag", reply.etag)
        if reply.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Content-Length", str(len(body) if reply.announced is None else reply.announced))
        handler.send_header("Connection", "close")
        handler.end_headers()
        self._send(handler, reply, body)

    @staticmethod
    def _part(reply: Reply, headers: dict[str, str]) -> tuple[bytes, int, dict[str, str]]:
        asked, version = headers.get("range"), headers.get("if-range")
        if asked and reply.refuses_ranges:
            return b"", 416, {}
        current = version is None or version in (reply.etag, reply.headers.get("Last-Modified"))
        if not (asked and reply.ranges and reply.status == 200 and current):
            return reply.body, reply.status, {}
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(reply.body):
            return b"", 416, {"Content-Range": f"bytes */{len(reply.body)}"}
        told = reply.content_range or f"bytes {start}-{len(reply.body) - 1}/{len(reply.body)}"
        return reply.body[start:], 206, {"Content-Range": told}

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, reply: Reply, body: bytes) -> None:
        sent = 0
        stops = [stop for stop in (reply.drop_after, reply.pause_at) if stop is not None]
        while sent < len(body):
            if reply.drop_after is not None and sent >= reply.drop_after:
                break
            if reply.pause_at is not None and sent == reply.pause_at:
                time.sleep(reply.pause_s)
            end = min([sent + 16384, len(body), *(stop for stop in stops if stop > sent)])
            block = body[sent:end]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(block), block) if reply.chunked else block)
            handler.wfile.flush()
            sent = end
            time.sleep(reply.drip_s)
        if reply.chunked and sent == len(body):
            handler.wfile.write(b"0\r\n\r\n")
        if reply.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()


@contextlib.contextmanager
def running() -> Iterator[HostileServer]:
    """A server for the time of a test."""
    server = HostileServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
