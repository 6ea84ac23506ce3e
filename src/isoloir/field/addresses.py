"""The addresses that leave the server, in messages and on paper: absolute ones, below the public address."""

from __future__ import annotations

from isoloir.settings import settings


def absolute(path: str) -> str:
    """The address of a path, as somebody outside opens it."""
    return public_url() + path


def public_url() -> str:
    """Where the pages are reached from outside, without a slash at the end."""
    given = settings()
    return given.public_url.rstrip("/") or f"http://{given.host}:{given.port}"
