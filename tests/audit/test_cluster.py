"""The same visits on a Dask cluster: two local workers, one of them killed in the middle."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sites.catalogue import sites
from sites.server import serve

from isoloir.audit.queue import Job
from isoloir.audit.visit.browser import Options
from isoloir.commands.audit import audit, check
from isoloir.errors import AuditError

distributed = pytest.importorskip("distributed")
HOSTS = 4


@pytest.mark.timeout(900)
def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    chosen = [s for s in sites().values() if s.group == "6-unseen"][:HOSTS]
    killed: list[int] = []
    with (
        serve(tmp_path) as served,
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        options = Options(parallel=1, depth=0, ca=str(served.ca), allow_private=True, browser_args=served.browser_args)

        def kill_one(_: str, __: float) -> None:
            if not killed:
                worker = next(iter(cluster.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

        out = tmp_path / "audit"
        urls = [s.url for s in chosen]
        made = audit(urls, ["cnil-2020"], out, options, None, False, kill_one, cluster.scheduler_address)
    assert killed
    assert made.visited == len(chosen), "none is lost, none is done twice"
    assert [line["url"] for line in made.lines] == urls
    assert {line["verdict"] for line in made.lines} == {"not_established"}
    assert not any(check([out]).values())


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="--cluster"):
        audit(
            ["https://a.test/"], ["cnil-2020"], tmp_path, Options(), None, False, lambda *_: None, "tcp://127.0.0.1:9"
        )
    assert not Job("https://a.test/", tmp_path / "a.test").done
