"""Channels, addresses written one way only, and the keyed fingerprints by which an address is known without being read.

A French mobile number is one of 2e8: a plain hash of it is reversible, so fingerprints are keyed (HMAC-SHA-256) and
differ between campaigns.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from enum import StrEnum

import phonenumbers

from isoloir.errors import BadAddress
from isoloir.field.models import Campaign
from isoloir.field.vault import ring


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"

    __hash__ = str.__hash__  # that of an enumeration is written in Python, and asked for at every cell of an import


_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")  # noqa: E501  # fmt: skip
_LONGEST = {Channel.EMAIL: 254, Channel.SMS: 40, Channel.PHONE: 40, Channel.POST: 400}
_NATIONAL = re.compile(r"(?:\+33|0033)?0?([1-9][0-9]{8})")
_SEPARATORS = str.maketrans("", "", " \u00a0\u202f.-/()\u2011")
# Numbers that are written as French ones and belong to another country code of France.
_OVERSEAS = {
    "590": "590", "690": "590", "691": "590", "262": "262", "263": "262", "269": "262", "639": "262", "692": "262",
    "693": "262", "594": "594", "694": "594", "596": "596", "696": "596", "697": "596",
}  # fmt: skip
_KINDS = {Channel.EMAIL: b"email:", Channel.SMS: b"phone:", Channel.PHONE: b"phone:", Channel.POST: b"post:"}
MARK_BYTES = 16


def normalise(channel: Channel, text: str) -> str:
    """The one way to write an address: lower case and ASCII domain, E.164, or capitals without accents.

    Raise BadAddress, which shows its ends only, where it is none or where letters of several scripts imitate one.
    """
    text = text.strip().strip("'").strip()
    if not text or len(text) > _LONGEST[channel]:
        raise BadAddress(channel, text, "empty" if not text else "too long")
    match channel:
        case Channel.EMAIL:
            return _email(text)
        case Channel.POST:
            plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
            return " ".join(plain.upper().replace(",", " ").split())
        case _:
            return _phone(channel, text)


def fingerprint(campaign: Campaign, channel: Channel, address: str) -> bytes:
    """The mark of a normalised address, 16 bytes; SMS and telephone share that of their number."""
    return mark(ring(campaign).marks, channel, address)


def mark(key: bytes, channel: Channel, address: str) -> bytes:
    """`fingerprint` with the key at hand."""
    return hmac.digest(key, _KINDS[channel] + address.encode(), "sha256")[:MARK_BYTES]


def _email(text: str) -> str:
    lower = text.lower()
    if not lower.isascii():
        lower = _ascii_domain(text)
    if len(lower) > _LONGEST[Channel.EMAIL] or lower.find("@") > 64 or not _EMAIL.fullmatch(lower):
        raise BadAddress(Channel.EMAIL, text, "not an e-mail address")
    return lower


def _ascii_domain(text: str) -> str:
    local, _, domain = unicodedata.normalize("NFKC", text).lower().rpartition("@")
    if not local.isascii():
        raise BadAddress(Channel.EMAIL, text, "letters before the @ that are not plain ones")
    if any(not letter.isascii() and not unicodedata.name(letter, "").startswith("LATIN ") for letter in domain):
        raise BadAddress(Channel.EMAIL, text, "letters of another script in its domain")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise BadAddress(Channel.EMAIL, text, "its domain is none") from None


def _phone(channel: Channel, text: str) -> str:
    french = _NATIONAL.fullmatch(text.translate(_SEPARATORS))
    if french:
        digits = french[1]
        if country := _OVERSEAS.get(digits[:3]):
            return f"+{country}{digits}"
        if digits[0] in "12345679":
            return f"+33{digits}"
    try:
        number = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        raise BadAddress(channel, text, "not a telephone number") from None
    if not phonenumbers.is_valid_number(number):
        raise BadAddress(channel, text, "no such telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
