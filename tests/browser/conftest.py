from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_country import write_country
from evenings import CANVASS, Field
from gateway import Gateway, listening
from playwright.sync_api import Browser, sync_playwright
from served_country import serving
from visits import Visit, visiting

from isoloir.web.assets import BUILT

# Software drawing, and none of the browser's own traffic.
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="module")  # while it is open an event loop runs, which Django and asyncio.run refuse to share
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_country(tmp_path_factory.mktemp("browser") / "country.duckdb")


@pytest.fixture(scope="session")
def address(database: Path) -> Iterator[str]:
    if not (BUILT / "manifest.json").exists():
        pytest.skip("the front end is not built on this machine (make setup)")
    with serving(database) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    with visiting(browser, address) as visited:
        yield visited


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """Where text messages of these tests go."""
    with listening() as found:
        yield found


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, gateway: Gateway) -> Iterator[Field]:
    """The field's server, with a campaign for each test of the canvass."""
    if not (CANVASS / "sw.js").exists():
        pytest.skip("the front end is not built on this machine (make setup)")
    field = Field(tmp_path_factory.mktemp("field"), gateway=gateway.address)
    field.prepare()
    field.start()
    yield field
    field.stop()
