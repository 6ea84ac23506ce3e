"""Every command: parse, call one function, print. One module a group, in the order of `isoloir --help`."""

from isoloir.cli.words import app

__all__ = ["app"]

from isoloir.cli import start, stations, maps, statistics, plans, sources, field, canvass, exchange, law, audit  # isort: skip  # noqa: F401 (declare their commands)
