"""The map as a person meets it: in a real browser, with a mouse, a keyboard or a thumb."""

from __future__ import annotations

import pytest
from drawn_country import HOSTILE, HOSTILE_COMMUNE, UNDRAWN, UNRANKED, centre
from playwright.sync_api import Browser, expect
from visits import DESKTOP, LAND, LEVELS, NO_LEVEL, PHONE, Visit, levels, visiting


def test_every_station_is_drawn(visit: Visit) -> None:
    page = visit.open("/en/")
    page.evaluate("() => window.isoloir.stations.map.zoomTo(9.2, { animate: false })")
    page.wait_for_function("() => window.isoloir.stations.map.loaded()")
    drawn = page.evaluate(
        """() => [...new Set(window.isoloir.stations.map
            .queryRenderedFeatures({ layers: ["stations"] }).map((f) => f.properties.station_id))]"""
    )
    assert len(drawn) == 24
    assert all(station_id.startswith("X100") for station_id in drawn)


def test_the_colours_on_the_screen_are_those_of_the_levels(visit: Visit) -> None:
    page = visit.open("/en/")
    by_id = levels(page)
    for station_id in ("X1001_0001", "X1001_0006", "X1003_0002", "X1004_0001", "X1002_0005"):
        assert visit.colour(station_id, aside=14) == LEVELS[by_id[station_id]]
    assert visit.colour(UNRANKED, aside=14) == NO_LEVEL


@pytest.mark.parametrize("zoom", [8, 10.4, 13.7])
def test_no_gap_shows_between_neighbours(visit: Visit, zoom: float) -> None:
    """Without lines and names, nothing of the land shows through the stations."""
    page = visit.open("/en/")
    page.evaluate(
        """async (zoom) => {
            const map = window.isoloir.stations.map;
            for (const layer of ["borders", "communes", "departements", "places"]) {
                map.setLayoutProperty(layer, "visibility", "none");
            }
            map.jumpTo({ center: [2.06, 47.04], zoom });
            await map.once("idle");
        }""",
        zoom,
    )
    corner, far = visit.point("X1001_0001"), visit.point("X1004_0006")
    left, right = max(round(corner[0]), 400), min(round(far[0]), DESKTOP["width"] - 80)
    top, bottom = max(round(far[1]), 0), min(round(corner[1]), DESKTOP["height"])
    inside = visit.pixels()[top:bottom, left:right]
    assert inside.size > 1000
    assert not (inside == LAND).all(axis=2).any()


def test_a_click_opens_the_figures_of_that_station(visit: Visit) -> None:
    page = visit.open("/en/")
    page.mouse.click(*visit.point("X1003_0002"))
    sheet = page.locator("#sheet")
    expect(sheet.locator("h2")).to_have_text("Station 2")
    expect(sheet.locator("code")).to_have_text("X1003_0002")
    expect(sheet.locator(".place")).to_have_text("Évry-le-Vieux")
    assert "station=X1003_0002" in page.url
    asked = page.evaluate("async () => (await fetch('/api/stations/X1003_0002')).json()")
    ranking = asked["ranking"]
    expect(sheet.locator(".term b").nth(0)).to_have_text(f"{ranking['abstention_share'] * 100:.1f}%")
    expect(sheet.locator(".term b").nth(2)).to_have_text(f"{ranking['score']:.2f}")
    expect(sheet.locator(".standing")).to_contain_text(f"{ranking['rank']} of 24 stations")
    expect(sheet.locator(".round")).to_have_count(3)
    expect(sheet.locator(".round[open]")).to_contain_text("Mélenchon")
    expect(sheet.locator(".round").last.locator("abbr").first).to_have_text("B")
    expect(sheet.locator(".profile")).to_contain_text("12.5%")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert "station=" not in page.url


def test_hostile_names_are_shown_as_text(visit: Visit) -> None:
    page = visit.open("/fr/#station=X1002_0003")
    expect(page.locator("#sheet .venue")).to_contain_text(HOSTILE)
    expect(page.locator("#sheet .place")).to_have_text(HOSTILE_COMMUNE)
    expect(page.locator("#sheet .who").first).to_have_text("Dupont-<i>")
    page.fill("#search", "<script>")
    expect(page.locator("#found li")).to_have_count(1)
    expect(page.locator("#found li")).to_contain_text("<script>alert(1)</script>")
    page.mouse.move(*visit.point("X1002_0003"))
    expect(page.locator(".tip")).to_contain_text("<b>")
    assert page.locator("#sheet img, #sheet script, #found img, .tip b").count() == 0


def test_search_and_keyboard_alone(visit: Visit) -> None:
    page = visit.open("/fr/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "skip to search"
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("evry 4")
    expect(page.locator("#found [role=option]").first).to_contain_text("Bureau 4")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found [aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#sheet code")).to_have_text("X1003_0004")
    expect(page.locator("#sheet h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".maplibregl-canvas")).to_be_focused()
    page.fill("#search", "nulle part")
    expect(page.locator("#found .nothing")).to_be_visible()


def test_enter_opens_the_station_in_the_middle_of_the_map(visit: Visit) -> None:
    page = visit.open("/fr/")
    page.evaluate("place => window.isoloir.stations.map.jumpTo({ center: place, zoom: 12 })", centre("X1002_0002"))
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sheet code")).to_have_text("X1002_0002")


def test_both_languages(visit: Visit) -> None:
    page = visit.open("/fr/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#counts")).to_contain_text("25 bureaux · 4 communes")
    expect(page.locator("#legend")).to_contain_text("gauche")
    page.click("nav a[hreflang=en]")
    expect(page.locator("html[data-map=drawn]")).to_have_count(1, timeout=60_000)
    expect(page.locator("#counts")).to_contain_text("25 stations · 4 communes")
    expect(page.locator("#legend")).to_contain_text("“left”")
    expect(page.locator("#legend")).to_contain_text("unknown")


def test_a_station_without_level_or_outline_says_so(visit: Visit) -> None:
    page = visit.open(f"/en/#station={UNRANKED}")
    expect(page.locator("#sheet .rank")).to_contain_text("has no level")
    page.goto(f"{visit.address}/fr/")
    visit.open(f"/en/#station={UNDRAWN}")
    expect(page.locator("#sheet h2")).to_have_text("Station B7")


def test_a_phone(browser: Browser, address: str) -> None:
    with visiting(browser, address, viewport=PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.open("/fr/")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        expect(page.locator("#legend ol")).to_be_hidden()
        page.locator("#legend > details > summary").tap()
        expect(page.locator("#legend ol")).to_be_visible()
        page.locator("#legend > details > summary").tap()
        page.touchscreen.tap(*visit.point("X1002_0003"))
        sheet = page.locator("#sheet")
        expect(sheet.locator("code")).to_have_text("X1002_0003")
        box = sheet.bounding_box()
        assert box is not None
        assert box["x"] == 0
        assert box["width"] == PHONE["width"]
        assert 200 < box["y"] < PHONE["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        x, y = visit.point("X1002_0003")
        assert 0 < x < PHONE["width"]
        assert y < box["y"]  # the station is not under its own figures
        sheet.locator("button.close").tap()
        expect(sheet).to_be_hidden()


def test_dark_mode_turns_the_order_round(browser: Browser, address: str) -> None:
    with visiting(browser, address, color_scheme="dark") as visit:
        page = visit.open("/fr/")
        first = next(station_id for station_id, level in levels(page).items() if level == 1)
        dark = visit.colour(first, aside=14)
        assert min(dark) > 150
        page.emulate_media(color_scheme="light")
        visit.until(first, lambda colour: colour == LEVELS[1])


def test_without_javascript_there_is_a_table(browser: Browser, address: str) -> None:
    with visiting(browser, address, java_script_enabled=False) as visit:
        visit.page.goto(f"{address}/en/")
        expect(visit.page.locator("table tbody tr")).to_have_count(24)
        expect(visit.page.locator("table")).to_contain_text("Évry-le-Vieux")


def test_a_server_that_stops_answering_is_explained(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        page = visit.open("/en/")
        page.route("**/api/stations/**", lambda route: route.abort())
        page.mouse.click(*visit.point("X1001_0002"))
        expect(page.locator("#sheet")).to_contain_text("The server did not answer")
        visit.complaints.clear()  # the browser itself reports the request that this test cut
