"""Ranking stations by votes per canvassing hour: the database on one side, pure functions on the other."""

from isoloir.commands.priority.question import Question
from isoloir.commands.priority.run import Prioritised, prioritise_stations

__all__ = ["Prioritised", "Question", "prioritise_stations"]
