"""The field in a browser: from an invitation to a person's own page, by keyboard and on a phone; axe finds nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from served_country import serving

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("BOOK", "KEYS", "MASTER_KEY", "JOURNAL", "STAGING")
ROOMS = ("", "contacts/", "contacts/by-code/", "contacts/by-paper/", "messages/", "imports/", "exports/", "objections/",
         "rights/", "keeping/", "log/", "breach/", "members/", "settings/", "token/")  # fmt: skip


def isoloir(*words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "isoloir", *words], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server that has a contact book and no map, and the path of an invitation."""
    folder = tmp_path_factory.mktemp("field")
    before = dict(os.environ)
    os.environ.update({f"ISOLOIR_{name}": str(folder / name.lower()) for name in NAMES})
    os.environ["ISOLOIR_SECRET_KEY"] = "only for this test, and long enough to sign with"
    try:
        isoloir("campaign", "create", "nord", "--name", "Nord", "--controller", "Comité, 1 rue Haute, Lille",
                "--contact", "dpo@example.org", "--vote", "2099-04-25")  # fmt: skip
        said = isoloir("account", "invite", "marie@example.org", "--campaign", "nord", "--role", "administrator")
        path = re.search(r"/\w\w/field/invitation/\S+", said)
        assert path
        with serving(folder / "none.duckdb") as address:
            yield address, path[0]
    finally:
        os.environ.clear()
        os.environ.update(before)


def complaints(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        "async () => (await axe.run()).violations.map(one => one.id + ' ' + one.nodes[0].html)"
    )
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *(["wider than the window"] if wide else [])]


@pytest.mark.skipif(not AXE.exists(), reason="the front end is not installed on this machine (make setup)")
def test_from_an_invitation_to_a_person(browser: Browser, field: tuple[str, str]) -> None:
    address, invitation = field
    office = browser.new_context(viewport={"width": 1200, "height": 800}, bypass_csp=True)
    page = office.new_page()
    page.goto(address + invitation)
    assert complaints(page) == []
    page.fill("[name=name]", "Marie")
    page.fill("[name=password]", "une phrase assez longue")
    page.click("main button")
    protect(page, address)
    wrong = {room: found for room in ROOMS if (found := seen(page, f"{address}/fr/field/nord/{room}"))}
    assert wrong == {}
    link = code_for(page, address)
    phone = browser.new_context(viewport={"width": 360, "height": 740}, bypass_csp=True, color_scheme="dark")
    confirm_on(phone, link)
    page.goto(f"{address}/fr/field/nord/contacts/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.fill("#q", "brû")
    page.wait_for_selector("#found a")  # found while typing
    page.click("#found a")
    assert "zoe@exemple.fr" in page.content()
    assert complaints(page) == []
    small = browser.new_context(viewport={"width": 360, "height": 740}, bypass_csp=True)
    small.add_cookies(office.cookies())  # type: ignore[arg-type]
    page = small.new_page()
    wrong = {room: found for room in ROOMS if (found := seen(page, f"{address}/en/field/nord/{room}"))}
    assert wrong == {}
    for context in (office, phone, small):
        context.close()


def seen(page: Page, address: str) -> list[str]:
    answer = page.goto(address)
    assert answer
    assert answer.status == 200
    return complaints(page)


def protect(page: Page, address: str) -> None:
    """Choose a second factor, as a code application would."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    page.goto(f"{address}/fr/accounts/second-factor/totp/activate/")
    assert complaints(page) == []
    secret = page.input_value("#authenticator_secret")
    page.fill("[name=code]", format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))
    page.click("main form button")
    assert "recovery-codes" in page.url


def code_for(page: Page, address: str) -> str:
    page.goto(f"{address}/fr/field/nord/contacts/by-code/")
    page.fill("[name=name]", "Zoé Brûlefer")
    page.fill("[name=email]", "zoe@exemple.fr")
    page.check("[value='news:email']")
    page.click("main form button")
    path = re.search(r"/fr/field/nord/confirm/\S+", page.text_content("details .code") or "")
    assert path
    return address + path[0]


def confirm_on(phone: BrowserContext, link: str) -> None:
    """The person confirms, sees their own page, and keeps no cookie."""
    page = phone.new_page()
    for _ in ("asked", "confirmed"):
        if page.url == "about:blank":
            page.goto(link)
        else:
            page.click("main button")
        assert complaints(page) == []
    page.click("main a.button")
    assert page.locator("[name=keep]:checked").count() == 1
    assert complaints(page) == []
    assert phone.cookies() == []


KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
       "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def test_a_passkey_is_the_second_factor_and_a_way_in(browser: Browser, field: tuple[str, str]) -> None:
    """With a key that Chromium simulates, and the content-security policy in force."""
    address = field[0].replace("127.0.0.1", "localhost")  # keys are bound to a name, never to a number
    said = isoloir("account", "invite", "paul@example.org", "--campaign", "nord", "--role", "coordinator")
    path = re.search(r"/\w\w/field/invitation/\S+", said)
    assert path
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if "Security Policy" in line.text else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    page.goto(address + path[0])
    page.fill("[name=name]", "Paul")
    page.fill("[name=password]", "une phrase assez longue")
    page.click("main button")
    page.goto(f"{address}/fr/field/nord/contacts/")
    assert page.url.endswith("/fr/field/account/")  # no page of people before a second factor
    page.goto(f"{address}/fr/accounts/second-factor/webauthn/add/")
    page.fill("[name=name]", "Clé de Paul")
    page.check("[name=passwordless]")
    page.click("main form button")
    page.wait_for_url(re.compile("recovery-codes|webauthn/(?!add)"))
    kept = devtools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("localhost", True)]
    page.goto(f"{address}/fr/field/nord/contacts/")
    assert page.url.endswith("/fr/field/nord/contacts/")  # choosing it was giving it

    leave(page, address)
    sign_in(page, address)  # the password first, then the key
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_url(re.compile("/fr/field/"))
    page.goto(f"{address}/fr/field/nord/contacts/")
    assert page.url.endswith("/fr/field/nord/contacts/")

    leave(page, address)
    page.goto(f"{address}/fr/accounts/login/")
    page.click("#passkey_login")  # the key alone, which is both factors
    page.wait_for_url(re.compile("/fr/field/"))
    page.goto(f"{address}/fr/field/nord/contacts/")
    assert page.url.endswith("/fr/field/nord/contacts/")

    leave(page, address)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{address}/fr/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_load_state("networkidle")
    page.goto(f"{address}/fr/field/nord/contacts/")
    assert "login" in page.url  # a key that does not know its owner opens nothing
    assert problems == []
    context.close()


def leave(page: Page, address: str) -> None:
    page.goto(f"{address}/fr/accounts/logout/")
    page.click("main form button")
    page.wait_for_url(re.compile("^(?!.*logout)"))


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/fr/accounts/login/")
    page.fill("[name=login]", "paul@example.org")
    page.fill("[name=password]", "une phrase assez longue")
    page.click("main form button")
