"""The study of 2017, done again on its eleven sites: its known cells, and the table that the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sites import score, study
from sites.catalogue import study as eleven

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "audit.md")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> score.Lines:
    return study.run(tmp_path_factory.mktemp("study"))


@pytest.mark.timeout(1200)
def test_the_known_cells_come_out(lines: score.Lines) -> None:
    chosen = list(eleven().values())
    assert len(chosen) == 11
    missed = [f(chosen, lines) for f in (score.wrong_cells, score.wrong_verdicts, score.wrong_obligations)]
    assert missed == [[], [], []]
    scores = [int(row[4]) for row in study.rows(lines)]
    assert (scores.count(0), scores.count(3)) == (6, 0)
    google = [row[5] for row in study.rows(lines)]
    assert (google.count("none"), google.count("not anonymous")) == (1, 9)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_documentation_shows_that_table(lines: score.Lines, page: Path) -> None:
    said = [line for line in page.read_text(encoding="utf-8").splitlines() if re.match(r"\| .* \| (yes|no) \|", line)]
    assert said == study.markdown(study.rows(lines)).splitlines()[2:]
