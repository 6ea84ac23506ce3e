"""The addresses that leave the server, in messages and on paper: absolute ones, below the public address."""

from __future__ import annotations

from django.http import HttpRequest

from isoloir.settings import settings


def absolute(path: str) -> str:
    """The address of a path, as somebody outside opens it."""
    return public_url() + path


def as_reached(request: HttpRequest, path: str) -> str:
    """The same; where no public address is set, below the one that this request came by."""
    return absolute(path) if settings().public_url else request.build_absolute_uri(path)


def public_url() -> str:
    """Where the pages are reached from outside, without a slash at the end."""
    given = settings()
    return given.public_url.rstrip("/") or f"http://{given.host}:{given.port}"
