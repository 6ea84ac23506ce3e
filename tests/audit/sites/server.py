"""Every site and every third party on one loopback port, with TLS by an authority made for the occasion."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sites.catalogue import served, sites
from sites.hostile import HOSTILE
from sites.pages import Answer, Body, answer
from sites.stubs import HOSTS, stub


@dataclass(frozen=True)
class Served:
    """Where the sites are: what a browser and the audit need to find and trust them."""

    port: int
    ca: Path

    @property
    def browser_args(self) -> tuple[str, ...]:
        """Chromium's arguments that lead every name here."""
        return (f"--host-resolver-rules=MAP * 127.0.0.1:{self.port}",)


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve every site until the block ends; `folder` gets the certificates."""
    ca, chain = make_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = Server(("127.0.0.1", 0), Handler)
    server.context = context
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(server.server_address[1], ca)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Server(ThreadingHTTPServer):
    """Threads, so that a slow client stops nobody; the TLS handshake is done in the client's own."""

    daemon_threads = True
    request_queue_size = 256
    context: ssl.SSLContext

    def process_request_thread(self, request, client_address):  # type: ignore[no-untyped-def]
        try:
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request.settimeout(60)
            request = self.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        super().process_request_thread(request, client_address)

    def handle_error(self, request, client_address):  # type: ignore[no-untyped-def]
        """A visitor who goes away in the middle is no error."""


class Handler(BaseHTTPRequestHandler):
    """By the name that is asked for: a site, or a third party."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").split(":")[0].lower()
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self._send(respond(host, urlsplit(self.path).path, self.headers.get("Cookie") or ""))

    do_POST = do_GET

    def do_OPTIONS(self) -> None:
        self._send(Answer(status=204))

    def _send(self, given: Answer) -> None:
        self.send_response(given.status)
        for name, value in (("Content-Type", given.mime), *given.headers, *self._sharing()):
            self.send_header(name, value)
        if isinstance(given.body, str | bytes):
            self._whole(given.body)
        else:
            self._stream(given.body)

    def _sharing(self) -> tuple[tuple[str, str], ...]:
        origin = self.headers.get("Origin")
        allowed = (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"))
        return (*allowed, ("Access-Control-Allow-Headers", "content-type")) if origin else ()

    def _whole(self, body: str | bytes) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, body: Body) -> None:
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for part in body:
            self.wfile.write(part if isinstance(part, bytes) else str(part).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def respond(host: str, path: str, cookies: str) -> Answer:
    """What the world behind this port answers."""
    third = stub(host, path)
    if third is not None:
        return Answer(third.body, third.mime, headers=(("Set-Cookie", third.cookie),) if third.cookie else ())
    site = served().get(host)
    if site is None:
        return Answer("<title>page</title><p>Rien ici.</p>", status=200 if host == "www.adieu.test" else 404)
    if "hostile" in site.made and path not in ("/robots.txt", "/favicon.ico"):
        return HOSTILE[site.made["hostile"]](path)
    return answer(site, path, cookies)


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """An authority, and one certificate by it for every name: the authority's file, and the server's."""
    now = datetime.now(UTC)
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Small sites")])
    names = [*served(), *(f"mesure.{host}" for host in sites()), *HOSTS, "www.adieu.test"]

    def begin(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=subject,
            public_key=public,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=1),
            not_valid_after=now + timedelta(days=30),
        )

    root = begin(issuer, authority.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    leaf = begin(x509.Name([]), key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True
    )
    ca, chain = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + leaf.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return ca, chain
