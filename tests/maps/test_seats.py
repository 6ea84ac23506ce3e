"""Constituencies follow from their stations."""

from __future__ import annotations

import polars as pl
import shapely
from drawn_country import SIDE, SOUTH, WEST, square

from isoloir.maps.seats import seat_outlines
from isoloir.maps.tiles import _joined


def test_a_commune_is_divided_between_the_stations_of_each_seat() -> None:
    places = [(0, 0), (1, 0), (2, 0), (0, 1)]
    outlines = shapely.from_wkb([square(*place) for place in places])
    stations = pl.DataFrame({"commune_code": ["A", "A", "A", "B"], "seat": ["1", "2", None, "1"]})
    codes, shapes = seat_outlines(stations, outlines, {"A": shapely.box(0, 0, 1, 1), "B": outlines[3]}, _joined)
    assert codes == ["1", "2"]
    west = shapely.union_all([outlines[0], outlines[3]])
    assert shapes[0].symmetric_difference(west).area < 1e-9
    east = shapely.box(WEST + SIDE, SOUTH, WEST + 3 * SIDE, SOUTH + SIDE)  # who is not placed goes with the nearest
    assert shapes[1].symmetric_difference(east).area < 1e-9


def test_a_commune_without_an_outline_is_drawn_by_its_stations() -> None:
    outlines = shapely.from_wkb([square(0, 0), square(1, 0)])
    stations = pl.DataFrame({"commune_code": ["A", "A"], "seat": ["1", "1"]})
    codes, shapes = seat_outlines(stations, outlines, {}, _joined)
    assert codes == ["1"]
    assert shapes[0].symmetric_difference(shapely.union_all(outlines)).area < 1e-9
