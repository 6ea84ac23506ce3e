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
from isoloir.language import say


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"

    __hash__ = str.__hash__  # that of an enumeration is written in Python, and asked for at every cell of an import


_EMAIL = re.compile(r"[a-z0-9#$&'*+/=?^_{}~-]+(?:\.[a-z0-9#$&'*+/=?^_{}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")  # noqa: E501  # fmt: skip
# What most addresses are, told at once; where one is no longer than 64 signs, none of its parts is too long.
_USUAL, _SHORT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*@[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]{2,20}"), 64
# Signs that a server may take for a way to go on from there (a%b@c, a!b@c) or for a command; no real address has any.
_RELAYING = re.compile(r"[^@]*[%!|`][^@]*@[^@]+")
# The letters that a domain may have beside plain ones: those of European languages, which eyes tell from others.
_ACCENTED = frozenset("ßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĵķĺļľłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżžșț")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_ACE = "xn--"  # how a domain with other letters is written in plain ones (RFC 3492)
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
    if channel is Channel.EMAIL and len(text) <= _SHORT and _USUAL.fullmatch(text):
        return text
    text = text.strip().strip("'").strip()
    if not text or len(text) > _LONGEST[channel]:
        raise BadAddress(channel, text, say("vide", "empty") if not text else say("trop longue", "too long"))
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


def readable(address: str) -> str:
    """A normalised e-mail address with the accents of its domain, as its owner writes it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{'.'.join(map(_unfold, domain.split('.')))}" if local else address


def _email(text: str) -> str:
    lower = text.lower()
    if not lower.isascii() or _ACE in lower:
        lower = _ascii_domain(text)
    if len(lower) > _LONGEST[Channel.EMAIL] or lower.find("@") > 64 or not _EMAIL.fullmatch(lower):
        raise BadAddress(Channel.EMAIL, text, _why(lower))
    return lower


def _why(lower: str) -> str:
    if _RELAYING.fullmatch(lower):
        return say("% ! | ou ` avant le @ : un serveur pourrait la faire suivre ailleurs",
                   "% ! | or ` before the @: a server might pass it on elsewhere")  # fmt: skip
    return say("ce n'est pas une adresse e-mail", "not an e-mail address")


def _ascii_domain(text: str) -> str:
    """In plain letters, whichever way its domain is written; raise BadAddress where its letters imitate others."""
    local, _, domain = unicodedata.normalize("NFKC", text).lower().rpartition("@")
    if not local.isascii():
        why = say("des lettres avant le @ qui ne sont pas sans accent", "letters before the @ that are not plain ones")
        raise BadAddress(Channel.EMAIL, text, why)
    try:
        labels = [_unfold(label) for label in domain.split(".")]
        folded = f"{local}@{'.'.join(map(_fold, labels))}"
    except UnicodeError:
        raise BadAddress(Channel.EMAIL, text, say("son domaine n'en est pas un", "its domain is none")) from None
    if any(not set(label) <= _PLAIN | _ACCENTED for label in labels):
        why = say("des lettres de son domaine en imitent d'autres, ou sont d'un autre alphabet",
                  "letters of its domain imitate others, or are of another script")  # fmt: skip
        raise BadAddress(Channel.EMAIL, text, why)
    return folded


def _unfold(label: str) -> str:
    """A part of a domain as it reads; raise UnicodeError where it is not the one way to write what it reads."""
    if not label.startswith(_ACE):
        return label
    read = label.removeprefix(_ACE).encode("ascii").decode("punycode")
    if read.isascii() or unicodedata.normalize("NFKC", read).lower() != read or _fold(read) != label:
        raise UnicodeError(label)
    return read


def _fold(label: str) -> str:
    """The same in plain letters, as IDNA 2008 has it: ß stays itself, for straße.de and strasse.de have two owners."""
    if label.isascii():
        return label
    if label.startswith("-") or label.endswith("-"):
        raise UnicodeError(label)
    return _ACE + label.encode("punycode").decode("ascii")


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
        raise BadAddress(channel, text, say("ce n'est pas un numéro de téléphone", "not a telephone number")) from None
    if not phonenumbers.is_valid_number(number):
        raise BadAddress(channel, text, say("ce numéro n'existe pas", "no such telephone number"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
