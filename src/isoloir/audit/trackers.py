"""What follows visitors, told from evidence alone: each reading or writing on their device, and why it counts.

A trace is one operation in one phase of one visit. Its `weight` says how it counts:

- `needs_consent`: a tracker that is not exempt;
- `audience`: audience measurement, exempt under conditions that the findings check;
- `doubtful`: a request that follows visitors without anything read or written that could be seen;
- `exempt`: session, basket, safety, taste, the visitor's own choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from isoloir.audit.evidence import Evidence, Request, Visit
from isoloir.audit.identifiers import identifies, tokens
from isoloir.audit.known.lists import ambiguous_names, exempt_kinds, kind_of, owner
from isoloir.audit.parties import host, same_site

Weight = Literal["needs_consent", "audience", "doubtful", "exempt"]
SESSION_DAYS = 31.0  # a session that lives longer is an identifier that stays
TECHNICAL = frozenset({"phpsessid", "jsessionid", "asp.net_sessionid", "laravel_session", "connect.sid"})
MEASURES = ("/matomo.php", "/piwik.php", "/js/tracker.php", "/hit.xiti", "/collect", "/event", "/ppms.php")


@dataclass(frozen=True)
class Trace:
    """One operation that reads or writes on the visitor's device, or follows them otherwise."""

    visit: str
    phase: int
    what: Literal["cookie", "storage", "request", "fingerprint"]
    how: Literal["set", "written", "found", "sent", "asked"]
    name: str
    where: str
    kind: str
    weight: Weight
    third: bool
    days: float | None
    pointer: str
    why: str
    value: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells one tracker from another."""
        return (self.what, self.where, self.name)


class Traces:
    """Every trace of one visit."""

    def __init__(self, evidence: Evidence, number: int):
        self.visit: Visit = evidence.visits[number]
        self.number = number
        first = next((p for v in evidence.visits for p in v.phases if host(p.url)), None)
        self.home = host(first.url) if first else evidence.host
        self.pointer = f"visits/{number}"

    def all(self) -> Iterator[Trace]:
        """In the order of evidence: requests, writes, what is there without having been seen to come."""
        seen: set[tuple[int, str, str]] = set()
        for n, request in enumerate(self.visit.requests):
            if request.phase >= len(self.visit.phases):
                continue
            for trace in self._of_request(n, request):
                seen.add((trace.phase, trace.where, trace.name))
                yield trace
        yield from self._written(seen)
        yield from self._found(seen)
        yield from self._fingerprints()

    def _of_request(self, n: int, request: Request) -> Iterator[Trace]:
        pointer, to = f"{self.pointer}/requests/{n}", host(request.url)
        for cookie in request.set_cookies:
            if cookie.blocked or cookie.days == 0 or not cookie.value:
                continue
            yield self._trace(
                request.phase, "cookie", "set", cookie.name, cookie.value, cookie.domain, cookie.days, pointer
            )
        third = not same_site(to, self.home)
        for sent in request.sent if third else ():
            domain, _, name = sent.partition("|")
            value = self._value(request.phase, domain, name)
            yield self._trace(request.phase, "cookie", "sent", name, value, domain, None, pointer)
        known = owner(to)
        path = urlsplit(request.url).path[:100] or "/"
        if third and known and known.tracking and _follows(request):
            yield self._asked(request.phase, path, to, known.kind, "doubtful", pointer, f"{known.name}: {known.kind}")
        elif _measures(request):
            yield self._asked(request.phase, path, to, "measure", "exempt", pointer, "audience measurement")

    def _asked(self, phase: int, name: str, to: str, kind: str, weight: Weight, pointer: str, why: str) -> Trace:
        third, what = not same_site(to, self.home), "fingerprint" if kind == "fingerprint" else "request"
        return Trace(self.visit.name, phase, what, "asked", name, to, kind, weight, third, None, pointer, why)  # type: ignore[arg-type]

    def _value(self, phase: int, domain: str, name: str) -> str:
        stored = self.visit.phases[phase].stored
        return next((s.value for s in stored if s.name == name and s.where == domain.lstrip(".")), "?")

    def _written(self, seen: set[tuple[int, str, str]]) -> Iterator[Trace]:
        for n, write in enumerate(self.visit.writes):
            if write.kind not in ("cookie", "local", "session") or write.phase >= len(self.visit.phases):
                continue
            there = [s for s in self.visit.phases[write.phase].stored if s.name == write.name and s.kind == write.kind]
            if not there or write.days == 0:
                continue  # refused by the browser, or taken away again
            pointer, item = f"{self.pointer}/writes/{n}", there[0]
            value = _cookie_value(write.value) if write.kind == "cookie" else write.value
            if (write.phase, item.where, write.name) in seen and write.kind != "cookie":
                continue
            seen.add((write.phase, item.where, write.name))
            days = write.days if write.kind == "cookie" else None
            yield self._trace(write.phase, _what(write.kind), "written", write.name, value, item.where, days, pointer)

    def _found(self, seen: set[tuple[int, str, str]]) -> Iterator[Trace]:
        """What is new or changed at the end of a phase, though nobody was seen to write it."""
        before: dict[tuple[str, str, str], str] = {}
        for number, phase in enumerate(self.visit.phases):
            now = {(s.kind, s.where, s.name): s for s in phase.stored}
            for n, ((_, where, name), stored) in enumerate(now.items()):
                if before.get((stored.kind, where, name)) == stored.value or (number, where, name) in seen:
                    continue
                pointer = f"{self.pointer}/phases/{number}/stored/{n}"
                days = stored.days if stored.kind == "cookie" else None
                yield self._trace(number, _what(stored.kind), "found", name, stored.value, where, days, pointer)
            before = {key: stored.value for key, stored in now.items()}

    def _trace(
        self, phase: int, what: Literal["cookie", "storage"], how: Literal["set", "written", "found", "sent"],
        name: str, value: str, where: str, days: float | None, pointer: str,
    ) -> Trace:  # fmt: skip
        third = not same_site(where, self.home)
        shared = self._shared(value, where)
        kind, weight, why = weigh(name, value, where, days, third, what == "storage", shared)
        return Trace(self.visit.name, phase, what, how, name, where, kind, weight, third, days, pointer, why, value)

    def _shared(self, value: str, where: str) -> str:
        """The third party to which a value goes; empty where it stays."""
        parts = [t for t in tokens(value) if len(t) >= 8]
        if not parts:
            return ""
        for to, text in self._outgoing:
            if any(part in text for part in parts) and not same_site(to, where):
                return to
        return ""

    @cached_property
    def _outgoing(self) -> list[tuple[str, str]]:
        asked = [(host(r.url), unquote(urlsplit(r.url).query) + " " + unquote(r.body)) for r in self.visit.requests]
        return [(to, text) for to, text in asked if not same_site(to, self.home) and len(text) > 8]

    def _fingerprints(self) -> Iterator[Trace]:
        """Readings of the device that a request carries away afterwards."""
        reads = [(n, w) for n, w in enumerate(self.visit.writes) if w.kind in ("canvas", "webgl", "audio")]
        reads = [(n, w) for n, w in reads if w.phase < len(self.visit.phases) and not _tiny(w.value)]
        if not reads:
            return
        n, first = reads[0]
        kinds = {w.kind for _, w in reads}
        sent = next((r for r in self.visit.requests if r.at >= first.at and self._carries(r)), None)
        if sent is None and len(kinds) < 2:
            return
        to = host(sent.url) if sent else host(first.frame)
        why = f"{', '.join(sorted(kinds))} read" + (
            f", and a value sent to {to}" if sent else ", nothing seen to leave"
        )
        phase, weight = (sent.phase, "needs_consent") if sent else (first.phase, "doubtful")
        yield self._asked(phase, "fingerprint", to, "fingerprint", weight, f"{self.pointer}/writes/{n}", why)  # type: ignore[arg-type]

    def _carries(self, request: Request) -> bool:
        """Whether a request takes away a value that could be a fingerprint."""
        if request.phase >= len(self.visit.phases) or request.kind not in ("Ping", "XHR", "Fetch", "Image", "Other"):
            return False
        if same_site(host(request.url), self.home) and request.method == "GET":
            return False
        named = parse_qsl(urlsplit(request.url).query)
        words = ("fp", "fingerprint", "hash", "canvas")
        return any(identifies(v) or k.lower() in words for k, v in named) or identifies(request.body)


def weigh(
    name: str, value: str, where: str, days: float | None, third: bool, storage: bool, shared: str
) -> tuple[str, Weight, str]:
    """What a cookie or key is for, how it counts, and why."""
    kind, lower = kind_of(name), name.lower()
    known = owner(where)
    if third:
        return _weigh_third(kind, lower, value, known.kind if known else "", days)
    if kind == "choice":
        return kind, "exempt", "the visitor's choice"
    if shared and kind not in ("safety", "audience"):
        return kind or "identifier", "needs_consent", f"an identifier that is sent to {shared}"
    if kind in ("google", "tracking", "suspect"):
        if lower in ambiguous_names() and not identifies(value):
            return kind, "exempt", "tells nobody from another"
        return kind, "needs_consent", f"known name: {kind}"
    if kind == "audience":
        return kind, "audience", "audience measurement"
    long = days is None if storage else (days is not None and days > SESSION_DAYS)
    if kind in ("session", "taste") and long and identifies(value) and not (storage and kind == "session"):
        return "identifier", "needs_consent", "an identifier that stays, whatever its name"
    if kind in exempt_kinds():
        return kind, "exempt", f"strictly necessary: {kind}"
    if (storage or days is not None) and identifies(value):
        return "identifier", "needs_consent", "an identifier that stays"
    return kind or "unknown", "exempt", "no identifier, or gone with the session"


def _weigh_third(kind: str, lower: str, value: str, owned: str, days: float | None) -> tuple[str, Weight, str]:
    if kind in ("choice", "safety", "balance") or owned in ("consent", "payment"):
        return kind or owned, "exempt", "strictly necessary at a third party"
    if lower in TECHNICAL and days is None:
        return "session", "exempt", "a session at a third party"
    if kind == "taste" and not identifies(value):
        return kind, "exempt", "a taste, at a third party"
    return kind or owned or "third party", "needs_consent", "a third party's cookie or key"


def traces(evidence: Evidence) -> list[Trace]:
    """Every trace of every visit."""
    return [trace for number in range(len(evidence.visits)) for trace in Traces(evidence, number).all()]


def _what(kind: str) -> Literal["cookie", "storage"]:
    return "cookie" if kind == "cookie" else "storage"


def _cookie_value(raw: str) -> str:
    return raw.split(";")[0].partition("=")[2].strip()


def _follows(request: Request) -> bool:
    """Whether a request to a tracker tells it something, rather than only fetching a script or a picture."""
    if request.failure or request.kind in ("Script", "Stylesheet", "Font", "Media", "Preflight"):
        return False
    return request.kind in ("Ping", "XHR", "Fetch", "Document", "WebSocket") or bool(urlsplit(request.url).query)


def _measures(request: Request) -> bool:
    path = urlsplit(request.url).path
    return request.kind != "Script" and (path.endswith(MEASURES) or "idsite=" in request.url)


def _tiny(size: str) -> bool:
    """Whether a canvas is too small to be a fingerprint: what tells whether a device draws emoji."""
    width, _, height = size.partition("x")
    return width.isdigit() and height.isdigit() and int(width) * int(height) < 400
