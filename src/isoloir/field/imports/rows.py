"""From the cells of a row to somebody who may enter, an objection, or the reason why neither; nothing is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from isoloir.errors import BadAddress
from isoloir.field.channels import Channel, normalise
from isoloir.field.consent import Consent
from isoloir.field.imports.answers import says_no, says_no_yes
from isoloir.field.imports.columns import Column
from isoloir.field.imports.faults import Refusal, refuse
from isoloir.field.imports.layouts import Layout, plain
from isoloir.field.imports.proofs import SOURCES, Proof
from isoloir.field.person import NewContact
from isoloir.formulas import is_formula
from isoloir.law.facts import vocabulary

LONGEST_NAME = 200
LONGEST_OFFER = 120
MOST_OFFERS = 20
_MOST_CONSENTS, _LONG = 4096, 4000  # of a file that are kept at hand, unless their cells have so many letters
_SHOWN = ("consent_wording", "consent_source", "consent_reference", "consent_version")
_POSTAL_CODE = re.compile(r"[0-9A-Za-z -]*")
_YES = frozenset({"true", "t", "yes", "y", "oui", "o", "1", "vrai", "x", "subscribed", "enabled"})
_NO = frozenset({"", "false", "f", "no", "n", "non", "0", "faux", "none", "null"})
_CODE = re.compile(r"[<>{}`]|://|javascript:|&#|\\x|\$\(", re.IGNORECASE)
_PARTS = re.compile(r"[;|\n]+|,\s")


@dataclass(slots=True)
class Row:
    """What a row comes to: a contact, objections (channel, normalised address, since when), a refusal; or two."""

    contact: NewContact | None = None
    objections: list[tuple[Channel, str, datetime | None]] = field(default_factory=list)
    refusal: Refusal | None = None


class Stop(Exception):
    """This row does not enter."""

    def __init__(self, refusal: Refusal):
        self.refusal = refusal


class Reader:
    """Reads the rows of one file, whose columns were judged."""

    def __init__(self, layout: Layout, columns: Sequence[Column], proof: Proof, origin: str, today: date):
        self._layout, self._proof, self._origin, self._today = layout, proof, origin, today
        self._by_meaning: dict[str, list[Column]] = {}
        self._columns = columns
        self._by_name = {plain(column.name): column for column in reversed(columns)}
        for column in columns:
            if column.fate == "mapped":
                self._by_meaning.setdefault(column.meaning, []).append(column)
        order = {name: rank for names in layout.columns.values() for rank, name in enumerate(names)}
        for group in self._by_meaning.values():
            group.sort(key=lambda one: order.get(plain(one.name), 0))
        self._at = {meaning: [column.index for column in group] for meaning, group in self._by_meaning.items()}
        self._shown = [one for meaning in _SHOWN for one in self._at.get(meaning, ())]
        self._shown += [self._by_name[name].index for name in layout.consented_at if name in self._by_name]
        self._consents: dict[object, tuple[Consent, ...]] = {}
        self._acts = set(vocabulary()["person_act"].values)
        self._regular = set(vocabulary()["person_act"].groups["positive"])
        self._wanted = set(proof.channels)
        self._everybody = {Channel(one) for one in layout.everybody_opted_out}
        self._refuses, self._shuts = self._sayers(layout.refuses), self._sayers(layout.opted_out)
        self._dead = [index for index, _ in self._sayers(dict.fromkeys(layout.deceased, ()))]
        self._bad = {
            kind: [one for one, _ in self._sayers(dict.fromkeys(names, ()))] for kind, names in layout.bad.items()
        }
        self._agreed_to = self._sayers(layout.agreed)
        self._answers = [*self._agreed_to, *self._sayers(layout.answered)]
        told = (self._refuses, self._shuts, self._answers)
        self._may_object = bool(self._everybody or layout.status or any(told))

    def _sayers(self, names: Mapping[str, Sequence[str]]) -> list[tuple[int, set[Channel]]]:
        """The columns that are there, each with the channels that it speaks of."""
        there = ((column.index, names[name]) for column in self._columns if (name := plain(column.name)) in names)
        return [(index, {Channel(one) for one in channels}) for index, channels in there]

    def read(self, cells: Sequence[str]) -> Row:
        """The row; never raises for what is in it."""
        row = Row()
        try:
            shut = self._objections(cells, row)
            row.contact = self._contact(cells, shut)
        except Stop as stop:
            row.refusal = stop.refusal
        return row

    def objections(self, cells: Sequence[str]) -> Row:
        """Only what the row objects to."""
        row = Row()
        if self._may_object:
            try:
                self._objections(cells, row)
            except Stop as stop:
                row.refusal = stop.refusal
        return row

    def _contact(self, cells: Sequence[str], shut: set[Channel]) -> NewContact:
        self._must_agree(cells)
        email = self._address(cells, "email", Channel.EMAIL) if Channel.EMAIL in self._wanted else ""
        phone = self._address(cells, "phone", Channel.PHONE) if self._wanted & {Channel.SMS, Channel.PHONE} else ""
        if not email and not phone:
            raise Stop(refuse("no_address"))
        act = self._act(cells)
        closed = shut | self._not_agreed(cells)
        channels = [one for one in self._channels(cells, email, phone) if one not in closed]
        if not channels:
            raise Stop(refuse("opted_out" if shut else "not_opted_in"))
        consents = self._agreed(cells, tuple(channels))
        if Channel.EMAIL not in channels:
            email = ""
        if not {Channel.SMS, Channel.PHONE} & set(channels):
            phone = ""
        return NewContact(
            name=self._name(cells), email=email, phone=phone, postal_code=self._postal_code(cells),
            offers=self._offers(cells), language=self._cell(cells, "language")[:2].lower(), consents=consents, act=act,
            origin=self._origin,
        )  # fmt: skip

    # --- what the person said ---------------------------------------------------------------------------------------

    def _objections(self, cells: Sequence[str], row: Row) -> set[Channel]:
        """Note the objections of the row; raise Stop where it does not enter at all. The channels that are shut."""
        layout = self._layout
        channels = {one for index, channels in self._shuts if _says(cells[index]) for one in channels}
        channels |= {one for index, told in self._answers if says_no(cells[index]) for one in told}
        out = self._everybody | {one for index, channels in self._refuses if _says(cells[index]) for one in channels}
        status = layout.status.get(self._cell(cells, "status").lower(), "refused") if layout.status else "enters"
        out |= {Channel.EMAIL} if status == "opted_out" else set()
        if channels or out:
            since = self._date(cells, (*layout.opted_out_at, *layout.refuses), lenient=True)
            row.objections = list(self._addresses(cells, channels | out, since))
        if out:
            raise Stop(refuse("opted_out"))
        if status == "refused":
            raise Stop(refuse("not_opted_in"))
        if any(_says(cells[index]) for index in self._dead):
            raise Stop(refuse("deceased"))
        return channels

    def _addresses(
        self, cells: Sequence[str], channels: set[Channel], since: datetime | None
    ) -> list[tuple[Channel, str, datetime | None]]:
        """Every address of the row that is one, on the channels that it serves; who says no says it for all of them."""
        found = []
        kinds = (("email", "other_email", {Channel.EMAIL}), ("phone", "other_phone", {Channel.SMS, Channel.PHONE}))
        for first, other, serves in kinds:
            for column in [*self._by_meaning.get(first, []), *self._by_meaning.get(other, [])]:
                for channel in sorted(channels & serves):
                    try:
                        found.append((channel, normalise(channel, cells[column.index]), since))
                    except BadAddress:
                        continue
        return list(dict.fromkeys(found))

    def _not_agreed(self, cells: Sequence[str]) -> set[Channel]:
        """The channels on which a column of the row says no, or lacks the yes that it is there for."""
        if not self._answers:
            return set()
        lacks = {one for index, told in self._agreed_to if not _says(cells[index]) for one in told}
        return lacks | {one for index, told in self._answers if says_no_yes(cells[index]) for one in told}

    def _must_agree(self, cells: Sequence[str]) -> None:
        for name in self._layout.yes:
            if not self._flag(cells, name):
                raise Stop(refuse("not_opted_in"))
        for name in self._layout.yes_if_there:
            if name in self._by_name and not self._flag(cells, name):
                raise Stop(refuse("not_opted_in"))

    def _flag(self, cells: Sequence[str], name: str) -> bool:
        column = self._by_name.get(name)
        if column is None:
            return False
        text = cells[column.index].strip().strip("'").lower()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise Stop(refuse("bad_flag", column.name, text))

    def _channels(self, cells: Sequence[str], email: str, phone: str) -> list[Channel]:
        """The channels that the proof covers and the row can be reached on."""
        have = {Channel.EMAIL: email, Channel.SMS: phone, Channel.PHONE: phone}
        found = [one for one in self._proof.channels if have.get(one)]
        if (
            Channel.SMS in found
            and self._layout.yes_sms
            and not all(self._flag(cells, n) for n in self._layout.yes_sms)
        ):
            found.remove(Channel.SMS)
        return found

    def _act(self, cells: Sequence[str]) -> str:
        """The person's own act; raise Stop where it makes no regular contact."""
        told = self._cell(cells, "act")
        act = (told and plain(told).replace(" ", "_")) or self._proof.act or self._layout.act
        if act not in self._acts:
            raise Stop(refuse("unknown_act", "act", act))
        if act == "none":
            raise Stop(refuse("no_consent"))
        if act not in self._regular:
            raise Stop(refuse("occasional"))
        return act

    def _agreed(self, cells: Sequence[str], channels: tuple[Channel, ...]) -> tuple[Consent, ...]:
        """One consent a purpose and channel, each with its whole proof; raise Stop where a part of it is missing.

        Made once for all rows that show the same.
        """
        shown = [cells[index] for index in self._shown]
        if sum(map(len, shown)) > _LONG:
            return self._consented(cells, channels)
        key = (channels, *shown)
        found = self._consents.get(key)
        if found is None:
            if len(self._consents) >= _MOST_CONSENTS:
                self._consents.clear()
            found = self._consents[key] = self._consented(cells, channels)
        return found

    def _consented(self, cells: Sequence[str], channels: tuple[Channel, ...]) -> tuple[Consent, ...]:
        proof, cell = self._proof, self._cell
        wording = cell(cells, "consent_wording") or proof.wording
        source = plain(cell(cells, "consent_source")).replace(" ", "_") or proof.source
        reference = cell(cells, "consent_reference") or proof.reference
        names = self._layout.consented_at
        at = self._date(cells, names) or (None if set(names) & set(self._layout.needs) else proof.at)
        if not (wording and source in SOURCES and reference and at):
            raise Stop(refuse("no_consent"))
        version = cell(cells, "consent_version") or proof.version
        told = f"{source}; {reference}"
        return tuple(
            Consent(purpose, channel, wording, version, "import", at, proof.until, None, told)
            for purpose in proof.purposes
            for channel in channels
        )

    # --- what the person is called, and where -----------------------------------------------------------------------

    def _address(self, cells: Sequence[str], meaning: str, channel: Channel) -> str:
        """The first address of the row, normalised; none where it is known not to work; raise Stop for a false one."""
        if any(_says(cells[index]) for index in self._bad.get(meaning, ())):
            return ""
        for column in self._by_meaning.get(meaning, ()):
            text = cells[column.index].strip()
            if text.strip("'"):
                try:
                    return normalise(channel, text)
                except BadAddress:
                    raise Stop(refuse(f"bad_{meaning}", column.name, text)) from None
        return ""

    def _name(self, cells: Sequence[str]) -> str:
        parts = [self._text(cells, "first_name"), self._text(cells, "last_name")]
        return " ".join(filter(None, parts)) or self._text(cells, "full_name")

    def _postal_code(self, cells: Sequence[str]) -> str:
        text = self._text(cells, "postal_code", 12)
        return text if _POSTAL_CODE.fullmatch(text) else ""

    def _offers(self, cells: Sequence[str]) -> tuple[str, ...]:
        text = self._cell(cells, "offers")
        parts = [part.strip() for part in _PARTS.split(text) if part.strip()] if text else []
        if len(parts) > MOST_OFFERS or any(len(part) > LONGEST_OFFER for part in parts):
            raise Stop(refuse("too_long", "offers", text))
        return tuple(self._safe(part, "offers") for part in parts)

    def _text(self, cells: Sequence[str], meaning: str, longest: int = LONGEST_NAME) -> str:
        text = self._cell(cells, meaning)
        if len(text) > longest:
            raise Stop(refuse("too_long", meaning, text))
        return self._safe(text, meaning) if text else ""

    def _safe(self, text: str, column: str) -> str:
        """The text as one line; raise Stop where it would do something in a spreadsheet, a page or a terminal."""
        if text.isalnum() and text.isascii():
            return text
        if text.isalpha():
            return unicodedata.normalize("NFC", text)
        if is_formula(text):
            raise Stop(refuse("formula", column, text))
        if _CODE.search(text):
            raise Stop(refuse("script", column, text))
        line = " ".join(unicodedata.normalize("NFC", text).split())
        if not line.isprintable():
            raise Stop(refuse("control", column, text))
        return line

    def _cell(self, cells: Sequence[str], meaning: str) -> str:
        """The first filled cell of that meaning, without the apostrophe that some services put before a text."""
        for index in self._at.get(meaning, ()):
            if text := cells[index].strip():
                return text[1:].strip() if text[0] == "'" else text
        return ""

    def _date(
        self, cells: Sequence[str], names: Sequence[str] | Mapping[str, object], lenient: bool = False
    ) -> datetime | None:
        """The first date of these columns; raise Stop where it cannot be read or lies in the future."""
        for name in names:
            column = self._by_name.get(name)
            text = cells[column.index].strip().strip("'") if column else ""
            if text:
                found = read_date(text, self._layout.dates)
                if found and found.date() <= self._today:
                    return found
                if not lenient and column:
                    raise Stop(refuse("bad_date", column.name, text))
        return None


def _says(text: str) -> bool:
    """Whether a cell says yes: anything but nothing and no counts, for a date is a yes as well."""
    return bool(text) and text.strip().strip("'").lower() not in _NO


def read_date(text: str, formats: Sequence[str]) -> datetime | None:
    """A moment written as ISO 8601 or in one of these formats, in UTC where it names no zone; None where it is none."""
    if len(text) > 40:
        return None
    for parse in (datetime.fromisoformat, *(_parser(one) for one in formats)):
        try:
            found = parse(text)
        except (ValueError, OverflowError):
            continue
        if 1990 <= found.year <= 2200:
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _parser(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)
