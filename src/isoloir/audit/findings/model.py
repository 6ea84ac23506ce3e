"""What findings are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from isoloir.audit.rules.packs import Text

Verdict = Literal["respected", "breached", "not_applicable", "not_established"]
Overall = Literal["compliant", "breach", "not_established"]


@dataclass(frozen=True)
class Finding:
    """One obligation: how it stands, why, and the pieces of evidence that show it (paths inside `evidence.json`)."""

    verdict: Verdict
    why: Text
    evidence: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()
    measures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """One site by one pack of rules."""

    url: str
    rules: str
    verdict: Overall
    why: Text
    observed: str
    obligations: dict[str, Finding]
    cited: dict[str, tuple[dict[str, Any], ...]]

    def line(self) -> dict[str, Any]:
        """As one line of `findings.jsonl`."""
        return {
            "url": self.url,
            "rules": self.rules,
            "verdict": self.verdict,
            "why": {"fr": self.why.fr, "en": self.why.en},
            "observed": self.observed,
            "obligations": {name: self._plain(name, f) for name, f in self.obligations.items()},
        }

    def _plain(self, name: str, finding: Finding) -> dict[str, Any]:
        return {
            "verdict": finding.verdict,
            "why": {"fr": finding.why.fr, "en": finding.why.en},
            "evidence": list(finding.evidence),
            "rule": list(self.cited.get(name, ())),
            "remarks": [{"fr": r.fr, "en": r.en} for r in finding.remarks],
            "measures": finding.measures,
        }


def respected(fr: str, en: str, evidence: tuple[str, ...] = (), **more: Any) -> Finding:
    """The obligation is met."""
    return Finding("respected", Text(fr, en), evidence, **more)


def breached(fr: str, en: str, evidence: tuple[str, ...] = (), **more: Any) -> Finding:
    """The obligation is not met, and the evidence shows it."""
    return Finding("breached", Text(fr, en), evidence, **more)


def not_applicable(fr: str, en: str, **more: Any) -> Finding:
    """Nothing on this site calls for it."""
    return Finding("not_applicable", Text(fr, en), **more)


def not_established(fr: str, en: str, evidence: tuple[str, ...] = (), **more: Any) -> Finding:
    """The evidence does not tell."""
    return Finding("not_established", Text(fr, en), evidence, **more)
