"""The reports: from evidence of a site that attacks its readers, in both languages, as pages, tables and paper."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema_rs
import pytest
from playwright.sync_api import sync_playwright

from isoloir.audit.evidence import (
    Banner,
    Box,
    Click,
    Control,
    Evidence,
    Form,
    Phase,
    Request,
    SetCookie,
    Stored,
    Visit,
    Write,
)
from isoloir.audit.findings import judge
from isoloir.audit.keep import keep, verify
from isoloir.audit.report.tables import schema, spreadsheet
from isoloir.audit.report.words import LANGUAGES, Words, _table
from isoloir.audit.rules.packs import NAMES
from isoloir.audit.visit.browser import find_browser
from isoloir.commands.audit_report import difference, report

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{0}$x"
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "h1", "h2", "h3", "p", "a"),
    *("ul", "li", "strong", "span", "div", "details", "summary", "code", "figure", "figcaption", "img", "br", "q"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}


def control(name: str, intent: str, x: float) -> Control:
    return Control(
        name=name, role="button", intent=intent, box=Box(x=x, y=700, width=120, height=40), font_px=15, contrast=9,
        shown=True, selector="#x",
    )  # type: ignore[arg-type]  # fmt: skip


def site(host: str, tracked: bool) -> Evidence:
    """A site that says what it should and what it should not; with or without a tracker before the choice."""
    url = f"https://{host}/"
    asks = Banner(
        text=f"Nous utilisons des cookies pour mesurer l'audience {EVIL}", selector="#b", frame=url, kind="asks",
        box=Box(x=0, y=650, width=1280, height=150),
        controls=(control(f"Accepter {EVIL}", "accept", 20), control("Refuser", "refuse", 200)),
    )  # fmt: skip
    form = Form(
        action="javascript:alert(1)", fields=("email:courriel", f"text:{EVIL}"), boxes=(), text=EVIL,
        links=("javascript:x",),
    )  # fmt: skip
    cookie = SetCookie(
        raw=f"=cmd|{EVIL}=8f3a2b1c9d0e4f55; Max-Age=99999999",
        name="=cmd|calc",
        value="8f3a2b1c9d0e4f55",
        domain="ads.test",
        days=400,
    )
    stored = (Stored(kind="cookie", name="=cmd|calc", value="8f3a2b1c9d0e4f55", where="ads.test", days=400),)
    home = Phase(
        name="home", action="open", url=url, status=200, title=EVIL, text="Bonjour à tous. " * 60, banners=(asks,),
        forms=(form,), stored=stored if tracked else (), screenshot="untouched/00-home.jpg",
    )  # fmt: skip
    request = Request(
        phase=0,
        at=0.5,
        url=f"https://ads.test/p?x={EVIL}",
        method="GET",
        kind="Image",
        frame=url,
        status=200,
        set_cookies=(cookie,),
    )
    write = Write(phase=0, at=0.2, kind="local", frame=url, script=EVIL, name="theme", value="dark")
    after = home.model_copy(update={"name": "refused", "action": "click", "banners": (), "stored": ()})
    click = Click(phase=1, at=2.0, control=asks.controls[1], layer=1, purpose="refuse", effect=("banner gone",))
    seen = {"requests": (request,) if tracked else (), "writes": (write,)}
    visits = (
        Visit(name="untouched", phases=(home,), **seen),
        Visit(name="browsing", phases=(home,), **seen),
        Visit(name="refusing", phases=(home, after), clicks=(click,), **seen),
    )
    return Evidence(
        url=url, host=host, started="2026-11-20T10:00:00+00:00", ended="", software={"isoloir": "0"},
        options={}, visits=visits,
    )  # fmt: skip


def audited(out: Path, *sites: Evidence) -> Path:
    """A folder of audits, as a run leaves it."""
    for evidence in sites:
        work = out / ".work" / evidence.host
        (work / "untouched").mkdir(parents=True)
        (work / "untouched" / "00-home.jpg").write_bytes(b"")
        keep(evidence, [judge(evidence, name) for name in NAMES], work, out / evidence.host)
    report(out, NAMES, False)
    return out


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return audited(tmp_path_factory.mktemp("before"), site("a.test", tracked=True), site("b.test", tracked=False))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, before: Path) -> Path:
    """The folder of a comparison: the tracker of the first site is gone, the second too, a third is new."""
    after = audited(tmp_path_factory.mktemp("after"), site("a.test", tracked=False), site("c.test", tracked=True))
    return difference(before, after, ["cnil-2020"], after / "changes", False)[1][0].parent


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def pages(*folders: Path) -> list[Path]:
    return [page for folder in folders for page in sorted(folder.rglob("*.html"))]


def test_nothing_that_a_site_says_becomes_markup(before: Path, changed: Path) -> None:
    written = pages(before, changed)
    assert len(written) == 8
    for page in written:
        read = Tags()
        read.feed(page.read_text(encoding="utf-8"))
        assert read.names <= ALLOWED, (page, read.names - ALLOWED)
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        hrefs = [value for name, value in read.attributes if name == "href"]
        assert not [value for value in hrefs if re.match(r"\s*(javascript|data|file):", value)]


def test_links_between_pages_lead_somewhere(before: Path) -> None:
    for page in pages(before):
        read = Tags()
        read.feed(page.read_text(encoding="utf-8"))
        local = [v for n, v in read.attributes if n in ("href", "src") and ":" not in v]
        assert local
        assert not [value for value in local if not (page.parent / value).exists()], page


def test_every_word_is_there_in_both_languages(before: Path) -> None:
    assert all(set(entry) == set(LANGUAGES) and all(entry.values()) for entry in _table().values())
    french, english = ((before / "a.test" / f"{n}.html").read_text(encoding="utf-8") for n in ("rapport", "report"))
    assert '<html lang="fr">' in french
    assert '<html lang="en">' in english
    assert "soumis au consentement" in french
    assert "needs consent" in english
    assert "needs consent" not in french


def test_the_page_shows_the_findings_and_their_evidence(before: Path) -> None:
    text = (before / "a.test" / "report.html").read_text(encoding="utf-8")
    found = json.loads((before / "a.test" / "findings.json").read_text(encoding="utf-8"))
    for line in found:
        for obligation in line["obligations"].values():
            assert all(f"<code>{pointer}</code>" in text for pointer in obligation["evidence"])
            assert all(rule["id"] in text for rule in obligation["rule"])
    assert "ads.test" in text
    assert 'class="mark refuse"' in text


def test_the_report_follows_its_schema(before: Path) -> None:
    validator = jsonschema_rs.validator_for(schema())
    whole = json.loads((before / "report.json").read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(whole)] == []
    lines = [json.loads(line) for line in (before / "findings.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == whole["findings"]
    assert len(lines) == 2 * len(NAMES)
    whole["findings"][0]["verdict"] = "fine"
    assert not validator.is_valid(whole)


def test_the_spreadsheet_runs_no_formula(before: Path) -> None:
    rows = list(csv.reader(io.StringIO((before / "findings.csv").read_text(encoding="utf-8-sig"))))
    assert rows[0][:4] == ["url", "rules", "verdict", "observed"]
    assert len(rows) == 1 + 2 * len(NAMES)
    line = json.loads((before / "findings.jsonl").read_text(encoding="utf-8").splitlines()[0])
    evil = spreadsheet([{**line, "url": "=HYPERLINK(1)", "why": {"fr": "+1", "en": "@x"}}])
    assert [cell[:2] for cell in next(list(csv.reader(io.StringIO(evil)))[1:].__iter__()) if cell[:1] == "'"] == [
        "'=",
        "'+",
        "'@",
    ]


def test_the_comparison_tells_what_changed(changed: Path) -> None:
    found = json.loads((changed / "changes.json").read_text(encoding="utf-8"))
    assert (found["added"], found["gone"]) == (["https://c.test/"], ["https://b.test/"])
    (only,) = found["sites"]
    assert only["url"] == "https://a.test/"
    assert only["trackers_gone"] == ["=cmd|calc (ads.test)"]
    assert only["trackers_come"] == []
    turns = {turn["obligation"]: (turn["before"], turn["after"], turn["direction"]) for turn in only["turns"]}
    assert turns["consent"] == ("breached", "not_applicable", "better") or turns["consent"][0] == "breached"
    assert only["banner"] is None


def test_the_reports_leave_the_evidence_intact(before: Path) -> None:
    assert verify(before / "a.test") == []


@pytest.mark.timeout(300)
def test_axe_finds_nothing_and_the_paper_is_tagged(before: Path, changed: Path) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make setup)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-background-networking"]
        )
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
            for path in [*pages(before / "a.test", changed), before / "rapport.html", before / "report.html"]:
                page = context.new_page()
                page.goto(path.as_uri())
                page.evaluate(AXE.read_text(encoding="utf-8"))
                found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
                assert found == [], (
                    path.name,
                    scheme,
                    [(v["id"], [n["html"][:150] for n in v["nodes"]]) for v in found],
                )
                page.close()
            context.close()
        browser.close()
    printed = [file for file in report(before, [], True) if file.suffix == ".pdf"]
    assert len(printed) == 6
    for file in printed:
        raw = file.read_bytes()
        assert raw.startswith(b"%PDF-")
        assert b"/StructTreeRoot" in raw


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    french, english = Words("fr"), Words("en")
    assert (french.number(1234.5, 1), english.number(1234.5, 1)) == ("1\u202f234,5", "1,234.5")
    assert (french.day("2026-11-20T10:00"), english.day("2026-11-20")) == ("20/11/2026", "2026-11-20")
    assert french.known("phase", "inner-2") == "page intérieure 2"
