"""The exported site behind a plain web server: the same map, with no Python."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from visits import visiting

from isoloir.errors import SettingsError
from isoloir.web.assets import BUILT
from isoloir.web.export import export_site

NGINX = """
daemon off;
{user}
pid {home}/pid;
error_log {home}/error.log;
events {{}}
http {{
    access_log off;
    default_type application/octet-stream;
    types {{
        text/html html;
        text/css css;
        text/javascript js mjs;
        image/svg+xml svg;
    }}
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /somewhere/ {{ alias {site}/; index index.html; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def site(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (BUILT / "manifest.json").exists():
        pytest.skip("the front end is not built on this machine (make setup)")
    return export_site(database, tmp_path_factory.mktemp("static") / "site")


@pytest.fixture(scope="module")
def nginx(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, below a folder of its own, as on many a shared host."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        pytest.skip("nginx is not on this machine (Debian: apt install nginx-light)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("nginx")
    (home / "nginx.conf").write_text(
        NGINX.format(home=home, port=port, site=site, user="user root;" if os.geteuid() == 0 else "")
    )
    with subprocess.Popen([program, "-p", str(home), "-c", str(home / "nginx.conf")]) as server:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}/somewhere"
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("nginx did not start")


def test_the_map_works_from_files_alone(browser: Browser, nginx: str) -> None:
    with visiting(browser, nginx) as visit:
        visit.page.goto(f"{nginx}/")
        expect(visit.page).to_have_url(f"{nginx}/fr/", timeout=20_000)
        page = visit.open("/en/#show=turnout.2022_pres_t1")
        expect(page.locator("#legend")).to_contain_text("Turnout")
        page.mouse.click(*visit.point("X1003_0002"))
        expect(page.locator("#sheet code")).to_have_text("X1003_0002")
        page.fill("#search", "evry 4")
        expect(page.locator("#found [role=option]").first).to_contain_text("Station 4")
        page.click("nav a[hreflang=fr]")
        expect(page.locator("html[lang=fr][data-map=drawn]")).to_have_count(1, timeout=60_000)


def test_a_policy_stands_in_the_page(site: Path) -> None:
    page = (site / "fr" / "index.html").read_text(encoding="utf-8")
    assert "default-src &#x27;none&#x27;" in page
    assert "frame-ancestors" not in page
    assert 'src="/' not in page
    assert 'href="/' not in page


def test_every_station_has_its_figures(site: Path) -> None:
    assert len(list((site / "api" / "stations").iterdir())) == 25


def test_another_folder_is_left_alone_and_an_older_site_is_replaced(database: Path, site: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(SettingsError, match="other things"):
        export_site(database, mine)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
    (site / "left.txt").write_text("of the site before")
    export_site(database, site, sheets=False)
    assert not (site / "left.txt").exists()
    assert not (site / "api").exists()
