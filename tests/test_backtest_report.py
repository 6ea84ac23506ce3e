"""The backtest of a whole database and its report: what it says, in two languages, and that everybody can read it."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest
from typer.testing import CliRunner

from isoloir import language
from isoloir.commands.backtest import page as report_page
from isoloir.commands.backtest import words
from isoloir.commands.backtest.claims import claims
from isoloir.commands.backtest.run import Backtest, backtest
from isoloir.errors import StatsError
from isoloir.stats.backtest.summary import Evidence

TEXTS = tomllib.loads((resources.files("isoloir.commands.backtest") / "texts.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(fiction_database: Path) -> Backtest:
    return backtest(fiction_database, elections=("2022_legi_t1", "2024_euro_t1"))


class Reader(HTMLParser):
    """What a reader of the page relies on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("spoken", ["fr", "en"])
def test_the_page_stands_alone_and_can_be_read_by_all(
    found: Backtest, spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "language", lambda: spoken)
    monkeypatch.setattr(report_page, "language", lambda: spoken)
    monkeypatch.setattr(language, "language", lambda: spoken)
    html = report_page.page(found)
    read = Reader(html)
    assert read.all("html")[0]["lang"] == spoken
    assert words.text("supported") in html
    assert not read.all("script")
    assert not re.search(r'(?:src|href)="https?:|url\(https?:|@import', html)
    assert len(read.all("table")) == len(read.all("caption")) > 5
    assert all("scope" in th for th in read.all("th"))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in read.all("svg"))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', html)) <= set(ids)
    assert not re.search(r"#0[1-3]0\d0\d\b", html), "a colour that follows neither light nor dark"
    assert "nan" not in re.sub(r"<[^>]+>", " ", html).split()


def test_every_number_of_the_table_is_the_score(found: Backtest) -> None:
    html = report_page.page(found)
    for score in found.scores:
        assert words.points(score.everywhere.mae) in html
    assert {t.question.election for t in found.trials} == {"2022_legi_t1", "2024_euro_t1"}
    assert not found.skipped
    assert found.best == "forecast"
    assert all(not trial.refused for trial in found.trials)


def test_both_languages_say_the_same() -> None:
    fields = {
        key: [{f for _, f, _, _ in Formatter().parse(said[s]) if f} for s in ("fr", "en")]
        for key, said in TEXTS.items()
    }
    assert {key: two for key, two in fields.items() if two[0] != two[1]} == {}
    folder = Path(str(resources.files("isoloir.commands.backtest")))
    code = "".join(f.read_text(encoding="utf-8") for f in folder.glob("*.py"))
    made = {"rolling", "leave-one-out", "yes", "partly", "no", *report_page.ERRORS, *report_page.CORRELATIONS}
    made |= {f"word-{w}{end}" for w in report_page.WORDS for end in ("", "-text")}
    assert {key for key in TEXTS if not re.search(rf"[\"']{key}[\"']", code)} <= made


def weighed(**changed: object) -> Evidence:
    plain: dict[str, object] = {
        "best": "forecast", "rival": "composite", "closer": 0.1, "wins": 9, "contests": 10, "within": 0.8,
        "movement": 0.3, "cover": 0.9, "cover_by_size": (0.87, 0.94), "width": 0.12,
        "reached": {"forecast": 0.33, "po": 0.3, "perfect": 0.35},
        "reached_by_station": {"forecast": 0.45, "size": 0.25},
    }  # fmt: skip
    return Evidence(**(plain | changed))  # type: ignore[arg-type]


def test_claims_follow_the_figures() -> None:
    assert [c.verdict for c in claims(weighed(), "left")] == ["yes"] * 6
    poor = weighed(
        closer=-0.02, within=0.2, movement=-0.5, cover=0.6, reached={"forecast": 0.21, "po": 0.3, "perfect": 0.35},
        reached_by_station={"forecast": 0.3, "size": 0.3},
    )  # fmt: skip
    assert [c.verdict for c in claims(poor, "left")] == ["no"] * 6
    assert claims(weighed(cover_by_size=(0.8, 0.94)), "left")[3].verdict == "partly"
    silent = claims(weighed(cover=float("nan"), reached={}, reached_by_station={}), "left")
    assert [c.verdict for c in silent] == ["yes", "yes", "yes", "no"]


def test_the_command_writes_the_report(fiction_database: Path, tmp_path: Path) -> None:
    from isoloir.cli import app

    out = tmp_path / "report.html"
    options = ["--database", str(fiction_database), "--out", str(out), "--election", "2022_legi_t1", "--sample", "200"]
    done = CliRunner().invoke(app, ["backtest", *options, "--mode", "leave-one-out"])
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert words.text("where") in done.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"elections": ("1999_euro_t1",)}, "no 1999_euro_t1"),
        ({"elections": ("2007_pres_t1",)}, "nothing to predict it from"),
        ({"target": "nobody"}, "is no bloc"),
        ({"sample": -3}, "sample"),
    ],
)
def test_what_cannot_be_tested_is_said(fiction_database: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises(StatsError, match=says):
        backtest(fiction_database, **options)  # type: ignore[arg-type]
