"""Do the study of 2017 again on its eleven sites, reconstructed: `study.py [--out DIR]` leaves the reports there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sites import score
from sites.catalogue import study

PACKS = ("angers-2017", "cnil-2013", "cnil-2020")
HEAD = ("site", "tells", "asks", "lets refuse", "of 3", "Google Analytics", "rule of 2013", "rule of today")
GOOGLE = {"breached": "not anonymous", "respected": "anonymous", "not_applicable": "none"}
VERDICTS = {"breach": "breach", "compliant": "no breach seen", "not_established": "not established"}


def run(out: Path) -> score.Lines:
    """The findings on the eleven, by host and pack; the reports are left in `out`."""
    return score.run(study().values(), out, parallel=4, packs=PACKS, depth=1)


def rows(lines: score.Lines) -> list[tuple[str, ...]]:
    """The study's table, with the verdicts of the two rules of law beside it."""
    return [_row(site.about, {name: lines[host, name] for name in PACKS}) for host, site in study().items()]


def markdown(table: list[tuple[str, ...]]) -> str:
    """The table as the documentation holds it."""
    lines = [HEAD, ("---",) * len(HEAD), *table]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, by_rules: dict[str, score.Line]) -> tuple[str, ...]:
    found = by_rules["angers-2017"]["obligations"]
    met = [found[key]["verdict"] == "respected" for key in score.CELLS]
    marks = ("yes" if there else "no" for there in met)
    verdicts = (VERDICTS[by_rules[rules]["verdict"]] for rules in ("cnil-2013", "cnil-2020"))
    return (name, *marks, str(sum(met)), GOOGLE[found["google_analytics"]["verdict"]], *verdicts)


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("study-2017"))
    print(markdown(rows(run(parser.parse_args().out))))


if __name__ == "__main__":
    main()
