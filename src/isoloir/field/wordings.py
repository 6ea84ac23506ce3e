"""The exact words that people agree to: each purpose on each channel by itself, and the notice (RGPD, art. 13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from isoloir.field.channels import Channel
from isoloir.field.consent import Consent
from isoloir.field.models import Campaign, User
from isoloir.field.purposes import purposes
from isoloir.field.selection import SELECTION
from isoloir.field.texts import texts

VERSION = "2026-11"  # changes with the words of the notice, of purposes.toml or of the channels
ASKED = ("news", "events", "volunteering", "donation_appeals")
CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.PHONE)
_SERVED = {SELECTION: (Channel.EMAIL,)}  # where not every channel is


def choices(language: str, asked: Sequence[str] = ASKED) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What a form asks: for each purpose its name, its words, and a box for each channel."""
    said = texts(language)
    return [
        (purpose, _words(purpose, language),
         [(f"{purpose}:{one.value}", said[f"by_{one.value}"]) for one in _SERVED.get(purpose, CHANNELS)])
        for purpose in asked
    ]  # fmt: skip


def sentence(purpose: str, channel: Channel, language: str) -> str:
    """What one box means, as one sentence."""
    return f"{_words(purpose, language)} {texts(language)[f'by_{channel.value}']}"


def notice(campaign: Campaign, language: str) -> list[tuple[str, str]]:
    """What the person is told before they agree: each heading with its text."""
    said = texts(language)
    filled = {"controller": campaign.controller, "contact": campaign.contact, "vote": campaign.vote_on.isoformat()}
    parts = ("controller", "purpose", "basis", "recipients", "duration", "rights", "regulator")
    return [(said[f"notice_{part}"], said[f"notice_{part}_text"].format(**filled)) for part in parts]


def consents(
    campaign: Campaign,
    ticked: list[str],
    language: str,
    *,
    how: str,
    at: datetime,
    by: User | None = None,
    proof: str = "",
) -> tuple[Consent, ...]:
    """The ticked boxes as consents; each carries all the words that were shown, the first one the proof in full."""
    told = "\n".join(f"{heading} : {text}" for heading, text in notice(campaign, language))
    made: list[Consent] = []
    for box in ticked:
        purpose, channel = parse(box)
        made.append(
            Consent(
                purpose=purpose, channel=channel, wording=f"{sentence(purpose, channel, language)}\n\n{told}",
                wording_version=f"{VERSION}-{language}", how=how, at=at, collected_by=by,
                proof=proof if not made else f"with {made[0].purpose}:{made[0].channel.value}" if proof else "",
            )
        )  # fmt: skip
    return tuple(made)


def parse(box: str) -> tuple[str, Channel]:
    """Purpose and channel of a box; raise ValueError where there is no such box."""
    purpose, _, channel = box.partition(":")
    if purpose not in purposes():
        raise ValueError(box)
    return purpose, Channel(channel)


def _words(purpose: str, language: str) -> str:
    text = purposes()[purpose].text
    return text.fr if language == "fr" else text.en
