"""The electoral roll, counted and destroyed: voters by building and by age band of each station, and nothing else.

Of each line four columns are looked at, one line at a time; no name is read, nothing is sorted by person, joined or
kept (rule ROLL-10). Nothing is told of fewer than eleven households: a roll knows no household, so a line of the counts
has at least 33 voters, which are eleven households even where each has three. Buildings with fewer are taken together
along their street, and what is still too small joins another line, so that no subtraction reveals it.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils import timezone

from isoloir.errors import LayoutChanged, SettingsError, SourceError
from isoloir.field import gate, log
from isoloir.field.models import Campaign
from isoloir.language import say
from isoloir.law.facts import vocabulary
from isoloir.law.sensitive import in_name

FEWEST = 33
BY = ("building", "age")  # what a roll may be counted by
BANDS = ((18, 24), (25, 34), (35, 49), (50, 64), (65, 79), (80, 130))
_COLUMNS = {
    "station": ("code du bureau de vote", "bureau de vote", "identifiant bureau de vote", "bureau", "bv"),
    "number": ("numero de voie", "n de voie", "numero voie", "numero"),
    "street": ("libelle de voie", "voie", "libelle voie", "rue", "adresse"),
    "born": ("date de naissance", "naissance"),
}
_OVERWRITTEN_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Counted:
    """How many voters were counted, in how many lines."""

    voters: int
    units: int


@dataclass(frozen=True)
class Line:
    """One line of the counts."""

    station: str
    kind: str  # building, street, station, age
    label: str
    voters: int


def count(
    campaign: Campaign, roll: Path, out: Path, *, undertaking: bool, interest_test: bool, by: Sequence[str] = BY
) -> Counted:
    """Write the counts of a roll, then destroy it. Raise NotAllowed by law, SourceError for a file that is no roll.

    `by`: buildings, ages or both; by anything else people would be sorted, which the law is asked about.
    """
    for criterion in by:
        if criterion not in BY:
            _refuse(campaign, criterion)
    gate.ask("import", campaign, _facts(undertaking, interest_test))
    buildings: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    ages: dict[str, Counter[int]] = defaultdict(Counter)
    voters = 0
    for station, number, street, born in _read(roll):
        buildings[station][street, number] += 1
        ages[station][_band(born)] += 1
        voters += 1
    every = (line for station in sorted(buildings) for line in lines_of(station, buildings[station], ages[station]))
    lines = [line for line in every if ("age" if line.kind == "age" else "building") in by]
    draft = out.with_name(f".{out.name}.part")
    with draft.open("w", encoding="utf-8", newline="") as stream:
        written = csv.writer(stream)
        written.writerow(("station", "kind", "label", "registered"))
        written.writerows((one.station, one.kind, one.label, one.voters) for one in lines)
    draft.replace(out)
    destroy(roll)
    log.write(campaign, None, "count_roll", voters=voters, lines=len(lines))
    return Counted(voters, len(lines))


def lines_of(station: str, buildings: Counter[tuple[str, int]], ages: Counter[int]) -> Iterator[Line]:
    """The lines of one station; none where it is too small as a whole."""
    if sum(buildings.values()) < FEWEST:
        return
    units = _units(buildings)
    for kind, label, voters in units:
        yield Line(station, kind, label, voters)
    for label, voters in _bands(ages):
        yield Line(station, "age", label, voters)


def destroy(file: Path) -> None:
    """Overwrite a file, then remove it. A disk may keep copies of its own: the roll belongs on an encrypted one."""
    with file.open("r+b") as stream:
        left = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        while left > 0:
            left -= stream.write(b"\0" * min(left, _OVERWRITTEN_AT_ONCE))
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()


def _refuse(campaign: Campaign, criterion: str) -> None:
    """Put to the law what people would be sorted by; raise NotAllowed, or SettingsError for what it leaves open."""
    betrayed = [found.category for found in in_name(criterion.replace("_", " "))]
    facts = {
        "source": "electoral_roll", "criteria": [_criterion(criterion, betrayed)], "purpose": "statistics",
        "reveals_special": bool(set(betrayed) & set(_REVEALING)) or criterion == "name_sound", "consent": "none",
        "online_targeting": False, "undertaking": "no_commercial_use", "relation": "voter",
        "data_categories": list(vocabulary()["data_categories"].groups["roll_fields"]),
    }  # fmt: skip
    gate.ask("segment", campaign, facts)
    raise SettingsError(f"--by {criterion}: {', '.join(BY)}")


_REVEALING = (*vocabulary()["data_categories"].groups["special"], "birth_place", "nationality")


def _criterion(text: str, betrayed: Sequence[str]) -> str:
    """The law's own word for what somebody wants to sort by."""
    known = vocabulary()["criteria"].values
    if text in known or not betrayed:
        return text if text in known else "other"
    return "birth_place" if "birth_place" in betrayed else "name_sound" if "origin" in betrayed else "other"


def _facts(undertaking: bool, interest_test: bool) -> dict[str, object]:
    """Nobody is written to and nobody is kept, so nobody's objection stands against counting."""
    return {
        "source": "electoral_roll", "undertaking": "no_commercial_use" if undertaking else "none",
        "data_categories": ["birth_date", "postal_address", "station"], "relation": "voter", "purpose": "statistics",
        "consent": "none", "legitimate_interest_test": interest_test, "original_purpose_compatible": True,
        "objected": False, "suppression_checked": True, "gift_from_company": False, "mass_collection": False,
        "address_protected": False, "complementary_list": False, "person_act": "none",
    }  # fmt: skip


def _read(roll: Path) -> Iterator[tuple[str, int, str, int]]:
    """Station, number, street and year of birth of each line; nothing else leaves this function."""
    with roll.open(encoding=_encoding(roll), newline="") as stream:
        head = stream.readline()
        cut = max(";,\t|", key=head.count)
        at = _places(roll, next(csv.reader([head], delimiter=cut)))
        for number, row in enumerate(csv.reader(stream, delimiter=cut), 2):
            if not any(row):
                continue
            try:
                station, house, street, born = (row[place].strip() for place in at)
            except IndexError:
                raise SourceError(
                    say(
                        "cette ligne a moins de colonnes que la première", "this line has fewer columns than the first"
                    ),
                    file=roll.name,
                    row=number,
                ) from None
            yield station, _house(house or street), _street(street), _year(roll, number, born)


def _places(roll: Path, header: list[str]) -> tuple[int, int, int, int]:
    plain = [_plain(cell) for cell in header]
    found: dict[str, int] = {}
    for name, known in _COLUMNS.items():
        place = next((plain.index(one) for one in known if one in plain), None)
        if place is None and name == "number":
            place = found.get("street", next((plain.index(one) for one in _COLUMNS["street"] if one in plain), None))
        if place is None:
            raise LayoutChanged(
                say(
                    f"aucune colonne ne dit {name} ; connues : {', '.join(known)}",
                    f"no column says the {name}; one of: {', '.join(known)}",
                ),
                file=roll.name,
                row=1,
            )
        found[name] = place
    return found["station"], found["number"], found["street"], found["born"]


def _encoding(roll: Path) -> str:
    try:
        with roll.open(encoding="utf-8-sig") as stream:
            for _ in stream:
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z]+", " ", letters).split())


def _house(text: str) -> int:
    found = re.match(r"\s*(\d{1,4})", text)
    return int(found[1]) if found else 0


def _street(text: str) -> str:
    return " ".join(re.sub(r"^\s*\d+\s*(?:bis|ter|quater)?\b[\s,]*", "", text, flags=re.IGNORECASE).upper().split())


def _year(roll: Path, number: int, born: str) -> int:
    found = re.search(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)", born)
    if not found:
        raise SourceError(
            say(
                "la date de naissance n'a pas d'année à quatre chiffres", "the date of birth has no year of four digits"
            ),
            file=roll.name,
            row=number,
        )
    return int(found[1])


def _band(born: int, on: date | None = None) -> int:
    """The band of an age, the year's difference standing for it."""
    age = (on or timezone.localdate()).year - born
    return next((place for place, (_, high) in enumerate(BANDS) if age <= high), len(BANDS) - 1)


def _units(buildings: Counter[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """Buildings, runs of buildings along a street, and what is left of the station: each with FEWEST or more."""
    units: list[tuple[str, str, int]] = []
    rest = 0
    streets: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (street, house), voters in sorted(buildings.items()):
        if voters >= FEWEST:
            units.append(("building", f"{house or ''} {street}".strip(), voters))
        else:
            streets[street].append((house, voters))
    for street, small in streets.items():
        run: list[tuple[int, int]] = []
        for one in small:
            run.append(one)
            if sum(voters for _, voters in run) >= FEWEST:
                units.append(("street", f"{run[0][0]}-{run[-1][0]} {street}", sum(voters for _, voters in run)))
                run = []
        rest += sum(voters for _, voters in run)
    if 0 < rest < FEWEST and units:
        smallest = min(units, key=lambda unit: unit[2])
        units.remove(smallest)
        rest += smallest[2]
    return [*units, *([("station", "", rest)] if rest else [])]


def _bands(ages: Counter[int]) -> list[tuple[str, int]]:
    """Age bands, each with FEWEST or more: a smaller one joins the next, the last the one before."""
    groups: list[tuple[int, int, int]] = []
    first, sum_so_far = 0, 0
    for place in range(len(BANDS)):
        sum_so_far += ages[place]
        if sum_so_far >= FEWEST:
            groups.append((first, place, sum_so_far))
            first, sum_so_far = place + 1, 0
    if sum_so_far or first < len(BANDS):
        before = groups.pop() if groups else (0, 0, 0)
        groups.append((before[0], len(BANDS) - 1, before[2] + sum_so_far))
    return [
        (f"{BANDS[low][0]}-{BANDS[high][1] if high < len(BANDS) - 1 else ''}", voters) for low, high, voters in groups
    ]
