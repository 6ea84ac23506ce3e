"""Reports on paper: the browser prints pages that lie on the disk, without a network and without running anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from playwright.async_api import Error as BrowserError
from playwright.async_api import PdfMargins, async_playwright

from isoloir.audit.visit.browser import find_browser
from isoloir.errors import AuditError

MARGIN: PdfMargins = {"top": "15mm", "bottom": "18mm", "left": "14mm", "right": "14mm"}
FOOT = (
    '<div style="font:8px sans-serif;width:100%;text-align:center;color:#555">'
    '<span class="title"></span> · <span class="pageNumber"></span>/<span class="totalPages"></span></div>'
)


def print_pages(pages: Iterable[Path]) -> list[Path]:
    """Each page as a tagged PDF beside it; raise AuditError where the browser cannot."""
    return asyncio.run(_print(list(pages)))


async def _print(pages: list[Path]) -> list[Path]:
    made = []
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=find_browser(), args=["--disable-background-networking", "--disable-gpu"]
            )
            context = await browser.new_context(java_script_enabled=False, offline=True)
            for page in pages:
                sheet = await context.new_page()
                await sheet.goto(page.resolve().as_uri(), wait_until="load")
                target = page.with_suffix(".pdf")
                await sheet.pdf(
                    path=target, format="A4", margin=MARGIN, print_background=True, tagged=True, outline=True,
                    display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
                )  # fmt: skip
                await sheet.close()
                made.append(target)
            await browser.close()
        except BrowserError as error:
            raise AuditError(f"PDF: {str(error).splitlines()[0]}") from None
    return made
