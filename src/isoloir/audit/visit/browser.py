"""Starting the browser so that it shows what ordinary visitors get, and proving that it does."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType

from playwright.async_api import Browser, BrowserContext, Playwright, Route
from playwright.async_api import Error as BrowserError

from isoloir.audit.evidence import Part
from isoloir.errors import AuditError
from isoloir.language import say

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
START = 45.0  # seconds that a browser may take to give a fresh context
PROOF = "isoloir_third_party"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium blocks third-party cookies in throw-away profiles unless the profile says otherwise; ordinary ones do not.
PREFERENCES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}, "download_restrictions": 3}
ARGUMENTS = (
    "--disable-blink-features=AutomationControlled",  # some consent managers hide from robots
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--mute-audio",
    # One process per page, so that one debugging session hears the frames of every origin.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,HttpsUpgrades,MediaRouter,OptimizationHints,Translate",
    # Pages that the browser prepares for its own window, two processes for each context.
    "--disable-features=PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,AimEnabled",
    "--disable-features=NtpComposebox,SpareRendererForSitePerProcess",
    "--js-flags=--max-old-space-size=512",
    "--disk-cache-size=1",
)


class Options(Part):
    """How to visit."""

    depth: int = 3
    parallel: int = 8
    timeout_s: float = 240.0
    browser_args: tuple[str, ...] = ()
    ca: str = ""
    allow_private: bool = False
    contact: str = ""
    robots: bool = True
    cap_s: float = 8.0
    floor_s: float = 1.2
    most_bytes: int = 60_000_000


class Chromium:
    """One running browser; `async with` starts it, proves it and ends it."""

    def __init__(self, playwright: Playwright, options: Options):
        self.playwright, self.options = playwright, options
        self.folder = tempfile.mkdtemp(prefix="isoloir-audit-")
        self.home: BrowserContext | None = None
        self.browser: Browser | None = None
        self.agent, self.hung = "", False
        # Contexts at one time, two for each site: one works while another waits for the timers of its page.
        self.free = asyncio.Semaphore(2 * options.parallel)
        self.sandboxed = os.geteuid() != 0

    async def __aenter__(self) -> Chromium:
        profile = Path(self.folder) / "Default"
        profile.mkdir(parents=True)
        (profile / "Preferences").write_text(json.dumps(PREFERENCES), encoding="utf-8")
        try:
            self.home = await self._launch()
            self.browser = self.home.browser
            if self.browser is None:
                raise AuditError("the browser gives no fresh contexts; a newer playwright is needed")
            major = self.browser.version.split(".")[0]
            self.agent = AGENT.format(major=major)
            self.agent += f" {self.options.contact}" if self.options.contact else ""
            await self._prove()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """End it, however it is."""
        if self.home is not None:
            try:
                await asyncio.wait_for(self.home.close(), 10)
            except (TimeoutError, BrowserError):
                _kill(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _launch(self) -> BrowserContext:
        path = find_browser()
        arguments = merge_features([*ARGUMENTS, *self.options.browser_args])
        for sandbox in (True, False) if self.sandboxed else (False,):
            try:
                launched = await self.playwright.chromium.launch_persistent_context(
                    self.folder, executable_path=path, args=arguments, chromium_sandbox=sandbox, accept_downloads=False
                )
            except BrowserError as error:
                if not sandbox:
                    raise AuditError(
                        say(
                            f"{path} ne démarre pas : {str(error).splitlines()[0]}",
                            f"{path} does not start: {str(error).splitlines()[0]}",
                        )
                    ) from None
            else:
                self.sandboxed = sandbox
                return launched
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def context(self) -> AsyncIterator[BrowserContext]:
        """A fresh context: no cookie, no storage, no cache of another one."""
        made = await self._new_context()
        try:
            yield made
        finally:
            with suppress(TimeoutError, BrowserError):
                await asyncio.wait_for(made.close(), 8)

    async def _new_context(self) -> BrowserContext:
        """Raise BrowserError, and remember it, where the browser does not answer any more."""
        assert self.browser is not None
        making = self.browser.new_context(
            user_agent=self.agent,
            viewport={"width": 1280, "height": 800},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            accept_downloads=False,
            ignore_https_errors=bool(self.options.ca),
            service_workers="block",
        )
        try:
            return await asyncio.wait_for(making, START)
        except TimeoutError:
            self.hung = True
            raise BrowserError("the browser does not answer") from None

    @property
    def alive(self) -> bool:
        """Whether it runs and answers."""
        return not self.hung and self.browser is not None and self.browser.is_connected()

    def software(self) -> dict[str, str]:
        """What observed: for the evidence."""
        from playwright._repo_version import version as playwright_version

        from isoloir import __version__

        return {
            "isoloir": __version__,
            "browser": f"{Path(find_browser()).name} {self.browser.version if self.browser else ''}",
            "playwright": playwright_version,
            "user_agent": self.agent,
            "sandbox": "on" if self.sandboxed else "off",
            "third_party_cookies": "visible",
        }

    async def _prove(self) -> None:
        """Raise AuditError unless a third-party cookie can be seen: without that no verdict would be worth anything."""
        async with self.context() as context:
            await context.route("**/*", _answer_two_sites)
            page = await context.new_page()
            await page.goto("https://one.invalid/")
            for _ in range(60):
                if any(c["name"] == PROOF for c in await context.cookies()):
                    return
                await asyncio.sleep(0.05)
        raise AuditError(
            say(
                "ce navigateur cache les cookies tiers : aucun verdict ne vaudrait. Installer chromium-headless-shell.",
                "this browser hides third-party cookies: no verdict would hold. Install chromium-headless-shell.",
            )
        )


def find_browser() -> str:
    """The path of the system's Chromium; raise AuditError where there is none."""
    given = os.environ.get("ISOLOIR_BROWSER")
    found = given or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise AuditError(
            say(
                "aucun Chromium ici : apt install chromium, ou ISOLOIR_BROWSER=chemin",
                "no Chromium here: apt install chromium, or ISOLOIR_BROWSER=path",
            )
        )
    return found


def merge_features(arguments: list[str]) -> list[str]:
    """Chromium listens to the last `--disable-features` and `--enable-features` only: make one of several."""
    merged: dict[str, list[str]] = {"--disable-features": [], "--enable-features": []}
    others = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key in merged:
            merged[key] += value.split(",")
        else:
            others.append(argument)
    return others + [f"{key}={','.join(values)}" for key, values in merged.items() if values]


def _kill(folder: str) -> None:
    """End the processes of one profile, and of no other."""
    import signal

    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"--user-data-dir={folder}".encode() in entry.read_bytes():
                os.kill(int(entry.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue


async def _answer_two_sites(route: Route) -> None:
    """One site framed in another, setting a cookie there; nothing leaves the browser."""
    framed = f"<script>document.cookie = '{PROOF}=1; SameSite=None; Secure'</script>"
    body = framed if "two.invalid" in route.request.url else '<iframe src="https://two.invalid/"></iframe>'
    await route.fulfill(body=body, content_type="text/html")
