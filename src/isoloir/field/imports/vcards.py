"""vCards (2.1, 3.0, 4.0) as rows: unfolded, decoded, one column a property (RFC 6350, RFC 2426)."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

from isoloir.field.imports.encoding import Lines
from isoloir.field.imports.faults import BadFile, Refusal, reason_text, refuse
from isoloir.language import say

MOST_LINES = 20_000  # of one card: a photograph takes many
LONGEST_VALUE = 10_000
MOST_REPEATS = 9
MOST_PROPERTIES = 500
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)(;[^:]*)?:", re.ASCII)
_PARTS = {
    "N": ("N.FAMILY", "N.GIVEN", "N.ADDITIONAL", "N.PREFIX", "N.SUFFIX"),
    "ADR": ("ADR.BOX", "ADR.EXTENDED", "ADR.STREET", "ADR.CITY", "ADR.REGION", "ADR.POSTCODE", "ADR.COUNTRY"),
}
_BINARY = {"PHOTO", "LOGO", "SOUND", "KEY"}
_FRAME = {"BEGIN", "END", "VERSION"}
_ESCAPES = re.compile(r"\\(.)")

Card = dict[str, str]


def begins(line: str) -> bool:
    """Whether a file that starts with this line holds vCards."""
    return line.strip().lstrip("\ufeff").upper() == "BEGIN:VCARD"


def header(lines: Lines, name: str) -> tuple[str, ...]:
    """Every column of the file, in the order in which they first appear."""
    found: dict[str, None] = {}
    wrong: tuple[int, Refusal] | None = None
    for begun, card in _cards(lines, name):
        if isinstance(card, Refusal):
            wrong = wrong or (begun, card)
        else:
            found.update(dict.fromkeys(card))
        if len(found) > MOST_PROPERTIES:
            raise BadFile(name, say(f"plus de {MOST_PROPERTIES} propriétés", f"more than {MOST_PROPERTIES} properties"))
    if wrong and not found:  # of no card at all
        raise BadFile(name, reason_text(wrong[1].reason), line=wrong[0])
    return tuple(found)


def rows(lines: Lines, columns: tuple[str, ...], name: str) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Each card as the cells of these columns, or why it is none, with the line where it begins."""
    for begun, card in _cards(lines, name):
        yield begun, card if isinstance(card, Refusal) else [card.get(column, "") for column in columns]


def _cards(lines: Lines, name: str) -> Iterator[tuple[int, Card | Refusal]]:
    card: Card | None = None
    fault: Refusal | None = None
    begun, read = 0, 0
    for number, line in _unfolded(lines):
        mark = line.strip().lstrip("\ufeff").upper()
        read += 1
        if mark == "BEGIN:VCARD":
            if card is not None:
                yield begun, refuse("unclosed_card")
            card, fault, begun, read = {}, None, number, 0
        elif mark == "END:VCARD" and card is not None:
            spoilt, lines.spoilt = lines.spoilt, ""
            yield begun, fault or (refuse(spoilt) if spoilt else card)
            card = None
        elif card is None:
            if mark:
                raise BadFile(name, say("texte hors d'une carte", "text outside a card"), line=number, value=line)
        elif read > MOST_LINES:
            raise BadFile(name, say("carte sans fin", "a card without end"), line=begun)
        elif mark:
            fault = fault or _put(card, line)
    if card is not None:
        yield begun, refuse("unclosed_card")


def _unfolded(lines: Lines) -> Iterator[tuple[int, str]]:
    """Logical lines: what begins with a space, or follows a soft break of quoted-printable, continues the last."""
    held: list[str] = []
    begun, length, soft = 0, 0, False
    for line in lines:
        text = line.rstrip("\r\n")
        if held and (soft or text[:1] in (" ", "\t")):
            text = text if soft else text[1:]
            held[-1] = held[-1][:-1] if soft else held[-1]
            length += len(text)
            held += [text] if length <= LONGEST_VALUE else []  # too long is told by its length, not kept
        else:
            if held:
                yield begun, _joined(held, length, lines)
            held, begun, length = [text], lines.number, len(text)
        soft = text.endswith("=") and "QUOTED-PRINTABLE" in held[0].upper()
    if held:
        yield begun, _joined(held, length, lines)


def _joined(held: list[str], length: int, lines: Lines) -> str:
    """The line as a whole, with the letters that its folds cut."""
    text = "".join(held)
    if not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text):
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        lines.spoilt = lines.spoilt or ("encoding" if "\ufffd" in text else "")
    return text + ("\0" if length > LONGEST_VALUE else "")


def _put(card: Card, line: str) -> Refusal | None:
    """Read one property into the card; the refusal of the card where it is none."""
    match = _NAME.match(line)
    if not match:
        return refuse("bad_property", value=line)
    name, parameters = match[1].upper(), (match[2] or "").upper()
    if name in _FRAME:
        return None
    if name in _BINARY:
        card[name] = "…"
        return None
    if line.endswith("\0"):
        return refuse("too_long", name)
    value = line[match.end() :]
    if "QUOTED-PRINTABLE" in parameters:
        decoded = _quoted(value, "ISO-8859-1" in parameters or "WINDOWS-1252" in parameters)
        if decoded is None:
            return refuse("encoding", name)
        value = decoded
    if name in _PARTS:
        for column, part in zip(_PARTS[name], _split(value), strict=False):
            card.setdefault(column, _plain(part))
        return None
    value = _plain(value).removeprefix("mailto:").removeprefix("tel:")
    column = next((c for n in range(1, MOST_REPEATS + 1) if (c := name if n == 1 else f"{name} {n}") not in card), "")
    if not column:
        return refuse("too_many", name)
    card[column] = value
    return None


def _quoted(value: str, latin: bool) -> str | None:
    try:
        raw = quopri.decodestring(value.encode("ascii"))
        return raw.decode("cp1252" if latin else "utf-8")
    except (UnicodeError, ValueError):
        return None


def _split(value: str) -> list[str]:
    """The parts of a compound value; an escaped semicolon parts nothing."""
    return re.split(r"(?<!\\);", value)


def _plain(value: str) -> str:
    return _ESCAPES.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()
