"""What was seen of one site, as the parts of its page: pictures, clicks, trackers, third parties, forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from isoloir.audit.evidence import Control, Evidence, Phase, Visit
from isoloir.audit.forms import data_forms
from isoloir.audit.known.lists import owner
from isoloir.audit.known.platforms import platforms
from isoloir.audit.parties import host, same_site
from isoloir.audit.report.markup import BREAK, Html, join, section, table, tag, text
from isoloir.audit.report.pieces import Pieces
from isoloir.audit.report.words import Words
from isoloir.audit.trackers import Trace, traces

WINDOW = (1280, 800)  # CSS pixels that a picture shows
MOST_SETTINGS = 40
WEIGHTS = ("needs_consent", "doubtful", "audience", "exempt")
HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
)


def sections(evidence: Evidence, words: Words, pieces: Pieces) -> Iterator[Html]:
    """The parts of the page, in order; those that have nothing to tell are left out."""
    if any(phase.screenshot for visit in evidence.visits for phase in visit.phases):
        yield _pictures(evidence, words, pieces)
    if any(visit.clicks for visit in evidence.visits):
        yield _choices(evidence, words, pieces)
    if evidence.visits:
        yield _trackers(evidence, words, pieces)
        yield _parties(evidence, words)
        yield _forms(evidence, words)
        if said := list(_settings(evidence, pieces)):
            yield section(words("settings"), table(words("settings"), [words("h-first"), words("h-value")], said))
        yield _transport(evidence, words)


def _pictures(evidence: Evidence, words: Words, pieces: Pieces) -> Html:
    shots = [
        _picture(visit, number, phase, words, pieces)
        for visit in evidence.visits
        for number, phase in enumerate(visit.phases)
        if phase.screenshot
    ]
    return section(
        words("pictures"), tag("p", words("pictures-text")), tag("div", join(shots), class_="shots"), id_="seen"
    )


def _picture(visit: Visit, number: int, phase: Phase, words: Words, pieces: Pieces) -> Html:
    """A picture, with frames around what accepts and what refuses on the banner that asks."""
    told = pieces.moment(visit, number)
    marks: dict[str, list[Html]] = {}
    if phase.asking and phase.name in ("home", "moved"):
        marks["accept"] = [_mark(control, "accept") for control in phase.asking.of("accept", "acknowledge")[:2]]
        marks["refuse"] = [_mark(control, "refuse") for control in phase.asking.of("refuse")[:2]]
    image = Html(
        f'<img src="{text(phase.screenshot)}" alt="{text(words("picture-of", phase=told))}"'
        f' width="{WINDOW[0]}" height="{WINDOW[1]}">'
    )
    keys = [tag("span", "", class_=f"key {name}") + " " + words(f"{name}-box") for name in marks if any(marks[name])]
    caption = join([text(told), *keys], BREAK)
    drawn = join(mark for found in marks.values() for mark in found)
    return tag("figure", tag("div", image + drawn, class_="shot") + tag("figcaption", caption))


def _mark(control: Control, name: str) -> Html:
    box, (width, height) = control.box, WINDOW
    if box is None or box.y > height or box.y + box.height < 0:
        return Html("")
    place = f"left:{100 * box.x / width:.2f}%;top:{100 * box.y / height:.2f}%"
    size = f"width:{100 * box.width / width:.2f}%;height:{100 * box.height / height:.2f}%"
    return Html(f'<span class="mark {name}" style="{place};{size}"></span>')


def _choices(evidence: Evidence, words: Words, pieces: Pieces) -> Html:
    head = [
        words(f"h-{key}") for key in ("control", "witness", "purpose", "layer", "size", "font", "contrast", "effect")
    ]
    rows = []
    for visit in evidence.visits:
        for click in visit.clicks:
            box, control = click.control.box, click.control
            size = f"{box.width:.0f} × {box.height:.0f}" if box else ""
            rows.append([
                control.name[:80] or control.selector[:60], pieces.witness(visit),
                words.known("purpose", click.purpose), click.layer, size,
                words.number(control.font_px, 1), words.number(control.contrast, 1),
                ", ".join(click.effect) or words("no-effect"),
            ])  # fmt: skip
    return section(words("choices"), tag("p", words("choices-text")), table(words("choices"), head, rows))


def _trackers(evidence: Evidence, words: Words, pieces: Pieces) -> Html:
    firsts: dict[tuple[str, str, str], Trace] = {}
    for trace in traces(evidence):
        if trace.weight != "exempt" or trace.kind != "measure":
            known = firsts.get(trace.key)
            if known is None or (known.days is None and trace.days is not None):
                firsts[trace.key] = trace if known is None else _with_life(known, trace)
    if not firsts:
        return section(words("trackers"), tag("p", words("no-trackers")))
    found = sorted(firsts.values(), key=lambda t: (WEIGHTS.index(t.weight), t.where, t.name))
    head = [words(f"h-{key}") for key in ("name", "where", "owner", "weight", "first", "life", "proof")]
    visits = {visit.name: visit for visit in evidence.visits}
    rows = [
        [
            trace.name[:80], trace.where, _owner(trace.where, evidence),
            text(words.known("weight", trace.weight)) + BREAK + tag("span", trace.why, class_="soft"),
            pieces.moment(visits[trace.visit], trace.phase),
            _life(trace, words), tag("code", trace.pointer),
        ]
        for trace in found
    ]  # fmt: skip
    return section(
        words("trackers"), tag("p", words("trackers-text")), table(words("trackers"), head, rows), id_="trackers"
    )


def _with_life(known: Trace, later: Trace) -> Trace:
    return replace(known, days=later.days)


def _life(trace: Trace, words: Words) -> str:
    if trace.what != "cookie":
        return "–"
    return words("session") if trace.days is None else words.number(trace.days)


def _owner(where: str, evidence: Evidence) -> str:
    known = owner(where)
    return evidence.host if same_site(where, evidence.host) else known.name if known else "–"


def _parties(evidence: Evidence, words: Words) -> Html:
    calls: dict[str, int] = {}
    early: set[str] = set()
    for visit in evidence.visits:
        for request in visit.requests:
            to = host(request.url)
            if to and not same_site(to, evidence.host):
                calls[to] = calls.get(to, 0) + 1
                if visit.name.split("-")[0] in ("untouched", "entry"):
                    early.add(to)
    if not calls:
        return section(words("parties"), tag("p", words("no-parties")))
    head = [words(f"h-{key}") for key in ("host", "owner", "kind", "requests", "early")]
    rows = []
    for to, count in sorted(calls.items(), key=lambda item: -item[1]):
        known = owner(to)
        rows.append([
            to, known.name if known else "–", known.kind if known else "–", count,
            words("yes") if to in early else words("no"),
        ])  # fmt: skip
    return section(words("parties"), table(words("parties"), head, rows))


def _forms(evidence: Evidence, words: Words) -> Html:
    shown = [tag("p", words("platform", names=", ".join(found)))] if (found := platforms(evidence)) else []
    forms = data_forms(evidence)
    if not forms:
        return section(words("forms"), *shown, tag("p", words("no-forms")))
    head = [words(f"h-{key}") for key in ("page", "kind", "fields", "boxes", "notice", "proof")]
    rows = [
        [
            urlsplit(asked.phase.url).path or "/", words(f"form-{asked.kind}"), ", ".join(asked.fields),
            "; ".join(_box(box, words) for box in asked.form.boxes) or words("none"), asked.form.text[:400],
            tag("code", asked.pointer),
        ]
        for asked in forms
    ]  # fmt: skip
    return section(words("forms"), *shown, table(words("forms"), head, rows))


def _box(box: Control, words: Words) -> str:
    return f"{(box.near or box.name)[:120]} ({words('ticked' if box.checked else 'unticked')})"


def _settings(evidence: Evidence, pieces: Pieces) -> Iterator[list[object]]:
    """What the page said of its own measurement and consent, each saying where it was first heard."""
    heard: set[str] = set()
    for visit in evidence.visits:
        for number, phase in enumerate(visit.phases):
            purposes = (phase.consent.tcf or {}).get("purpose")
            said = [f"Google: {command}" for command in phase.analytics.google]
            said += [f"Matomo: {command}" for command in phase.analytics.matomo]
            said += [f"TCF: {json.dumps(purposes)[:400]}"] if purposes else []
            said += [f"Google consent: {json.dumps(mode)[:400]}" for mode in phase.consent.modes]
            said += [f"off: {name}" for name in phase.analytics.switched_off]
            for one in said:
                if one not in heard and len(heard) < MOST_SETTINGS:
                    heard.add(one)
                    yield [pieces.moment(visit, number), tag("code", one[:400])]


def _transport(evidence: Evidence, words: Words) -> Html:
    seen = evidence.visits[0].transport
    rows = [
        [words("protocol"), seen.protocol or words("none")],
        [words("issuer"), (seen.issuer or "–") + ("" if seen.trusted else f" ({words('untrusted')})")],
        *([name, seen.headers.get(name) or words("absent")] for name in HEADERS),
    ]
    return section(words("transport"), table(words("transport"), [words("h-header"), words("h-value")], rows))
