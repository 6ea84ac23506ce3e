"""What a question asks about the person at the door, and the law that refuses it.

Answers are counted by station, but each is given at somebody's own door: a question about what they think, believe or
are is put to the law as what it would collect there. Recognition errs on the side of refusing, and names the word; what
the town's elected people should do is asked about the town, unless anything in it judges them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, reduce
from importlib import resources

from django.utils import timezone

from isoloir.errors import NotAllowed
from isoloir.field import gate, log
from isoloir.field.canvass.notes import plain
from isoloir.field.canvass.texts import texts
from isoloir.field.models import Campaign
from isoloir.language import say
from isoloir.law import decide
from isoloir.law.sensitive import in_cells, in_name

_ASKED = {"personal_data": True, "channel": "door", "consent": "none", "consent_for_purpose": False}
_UNTOLD = ("unclassified", "note")  # a column says too little, or holds free text; a question does neither


def ask(campaign: Campaign, texts_of: Sequence[str], answers: Sequence[str]) -> None:
    """Return where the question may be asked; raise NotAllowed, which names the word and the articles, where not."""
    found = dict(_betrayed(texts_of, answers))
    if not found:
        return
    day = timezone.localdate()
    facts = {**gate.standing(campaign, day), **_ASKED, "data_categories": sorted(found)}
    refused = [reason for reason in decide("collect", facts, day).refusals if not reason.unknown]
    if refused:
        rules = tuple(reason.rule for reason in refused)
        log.write(campaign, None, "refused", "question", rules=" ".join(rules))
        why = " ".join(f"{say(r.text.fr, r.text.en).removesuffix('.')} ({r.article})." for r in refused[:3])
        words = ", ".join(dict.fromkeys(found.values()))
        raise NotAllowed(f"{texts()['question_refused'].format(words=words)} {why}", rules)


def _betrayed(asked: Sequence[str], answers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The categories of data that the question asks for, each with the word that says so."""
    lists = _lists()
    cells = [answer for answer in answers if _plain(answer) not in lists["mild"][0]]
    findings = [finding for text in asked for finding in in_name(text)] + list(in_cells(cells))
    yield from ((f.category, f.word) for f in findings if f.category not in _UNTOLD)
    of_the_town = _is_of_the_town([*asked, *answers])
    for text in map(_plain, asked):
        acts = of_the_town and _any(_local()["asked"], text)
        for category, (words, innocent) in lists.items():
            passed = (*innocent, *(_local()["called"] if acts and category == "political_opinion" else ()))
            left = reduce(lambda rest, pattern: _pattern(pattern).sub(" ", rest), passed, text)
            if category != "mild":
                yield from ((category, hit[0]) for word in words if (hit := _pattern(word).search(left)))


def _is_of_the_town(told: Sequence[str]) -> bool:
    """Whether a question with its answers is about something there, and nothing in it judges who runs the town."""
    plainly = [_plain(text) for text in told]
    about = any(_any(_local()["subjects"], text) for text in plainly)
    return about and not any(_any(_local()["judged"], text) for text in plainly)


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(_pattern(one).search(text) for one in patterns)


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((resources.files("isoloir.field.canvass") / "asking.toml").read_text(encoding="utf-8"))


@cache
def _lists() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {
        name: (tuple(part["words"]), tuple(part.get("not", ()))) for name, part in _table().items() if "words" in part
    }


def _local() -> dict[str, list[str]]:
    """How those who run the town are called, what is asked of them and where, and what judges them."""
    return _table()["local"]


@cache
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words.replace('*', '[a-z]*')})\b")


def _plain(text: str) -> str:
    """Small letters without accents or signs, a space between words."""
    return " ".join(re.findall(r"[a-z0-9]+", plain(text)))
