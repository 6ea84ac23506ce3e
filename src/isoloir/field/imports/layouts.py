"""The layouts of files that Isoloir knows, each described in a `.toml` of `layouts/`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from isoloir.errors import SettingsError
from isoloir.field.imports import answers
from isoloir.field.imports.faults import BadFile
from isoloir.language import say
from isoloir.law.facts import Text, vocabulary

ANY = "csv"
MEANINGS = {  # meaning -> the category of data that it is for the law
    "email": "email",
    "other_email": "email",
    "phone": "phone",
    "other_phone": "phone",
    "first_name": "identity",
    "last_name": "identity",
    "full_name": "identity",
    "postal_code": "postal_address",
    "language": "identity",
    "offers": "offer_of_help",
    "act": "identity",
    "status": "identity",
    "consent_wording": "identity",
    "consent_version": "identity",
    "consent_source": "identity",
    "consent_reference": "identity",
}
FREE_TEXT = ("first_name", "last_name", "full_name", "offers")
Status = Literal["enters", "refused", "opted_out"]


@dataclass(frozen=True)
class Layout:
    """Which column means what; names are plain lower-case words, and `*` in those refused or surplus is anything."""

    name: str
    text: Text
    act: str
    known_by: tuple[str, ...]
    needs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    yes: tuple[str, ...]
    yes_sms: tuple[str, ...]
    yes_if_there: tuple[str, ...]
    consented_at: tuple[str, ...]
    opted_out_at: tuple[str, ...]
    everybody_opted_out: tuple[str, ...]
    refuses: Mapping[str, tuple[str, ...]]  # column -> channels: objects, and the row does not enter
    deceased: tuple[str, ...]
    opted_out: Mapping[str, tuple[str, ...]]  # column -> channels: objects to these only
    bad: Mapping[str, tuple[str, ...]]
    status: Mapping[str, Status]
    refused: Mapping[str, tuple[str, ...]]  # category -> names
    surplus: tuple[str, ...]
    dates: tuple[str, ...]
    agreed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> channels: nothing there is no yes
    answered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> channels: a no there counts

    def meaning(self, column: str) -> str:
        """What a column means; empty where it means nothing that enters."""
        name = plain(column)
        for meaning, names in self.columns.items():
            if name in names:
                return meaning
        return next((kind for kind, names in self._signs().items() if name in names), "")

    def category(self, column: str) -> str:
        """The category under which the layout itself refuses a column, `surplus` included; else empty."""
        name = plain(column)
        for category, patterns in self.refused.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return category
        return "surplus" if any(fnmatchcase(name, pattern) for pattern in self.surplus) else ""

    def _signs(self) -> dict[str, Iterable[str]]:
        """Columns that are read for what the person said, and then forgotten."""
        bad = [name for names in self.bad.values() for name in names]
        return {
            "said_yes": (*self.yes, *self.yes_sms, *self.yes_if_there, *self.agreed, *self.answered),
            "said_no": (*self.refuses, *self.opted_out, *self.opted_out_at),
            "said_when": self.consented_at,
            "does_not_work": bad,
            "deceased": self.deceased,
        }


@lru_cache(maxsize=8192)
def plain(column: str) -> str:
    """The words of a column's name, without accents, capitals and signs."""
    decomposed = unicodedata.normalize("NFKD", column.strip().lstrip("'").casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", letters))


@cache
def layouts() -> dict[str, Layout]:
    """Every layout by its name."""
    found = {}
    for file in sorted((resources.files("isoloir.field.imports") / "layouts").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = _layout(name, tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def layout_of(header: Iterable[str], cards: bool) -> Layout:
    """The layout whose marks are all among the columns, the most telling first; any table is a CSV."""
    there = {plain(column) for column in header}
    known = [one for one in layouts().values() if one.known_by and there.issuperset(one.known_by)]
    if cards:
        return layouts()["vcard"]
    return max(known, key=lambda one: (len(set(one.needs) & there), len(one.known_by)), default=layouts()[ANY])


def named(name: str) -> Layout:
    """The layout of that name; raise SettingsError where there is none."""
    try:
        return layouts()[name]
    except KeyError:
        raise SettingsError(f"--layout {name}: {', '.join(layouts())}") from None


def check(layout: Layout, header: Iterable[str], file: str) -> None:
    """Raise BadFile where a column is missing without which nobody can tell who is who, or who said no."""
    there = {plain(column) for column in header}
    if missing := [name for name in layout.needs if name not in there]:
        what = say(
            f"il manque {', '.join(missing)} : sans cela, on ne sait pas qui a dit non ({layout.text.fr})",
            f"{', '.join(missing)} missing: without it nobody can tell who said no ({layout.text.en})",
        )
        raise BadFile(file, what)
    if not there & {name for meaning in ("email", "phone") for name in layout.columns[meaning]}:
        told = ", ".join(sorted(there)[:12])
        what = say(
            f"aucune colonne d'e-mail ou de téléphone parmi : {told}. La première ligne doit nommer les colonnes : "
            "effacez ce qui la précède. Sinon, dites laquelle l'est : --column NOM=email",
            f"no column of e-mail or telephone among: {told}. The first line must name the columns: delete what stands "
            "above it. Or say which it is: --column NAME=email",
        )
        raise BadFile(file, what)


def with_columns(layout: Layout, given: Mapping[str, str]) -> Layout:
    """The layout where these columns mean what the user says; raise SettingsError for a meaning that does not exist."""
    columns = {meaning: list(names) for meaning, names in layout.columns.items()}
    for column, meaning in given.items():
        if meaning not in MEANINGS or meaning == "status":
            raise SettingsError(f"--column {column}={meaning}: {', '.join(m for m in MEANINGS if m != 'status')}")
        columns.setdefault(meaning, []).insert(0, plain(column))
    fields = {**vars(layout), "columns": {meaning: tuple(names) for meaning, names in columns.items()}}
    return Layout(**fields)


def with_answers(layout: Layout, header: Iterable[str]) -> Layout:
    """The layout with those columns that it does not know, in which people said yes or no, whatever they are called."""
    kinds: dict[answers.Kind, dict[str, tuple[str, ...]]] = {"objected": {}, "agreed": {}, "answered": {}}
    for column in header:
        if not layout.meaning(column) and not layout.category(column) and (found := answers.of_column(column)):
            kinds[found.kind][plain(column)] = found.channels
    opted_out = {**layout.opted_out, **kinds["objected"]}
    return replace(layout, opted_out=opted_out, agreed=kinds["agreed"], answered=kinds["answered"])


_LISTS = ("known_by", "needs", "yes", "yes_sms", "yes_if_there", "consented_at", "opted_out_at", "everybody_opted_out",
          "dates")  # fmt: skip
_TABLES = ("columns", "opted_out", "bad", "refused")


def _layout(name: str, raw: dict[str, Any]) -> Layout:
    refuses = raw.get("refuses", {})
    known = {"fr", "en", "act", "refuses", "status", "surplus", *_LISTS, *_TABLES}
    categories = set(vocabulary()["data_categories"].values)
    wrong = (set(raw) - known) | (set(raw["columns"]) - set(MEANINGS)) | (set(raw.get("refused", {})) - categories)
    if wrong:
        raise SettingsError(f"layouts/{name}.toml: unknown {', '.join(sorted(wrong))}")
    lists: dict[str, Any] = {key: tuple(raw.get(key, ())) for key in _LISTS}
    tables: dict[str, Any] = {
        key: {k: tuple(v) for k, v in raw.get(key, {}).items()} for key in ("columns", "opted_out", "bad", "refused")
    }
    tables["columns"] = {"email": (), "phone": (), **tables["columns"]}
    return Layout(
        name=name,
        text=Text(raw["fr"], raw["en"]),
        act=raw["act"],
        refuses={k: tuple(v) for k, v in refuses.get("opted_out", {}).items()},
        deceased=tuple(refuses.get("deceased", ())),
        status=raw.get("status", {}),
        surplus=tuple(raw.get("surplus", {}).get("names", ())),
        **lists,
        **tables,
    )
