"""Recognise columns that hold what a campaign must not hold, by their names and by their cells, however disguised.

A name is first undressed: letters that only look Latin, accents, capitals, digits for letters, letters spread by dots.
What is left is compared with the patterns of `sensitive.toml`. Recognition errs on the side of asking: a name that says
too little is `unclassified`, which a person then classifies.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

from isoloir.law.facts import Text, vocabulary

_SHORT_SHARE = 0.5  # short words count where half the filled cells are such
_NAME_SHARE = 0.2  # in a column of names or places, only where a fifth of the cells say so outright...
_NAME_LEAST = 3  # ...and that many: Jean Chrétien and Anne Leblanc in a short list are people
_LOOKALIKES = str.maketrans("асеорхуіјѕԁһκνοαρτιεβмнктı", "aceopxyijsdhkvoapti" + "ebmhkti")
_DIGITS = (str.maketrans("01345789@$€", "oieastbgase"), str.maketrans("01345789@$€", "oleastbgase"))
_SIGNS = {  # pictures that stand for a word
    ord(sign): f" {word} "
    for signs, word in (
        ("🕌🕋☪", "musulman"), ("✝☦⛪📿", "chretien"), ("✡🕍🕎", "juif"), ("🕉", "hindou"), ("☸", "bouddhiste"),
        ("🌈⚣⚢⚧", "lgbt"), ("☭", "communiste"), ("♿", "handicape"),
    )
    for sign in signs
}  # fmt: skip
_LEET = re.compile(r"(?<=[a-z])[01345789@$€](?=[a-z])")
_SPREAD = re.compile(r"\b(?:[a-z][^a-z0-9]{1,2}){3,}[a-z]\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[;,|/\n]+")


@dataclass(frozen=True)
class Finding:
    """What a column betrays: a category of data, and the word that did, in its name or in a share of its cells."""

    category: str
    where: Literal["name", "cells"]
    word: str
    share: float

    @property
    def text(self) -> Text:
        """Why, for the person whose column is refused."""
        if self.where == "name":
            return Text(f"le nom évoque « {self.word} »", f"the name suggests “{self.word}”")
        return Text(f"des cellules ({self.share:.0%}) évoquent « {self.word} »",
                    f"cells ({self.share:.0%}) suggest “{self.word}”")  # fmt: skip


@dataclass(frozen=True)
class _Lexicon:
    category: str
    names: tuple[tuple[str, ...], ...]
    close: tuple[str, ...]
    innocent: tuple[tuple[str, ...], ...]
    values: re.Pattern[str] | None
    short: frozenset[str]


def recognise(name: str, cells: Iterable[object] = ()) -> tuple[Finding, ...]:
    """What a column of that name with those cells betrays, the name's findings first; nothing for an innocent one."""
    found = {finding.category: finding for finding in in_name(name)}
    for finding in in_cells(cells, plain=_is_plain(name)):
        found.setdefault(finding.category, finding)
    if len(found) > 1:
        found.pop("unclassified", None)  # something says more
    return tuple(found.values())


@lru_cache(maxsize=4096)
def in_name(name: str) -> tuple[Finding, ...]:
    """What the name of a column betrays."""
    words = _words(name)
    found = []
    for lexicon in _lexicons():
        if any(_matches(pattern, words) for pattern in lexicon.innocent):
            continue
        hit = next((p for p in lexicon.names if _matches(p, words)), None)
        word = " ".join(hit).strip("*=").replace("*", "") if hit else _close(words, lexicon.close)
        if word:
            found.append(Finding(lexicon.category, "name", word, 1.0))
    if len(found) > 1:
        found = [finding for finding in found if finding.category != "unclassified"]
    return tuple(found)


def in_cells(cells: Iterable[object], plain: bool = False) -> tuple[Finding, ...]:
    """What the cells betray; `plain` where the column holds names or places, whose words may mean nothing."""
    counted = Counter(str(cell) for cell in cells if cell is not None)
    seen = _strip if plain else _undressed
    plainly = [(seen(cell), times) for cell, times in counted.items() if cell and not cell.isspace()]
    filled = sum(times for _, times in plainly)
    read = [(parts, times) for cell, times in plainly if _may_tell(cell) and (parts := _cell(cell))]
    found = (_in_cells(lexicon, read, filled, plain) for lexicon in _lexicons())
    return tuple(finding for finding in found if finding)


def _in_cells(lexicon: _Lexicon, read: list[tuple[tuple[str, ...], int]], filled: int, plain: bool) -> Finding | None:
    """The category's finding: a telling word anywhere, or short ones in most cells."""
    if lexicon.values is None:
        return None
    telling, short = Counter[str](), Counter[str]()
    for parts, times in read:
        outright = next((part for part in parts if lexicon.values.fullmatch(part)), "")
        inside = "" if plain else next((hit[0] for part in parts if (hit := lexicon.values.search(part))), "")
        if word := outright or inside:
            telling[word] += times
        if word := outright or next((part for part in parts if part in lexicon.short), ""):
            short[word] += times
    enough = telling.total() >= (max(_NAME_LEAST, _NAME_SHARE * filled) if plain else 1)
    hits = telling if telling and enough else short
    if not hits or (hits is short and short.total() < max(_NAME_LEAST if plain else 2, _SHORT_SHARE * filled)):
        return None
    return Finding(lexicon.category, "cells", hits.most_common(1)[0][0], hits.total() / filled)


def _words(name: str) -> tuple[tuple[frozenset[str], ...], str]:
    """The words of a name, each with the forms that it may stand for, and the whole name in one word."""
    plain = unicodedata.normalize("NFKC", name).replace("’", "'")
    plain = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", plain)
    plain = _strip(plain)
    dressed = re.findall(r"[a-z0-9@$€]+", plain)
    forms = [_forms(word) for word in dressed]
    forms = [form for form in forms if form]
    letters = [word for word in dressed if word.isalpha()]
    if len(letters) > 1 and all(len(word) == 1 for word in letters) and len(letters) == len(dressed):
        forms = [frozenset(["".join(letters)])]  # r.e.l.i.g.i.o.n
    whole = "".join(re.findall(r"[a-z]+", plain))
    return tuple(forms), whole


def _forms(word: str) -> frozenset[str]:
    bare = word.strip("0123456789") or word
    forms = {word, bare, *re.findall(r"[a-z]+", bare)}
    if re.search(r"[a-z]", word) and re.search(r"[0-9@$€]", word):
        forms |= {made for table in _DIGITS for made in (word.translate(table), bare.translate(table))}
    return frozenset(form for form in forms if form)


def _strip(text: str) -> str:
    """The text in plain small letters."""
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKD", text.translate(_SIGNS).lower().translate(_LOOKALIKES))
    without = "".join(letter for letter in lowered if not unicodedata.combining(letter) and letter.isprintable())
    return re.sub(r"[\u200b-\u200f\u2060\ufeff\u00ad]", "", without).translate(_LOOKALIKES)


def _undressed(cell: str) -> str:
    """A cell in plain small letters, digits inside a word read as letters and letters that were spread joined."""
    text = _LEET.sub(lambda digit: digit[0].translate(_DIGITS[0]), _strip(cell))
    return _SPREAD.sub(lambda word: "".join(re.findall("[a-z]", word[0])), text)


def _matches(pattern: tuple[str, ...], words: tuple[tuple[frozenset[str], ...], str]) -> bool:
    forms, whole = words
    if pattern[0].startswith("="):
        parts = (pattern[0][1:], *pattern[1:])
        wanted = "".join(part.rstrip("*") for part in parts)
        exact = whole == wanted or (len(forms) == 1 and wanted in forms[0])
        return exact or (parts[-1].endswith("*") and whole.startswith(wanted))
    return all(any(_fits(part, form) for form in forms) for part in pattern)


def _fits(part: str, forms: frozenset[str]) -> bool:
    if part.startswith("*") and part != "*":
        return any(part.strip("*") in form for form in forms)
    if part.endswith("*"):
        return any(form.startswith(part[:-1]) for form in forms)
    return part in forms


def _close(words: tuple[tuple[frozenset[str], ...], str], targets: Sequence[str]) -> str:
    """The target that one of the words, or the whole name, misses by one letter."""
    candidates = {form for forms in words[0] for form in forms} | {words[1]}
    return next((t for t in targets for word in candidates if len(word) >= 6 and _one_letter_apart(word, t)), "")


def _one_letter_apart(word: str, target: str) -> bool:
    """Whether one letter was changed, added, dropped, or two neighbours swapped."""
    if word == target:
        return True
    if abs(len(word) - len(target)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, target, strict=False)) if a != b), min(len(word), len(target)))
    tails = word[start:], target[start:]
    swapped = tails[0][:2] == tails[1][:2][::-1] and tails[0][2:] == tails[1][2:]
    return swapped or tails[0][1:] == tails[1][1:] or tails[0][1:] == tails[1] or tails[0] == tails[1][1:]


def _may_tell(cell: str) -> bool:
    """Whether a word of the cell begins as a telling one does; most cells end here."""
    starts = _starts()
    return any(word[:3] in starts for word in _LETTERS.findall(cell))


@cache
def _starts() -> frozenset[str]:
    words = (w for table in _table().values() for w in (*table["values"], *table.get("short", ())))
    return frozenset(match[0][:3] for word in words if (match := _LETTERS.search(_strip(word))))


def _cell(text: str) -> tuple[str, ...]:
    """The parts of a cell in plain words, without what tells nothing of a person."""
    parts = (" ".join(_LETTERS.findall(part)) for part in _PARTS.split(text))
    kept = (" ".join(_innocent_values().sub(" ", part).split()) for part in parts)
    return tuple(part for part in kept if part)


def _compile(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for all patterns, the longest first; a star stands for the end of a word."""
    plain = sorted((" ".join(re.findall(r"[a-z*]+", _strip(p))) for p in patterns), key=len, reverse=True)
    told = (re.escape(p).replace(r"\*", "[a-z]*").replace(r"\ ", " ") for p in plain)
    return re.compile(rf"\b(?:{'|'.join(told)})\b") if plain else None


@cache
def _lexicons() -> tuple[_Lexicon, ...]:
    found = []
    for category, table in _table().items():
        if category != "innocent":
            names, innocent = (tuple(tuple(p.split()) for p in table.get(key, ())) for key in ("names", "not"))
            values, close = _compile(table["values"]), tuple(table["close"])
            found.append(_Lexicon(category, names, close, innocent, values, frozenset(table["short"])))
    if foreign := {lexicon.category for lexicon in found} - set(vocabulary()["data_categories"].values):
        raise ValueError(f"sensitive.toml: no category {', '.join(sorted(foreign))}")
    return tuple(found)


@cache
def _innocent_values() -> re.Pattern[str]:
    found = _compile(_table()["innocent"]["values"])
    assert found is not None
    return found


def _is_plain(name: str) -> bool:
    words = _words(name)
    return any(_matches(tuple(pattern.split()), words) for pattern in _table()["innocent"]["names"])


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((resources.files("isoloir.law") / "sensitive.toml").read_text(encoding="utf-8"))
