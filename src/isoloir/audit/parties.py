"""Whose host it is: sites (registrable domains), parties, and addresses that nobody audits by accident."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def host(url: str) -> str:
    """The host of an address, in lower case; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


@cache
def site(name: str) -> str:
    """The registrable domain of a host (public suffix list): what browsers call a site. An IP address is its own."""
    name = name.lower().strip(".[]")
    if is_address(name):
        return name
    return _suffixes().privatesuffix(name) or name


def same_site(one: str, other: str) -> bool:
    """Whether two hosts belong to one site."""
    return bool(one) and bool(other) and site(one.lstrip(".")) == site(other.lstrip("."))


def is_address(name: str) -> bool:
    """Whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def resolve(name: str) -> tuple[str, ...]:
    """The addresses of a host, as the system resolves it; none where it does not."""
    try:
        return tuple(sorted({str(info[4][0]) for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}))
    except (OSError, UnicodeError):
        return ()


def is_private(address: str) -> bool:
    """Whether an IP address is not one of the public internet: loopback, private, link-local, reserved."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0].strip("[]"))
    except ValueError:
        return True
    mapped = getattr(parsed, "ipv4_mapped", None)
    return not (mapped or parsed).is_global or (mapped or parsed).is_multicast


def objection(url: str, allow_private: bool) -> str:
    """Why a page must not be asked for; empty where it may be.

    Only `http` and `https` are pages. Unless private addresses are allowed, every address of the host must be public.
    """
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").lower()
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https"):
        return f"not a web page: {parts.scheme or 'no scheme'}"
    if not name:
        return "no host"
    if allow_private:
        return ""
    if is_address(name):
        return f"private address {name}" if is_private(name) else ""
    private = [a for a in resolve(name) if is_private(a)]
    return f"{name} is a private address ({private[0]})" if private else ""
