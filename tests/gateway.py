"""A gateway for text messages on this machine: it keeps what it is asked to send."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """What came, and what is answered."""

    address: str = ""
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def link(self) -> str:
        """The path of the link in the last message."""
        found = re.search(r"https?://[^/ ]+(/[^ ]+)", self.messages[-1]["text"])
        assert found, self.messages[-1]
        return found[1]


@contextmanager
def listening() -> Iterator[Gateway]:
    """A gateway that answers at its address."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if gateway.status == 200:
                gateway.messages.append(body)
                gateway.tokens.append(self.headers.get("Authorization", ""))
            self.send_response(gateway.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gateway.address = f"http://127.0.0.1:{server.server_port}/send"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield gateway
        finally:
            server.shutdown()
