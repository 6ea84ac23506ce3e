"""Forms, from evidence alone: which ask for personal data, what for, and what they say beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from isoloir.audit.evidence import Evidence, Form, Phase, Transport
from isoloir.audit.words import plain, says

Kind = Literal["petition", "donation", "membership", "newsletter", "contact"]
TYPED = ("email", "tel")  # types of fields that hold personal data whatever their name
NAMED = re.compile(
    r"\b(e?-?mails?|courriel|adresse|address|nom|prenom|name|firstname|lastname|phone|tel(ephone)?|mobile|naissance|birth"
    r"\w*|code.?postal|zip|postcode|ville|city|signature)\b"
)
KINDS: dict[Kind, re.Pattern[str]] = {
    "petition": re.compile(r"\b(petition|je signe|signer|signez|signataires?|sign the|sign up against)\b"),
    "donation": re.compile(
        r"\b(don|dons|donner|donnez|je donne|donate|donation|contribut\w+|soutien financier|euros?)\b"
    ),
    "membership": re.compile(
        r"\b(adher\w+|rejoin\w+|benevol\w+|volunt\w+|engage\w*|join|member\w*|parrain\w*|soutenir)\b"
    ),
    "newsletter": re.compile(
        r"\b(newsletter|lettre d'information|infolettre|recevoir|inscri\w+|subscri\w+|actualites)\b"
    ),
}
OPINION: tuple[Kind, ...] = ("petition", "donation", "membership")  # using such a form says what one thinks


@dataclass(frozen=True)
class Asked:
    """One form that asks for personal data, where it was first seen."""

    form: Form
    phase: Phase
    transport: Transport
    pointer: str
    kind: Kind

    @property
    def text(self) -> str:
        """What stands beside it, its boxes included."""
        return " ".join([self.form.text, *(f"{box.name} {box.near}" for box in self.form.boxes)])

    @property
    def fields(self) -> list[str]:
        """The names of its fields, those that nobody sees left out."""
        return [field.partition(":")[2] or field for field in self.form.fields if not field.startswith("hidden:")]


def data_forms(evidence: Evidence) -> list[Asked]:
    """The forms of a site that ask for personal data, each once."""
    found: dict[tuple[str, tuple[str, ...]], Asked] = {}
    for pointer, phase, transport in _phases(evidence):
        for number, form in enumerate(phase.forms):
            key = (urlsplit(form.action).path, form.fields)
            if key not in found and asks_data(form):
                kind = kind_of(form, phase)
                found[key] = Asked(form, phase, transport, f"{pointer}/forms/{number}", kind)
    return list(found.values())


def asks_data(form: Form) -> bool:
    """Whether a form asks for personal data: not a search, not a login."""
    visible = [field.partition(":") for field in form.fields if not field.startswith(("hidden:", "submit:", "button:"))]
    if any(kind == "password" for kind, _, _ in visible):
        return False
    words = [plain(re.sub(r"([a-z])([A-Z])|[_\-.\[\]]", r"\1 \2", name)) for _, _, name in visible]
    return any(kind in TYPED for kind, _, _ in visible) or sum(bool(NAMED.search(w)) for w in words) >= 2


def kind_of(form: Form, phase: Phase) -> Kind:
    """What a form is for: told by its page and its buttons before the text beside it."""
    for told in (f"{urlsplit(form.action).path} {urlsplit(phase.url).path} {phase.title}", form.text[:600]):
        text = plain(re.sub(r"[/_\-.]", " ", told))
        if kind := next((name for name, pattern in KINDS.items() if pattern.search(text)), None):
            return kind
    return "contact"


def reveals_opinion(phase: Phase) -> bool:
    """Whether merely coming to a page tells an opinion: one where supporters join, give or sign."""
    text = plain(re.sub(r"[/_\-.]", " ", f"{urlsplit(phase.url).path} {phase.title}"))
    return any(KINDS[kind].search(text) for kind in OPINION)


def _phases(evidence: Evidence) -> Iterator[tuple[str, Phase, Transport]]:
    for n, visit in enumerate(evidence.visits):
        for p, phase in enumerate(visit.phases):
            yield f"visits/{n}/phases/{p}", phase, visit.transport


def missing_from(told: str) -> list[str]:
    """What a notice does not say: who, what for, which rights."""
    return [part for part in ("controller", "purpose", "rights") if not says(told, f"form_{part}")]
