"""Isoloir: polling stations, canvassing and audits that respect the people they concern."""

__version__ = "0.1.0"
