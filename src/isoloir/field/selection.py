"""Choosing among those who agreed to a purpose: by the postal code that they gave, by what they offered to do.

That is targeting, which takes an express consent asked for by itself (règlement 2024/900, art. 18(1)(b)): the purpose
SELECTION, on the channel. Nobody is chosen without it, and nothing else can be chosen by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from isoloir.field.person import Details
from isoloir.field.search import fold

SELECTION = "selection"


@dataclass(frozen=True)
class Selection:
    """Postal codes, or beginnings of them, and words of an offer; empty ones choose nobody in particular."""

    postal_codes: tuple[str, ...] = ()
    offer: str = ""

    def __bool__(self) -> bool:
        """Whether it chooses at all."""
        return bool(self.postal_codes or self.offer)

    def takes(self, person: Details) -> bool:
        """Whether somebody is among the chosen."""
        there = person.postal_code.replace(" ", "")
        near = not self.postal_codes or there.startswith(self.postal_codes)
        return near and (not self.offer or any(self._offers(one) for one in person.offers))

    def _offers(self, text: str) -> bool:
        """Whether each word that is looked for begins a word of the offer."""
        said = fold(text)
        return all(any(word.startswith(wanted) for word in said) for wanted in fold(self.offer))

    @property
    def facts(self) -> dict[str, Any]:
        """What it establishes of a message; without a selection, that it goes to all subscribers alike."""
        if not self:
            return {"selected_further": False, "online_targeting": False, "criteria": ["subscription"]}
        return {
            "selected_further": True, "online_targeting": True, "consent": "explicit", "consent_separate": True,
            "criteria": list(self._criteria()), "reveals_special": False, "area_variables": [], "area_kind": "person",
            "data_categories": ["identity", "email", "postal_address", "offer_of_help"],
        }  # fmt: skip

    def _criteria(self) -> Iterator[str]:
        yield "subscription"
        if self.postal_codes:
            yield "address"
        if self.offer:
            yield "engagement"

    @property
    def kept(self) -> dict[str, Any]:
        """As it is kept with a message, for whoever asks by what it was addressed (art. 19)."""
        return {"postal_codes": list(self.postal_codes), "offer": self.offer} if self else {}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Selection:
        """What was kept."""
        return cls(tuple(kept.get("postal_codes", ())), kept.get("offer", ""))


EVERYBODY = Selection()
