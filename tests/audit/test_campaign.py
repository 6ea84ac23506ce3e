"""Political sites: forms, pages whose visit tells an opinion, platforms, advertising. Truth by a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from sites import score
from sites.catalogue import Truth, campaign

from isoloir.audit.evidence import Form, Phase
from isoloir.audit.forms import asks_data, kind_of, missing_from
from isoloir.audit.keep import read_evidence
from isoloir.audit.known.platforms import platforms


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("campaign")


@pytest.fixture(scope="module")
def lines(folder: Path) -> score.Lines:
    return score.run(campaign().values(), folder, packs=["campaign"], depth=3)


@pytest.mark.timeout(1200)
def test_the_truth_of_every_site_is_found(lines: score.Lines) -> None:
    missed = {}
    for host, site in campaign().items():
        truth, line = Truth.read(site.made["campaign"]), lines[host, "campaign"]
        if (line["verdict"], score.breached(line)) != (truth.verdict, truth.breached):
            missed[host] = (line["verdict"], score.breached(line), line["why"]["en"])
    assert missed == {}


@pytest.mark.usefixtures("lines")
def test_the_platform_is_recognised(folder: Path) -> None:
    for host, site in campaign().items():
        found = platforms(read_evidence(folder / "audit" / host))
        assert found == ([site.made["platform"]] if "platform" in site.made else []), host
        page = (folder / "audit" / host / "report.html").read_text(encoding="utf-8")
        assert ("NationBuilder" in page) is ("platform" in site.made)


def form(*fields: str, action: str = "https://a.test/x", text: str = "") -> Form:
    return Form(action=action, fields=fields, boxes=(), text=text, links=())


@pytest.mark.parametrize(
    ("fields", "asks"),
    [
        (("email:m",), True),
        (("text:signup[first_name]", "text:signup[last_name]"), True),
        (("text:nom", "text:codePostal"), True),
        (("search:q",), False),
        (("text:s", "submit:"), False),
        (("email:user", "password:pass"), False),
        (("hidden:email", "text:amount"), False),
    ],
)
def test_which_forms_ask_for_data(fields: tuple[str, ...], asks: bool) -> None:
    assert asks_data(form(*fields)) is asks


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/petition", "Je donne mon avis", "petition"),
        ("/faire-un-don", "", "donation"),
        ("/adherer", "", "membership"),
        ("/", "Recevez notre newsletter", "newsletter"),
        ("/contact", "Votre message", "contact"),
    ],
)
def test_what_a_form_is_for(path: str, text: str, kind: str) -> None:
    page = Phase(name="home", action="open", url=f"https://a.test{path}")
    assert kind_of(form("email:m", action=f"https://a.test{path}", text=text), page) == kind


def test_what_a_notice_does_not_say() -> None:
    assert missing_from("Votre courriel") == ["controller", "purpose", "rights"]
    full = "Data collected by the campaign in order to write to you; you may unsubscribe."
    assert missing_from(full) == []
