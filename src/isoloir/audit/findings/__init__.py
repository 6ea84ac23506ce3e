"""From evidence to findings: pure, so that the same evidence always gives the same findings."""

from __future__ import annotations

from collections.abc import Callable

from isoloir.audit.evidence import Evidence
from isoloir.audit.findings import campaign, presence, then, today
from isoloir.audit.findings.facts import Facts
from isoloir.audit.findings.model import Finding, Findings, Overall, not_established
from isoloir.audit.findings.reasons import told
from isoloir.audit.rules.packs import Text, pack

JUDGES: dict[str, Callable[[Facts], dict[str, Finding]]] = {
    "angers-2017": presence.judge,
    "cnil-2013": then.judge,
    "cnil-2020": today.judge,
    "campaign": campaign.judge,
}

__all__ = ["Finding", "Findings", "judge"]


def judge(evidence: Evidence, rules: str) -> Findings:
    """The findings on one site by one pack of rules; SettingsError where there is no such pack."""
    chosen, facts = pack(rules), Facts(evidence)
    if facts.unseen:
        reason = told(facts.unseen)
        why = not_established(f"le site n'a pas été observé : {reason.fr}", f"the site was not observed: {reason.en}")
        obligations = dict.fromkeys(chosen.rules, why)
    else:
        obligations = JUDGES[rules](facts)
    verdict, why_text = _overall(obligations, evidence)
    return Findings(evidence.url, rules, verdict, why_text, evidence.started, obligations, chosen.rules)


def _overall(obligations: dict[str, Finding], evidence: Evidence) -> tuple[Overall, Text]:
    """One breach is a breach; short of that, one open question leaves the verdict open."""
    by = {v: [f for f in obligations.values() if f.verdict == v] for v in ("breached", "not_established")}
    if by["breached"]:
        return "breach", _join(by["breached"])
    if by["not_established"]:
        return "not_established", _join(by["not_established"][:1])
    if evidence.failure:
        reason = told(evidence.failure)
        return "not_established", Text(f"visite incomplète : {reason.fr}", f"incomplete visit: {reason.en}")
    return "compliant", Text("aucun manquement n'a été vu", "no breach was seen")


def _join(findings: list[Finding]) -> Text:
    unique = list(dict.fromkeys(findings_key(f) for f in findings))
    return Text("; ".join(fr for fr, _ in unique), "; ".join(en for _, en in unique))


def findings_key(finding: Finding) -> tuple[str, str]:
    """The two texts of a finding."""
    return finding.why.fr, finding.why.en
