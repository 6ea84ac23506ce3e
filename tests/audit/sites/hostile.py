"""Sites that attack whoever visits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sites.pages import Answer

MEGABYTE = b"<p>" + b"x" * 1_048_560 + b"</p>\n"


def _redirects(path: str) -> Answer:
    """A redirect to itself, for ever."""
    turn = int(path.rsplit("/", 1)[-1] or 0) + 1 if path.startswith("/turn/") else 1
    return Answer(status=302, headers=(("Location", f"/turn/{turn}"),))


def _huge(_: str) -> Answer:
    """A page of a gigabyte, streamed."""

    def stream() -> Iterator[bytes]:
        yield b"<!doctype html><title>page</title>"
        for _ in range(1024):
            yield MEGABYTE

    return Answer(stream())


def _cookies(_: str) -> Answer:
    """Ten thousand cookies."""
    return _page("for (let i = 0; i < 10000; i++) document.cookie = `c${i}=${Math.random()}; path=/`;")


def _alerts(_: str) -> Answer:
    """Dialogs without end."""
    return _page("for (;;) alert('encore');")


def _busy(_: str) -> Answer:
    """A script that never gives the page back."""
    return _page("setTimeout(() => { for (;;); }, 300);")


def _page(script: str) -> Answer:
    return Answer(f"<!doctype html><title>page</title><p>Bonjour à tous.</p><script>{script}</script>")


def _download(_: str) -> Answer:
    """A file instead of a page."""
    attached = ("Content-Disposition", 'attachment; filename="programme.exe"')
    return Answer(b"MZ" * 5000, "application/octet-stream", headers=(attached,))


def _to_file(_: str) -> Answer:
    """A redirect to a file of the visitor's machine."""
    return Answer(status=302, headers=(("Location", "file:///etc/passwd"),))


HOSTILE: dict[str, Callable[[str], Answer]] = {
    "redirects": _redirects,
    "huge": _huge,
    "cookies": _cookies,
    "alerts": _alerts,
    "download": _download,
    "busy": _busy,
    "to_file": _to_file,
}
