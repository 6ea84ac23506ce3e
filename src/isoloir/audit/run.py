"""Many sites: several at a time, in browsers that are renewed, each within its time. Reads top to bottom: `run`."""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from playwright.async_api import Error as BrowserError
from playwright.async_api import Playwright, async_playwright

from isoloir.audit.evidence import Evidence
from isoloir.audit.findings import judge
from isoloir.audit.keep import keep
from isoloir.audit.parties import host
from isoloir.audit.queue import Job
from isoloir.audit.visit.browser import Chromium, Options
from isoloir.audit.visit.site import observe

PER_BROWSER = 40  # sites that one browser visits before another takes its place
TRIES = 2

Report = Callable[[Job, float], None]
Finish = Callable[[Job, Evidence, Path], Awaitable[None]]


def run(jobs: list[Job], options: Options, rules: Iterable[str], work: Path, key: Path | None, report: Report) -> None:
    """Visit every site that is not done, judge it and keep its evidence; `report` is told of each, with its seconds."""
    waiting = [job for job in jobs if not job.done]
    packs, began = tuple(rules), time.monotonic()

    async def finish(job: Job, evidence: Evidence, folder: Path) -> None:
        findings = [judge(evidence, name) for name in packs]
        await asyncio.to_thread(keep, evidence, findings, folder, job.folder, key)
        report(job, time.monotonic() - began)

    if waiting:
        asyncio.run(visit_all(waiting, options, work, finish))


async def visit_all(jobs: list[Job], options: Options, work: Path, finish: Finish) -> None:
    """Visit sites, several at a time; `finish` gets the evidence of each, with the folder of its pictures."""
    queue = Queue(jobs)
    async with async_playwright() as playwright:
        browsers = Browsers(playwright, options)

        async def worker() -> None:
            while (job := await queue.take()) is not None:
                folder = work / job.folder.name
                folder.mkdir(parents=True, exist_ok=True)
                try:
                    await finish(job, await _try(browsers, job, folder), folder)
                finally:
                    await queue.done(job)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(options.parallel, len(jobs))):
                    group.create_task(worker())
        finally:
            await browsers.close()


class Queue:
    """The sites that wait, in order; never two of one host at a time, as one visitor would come."""

    def __init__(self, jobs: list[Job]):
        self.waiting = collections.deque(jobs)
        self.busy: set[str] = set()
        self.freed = asyncio.Condition()

    async def take(self) -> Job | None:
        """The next site whose host is left alone at the moment; None where none is left."""
        async with self.freed:
            while self.waiting:
                job = next((job for job in self.waiting if host(job.url) not in self.busy), None)
                if job is not None:
                    self.waiting.remove(job)
                    self.busy.add(host(job.url))
                    return job
                await self.freed.wait()
            return None

    async def done(self, job: Job) -> None:
        """The host of a site is free again."""
        async with self.freed:
            self.busy.discard(host(job.url))
            self.freed.notify_all()


async def _try(browsers: Browsers, job: Job, folder: Path) -> Evidence:
    """Visit a site; once more where the browser died under it."""
    for attempt in range(TRIES):
        lease = await browsers.take()
        try:
            evidence = await observe(lease.chromium, job.url, folder)
        finally:
            await browsers.give_back(lease)
        if lease.chromium.alive or attempt == TRIES - 1:
            return evidence
    raise AssertionError("unreachable")


class Lease:
    """A browser that several sites share."""

    def __init__(self, chromium: Chromium):
        self.chromium, self.taken, self.users = chromium, 0, 0


class Browsers:
    """The browser of the moment: renewed after `PER_BROWSER` sites or when it dies, ended with its last user."""

    def __init__(self, playwright: Playwright, options: Options):
        self.playwright, self.options = playwright, options
        self.current: Lease | None = None
        self.lock = asyncio.Lock()

    async def take(self) -> Lease:
        """A browser that runs."""
        async with self.lock:
            old = self.current
            if old is None or not old.chromium.alive or old.taken >= PER_BROWSER:
                self.current = Lease(await Chromium(self.playwright, self.options).__aenter__())
                if old is not None and old.users == 0:
                    await old.chromium.close()
            assert self.current is not None
            self.current.taken += 1
            self.current.users += 1
            return self.current

    async def give_back(self, lease: Lease) -> None:
        """Done with a browser; the last one out of an old one ends it."""
        lease.users -= 1
        if lease.users == 0 and lease is not self.current:
            await lease.chromium.close()

    async def close(self) -> None:
        """End the browser of the moment."""
        if self.current is not None:
            try:
                await self.current.chromium.close()
            except BrowserError:
                return
