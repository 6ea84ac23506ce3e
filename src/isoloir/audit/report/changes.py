"""What changed between two dates: verdicts, trackers, banners. Pure: two sets of findings and evidence in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from isoloir.audit.evidence import Evidence
from isoloir.audit.parties import host
from isoloir.audit.trackers import traces

Line = dict[str, Any]
BETTER = {"breached": 0, "not_established": 1, "not_applicable": 2, "respected": 2}


@dataclass(frozen=True)
class Turn:
    """An obligation whose verdict changed."""

    rules: str
    obligation: str
    before: str
    after: str
    why_before: dict[str, str]
    why_after: dict[str, str]

    @property
    def direction(self) -> Literal["better", "worse", "other"]:
        """Whether it became respected or breached; otherwise neither."""
        if "breached" not in (self.before, self.after):
            return "other"
        return "better" if BETTER[self.after] > BETTER[self.before] else "worse"


@dataclass(frozen=True)
class Change:
    """One site at two dates."""

    url: str
    before: str
    after: str
    verdicts: dict[str, tuple[str, str]]
    turns: tuple[Turn, ...] = ()
    come: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    banner: tuple[str, str] | None = None

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.turns or self.come or self.gone or self.banner)


@dataclass(frozen=True)
class Comparison:
    """Two runs: the sites that are in both, those that are new, those that are gone."""

    changes: tuple[Change, ...]
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    days: tuple[str, str] = ("", "")
    counts: dict[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "before": self.days[0],
            "after": self.days[1],
            "added": list(self.added),
            "gone": list(self.gone),
            "sites": [
                {
                    "url": c.url,
                    "before": c.before,
                    "after": c.after,
                    "verdicts": {rules: list(pair) for rules, pair in c.verdicts.items()},
                    "turns": [{**vars(t), "direction": t.direction} for t in c.turns],
                    "trackers_come": list(c.come),
                    "trackers_gone": list(c.gone),
                    "banner": list(c.banner) if c.banner else None,
                }
                for c in self.changes
            ],
        }


Seen = tuple[Evidence, list[Line]]


def compare(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> Comparison:
    """Two runs, each from address to evidence and findings."""
    both = [url for url in after if url in before]
    changes = tuple(_site(url, before[url], after[url]) for url in both)
    turns = [turn for change in changes for turn in change.turns]
    return Comparison(
        changes=changes,
        added=tuple(url for url in after if url not in before),
        gone=tuple(url for url in before if url not in after),
        days=(_first_day(before.values()), _first_day(after.values())),
        counts={way: sum(turn.direction == way for turn in turns) for way in ("better", "worse")},
    )


def _first_day(seen: Iterable[Seen]) -> str:
    return min((evidence.started[:10] for evidence, _ in seen), default="")


def _site(url: str, before: Seen, after: Seen) -> Change:
    old, new = ({line["rules"]: line for line in lines} for _, lines in (before, after))
    rules = [name for name in new if name in old]
    turns = [turn for name in rules for turn in _turns(name, old[name], new[name])]
    was, now = _trackers(before[0]), _trackers(after[0])
    texts = _banner(before[0]), _banner(after[0])
    return Change(
        url=url,
        before=before[0].started,
        after=after[0].started,
        verdicts={name: (old[name]["verdict"], new[name]["verdict"]) for name in rules},
        turns=tuple(turns),
        come=tuple(sorted(now - was)),
        gone=tuple(sorted(was - now)),
        banner=texts if texts[0] != texts[1] else None,
    )


def _turns(rules: str, old: Line, new: Line) -> list[Turn]:
    return [
        Turn(rules, name, was["verdict"], now["verdict"], was["why"], now["why"])
        for name, now in new["obligations"].items()
        if (was := old["obligations"].get(name)) and was["verdict"] != now["verdict"]
    ]


def _trackers(evidence: Evidence) -> set[str]:
    """The trackers that need consent, by name and place: names that hold a visitor's number would all differ."""
    needing = (t for t in traces(evidence) if t.weight == "needs_consent")
    return {f"{t.name} ({t.where or host(evidence.url)})" for t in needing if t.what in ("cookie", "storage")}


def _banner(evidence: Evidence) -> str:
    phases = (p for v in evidence.visits for p in v.phases if p.name in ("home", "moved"))
    return next((p.asking.text[:600] for p in phases if p.asking), "")
