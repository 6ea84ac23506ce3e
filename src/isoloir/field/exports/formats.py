"""People as the files that other services read; no cell of them is a formula where a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from isoloir.errors import SettingsError
from isoloir.field.channels import Channel
from isoloir.formulas import as_text

_NUMBER = re.compile(r"\+[0-9]{6,15}")
_FOLD = 75  # octets of a line of a vCard (RFC 6350, section 3.2)

Row = list[str]


class Target(Protocol):
    """What a text is written to."""

    def write(self, text: str, /) -> object: ...  # noqa: D102


class Whoever(Protocol):
    """What a format needs of somebody."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def phone(self) -> str: ...  # noqa: D102
    @property
    def postal_code(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Format:
    """A file that a service reads: its columns, the channels that it can serve, and how a person becomes a row."""

    name: str
    suffix: str
    channels: tuple[Channel, ...]
    columns: Row
    row: Callable[[Whoever], Row]
    delimiter: str = ","

    @property
    def head(self) -> str:
        """What comes before the first row."""
        line = io.StringIO()
        if self.suffix == "csv":
            self._into(line)(self.columns)
        return line.getvalue()

    def write(self, people: Iterable[Whoever], stream: Target) -> int:
        """Write a row for each of them; the number written."""
        count = 0
        if self.suffix == "vcf":
            for person in people:
                stream.write(_card(person))
                count += 1
            return count
        write = self._into(stream)
        for person in people:
            write([harmless(cell) for cell in self.row(person)])
            count += 1
        return count

    def _into(self, stream: Target) -> Callable[[Row], object]:
        return csv.writer(stream, delimiter=self.delimiter, lineterminator="\n").writerow


def harmless(cell: str) -> str:
    """The cell as a spreadsheet shows it: one line, an apostrophe before what it would compute; a number is none."""
    line = cell if cell.isprintable() else " ".join(cell.split())
    text = as_text(line)
    return line if text is not line and _NUMBER.fullmatch(line) else text


def format_named(name: str, channel: Channel) -> Format:
    """The format; raise SettingsError where there is none of that name, or where it cannot serve that channel."""
    found = FORMATS.get(name)
    if found is None:
        raise SettingsError(f"--format {name}: {', '.join(FORMATS)}")
    if channel not in found.channels:
        raise SettingsError(f"--format {name}: --channel {', '.join(found.channels)}")
    return found


def given_and_family(name: str) -> tuple[str, str]:
    """The name in two parts, for services that ask for two; together they are the name again."""
    first, _, rest = name.partition(" ")
    return first, rest


def _card(person: Whoever) -> str:
    given, family = given_and_family(person.name)
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"FN:{_escaped(person.name or person.email or person.phone)}",
        f"N:{_escaped(family)};{_escaped(given)};;;",
        *([f"EMAIL:{_escaped(person.email)}"] if person.email else []),
        *([f"TEL;VALUE=uri:tel:{person.phone}"] if person.phone else []),
        *([f"ADR:;;;;;{_escaped(person.postal_code)};"] if person.postal_code else []),
        f"LANG:{person.language}",
        "END:VCARD",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """The line cut so that none is longer than 75 octets, no letter in two."""
    parts, width = [""], 0
    for letter in line:
        size = len(letter.encode())
        if width + size > _FOLD:
            parts.append(" ")
            width = 1
        parts[-1] += letter
        width += size
    return "\r\n".join(parts)


_ALL = (Channel.EMAIL, Channel.SMS, Channel.PHONE)
FORMATS = {
    one.name: one
    for one in (
        Format("csv", "csv", _ALL, ["name", "email", "phone", "postal_code", "language"],
               lambda p: [p.name, p.email, p.phone, p.postal_code, p.language]),
        Format("mailchimp", "csv", (Channel.EMAIL,), ["Email Address", "First Name", "Last Name"],
               lambda p: [p.email, *given_and_family(p.name)]),
        Format("brevo", "csv", (Channel.EMAIL, Channel.SMS), ["EMAIL", "LASTNAME", "FIRSTNAME", "SMS"],
               lambda p: [p.email, given_and_family(p.name)[1], given_and_family(p.name)[0], p.phone], ";"),
        Format("listmonk", "csv", (Channel.EMAIL,), ["email", "name", "attributes"],
               lambda p: [p.email, p.name, json.dumps({"language": p.language})]),
        Format("civicrm", "csv", _ALL,
               ["First Name", "Last Name", "Email", "Phone", "Postal Code", "Preferred Language"],
               lambda p: [*given_and_family(p.name), p.email, p.phone, p.postal_code,
                          {"en": "en_GB"}.get(p.language, "fr_FR")]),
        Format("vcard", "vcf", _ALL, [], lambda _: []),
    )
}  # fmt: skip
