"""The map of France in a browser that draws in software: how long until it is there, and until it shows something else?

    python benchmarks/map.py --database FILE [--visits N]
    python benchmarks/map.py --size departement       (the default: a fictional département, built first)

Peer, in the same run: what a newsroom script would do, one GeoJSON of the same outlines in one MapLibre fill layer
whose colour is an expression over a property, and a new expression for another variable. It is drawn with the same
MapLibre, served by the same machine. Beside times: the server's latency at 200 requests a second, the weight of the
page before tiles, the size of the tiles and the time to build them. Each is a median of N fresh browsers (default 3).
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import http.server
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import geopandas as gpd
import httpx
import numpy as np
import shapely
from playwright.sync_api import Page, Response, sync_playwright

from isoloir import store
from isoloir.maps.folder import build_map, read_index
from isoloir.maps.tiles import build_tiles
from isoloir.settings import folder_of
from isoloir.web.assets import BUILT

BROWSER = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--no-first-run",
]  # fmt: skip
VIEW = {"width": 1280, "height": 800}
MAPLIBRE = Path(__file__).parents[1] / "frontend" / "node_modules" / "maplibre-gl" / "dist"
# A picture is there when its pixels are: reading one of them waits for the drawing.
SHOWN = """(map) => new Promise((done) => { map.once("render", () => {
    const gl = map.getCanvas().getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    done(performance.now()); }); map.triggerRepaint(); })"""


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or simulated(Path(folder))
        ours = {"build": build(database, Path(folder))}
        with serving(database) as address, peer(database, Path(folder)) as elsewhere:
            ours["p99 of tiles at 200/s, ms"] = asyncio.run(hammer(address))
            with sync_playwright() as playwright:
                browser = partial(playwright.chromium.launch, executable_path=shutil.which("chromium"), args=BROWSER)
                ours |= median([visit(browser(), address, database) for _ in range(options.visits)])
                theirs = median([visit_peer(browser(), elsewhere) for _ in range(options.visits)])
    report(ours, theirs)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--size", choices=["departement"], default="departement")
    parser.add_argument("--visits", type=int, default=3)
    return parser.parse_args()


def simulated(folder: Path) -> Path:
    """A fictional département, ranked, for those who have no database at hand."""
    for command in (
        ["simulate", "--out", str(folder / "sources")],
        ["build", "--sources", str(folder / "sources"), "--database", str(folder / "isoloir.duckdb")],
        ["rank", "--database", str(folder / "isoloir.duckdb")],
    ):
        subprocess.run([sys.executable, "-m", "isoloir", *command], check=True, capture_output=True)
    return folder / "isoloir.duckdb"


def build(database: Path, folder: Path) -> float:
    """Seconds to draw all tiles from nothing; leaves the folder of the map up to date."""
    start = time.perf_counter()
    build_tiles(database, folder / "fresh.pmtiles")
    seconds = time.perf_counter() - start
    build_map(database)
    size = sum(file.stat().st_size for file in folder.glob("fresh*.pmtiles")) / 1e6
    print(f"tiles: {seconds:.1f} s, {size:.1f} MB")
    return seconds


@contextmanager
def serving(database: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "isoloir", "serve", "-d", str(database), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if found := re.search(r"http://[\d.]+:\d+", line):
                    threading.Thread(target=server.stdout.read, daemon=True).start()
                    yield found[0]
                    break
        finally:
            server.terminate()


def visit(browser: object, address: str, database: Path) -> dict[str, float]:
    """First picture, change of measure, panning, weight: a browser that was never here before."""
    rounds = [r["election"] for r in read_index(folder_of(database))["rounds"] if r["stations"] > 0]
    context = browser.new_context(viewport=VIEW)  # type: ignore[attr-defined]
    page: Page = context.new_page()
    weight: list[int] = []
    page.on("response", lambda answer: weight.append(weigh(answer)))
    start = time.perf_counter()
    page.goto(f"{address}/fr/#show=turnout.{rounds[-1]}")
    page.wait_for_selector("html[data-map=drawn]", state="attached", timeout=120_000)
    first = time.perf_counter() - start
    change = f"""async (measure) => {{ const start = performance.now(); await window.isoloir.show(measure);
        return await ({SHOWN})(window.isoloir.stations.map) - start; }}"""
    changes = [page.evaluate(change, measure) for measure in measures(rounds)]
    found = {
        "first picture, s": first,
        "another measure, s": statistics.median(changes) / 1000,
        "blank after a pan, p95, ms": pan(page),
        "page before tiles, kB": sum(weight) / 1e3,
    }
    browser.close()  # type: ignore[attr-defined]
    return found


def weigh(answer: Response) -> int:
    """Bytes on the wire of what is not data."""
    return 0 if "/data/" in answer.url else int(answer.headers.get("content-length", 0))


def measures(rounds: list[str]) -> list[str]:
    return [f"leader.{rounds[-1]}", f"turnout.{rounds[0]}", "variable.population", f"turnout.{rounds[-1]}"]


def pan(page: Page) -> float:
    """Milliseconds until the picture is complete again after each of 20 jumps by half a screen."""
    waits = page.evaluate(
        """async () => { const stations = window.isoloir.stations, map = stations.map, waits = [];
        map.jumpTo({ center: [2.4, 47], zoom: 7.5 }); await stations.drawn();
        for (let i = 0; i < 20; i++) {
            const start = performance.now();
            map.panBy([i % 4 < 2 ? 640 : -640, i % 2 ? 300 : -300], { animate: false });
            while (!stations.complete()) await new Promise((next) => map.once("render", next));
            waits.push(performance.now() - start); } return waits; }"""
    )
    return float(np.quantile(waits, 0.95))


async def hammer(address: str, rate: int = 200, seconds: int = 5, connections: int = 20) -> float:
    """The 99th percentile, in ms, of the latency of ranges of the tiles, asked at a steady rate.

    Asked over plain sockets that are kept: an HTTP client written in Python costs several times what the server does.
    """
    size = int(httpx.head(f"{address}/data/stations.pmtiles").headers["content-length"])
    host, port = address.removeprefix("http://").split(":")
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await asyncio.open_connection(host, int(port)))
    generator, waits = np.random.default_rng(0), []

    async def ask(offset: int) -> None:
        start = time.perf_counter()  # waiting for a connection counts
        reader, writer = await free.get()
        wanted = f"Host: {host}:{port}\r\nRange: bytes={offset}-{offset + 20_000}"
        writer.write(f"GET /data/stations.pmtiles HTTP/1.1\r\n{wanted}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 206"), head
        assert len(await reader.readexactly(20_001)) == 20_001
        waits.append(time.perf_counter() - start)
        free.put_nowait((reader, writer))

    begin, asked = time.perf_counter(), []
    for i in range(rate * seconds):
        await asyncio.sleep(max(0.0, begin + i / rate - time.perf_counter()))
        asked.append(asyncio.create_task(ask(int(generator.integers(0, max(1, size - 30_000))))))
    await asyncio.gather(*asked)
    while not free.empty():
        free.get_nowait()[1].close()
    return 1000 * float(np.quantile(waits, 0.99))


@contextmanager
def peer(database: Path, folder: Path) -> Iterator[str]:
    """A page with one GeoJSON and one fill layer, from a plain file server."""
    site = folder / "peer"
    site.mkdir()
    for name in ("maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs"):
        shutil.copy(MAPLIBRE / name, site / name)
    with store.database(database) as connection:
        table = store.frame(
            connection,
            """WITH fullest AS (
                SELECT election FROM turnout_today GROUP BY election ORDER BY count(*) DESC, election DESC LIMIT 1
            )
            SELECT s.geometry, voters / nullif(registered, 0) AS a, valid_votes / nullif(registered, 0) AS b
            FROM stations s LEFT JOIN (FROM turnout_today JOIN fullest USING (election)) t USING (station_id)
            WHERE valid_to IS NULL AND geometry IS NOT NULL ORDER BY s.station_id""",
        )
    shapes = shapely.from_wkb(np.asarray(table["geometry"].to_list(), dtype=object))
    frame = gpd.GeoDataFrame(table.select("a", "b").to_pandas(), geometry=shapely.set_precision(shapes, 1e-5), crs=4326)
    (site / "stations.geojson").write_text(frame.to_json(na="null", drop_id=True), encoding="utf-8")
    (site / "index.html").write_text(
        PEER.replace("BOUNDS", json.dumps(read_index(folder_of(database))["bounds"])), encoding="utf-8"
    )
    handler = partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """The standard library's file server, saying nothing."""

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def guess_type(self, path: str) -> str:  # type: ignore[override]
        """What a browser needs to be told of a module."""
        return "text/javascript" if str(path).endswith(".mjs") else super().guess_type(path)


PEER = """<!doctype html><meta charset="utf-8"><style>#map { position: absolute; inset: 0 }</style><div id="map"></div>
<script type="module">
import { Map, setWorkerUrl } from "./maplibre-gl.mjs";
setWorkerUrl("./maplibre-gl-worker.mjs");
const colour = (name) => ["interpolate", ["linear"], ["coalesce", ["get", name], 0], 0, "#f6e7d2", 1, "#4b1e5c"];
const map = new Map({ container: "map", bounds: BOUNDS,
  style: { version: 8, sources: { stations: { type: "geojson", data: "stations.geojson" } },
    layers: [{ id: "stations", type: "fill", source: "stations", paint: { "fill-color": colour("a") } }] } });
window.map = map;
window.recolour = (name) => map.setPaintProperty("stations", "fill-color", colour(name));
map.once("idle", () => (document.documentElement.dataset.map = "drawn"));
</script>"""


def visit_peer(browser: object, address: str) -> dict[str, float]:
    page: Page = browser.new_context(viewport=VIEW).new_page()  # type: ignore[attr-defined]
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("html[data-map=drawn]", state="attached", timeout=600_000)
    first = time.perf_counter() - start
    changed = page.evaluate(
        """async () => { const start = performance.now(); window.recolour("b");
        await window.map.once("idle"); return performance.now() - start; }"""
    )
    browser.close()  # type: ignore[attr-defined]
    return {"first picture, s": first, "another measure, s": changed / 1000}


def median(visits: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(visit[name] for visit in visits) for name in visits[0]}


def report(ours: dict[str, float], theirs: dict[str, float]) -> None:
    files = [file for file in (BUILT / "assets").iterdir() if file.suffix in (".js", ".mjs", ".css")]
    packed = sum(len(gzip.compress(file.read_bytes())) for file in files)
    print(f"{'':30}{'isoloir':>10}{'GeoJSON':>10}{'ratio':>8}")
    for name, value in ours.items():
        other = theirs.get(name)
        print(f"{name:30}{value:10.2f}" + (f"{other:10.2f}{other / value:8.1f}" if other else ""))
    print(f"scripts and styles, compressed: {packed / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
