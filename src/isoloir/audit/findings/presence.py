"""The study of April 2017: is it there? Effect is not looked at."""

from __future__ import annotations

import re

from isoloir.audit.findings.common import is_google
from isoloir.audit.findings.facts import Facts, pointers
from isoloir.audit.findings.model import Finding, breached, not_applicable, respected

ANONYMOUS = re.compile(r"anonymize_?ip[\"']?\s*[,:]\s*(true|1)|_anonymizeip", re.I)


def judge(facts: Facts) -> dict[str, Finding]:
    """The three, and Google Analytics."""
    return {
        "information": _told(facts),
        "consent": _asked(facts),
        "refusal": _refusable(facts),
        "google_analytics": _google(facts),
    }


def _told(facts: Facts) -> Finding:
    if facts.banner:
        return respected("un bandeau parle des cookies", "a banner speaks of cookies", (facts.banner[1],))
    return breached(
        "rien ne parle des cookies à l'arrivée", "nothing speaks of cookies on arrival", ("visits/0/phases/0",)
    )


def _asked(facts: Facts) -> Finding:
    asking = facts.banner[0].of("accept", "acknowledge", "save") if facts.banner else ()
    if facts.banner and asking:
        return respected(f"« {asking[0].name[:40]} »", f"“{asking[0].name[:40]}”", (facts.banner[1],))
    return breached("rien n'est demandé", "nothing is asked", ("visits/0/phases/0",))


def _refusable(facts: Facts) -> Finding:
    for deed in (facts.refusal, facts.opposition):
        if deed and any(c.purpose in ("refuse", "untick", "save") for c in deed.clicks):
            return respected("un moyen de refuser est proposé", "a way to refuse is offered", (deed.pointer,))
    return breached("aucun moyen de refuser n'a été trouvé", "no way to refuse was found", ("visits/0/phases/0",))


def _google(facts: Facts) -> Finding:
    found = [t for t in facts.traces if is_google(t)]
    if not found:
        return not_applicable("pas de Google Analytics", "no Google Analytics")
    said = [c for v in facts.evidence.visits for p in v.phases for c in p.analytics.google]
    calls = [r.url for v in facts.evidence.visits for r in v.requests if "collect" in r.url or "__utm.gif" in r.url]
    newer = any("v=2" in url and "tid=G-" in url for url in calls)
    if newer or any(ANONYMOUS.search(c) for c in said) or (calls and all("aip=1" in url for url in calls)):
        return respected(
            "Google Analytics anonymise les adresses", "Google Analytics makes addresses anonymous", pointers(found)
        )
    return breached("Google Analytics sans anonymisation", "Google Analytics without anonymity", pointers(found))
