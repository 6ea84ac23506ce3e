"""The audit against sites whose truth is known. One run visits them; every test reads what it found.

Every fourth site is visited here; `ISOLOIR_ALL_SITES=1`, or `tests/audit/sites/score.py`, visits all, which takes a
quarter of an hour on two cores.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sites import score, truth
from sites.catalogue import Site, sites
from sites.pages import MODULES
from sites.server import serve

from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit, check, judge

pytestmark = pytest.mark.timeout(1800)  # the first test waits for the run of all
RIGHT = 0.94
PARTS = ("seen", "kept_out")
VISITED = list(sites().values())[:: 1 if os.environ.get("ISOLOIR_ALL_SITES") else 4]


def visited(part: str) -> list[Site]:
    """The sites of a part that this run visits."""
    return [site for site in score.part(part) if site in VISITED]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the run keeps everything, browsers' profiles included: what is left of them can be told by its path."""
    made = tmp_path_factory.mktemp("audit")
    before, tempfile.tempdir = tempfile.tempdir, str(made)
    yield made
    tempfile.tempdir = before


@pytest.fixture(scope="session")
def lines(folder: Path) -> score.Lines:
    """The findings on every site."""
    assert MODULES.is_dir(), "the consent managers are not installed: run `npm ci` in tests/audit/sites"
    return score.run(VISITED, folder, parallel=4, depth=1)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("rules", ["cnil-2020", "cnil-2013"])
def test_verdicts_are_right(lines: score.Lines, rules: str, part: str) -> None:
    chosen = visited(part)
    wrong = [miss for miss in score.wrong_verdicts(chosen, lines) if miss.rules == rules]
    assert len(wrong) <= (1 - RIGHT) * len(chosen), _tell(wrong)


@pytest.mark.parametrize("part", PARTS)
def test_breached_obligations_are_the_true_ones(lines: score.Lines, part: str) -> None:
    chosen = visited(part)
    wrong = score.wrong_obligations(chosen, lines)
    assert len(wrong) <= (1 - RIGHT) * 2 * len(chosen), _tell(wrong)


@pytest.mark.parametrize("part", PARTS)
def test_the_study_of_2017_would_have_found_the_same(lines: score.Lines, part: str) -> None:
    chosen = [s for s in visited(part) if s.angers is not None]
    wrong = score.wrong_cells(chosen, lines)
    assert len(wrong) <= (1 - RIGHT) * len(chosen), _tell(wrong)


def test_nothing_breached_or_unseen_is_called_compliant(lines: score.Lines) -> None:
    wrong = [m for m in score.wrong_verdicts(VISITED, lines) if m.said == "compliant"]
    assert not wrong, _tell(wrong)


def test_every_refusal_in_vain_is_caught(lines: score.Lines) -> None:
    assert len([s for s in sites().values() if s.made.get("in_vain")]) >= 10
    in_vain = [s for s in VISITED if s.made.get("in_vain")]
    assert in_vain
    missed = [s.host for s in in_vain if "refusal" not in score.breached(lines[s.host, "cnil-2020"])]
    assert not missed


def test_hostile_sites_are_not_established_and_say_why(lines: score.Lines) -> None:
    hostile = [s for s in VISITED if s.group in ("6-unseen", "7-hostile")]
    assert hostile
    for site in hostile:
        for rules in score.PACKS:
            line = lines[site.host, rules]
            assert line["verdict"] == "not_established", (site.host, rules, line["why"])
            assert "not observed: " in line["why"]["en"], (site.host, line["why"])


@pytest.mark.usefixtures("lines")
def test_hostile_sites_leave_nothing_behind(folder: Path) -> None:
    ours = f"--user-data-dir={folder}".encode()
    left = [p.parent.name for p in Path("/proc").glob("[0-9]*/cmdline") if ours in _read(p)]
    assert not left
    assert not list(folder.glob("isoloir-audit-*")), "a browser's profile was not removed"
    assert not list(folder.rglob("programme.exe"))
    sizes = {site.host: _size(folder / "audit" / site.host) for site in VISITED}
    assert max(sizes.values()) < 30_000_000, max(sizes, key=lambda host: sizes[host])


@pytest.mark.usefixtures("lines")
def test_the_evidence_is_intact_and_gives_the_same_findings_again(folder: Path) -> None:
    assert not {site: wrong for site, wrong in check([folder / "audit"]).items() if wrong}
    again = judge([folder / "audit"], score.PACKS)
    kept = [json.loads(line) for line in (folder / "audit" / "findings.jsonl").read_text(encoding="utf-8").splitlines()]

    def order(line: score.Line) -> tuple[str, str]:
        return line["url"], line["rules"]

    assert json.loads(json.dumps(sorted(again, key=order))) == sorted(kept, key=order)


def test_private_addresses_and_files_are_refused_unless_asked_for(tmp_path: Path) -> None:
    urls = ["https://127.0.0.1/", "http://10.0.0.8/", "http://[::1]/", "http://169.254.169.254/", "file:///etc/passwd"]
    made = audit(urls, ["cnil-2020"], tmp_path, Options(timeout_s=60), None, False, lambda *_: None)
    whys = {line["url"]: (line["verdict"], line["why"]["en"]) for line in made.lines}
    assert {verdict for verdict, _ in whys.values()} == {"not_established"}
    assert all("private address" in why or "not a web page" in why for _, why in whys.values()), whys


def test_the_truth_is_what_the_sites_do(tmp_path: Path) -> None:
    chosen = [site for site in truth.checkable() if site in VISITED]
    assert chosen
    with serve(tmp_path) as served:
        assert asyncio.run(truth.check(chosen, served)) == {}


def test_the_kept_out_third_is_a_third() -> None:
    parts: dict[str, list[Site]] = {name: score.part(name) for name in PARTS}
    assert len(sites()) >= 60
    assert 0.25 <= len(parts["kept_out"]) / len(sites()) <= 0.4


def _tell(wrong: list[score.Miss]) -> str:
    return "\n".join(f"{m.site.host} [{m.rules}] said {m.said!r}, truth {m.truth!r}: {m.why[:200]}" for m in wrong)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
