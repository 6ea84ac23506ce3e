"""Raw `Set-Cookie` texts, read as they were asked for (RFC 6265, section 5.2)."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from isoloir.audit.evidence import SetCookie

DAY = 86400.0


def read_set_cookie(raw: str, host: str, blocked: tuple[str, ...] = (), now: float | None = None) -> SetCookie:
    """One raw text as name, value, domain and life in days (None: until the browser closes).

    `Max-Age` comes before `Expires`; a life that is over is 0. `document.cookie` takes the same texts.
    """
    first, *rest = raw.split(";")
    name, _, value = first.partition("=")
    domain, expires, age = host, None, None
    for part in rest:
        key, _, given = part.strip().partition("=")
        if key.lower() == "domain" and given.strip(". "):
            domain = given.strip(". ").lower()
        elif key.lower() == "expires":
            expires = _days_until(given.strip(), time.time() if now is None else now)
        elif key.lower() == "max-age":
            age = _age(given.strip())
    days = age if age is not None else expires
    return SetCookie(
        raw=raw[:2000], name=name.strip()[:200], value=value.strip()[:500], domain=domain, days=days, blocked=blocked
    )


def _days_until(text: str, now: float) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(text.replace("-", " ")).timestamp() - now) / DAY)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _age(text: str) -> float | None:
    try:
        return max(0.0, min(float(text), 1e10) / DAY)
    except ValueError:
        return None
