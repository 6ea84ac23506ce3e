"""What becomes of each column of a file: it enters, the law refuses it, or nobody needs it; and which rule says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from isoloir.field.imports.layouts import FREE_TEXT, MEANINGS, Layout
from isoloir.language import say
from isoloir.law import decide
from isoloir.law.facts import Text
from isoloir.law.sensitive import recognise

Fate = Literal["mapped", "read", "refused", "dropped"]
SAMPLE = 2_000  # cells of a column that stays out, looked at to say why; those that enter are all looked at


_SILENT = Text("", "")


@dataclass(frozen=True)
class Column:
    """A column of the file: `mapped` to a meaning, `read` for what it says of consent, `refused` or `dropped`."""

    index: int
    name: str
    fate: Fate
    meaning: str = ""
    rules: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    why: Text = _SILENT

    @property
    def told(self) -> str:
        """Why, in the user's language."""
        return say(self.why.fr, self.why.en)


def judge(
    header: Sequence[str], sample: Sequence[Sequence[str]], layout: Layout, standing: Mapping[str, Any], on: date
) -> list[Column]:
    """The fate of every column, by that day's rules; `standing`: the facts of an import that is lawful otherwise."""
    cells = [[row[index] for row in sample[:SAMPLE]] for index in range(len(header))]
    return [_judge(index, name, cells[index], layout, standing, on) for index, name in enumerate(header)]


def _judge(
    index: int, name: str, cells: Sequence[str], layout: Layout, standing: Mapping[str, Any], on: date
) -> Column:
    meaning = layout.meaning(name)
    if meaning and meaning not in MEANINGS:
        return Column(index, name, "read", meaning, why=_READ[meaning])
    if meaning:
        categories = (MEANINGS[meaning], *(one.category for one in recognise(name)))
        rules = refusing(["identity", *categories], standing, on)
        return Column(index, name, "refused" if rules else "mapped", meaning, rules, categories)
    findings = recognise(name, cells)
    category = layout.category(name)
    found = dict.fromkeys([*([category] if category else []), *(one.category for one in findings)])
    if category and len(found) > 1:
        found.pop("unclassified", None)
    categories = tuple(found) or ("unclassified",)
    why = findings[0].text if findings else _NOBODY_KNOWS if categories == ("unclassified",) else _KNOWN
    rules = refusing(["identity", *categories], standing, on)
    if not rules:
        categories = (*categories, "surplus")
        rules = refusing(["identity", "surplus"], standing, on)
    harmless = {"unclassified", "surplus"} >= set(categories)
    return Column(index, name, "dropped" if harmless else "refused", "", rules, categories, why)


_NOBODY_KNOWS = Text("personne n'a dit ce qu'elle contient", "nobody said what it holds")
_READ = {
    "said_yes": Text("dit qui a accepté", "says who agreed"),
    "said_no": Text("dit qui s'est opposé", "says who objected"),
    "said_when": Text("dit depuis quand", "says since when"),
    "does_not_work": Text("dit quelle adresse ne marche pas", "says which address does not work"),
    "deceased": Text("dit qui est mort", "says who died"),
}
_KNOWN = Text("connue de ce format", "known in this layout")


def refusing(categories: Iterable[str], standing: Mapping[str, Any], on: date) -> tuple[str, ...]:
    """The rules that refuse these categories of data in an import that nothing else forbids.

    A social account beside an address is what a match of the two leaves behind: the match is asked about as well.
    """
    facts = {**standing, "data_categories": list(categories)}
    refusals = decide("import", facts, on).refusals
    if "social_profile" in facts["data_categories"]:
        match = {**facts, "finds_social_profile": True, "joins_people": False, "reveals_special": False,
                 "area_variables": [], "area_kind": "person"}  # fmt: skip
        refusals += decide("combine", match, on).refusals
    return tuple(dict.fromkeys(reason.rule for reason in refusals))


def betrayed(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], standing: Mapping[str, Any], on: date
) -> list[Column]:
    """The columns, those of free text refused where their cells in these rows betray what must not enter."""
    return [_betrayed(column, rows, standing, on) for column in columns]


def _betrayed(column: Column, rows: Sequence[Sequence[str]], standing: Mapping[str, Any], on: date) -> Column:
    if column.fate != "mapped" or column.meaning not in FREE_TEXT:
        return column
    name = "offers" if column.meaning == "offers" else "name"
    findings = recognise(name, (row[column.index] for row in rows))
    categories = tuple(dict.fromkeys(one.category for one in findings))
    rules = refusing(["identity", *categories], standing, on) if categories else ()
    if not rules:
        return column
    return replace(column, fate="refused", rules=rules, categories=categories, why=findings[0].text)


def lawful() -> dict[str, Any]:
    """The facts of an import that nothing forbids but, perhaps, its columns."""
    return {
        "personal_data": True, "relation": "regular_contact", "person_act": "newsletter_signup",
        "purpose": "information", "source": "person", "mass_collection": False, "original_purpose_compatible": True,
        "gift_from_company": False,
        "consent": "recorded", "consent_for_purpose": True, "legitimate_interest_test": False, "person_informed": True,
        "opt_out_offered": True, "objected": False, "suppression_checked": True, "address_protected": False,
        "complementary_list": False, "notice_states": [], "vote_phase": "before", "breach": False,
        "safeguards": ["authentication", "roles", "log", "encryption"],
    }  # fmt: skip
