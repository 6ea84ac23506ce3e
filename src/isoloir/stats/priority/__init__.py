"""Where an hour of canvassing brings most votes, how sure that is, and why."""

from isoloir.stats.priority.access import Ground
from isoloir.stats.priority.effects import Effects, effects
from isoloir.stats.priority.gain import Outlook
from isoloir.stats.priority.index import LEVELS, Floats, Priority, ordinary, places, po_index
from isoloir.stats.priority.ranked import Ranked, prioritise

__all__ = [
    "LEVELS", "Effects", "Floats", "Ground", "Outlook", "Priority", "Ranked", "effects", "ordinary", "places",
    "po_index", "prioritise",
]  # fmt: skip
