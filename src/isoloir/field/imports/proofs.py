"""Proof of consent: the exact wording, the date, the source, and the document that shows it; for a file or a row.

A file's proof is a small TOML, which `--proof` names:

    wording = "J'accepte de recevoir par e-mail les nouvelles du comité."   # what people agreed to, word for word
    version = "2026-01"
    date = 2026-03-01            # the last day of collection; needless where each row has its own
    source = "signup_form"       # signup_form, door, qr, paper
    reference = "formulaire.pdf" # the page, the form or the box of paper; a file beside this one is fingerprinted
    purposes = ["news"]
    channels = ["email"]
    act = "newsletter_signup"    # what people did, as `isoloir law facts` calls it
    collected_from = "person"    # where the data come from: person, purchased, social_network...
    for_this_purpose = true      # people gave their details for this very purpose
    given_by_company = false     # a company gives the file, or sells it below its price
    consent_to_join = false      # people agreed that this file is joined with what the campaign has of them already
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from isoloir.errors import SettingsError
from isoloir.field.channels import Channel
from isoloir.field.purposes import PURPOSES
from isoloir.field.selection import SELECTION
from isoloir.language import say
from isoloir.law.facts import vocabulary

SOURCES = ("signup_form", "door", "qr", "paper")
_PROVEN = tuple(one for one in PURPOSES if one != SELECTION)  # that one is asked for by itself, by the person's own box
_LONGEST = 4_000
_LARGEST_DOCUMENT = 200_000_000  # bytes


@dataclass(frozen=True)
class Proof:
    """What shows that people agreed. An empty wording, source or reference, or no date, is to come from each row."""

    wording: str = ""
    version: str = ""
    at: datetime | None = None
    source: str = ""
    reference: str = ""
    purposes: tuple[str, ...] = ("news",)
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    act: str = ""
    until: date | None = None
    collected_from: str | None = None
    for_this_purpose: bool | None = None
    given_by_company: bool | None = None
    consent_to_join: bool | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What it establishes of the file; what it leaves open stays unknown, and unknown means no."""
        return {
            "source": self.collected_from,
            "mass_collection": self.collected_from != "person" if self.collected_from else None,
            "original_purpose_compatible": self.for_this_purpose,
            "gift_from_company": self.given_by_company,
        }


NOTHING = Proof()


def read_proof(file: Path, today: date) -> Proof:
    """The proof of a file; raise SettingsError, which names what is wrong in it."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {say('preuve illisible', 'a proof that cannot be read')} ({error})") from None
    return proof_of(raw, today, file.name, file.parent)


def proof_of(raw: Mapping[str, Any], today: date, name: str = "proof", folder: Path | None = None) -> Proof:
    """The proof that a table or a form describes; raise SettingsError for what it should not say."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "wording": str, "version": str, "date": date, "source": str, "reference": str, "purposes": list,
        "channels": list, "act": str, "until": date, "collected_from": str, "for_this_purpose": bool,
        "given_by_company": bool, "consent_to_join": bool,
    }  # fmt: skip
    for key, value in raw.items():
        if key not in kinds or not isinstance(value, kinds[key]):
            raise SettingsError(f"{name}: {key} = {value!r}; {say('connus', 'known')}: {', '.join(kinds)}")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise SettingsError(f"{name}: {key}: {say('trop long', 'too long')}")
    one_of(name, "source", raw.get("source"), SOURCES)
    one_of(name, "act", raw.get("act"), vocabulary()["person_act"].values)
    one_of(name, "collected_from", raw.get("collected_from"), vocabulary()["source"].values)
    purposes = tuple(one_of(name, "purposes", one, _PROVEN) for one in raw.get("purposes", ["news"]))
    channels = tuple(one_of(name, "channels", one, tuple(Channel)) for one in raw.get("channels", ["email"]))
    at = moment_of(raw["date"]) if "date" in raw else None
    if at and at.date() > today:
        raise SettingsError(f"{name}: date = {raw['date']}: {say('à venir', 'in the future')}")
    return Proof(
        wording=raw.get("wording", "").strip(), version=raw.get("version", "").strip(), at=at,
        source=raw.get("source", ""), reference=_reference(raw.get("reference", "").strip(), folder),
        purposes=purposes, channels=tuple(Channel(one) for one in channels), act=raw.get("act", ""),
        until=raw.get("until"), collected_from=raw.get("collected_from"), for_this_purpose=raw.get("for_this_purpose"),
        given_by_company=raw.get("given_by_company"), consent_to_join=raw.get("consent_to_join"),
    )  # fmt: skip


def one_of(name: str, key: str, value: Any, known: tuple[str, ...]) -> str:
    """The value where it is one of these or missing; raise SettingsError."""
    if value is not None and value not in known:
        raise SettingsError(f"{name}: {key} = {value!r}; {say('connus', 'known')}: {', '.join(known)}")
    return value or ""


def moment_of(day: date) -> datetime:
    """The first moment of a day, so that an objection of the same day wins; a moment is itself."""
    if isinstance(day, datetime):
        return day if day.tzinfo else day.replace(tzinfo=UTC)
    return datetime.combine(day, time(0, 0), tzinfo=UTC)


def _reference(text: str, folder: Path | None) -> str:
    """The document as it is named, with its fingerprint where it lies beside the proof."""
    if not text or folder is None or "\0" in text or not (path := folder / text).is_file():
        return text
    if path.stat().st_size > _LARGEST_DOCUMENT:
        return text
    with path.open("rb") as stream:
        return f"{text} (sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()})"
