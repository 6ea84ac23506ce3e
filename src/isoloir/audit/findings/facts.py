"""What the evidence of a site says, before any rule is applied: who tracked when, what was asked, what a click did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from isoloir.audit.evidence import Banner, Click, Control, Evidence, Phase, Visit
from isoloir.audit.findings.seen import unseen
from isoloir.audit.parties import host, same_site
from isoloir.audit.trackers import Trace, Weight, traces
from isoloir.audit.words import around, says

BEFORE_ANY_CHOICE = {"untouched", "entry"}
LANDING = {"home", "moved", "policy"}


@dataclass(frozen=True)
class Deed:
    """A choice that a witness made: the clicks, and the one that settled it (None where none had an effect)."""

    visit: Visit
    number: int
    clicks: tuple[Click, ...]
    settled: Click | None

    @property
    def pointer(self) -> str:
        """Where the deciding click stands in the evidence, else the visit."""
        return (
            f"visits/{self.number}/clicks/{self.visit.clicks.index(self.settled)}"
            if self.settled
            else f"visits/{self.number}"
        )

    @property
    def phase(self) -> int:
        """The phase in which the choice was made; beyond the last where none was."""
        return self.settled.phase if self.settled else len(self.visit.phases)


class Facts:
    """The evidence of one site, asked."""

    def __init__(self, evidence: Evidence):
        self.evidence = evidence
        self.traces = traces(evidence)
        self.unseen = unseen(evidence)

    def of(
        self, visits: Iterable[str], weights: Iterable[Weight], since: int = 0, phases: Iterable[str] = ()
    ) -> list[Trace]:
        """The traces of these visits (names, or what stands before the dash) and weights."""
        names, wanted, only = set(visits), set(weights), set(phases)
        by_name = {v.name: v for v in self.evidence.visits}
        return [
            t
            for t in self.traces
            if t.visit.split("-")[0] in names
            and t.weight in wanted
            and t.phase >= since
            and (not only or by_name[t.visit].phases[t.phase].name in only)
        ]

    @cached_property
    def before(self) -> list[Trace]:
        """Trackers that need consent, before any choice."""
        return self._before("needs_consent")

    @cached_property
    def doubtful(self) -> list[Trace]:
        """Requests that follow visitors before any choice, without anything seen to be read or written."""
        return self._before("doubtful")

    @cached_property
    def audience(self) -> list[Trace]:
        """Audience measurement that could be exempt, at any time."""
        return [t for t in self.traces if t.weight == "audience"]

    @cached_property
    def audience_before(self) -> list[Trace]:
        """Audience measurement that could be exempt, before any choice."""
        return self._before("audience")

    def _before(self, weight: Weight) -> list[Trace]:
        landing = self.of(("refusing", "accepting", "browsing", "opposing"), (weight,), phases=LANDING)
        first = {v.name: v.phases[0].name for v in self.evidence.visits if v.phases}
        fresh = [t for t in landing if t.phase == 0 or (first[t.visit] == "home" and t.phase <= 1 and self._moved(t))]
        return self.of(BEFORE_ANY_CHOICE, (weight,)) + fresh

    def _moved(self, trace: Trace) -> bool:
        visit = self.evidence.visit(trace.visit)
        return visit is not None and visit.phases[trace.phase].name in ("home", "moved")

    @cached_property
    def browsed(self) -> list[Trace]:
        """Trackers that appear when a visitor goes on, or scrolls, without having chosen."""
        return self.of(("browsing",), ("needs_consent",), phases=("browsed", "scrolled"))

    @cached_property
    def needing(self) -> list[Trace]:
        """Every tracker that needs consent, whenever it appeared."""
        return [t for t in self.traces if t.weight == "needs_consent"]

    @cached_property
    def home(self) -> Phase | None:
        """The first page, untouched."""
        visit = self.evidence.visit("untouched")
        return visit.phases[0] if visit and visit.phases else None

    @cached_property
    def banner(self) -> tuple[Banner, str] | None:
        """The banner that a new visitor sees on the first page, and where the evidence shows it."""
        for n, visit in enumerate(self.evidence.visits):
            for p, phase in enumerate(visit.phases):
                if visit.name.startswith("entry"):
                    break
                if phase.name in ("home", "moved") and phase.asking:
                    return phase.asking, f"visits/{n}/phases/{p}/banners/{phase.banners.index(phase.asking)}"
        return None

    @cached_property
    def told(self) -> str:
        """What the banner says, with the layers that its controls open."""
        texts = [self.banner[0].text] if self.banner else []
        for visit in self.evidence.visits:
            texts += [b.text for p in visit.phases if p.name in ("refused", "withdrawn", "layer") for b in p.banners]
        texts += [c.name + " " + c.near for v in self.evidence.visits for k in v.clicks for c in (k.control,)]
        texts += [k.seen for v in self.evidence.visits for k in v.clicks]
        return " ".join(texts)

    @cached_property
    def policy(self) -> str:
        """What the pages about cookies and privacy say, and what others say beside the word."""
        pages = {(p.url, p.title, p.text) for v in self.evidence.visits for p in v.phases if p.text}
        return " ".join(
            sorted({text if says(f"{title} {url}", "policy") else around(text) for url, title, text in pages})
        )

    def deed(self, name: str, purposes: tuple[str, ...]) -> Deed | None:
        """What a witness did, if it did anything."""
        for n, visit in enumerate(self.evidence.visits):
            if visit.name == name:
                clicks = tuple(c for c in visit.clicks if c.purpose in (*purposes, "settings", "untick"))
                settled = [c for c in clicks if c.purpose in purposes and c.effect]
                return Deed(visit, n, clicks, settled[-1] if settled else None)
        return None

    @cached_property
    def refusal(self) -> Deed | None:
        """The refusal."""
        return self.deed("refusing", ("refuse", "save"))

    @cached_property
    def helped(self) -> Deed | None:
        """A refusal that only the rules for a known consent manager could make; None where they made none."""
        deed = self.deed("helped", ("refuse",))
        return deed if deed and deed.settled else None

    @cached_property
    def acceptance(self) -> Deed | None:
        """The acceptance."""
        return self.deed("accepting", ("accept",))

    @cached_property
    def withdrawal(self) -> Deed | None:
        """The withdrawal, once accepted."""
        return self.deed("accepting", ("withdraw", "refuse", "save"))

    @cached_property
    def opposition(self) -> Deed | None:
        """The use of the opt-out that the page about cookies offers."""
        return self.deed("opposing", ("refuse", "save", "untick", "withdraw"))

    def after(
        self, deed: Deed | None, weights: Iterable[Weight] = ("needs_consent",), only: tuple[str, ...] = ()
    ) -> list[Trace]:
        """What tracked after a choice was made."""
        if deed is None or deed.settled is None:
            return []
        found = self.of((deed.visit.name,), weights, since=deed.phase, phases=only)
        return [t for t in found if t.phase > deed.phase or _later(t, deed)]

    def new_with(self, deed: Deed) -> list[Trace]:
        """The trackers that a choice itself brought: they were not there before it in this visit."""
        there = {t.key for t in self.of((deed.visit.name,), ("needs_consent",)) if t.phase < deed.phase}
        brought = self.of((deed.visit.name,), ("needs_consent",), since=deed.phase)
        return [t for t in brought if t.phase == deed.phase and t.how != "sent" and t.key not in there]

    def left(self, deed: Deed | None) -> list[str]:
        """The trackers that were there before a choice and still are at the end of the visit."""
        if deed is None or deed.settled is None or not deed.visit.phases:
            return []
        there = {(s.where, s.name) for s in deed.visit.phases[-1].stored}
        return sorted({t.name for t in self.needing if (t.where, t.name) in there and t.what != "request"})

    def asks_again(self, deed: Deed | None) -> bool:
        """Whether the banner is back on the first page that is loaded after a choice."""
        if deed is None or deed.settled is None:
            return False
        later = [p for p in deed.visit.phases[deed.phase + 1 :] if p.name == "reloaded"]
        return any(b.of("accept", "acknowledge") for p in later[:1] for b in p.banners if b.kind == "asks")

    def withheld(self) -> bool:
        """Whether refusing closes the site: another site, an error, or most of the page gone."""
        deed = self.refusal
        if deed is None or deed.settled is None or self.home is None:
            return False
        phases = deed.visit.phases
        if not all(same_site(host(p.url), host(self.home.url)) for p in (phases[deed.phase], phases[-1])):
            return True
        accepted = self.acceptance
        texts = [p.text for p in phases if p.name == "reloaded"]
        other = [p.text for p in accepted.visit.phases if p.name == "reloaded"] if accepted else []
        return bool(texts and other and len(other[0]) - len(texts[0]) > 200 and len(texts[0]) < 0.4 * len(other[0]))

    def controls(self, *intents: str) -> list[Control]:
        """The controls of the first banner of these intents, those that cannot be seen included."""
        return [c for c in self.banner[0].controls if c.intent in intents] if self.banner else []


def _later(trace: Trace, deed: Deed) -> bool:
    return trace.phase == deed.phase and trace.how != "sent"


def pointers(found: Iterable[Trace], most: int = 12) -> tuple[str, ...]:
    """Where the evidence shows these traces."""
    return tuple(dict.fromkeys(t.pointer for t in found))[:most]


def names(found: Iterable[Trace], most: int = 5) -> str:
    """What these traces are called, for a sentence."""
    unique = list(dict.fromkeys(f"{t.name} ({t.where})" if t.third else t.name for t in found))
    return ", ".join(unique[:most]) + (" …" if len(unique) > most else "")
