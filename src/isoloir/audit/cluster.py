"""The same visits on a Dask cluster: sites go out by the batch, folders of evidence come back.

The batch of a worker that dies goes to another one; what is done stays done, because each folder appears by one rename.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isoloir.audit.findings import judge
from isoloir.audit.keep import keep, read_evidence, save_evidence
from isoloir.audit.queue import Job
from isoloir.audit.run import Report, visit_all
from isoloir.audit.visit.browser import Options
from isoloir.errors import AuditError
from isoloir.language import say

TRIES = 3  # times that a batch may lose its worker


def run_on_cluster(
    address: str,
    jobs: list[Job],
    options: Options,
    rules: Iterable[str],
    work: Path,
    key: Path | None,
    report: Report,
) -> None:
    """Visit every site that is not done on the workers of the cluster at `address` (`tcp://host:port`).

    Raise AuditError where `distributed` is not installed or the cluster does not answer.
    """
    waiting = {job.url: job for job in jobs if not job.done}
    if not waiting:
        return
    client, as_completed = _connect(address)
    with client:
        urls, size = list(waiting), options.parallel
        batches = [urls[start : start + size] for start in range(0, len(urls), size)]
        given = options.model_dump(mode="json")
        futures = [client.submit(visit_batch, batch, given, pure=False, retries=TRIES) for batch in batches]
        for future in as_completed(futures):
            for url, packed in future.result().items():
                job = waiting[url]
                folder = work / job.folder.name
                unpack(packed, folder)
                evidence = read_evidence(folder)
                keep(evidence, [judge(evidence, name) for name in rules], folder, job.folder, key)
                report(job, 0.0)
            future.release()


def visit_batch(urls: list[str], given: dict[str, Any]) -> dict[str, bytes]:
    """On a worker: visit these sites in one browser, and give their folders back as archives."""
    packed: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="isoloir-batch-") as made:
        jobs = [Job(url, Path(made) / "done" / str(number)) for number, url in enumerate(urls)]

        async def finish(job: Job, evidence: Any, folder: Path) -> None:
            save_evidence(evidence, folder)
            packed[job.url] = await asyncio.to_thread(pack, folder)

        asyncio.run(visit_all(jobs, Options(**given), Path(made) / "work", finish))
    return packed


def pack(folder: Path) -> bytes:
    """A folder as one archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """An archive as a folder; nothing is written outside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")


def _connect(address: str) -> tuple[Any, Any]:
    try:
        import distributed
    except ImportError:
        raise AuditError(
            say("--cluster : pip install isoloir[cluster]", "--cluster: pip install isoloir[cluster]")
        ) from None
    try:
        client: Any = distributed.Client
        return client(address, timeout="10s"), distributed.as_completed
    except (OSError, ValueError, TimeoutError) as error:
        told = say("pas de planificateur Dask ici", "no Dask scheduler here")
        raise AuditError(f"--cluster {address}: {told} ({type(error).__name__})") from None
