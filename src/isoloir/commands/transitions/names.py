"""What rounds and options are called, in French or English."""

from __future__ import annotations

from isoloir.codes import Election
from isoloir.commands.transitions.rounds import ABSTENTION, BLANK, NEW, UNPLACED
from isoloir.language import language, say
from isoloir.stats.blocs import Blocs

_TYPES = {
    "pres": ("présidentielle", "presidential"),
    "legi": ("législatives", "legislative"),
    "euro": ("européennes", "European"),
    "muni": ("municipales", "municipal"),
    "regi": ("régionales", "regional"),
    "dpmt": ("départementales", "departmental"),
    "cant": ("cantonales", "cantonal"),
    "refe": ("référendum", "referendum"),
}


def name_option(option: str, mapping: Blocs) -> str:
    """A candidate by his name, a bloc or those who chose nobody by what they are called."""
    special = {
        ABSTENTION: say("abstention", "abstention"),
        BLANK: say("blancs et nuls", "blank or spoiled"),
        NEW: say("pas inscrits alors", "not registered then"),
        UNPLACED: say("hors des blocs", "in no bloc"),
    }
    if option in mapping.names:
        return mapping.names[option][language()]
    return special.get(option) or option.title()


def name_round(election: str) -> str:
    """`présidentielle 2022, 1er tour`."""
    found = Election.parse(election)
    french, english = _TYPES[found.type]
    turn = say("1er tour" if found.round == 1 else "2nd tour", "first round" if found.round == 1 else "second round")
    return f"{say(french, english)} {found.year}, {turn}"
