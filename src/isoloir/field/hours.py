"""By whose clock a letter keeps silence: that of Paris, as the message does, and that of where a person lives.

A person lives where their postal code says. Without one, the country code of a French telephone number beyond the seas
says it. Where neither does, every place that the campaign has canvassed counts: one of them silent is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from isoloir.field import gate
from isoloir.field.models import Campaign, Pass
from isoloir.field.person import Details
from isoloir.law import decide
from isoloir.law.calendar import Election, facts_on
from isoloir.law.places import Place, places_of

_OF_NUMBERS = {
    "+590": ("971", "977", "978"), "+596": ("972",), "+594": ("973",), "+262": ("974", "976"), "+508": ("975",),
    "+681": ("986",), "+689": ("987",), "+687": ("988",),
}  # fmt: skip
# Saint-Barthélemy and Saint-Martin keep postal codes of Guadeloupe beside their own; all three live by one clock.
_CODE = 5  # figures


class Hours:
    """Whose silence has begun at one moment, by the law's own rules; each place is put to them once."""

    def __init__(self, campaign: Campaign, told: Mapping[str, Any], at: datetime):
        self._campaign, self._told, self._at = campaign, told, at
        self._silent = cache(self._asked)
        self._canvassed = cache(self._of_passes)

    def silent(self, person: Details) -> bool:
        """Whether the law keeps a letter from somebody now because of where they live."""
        code = person.postal_code.replace(" ", "")
        if len(code) == _CODE and code.isdigit():
            codes: tuple[str, ...] = (code,)
        else:
            codes = _OF_NUMBERS.get(person.phone[:4], ()) or self._canvassed()
        return any(self._silent(place) for place in places_of(codes))

    def _asked(self, place: Place) -> bool:
        election = Election(self._campaign.first_round_on or self._campaign.vote_on, self._campaign.vote_on)
        for day in place.days(self._at):
            phase = facts_on(election, day, saturday=place.saturday)["vote_phase"]
            facts = {**gate.standing(self._campaign, day), **self._told, "vote_phase": phase}
            if decide("message", facts, day).refusals:
                return True
        return False

    def _of_passes(self) -> tuple[str, ...]:
        passes = Pass.objects.of(self._campaign).values_list("places", flat=True)
        return tuple({code for codes in passes for code in codes})
