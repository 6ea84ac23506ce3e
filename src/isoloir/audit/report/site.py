"""The page of one site: what a journalist can read and a lawyer can check. Reads top to bottom: `site_page`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from isoloir.audit.evidence import Evidence
from isoloir.audit.report import seen
from isoloir.audit.report.markup import BREAK, Html, badge, folded, join, link, page, section, tag, text
from isoloir.audit.report.pieces import Pieces
from isoloir.audit.report.words import Words
from isoloir.audit.rules.packs import Pack, pack

Line = dict[str, Any]


def site_page(evidence: Evidence, lines: Iterable[Line], words: Words, manifest: str = "", signed: bool = False) -> str:
    """The findings (lines of `findings.jsonl`) and the evidence of one site as a page; `manifest` is its SHA-256."""
    lines = list(lines)
    pieces = Pieces(evidence, words)
    title = words("site-title", host=evidence.host or evidence.url)
    body = [
        _opening(evidence, lines, words, title),
        *(_pack(line, words, pieces) for line in lines),
        *seen.sections(evidence, words, pieces),
        _check(evidence, words, manifest, signed),
    ]
    return page(words, title, join(body, "\n"), up="../")


def _opening(evidence: Evidence, lines: list[Line], words: Words, title: str) -> Html:
    observed = words(
        "observed", day=words.day(evidence.started), time=evidence.started[11:16], visits=len(evidence.visits)
    )
    verdicts = [
        tag("li", (tag("strong", words.of(_titles(pack(line["rules"])))) + " " + badge(line["verdict"], words)
            + tag("div", words.of(line["why"]), class_="why")))
        for line in lines
    ]  # fmt: skip
    unseen = not evidence.visits or all(line["verdict"] == "not_established" for line in lines)
    lead = tag("p", words("not-observed-lead"), class_="lead") if unseen and evidence.failure else Html("")
    return Html(
        tag("h1", title)
        + tag("p", (link(evidence.url, evidence.url) + BREAK + text(observed)), class_="facts")
        + lead
        + tag("ul", join(verdicts), class_="packs")
        + tag("p", words("no-verdict-on-persons"), class_="soft")
    )


def _titles(chosen: Pack) -> dict[str, str]:
    return {"fr": chosen.title.fr, "en": chosen.title.en}


def _pack(line: Line, words: Words, pieces: Pieces) -> Html:
    chosen = pack(line["rules"])
    law = words("law-on", day=words.day(chosen.on)) if chosen.on else words("law-today")
    obligations = [
        _obligation(chosen, key, found, words, pieces)
        for key, found in line["obligations"].items()
        if key in chosen.titles
    ]
    title = words.of(_titles(chosen))
    return section(title, tag("p", law, class_="soft"), *obligations, id_=chosen.name)


def _obligation(chosen: Pack, key: str, found: dict[str, Any], words: Words, pieces: Pieces) -> Html:
    title = getattr(chosen.titles[key], words.language)
    parts = [
        tag("h3", (text(title) + " " + badge(found["verdict"], words))),
        tag("p", words.of(found["why"])),
    ]
    if found["remarks"]:
        items = join(tag("li", words.of(remark)) for remark in found["remarks"])
        parts.append(tag("p", words("remarks"), class_="soft") + tag("ul", items))
    if found["evidence"]:
        items = join(
            tag("li", (tag("code", pointer) + " " + text(pieces.tell(pointer)))) for pointer in found["evidence"]
        )
        parts.append(folded(words("shown-by", count=len(found["evidence"])), tag("ul", items)))
    parts.append(folded(words("rule-text"), tag("ul", join(_rule(rule, words) for rule in found["rule"]))))
    return tag("div", join(parts), class_="obligation")


def _rule(rule: dict[str, Any], words: Words) -> Html:
    since = words.day(rule["from"])
    when = words("between", start=since, end=words.day(rule["to"])) if rule["to"] else words("since", day=since)
    force = words.known("force", rule["force"])
    return tag(
        "li", (text(words.of(rule)) + " (" + link(rule["link"], rule["article"]) + f", {force}, {when}) "
        + tag("code", rule["id"]))
    )  # fmt: skip


def _check(evidence: Evidence, words: Words, manifest: str, signed: bool) -> Html:
    commands = ["isoloir audit verify .", "isoloir audit judge ."]
    shown = [tag("p", words("check-text")), tag("ul", join(tag("li", tag("code", c)) for c in commands))]
    if manifest:
        told = f" ({words('signed')})" if signed else ""
        shown.append(tag("p", (text(words("manifest") + words("colon")) + tag("code", manifest) + text(told))))
    software = ", ".join(f"{name} {value}" for name, value in evidence.software.items())
    shown.append(tag("p", f"{words('software')}{words('colon')}{software}", class_="soft"))
    return section(words("check"), *shown)
