"""Whether a value could tell one visitor from another."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)
DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:?\d\d(:?\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
TIMESTAMP = re.compile(r"1[5-9]\d{8}(\d{3})?")
WORDS = re.compile(r"[a-z]{2,}[0-9]{0,3}|[A-Z]?[a-z]+([A-Z][a-z]+)*[0-9]{0,2}|[A-Z]{2,}[0-9]{0,2}|v?\d+(\.\d+)*")


def tokens(value: str) -> list[str]:
    """The parts of a value that could identify: dates, moments and words left out."""
    text = unquote(value)
    if UUID.search(text):
        return UUID.findall(text)
    text = DATE.sub(" ", _leaves(text))
    parts = re.split(r"[^0-9A-Za-z]+", text)
    return [p for p in parts if _identifies(p)]


def identifies(value: str) -> bool:
    """Whether a value holds an identifier: a UUID, a long number that is no moment, letters and digits mixed."""
    return bool(tokens(value))


def _identifies(part: str) -> bool:
    if part.isdigit():
        return len(part) >= 7 and not TIMESTAMP.fullmatch(part)
    if len(part) < 8 or WORDS.fullmatch(part):
        return len(part) >= 24 and not re.fullmatch(r"[a-z]+|[A-Z]+", part)
    digits = sum(c.isdigit() for c in part)
    return digits >= 2 or (len(part) >= 16 and digits >= 1) or len(part) >= 20


def _leaves(text: str) -> str:
    """The values of a JSON text, without its keys; any other text as it is."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return " ".join(_walk(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _walk(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _walk(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _walk(inner)]
    return [str(value)]
