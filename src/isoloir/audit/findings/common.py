"""Obligations that the rules of 2013 and of 2020 share."""

from __future__ import annotations

from collections.abc import Iterable

from isoloir.audit.evidence import Visit
from isoloir.audit.findings.facts import Facts, names, pointers
from isoloir.audit.findings.model import Finding, breached, not_applicable, not_established, respected
from isoloir.audit.findings.reasons import told
from isoloir.audit.parties import host, same_site
from isoloir.audit.rules.packs import Text
from isoloir.audit.trackers import Trace
from isoloir.audit.words import says

THIRTEEN_MONTHS = 397.0  # days, rounded up: thirteen months of at most 31 days, less what no calendar has
CROSSING = ("setUserId", "enableCrossDomainLinking", "HeatmapSessionRecording", "setCrossDomain", "addPlugin")


def nothing_to_choose() -> Finding:
    """No tracker that needs consent was seen."""
    return not_applicable("aucun traceur soumis au consentement n'a été vu", "no tracker that needs consent was seen")


def failures(facts: Facts, *visits: str) -> Text | None:
    """Why these visits could not be finished; None where they were."""
    for visit in facts.evidence.visits:
        if visit.name.split("-")[0] in visits:
            broken = next((p for p in visit.phases if p.failure or p.status >= 500), None)
            reason = visit.failure or (broken and (broken.failure or f"the site answered {broken.status}"))
            if reason:
                return told(reason)
    wanted = {"browsing", "refusing"} & set(visits)
    if wanted <= {v.name for v in facts.evidence.visits}:
        return None
    return told(facts.evidence.failure or "the site was not visited")


def refused_by_rules(facts: Facts) -> Finding | None:
    """A way to refuse may be there that a visitor would find, though this audit did not: the question stays open."""
    if facts.helped is None or facts.helped.settled is None:
        return None
    name = facts.helped.settled.control.name[:60]
    return not_established(
        f"seules des règles écrites pour ce gestionnaire ont pu refuser (« {name} ») : à voir de ses yeux",
        f"only rules written for this consent manager could refuse (“{name}”): to be seen with one's own eyes",
        (facts.helped.pointer,),
    )


def google_analytics(facts: Facts) -> Finding:
    """Google Analytics needs consent under both rules."""
    early = [t for t in [*facts.before, *facts.doubtful] if is_google(t)]
    certain = [t for t in early if t.weight == "needs_consent"]
    if certain:
        return breached(
            f"Google Analytics suit le visiteur avant tout choix : {names(certain)}",
            f"Google Analytics follows visitors before any choice: {names(certain)}",
            pointers(certain),
        )
    if early:
        return not_established(
            "Google Analytics reçoit des appels sans cookie avant tout choix : la question n'est pas tranchée",
            "Google Analytics is called without a cookie before any choice: this is not settled law",
            pointers(early),
        )
    later = [t for t in facts.traces if is_google(t)]
    if later:
        return respected(
            "Google Analytics attend un choix",
            "Google Analytics waits for a choice",
            pointers(later),
            remarks=(
                Text(
                    "transferts vers les États-Unis : mis en cause le 10/02/2022, couverts par la décision du"
                    " 10/07/2023, confirmée le 03/09/2025, pourvoi pendant",
                    "transfers to the United States: challenged on 2022-02-10, covered by the decision of"
                    " 2023-07-10, upheld on 2025-09-03, appeal pending",
                ),
            ),
        )
    return not_applicable("pas de Google Analytics", "no Google Analytics")


def is_google(trace: Trace) -> bool:
    """Whether a trace is Google Analytics."""
    return trace.kind == "google" or "google-analytics.com" in trace.where or trace.where == "analytics.google.com"


def lifetimes(traces: Iterable[Trace]) -> tuple[list[Trace], float]:
    """The trackers that live longer than thirteen months, as they were asked for, and the longest life in days."""
    kept = [t for t in traces if t.days is not None and t.how in ("set", "written")]
    return [t for t in kept if (t.days or 0) > THIRTEEN_MONTHS], max((t.days or 0 for t in kept), default=0.0)


def audience_objections(facts: Facts) -> tuple[list[Text], list[Text]]:
    """Why audience measurement is not exempt: what is certain, and what could not be established."""
    wrong: list[Text] = []
    open_questions: list[Text] = []
    long, most = lifetimes(facts.audience)
    if long:
        wrong.append(
            Text(
                f"son cookie vit {most:.0f} jours, plus de treize mois",
                f"its cookie lives {most:.0f} days, over thirteen months",
            )
        )
    if any(t.third and t.what == "cookie" for t in facts.audience):
        wrong.append(
            Text(
                "son cookie est celui d'un tiers, commun à tous ses clients",
                "its cookie is a third party's, shared by all its clients",
            )
        )
    if crossing := _crossing(facts.evidence.visits):
        wrong.append(Text(f"elle suit au-delà du site ({crossing})", f"it follows beyond the site ({crossing})"))
    home = facts.home.url if facts.home else facts.evidence.url
    foreign = {t.where for t in facts.traces if t.kind == "measure" and not same_site(t.where, host(home))}
    if foreign - {h for h in foreign if h.endswith(("matomo.cloud", "xiti.com", "piano.io", "ati-host.net"))}:
        listed = ", ".join(sorted(foreign))
        open_questions.append(
            Text(
                f"mesurée par {listed} : pour le seul compte de l'éditeur ?",
                f"measured by {listed}: on the publisher's own account?",
            )
        )
    return wrong, open_questions


def _crossing(visits: Iterable[Visit]) -> str:
    for visit in visits:
        for phase in visit.phases:
            found = next((c for c in CROSSING for said in phase.analytics.matomo if c in said), "")
            if found:
                return found
        if any(
            "uid=" in r.url and ("matomo.php" in r.url or "piwik.php" in r.url) and "&uid=" in r.url
            for r in visit.requests
        ):
            return "uid"
    return ""


def informs_of_audience(facts: Facts) -> bool:
    """Whether any page that was seen tells of the audience measurement."""
    return says(f"{facts.told} {facts.policy}", "audience")
