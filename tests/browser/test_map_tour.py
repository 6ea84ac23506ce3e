"""What a field director does with the map, one thing after the other, and what she then sees."""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from drawn_country import UNRANKED, centre
from playwright.sync_api import Browser, Page, expect
from visits import LAND, PHONE, Visit, choose, levels, visiting

from isoloir import store

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ROUND = "2022_pres_t1"


def measured(database: Path, query: str, *parameters: object) -> pl.DataFrame:
    with store.database(database) as connection:
        return store.frame(connection, query, list(parameters))


def wait(page: Page) -> None:
    """Until what was asked for is drawn."""
    page.wait_for_function("() => window.isoloir.stations.map.loaded()")
    page.evaluate("() => window.isoloir.stations.drawn()")


def test_any_measure_can_be_shown(visit: Visit, database: Path) -> None:
    page = visit.open("/en/")
    choose(page, "results", f"turnout.{ROUND}")
    expect(page.locator("#legend .legend-title")).to_have_text("Turnout · Presidential 2022, round 1")
    assert f"show=turnout.{ROUND}" in page.url
    page.mouse.move(*visit.point("X1003_0002"))
    share = measured(
        database,
        "SELECT voters / registered FROM turnout_today WHERE election = ? AND station_id = 'X1003_0002'",
        ROUND,
    ).item()
    expect(page.locator(".tip strong")).to_have_text(f"{100 * share:.1f}%")
    counted = [int(text) for text in page.locator("#legend ol .range").all_inner_texts()]
    assert sum(counted) == 25  # every station is in a class, or said to be unknown
    choose(page, "variable", "variable.unemployment_share")
    expect(page.locator("#legend .legend-title")).to_contain_text("(2021)")
    choose(page, "results", f"leader.{ROUND}")
    expect(page.locator("#legend li").first).to_contain_text(re.compile("Mélenchon|Dupont"))


def test_another_measure_is_another_colour_and_no_other_tile(visit: Visit) -> None:
    page = visit.open("/en/")
    before = visit.colour("X1001_0001", aside=14)
    asked = len(visit.asked)
    choose(page, "results", f"share.{ROUND}.bloc-left")
    expect(page.locator("#legend .legend-title")).to_contain_text("left")
    wait(page)
    assert visit.colour("X1001_0001", aside=14) != before
    new = [url for url in visit.asked[asked:] if "/data/" in url]
    assert new
    assert all("/data/values/" in url for url in new)


def test_the_slider_goes_through_the_rounds(visit: Visit) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}")
    slider = page.locator("#round")
    assert int(slider.get_attribute("max") or 0) >= 1
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#legend .legend-title")).to_contain_text("2017")
    assert "show=turnout.2017_pres_t1" in page.url
    expect(page.locator("output")).to_contain_text("2017")


def test_a_change_is_counted_from_any_round(visit: Visit, database: Path) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}")
    page.locator("#theme-change").check()
    expect(page.locator("#legend .legend-title")).to_contain_text("2017, round 1 → Presidential 2022, round 1")
    page.select_option("#since", "2022_pres_t2")
    expect(page.locator("#legend .legend-title")).to_contain_text("2022, round 2 → Presidential 2022, round 1")
    page.mouse.move(*visit.point("X1003_0002"))
    shares = measured(
        database,
        "SELECT voters / registered AS s FROM turnout_today WHERE station_id = 'X1003_0002' ORDER BY election",
    )["s"].to_list()
    change = f"{100 * (shares[1] - shares[2]):+.1f} points".replace("-", "\u2212")
    expect(page.locator("#map .tip strong")).to_have_text(change)


def test_classes_can_be_made_otherwise(visit: Visit) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}")
    rows = page.locator("#legend ol .note")
    equal = rows.all_inner_texts()
    page.select_option("#classes", "breaks")
    expect(rows).not_to_have_text(equal)
    natural = rows.all_inner_texts()
    borders = [[float(end.rstrip("%")) for end in row.split(" – ")] for row in natural if "–" in row]
    assert all(low <= high for low, high in borders)
    assert all(above[0] == below[1] for above, below in itertools.pairwise(borders))
    assert sum(int(text) for text in page.locator("#legend ol .range").all_inner_texts()) == 25
    assert "classes=breaks" in page.url
    page.select_option("#classes", "mean")
    expect(rows).not_to_have_text(natural)


def test_a_ranking_warns_where_the_data_cannot_tell(visit: Visit) -> None:
    page = visit.open("/en/")
    expect(page.locator("#legend .warning")).to_have_text("The data cannot tell the stations apart.")
    page.locator("#legend .how > summary").click()
    expect(page.locator("#legend .how")).to_contain_text("Half of it is size.")


def test_doubt_is_drawn_in_stripes_and_can_be_left_out(visit: Visit) -> None:
    page = visit.open("/en/#show=variable.population")
    page.evaluate("place => window.isoloir.stations.map.jumpTo({ center: place, zoom: 8.4 })", centre("X1002_0003"))
    wait(page)
    plain = len(np.unique(visit.pixels().reshape(-1, 3), axis=0))
    page.uncheck("#doubt")
    wait(page)
    assert "doubt=off" in page.url
    assert len(np.unique(visit.pixels().reshape(-1, 3), axis=0)) <= plain


def test_filters_take_stations_off_the_map(visit: Visit) -> None:
    page = visit.open("/en/")
    first = next(station for station, level in levels(page).items() if level == 1)
    page.click(".filters summary")
    page.locator(".filters input[type=checkbox]").first.uncheck()
    visit.until(first, lambda colour: colour == LAND)
    assert "only=levels" in page.url
    page.reload()
    expect(page.locator("html[data-map=drawn]")).to_have_count(1, timeout=60_000)
    visit.until(first, lambda colour: colour == LAND)  # a link shows what its sender saw
    page.locator(".filters input[type=number]").fill("5000")
    page.keyboard.press("Tab")
    page.wait_for_function("() => location.hash.includes('size')")


def drag(page: Page, corners: list[tuple[float, float]]) -> None:
    page.click("#draw-area")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*corner, steps=4)
    page.mouse.up()


def test_the_totals_of_a_drawn_selection_are_those_of_the_database(visit: Visit, database: Path) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}")
    chosen = ["X1002_0003", "X1002_0004", "X1003_0003", "X1003_0004"]
    (left, bottom), (right, top) = visit.point("X1002_0003"), visit.point("X1003_0004")
    drag(page, [(left - 12, bottom + 12), (right + 12, bottom + 12), (right + 12, top - 12), (left - 12, top - 12)])
    expect(page.locator(".totals h2")).to_have_text("4 stations selected")
    totals = measured(
        database,
        "SELECT sum(registered) AS registered, sum(voters) AS voters FROM turnout_today"
        " WHERE election = ? AND list_contains(?, station_id)",
        ROUND,
        chosen,
    ).row(0)
    shown = page.locator(".totals tbody tr")
    for row, expected in zip((0, 1), totals, strict=True):
        expect(shown.nth(row).locator("td").first).to_have_text(f"{round(expected):,}")
    votes = measured(
        database,
        "SELECT sum(votes) AS votes FROM results_today WHERE election = ? AND list_contains(?, station_id)"
        " GROUP BY candidate ORDER BY votes DESC",
        ROUND,
        chosen,
    )["votes"].to_list()
    listed = [
        int(t.replace(",", ""))
        for t in page.locator(".totals tbody tr:nth-child(n+3) td:first-of-type").all_inner_texts()
    ]
    assert listed == votes
    page.select_option("#flows-from", "2017_pres_t1")
    expect(page.locator(".flows tbody tr").last).to_contain_text("abstention", timeout=120_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    table = pl.read_csv(download.value.path())
    assert sorted(table["station_id"]) == chosen
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()


def test_stations_are_taken_together_one_by_one(visit: Visit) -> None:
    page = visit.open("/en/")
    for station in ("X1002_0003", "X1003_0002"):
        page.keyboard.down("Control")
        page.mouse.click(*visit.point(station))
        page.keyboard.up("Control")
    expect(page.locator(".totals h2")).to_have_text("2 stations selected")


def test_two_maps_move_together(visit: Visit) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}&beside=share.{ROUND}.bloc-left")
    expect(page.locator(".beside canvas")).to_have_count(1)
    expect(page.locator(".beside .legend-title")).to_contain_text("left")
    page.click("#two-maps")
    expect(page.locator(".beside")).to_have_count(0)
    assert "beside" not in page.url


@pytest.mark.parametrize(("kind", "zoom"), [("png", 11), ("svg", 11), ("svg", 8.2)])
def test_a_figure_for_print(visit: Visit, kind: str, zoom: float) -> None:
    page = visit.open(f"/fr/#show=turnout.{ROUND}&at=2.06,47.04,{zoom}")
    with page.expect_download() as download:
        page.click(f"#figure-{kind}")
    content = Path(download.value.path()).read_bytes()
    if kind == "png":
        assert content.startswith(b"\x89PNG")
    else:
        text = content.decode()
        assert "Participation · Présidentielle 2022, 1er tour" in text
        assert "ministère de l’Intérieur" in text
        assert "<image" not in text  # paths, which a drawing program can take apart
        drawing = ElementTree.fromstring(text)
        stations = drawing.find(".//{*}g[@id='stations']")
        assert stations is not None
        fills = {path.get("fill") for path in stations}
        assert len(fills) > 3
        assert fills >= {path.get("fill") for path in stations if path.get("d", "").startswith("M")}


def test_a_link_shows_what_its_sender_saw(visit: Visit) -> None:
    page = visit.open(f"/en/#show=turnout.{ROUND}&doubt=off&at=2.06000,47.04000,10.50&station=X1002_0003")
    expect(page.locator("#measure")).to_have_value(f"turnout.{ROUND}")
    expect(page.locator("#doubt")).not_to_be_checked()
    expect(page.locator("#sheet code")).to_have_text("X1002_0003")
    assert page.evaluate("() => window.isoloir.stations.map.getZoom()") == pytest.approx(10.5, abs=0.02)


@pytest.mark.parametrize(
    "fragment",
    [
        "show=turnout.1066_pres_t1",
        "show=<script>",
        "show=priority.99.level",
        "at=a,b,c",
        "at=1e999,5,3",
        "only=levels=9;size=-4",
        "station=nobody",
        "show=share.2022_pres_t1.option-999",
        "beside=variable.none",
        "&&&=%",
    ],
)
def test_an_address_that_means_nothing_shows_the_map(browser: Browser, address: str, fragment: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(f"/en/#{fragment}")
        expect(visit.page.locator("#legend .legend-title")).to_contain_text("level of priority", ignore_case=True)
        visit.complaints[:] = [c for c in visit.complaints if "404" not in c]  # the station that nobody knows


def test_a_sheet_says_where_it_comes_from(visit: Visit) -> None:
    page = visit.open("/en/#station=X1001_0001")
    expect(page.locator(".past li")).to_contain_text("75%")
    expect(page.locator(".alike a")).not_to_have_count(0)
    first = page.locator(".alike a").first
    wanted = first.get_attribute("data-station")
    first.click()
    expect(page.locator("#sheet code")).to_have_text(str(wanted))
    expect(page.locator(".figures thead").first).to_contain_text("commune")


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/fr/", {}),
        (f"/en/#show=turnout.{ROUND}&station=X1001_0001", {}),
        (f"/en/#show=turnout.{ROUND}&beside=leader.{ROUND}", {"color_scheme": "dark"}),
        (f"/fr/#station={UNRANKED}", {"viewport": PHONE, "is_mobile": True, "has_touch": True}),
    ],
)
def test_axe_finds_nothing_serious(browser: Browser, address: str, path: str, options: dict[str, object]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make setup)")
    with visiting(browser, address, **options) as visit:
        page = visit.open(path)
        if "station" in path:
            expect(page.locator("#sheet h2")).to_be_visible()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], json.dumps([(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in serious], indent=1)
