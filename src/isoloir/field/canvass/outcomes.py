"""What can happen at a door, and what a phone can report."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add

from django.db.models import F, IntegerChoices
from django.db.models.expressions import Combinable


class Kind(IntegerChoices):
    """What a phone reports; the first eight are outcomes. On the wire each goes by its name in lower case."""

    OPENED = 1
    ABSENT = 2
    REFUSED = 3
    CONVERSATION = 4
    COME_BACK = 5
    OTHER_LANGUAGE = 6
    INACCESSIBLE = 7
    LEAFLET = 8
    UNDO = 11  # takes back an earlier report of the same phone
    KEEP_AWAY = 12  # the door asked not to be knocked at again
    NOTE = 13  # about the building

    @property
    def word(self) -> str:
        """Its name on the wire and in exports."""
        return self.name.lower()


OUTCOMES: tuple[Kind, ...] = tuple(kind for kind in Kind if kind < Kind.UNDO)
WORDS: dict[str, Kind] = {kind.word: kind for kind in Kind}
COLUMNS: tuple[str, ...] = tuple(kind.word for kind in OUTCOMES)  # the counts of a turf and of a unit, in this order
CONTACTS = frozenset(
    {Kind.OPENED, Kind.REFUSED, Kind.CONVERSATION, Kind.COME_BACK, Kind.OTHER_LANGUAGE}
)  # somebody came to the door


def summed(kinds: Iterable[Kind]) -> Combinable:
    """The doors of a turf or a unit with one of those outcomes, for a query; all of `OUTCOMES`: those visited."""
    return reduce(add, (F(kind.word) for kind in kinds))
