"""Under which key the cache keeps something: a keyed fingerprint, so that no address and no name lies in the table."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def fingerprint(key: str, prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION."""
    return salted_hmac("isoloir.field.cache", f"{prefix}:{version}:{key}", algorithm="sha256").hexdigest()
