"""Outlines in every format and CRS, and in every way of being wrong."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from isoloir.codes import Area
from isoloir.errors import LayoutChanged, SourceError
from isoloir.sources.geography.iris import read as read_iris
from isoloir.sources.geography.outlines import read
from isoloir.sources.geography.place import check_place
from isoloir.sources.reading import Entry, Notice

# Two squares of about 1 km in the Val-de-Marne, side by side.
WEST, EAST = box(2.40, 48.78, 2.41, 48.79), box(2.41, 48.78, 2.42, 48.79)
BOW_TIE = Polygon([(2.42, 48.78), (2.43, 48.79), (2.43, 48.78), (2.42, 48.79)])


def frame(shapes: list[Any], codes: list[str], crs: str | None = "EPSG:4326") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=crs)


def outlines(file: Path, area: str = "france", **facts: Any) -> tuple[pl.DataFrame, list[Notice]]:
    reading = read(file, Entry(name=file.name, facts=facts), Area.parse(area))
    return reading.tables["outlines"].collect(), reading.notices


def save(data: gpd.GeoDataFrame, file: Path) -> Path:
    data.to_parquet(file) if file.suffix == ".parquet" else data.to_file(file)
    return file


@pytest.mark.parametrize("suffix", [".geojson", ".shp", ".gpkg", ".parquet"])
@pytest.mark.parametrize("epsg", [4326, 2154, 27572, 3857, 3949])
def test_every_format_and_crs_gives_the_same_outlines(tmp_path: Path, suffix: str, epsg: int) -> None:
    data = frame([WEST, EAST], ["94001_1", "94001_2"]).to_crs(epsg)
    table, notices = outlines(save(data, tmp_path / f"stations{suffix}"), vintage=2022)
    assert table.select("commune_code", "station_code", "vintage", "row").rows() == [
        ("94001", "0001", 2022, 1),
        ("94001", "0002", 2022, 2),
    ]
    found = shapely.from_wkb(table["geometry"].to_numpy())
    assert shapely.area(shapely.symmetric_difference(found, [WEST, EAST])).max() < 1e-9
    assert not notices


def test_a_topojson_is_read_by_its_layer(tmp_path: Path) -> None:
    file = tmp_path / "topology.json"
    ring = [[2.40, 48.78], [2.41, 48.78], [2.41, 48.79], [2.40, 48.79], [2.40, 48.78]]
    shape = {"type": "Polygon", "arcs": [[0]], "properties": {"code": "94001_1"}}
    objects = {"secteurs": {"type": "GeometryCollection", "geometries": [shape]}}
    file.write_text(json.dumps({"type": "Topology", "arcs": [ring], "objects": objects}))
    table, _ = outlines(file, layer="secteurs", key="code")
    assert table.height == 1


def test_only_the_area_is_read(tmp_path: Path) -> None:
    file = save(frame([WEST, EAST], ["94001_1", "75120_2"]), tmp_path / "a.geojson")
    assert outlines(file, "75")[0].select("commune_code", "station_code").rows() == [("75056", "2002")]


def test_invalid_outlines_are_repaired_and_told(tmp_path: Path) -> None:
    file = save(frame([WEST, BOW_TIE], ["94001_1", "94001_2"]), tmp_path / "a.geojson")
    table, notices = outlines(file)
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) <= {3, 6}
    assert [n.row for n in notices] == [2]
    assert "Self-intersection" in str(notices[0])


def test_many_repairs_are_counted(tmp_path: Path) -> None:
    file = save(frame([BOW_TIE] * 30, [f"94001_{i + 1}" for i in range(30)]), tmp_path / "a.geojson")
    _, notices = outlines(file)
    assert len(notices) == 21
    assert "30 in all" in notices[-1].what


def test_lines_and_missing_shapes_are_left_out_and_told(tmp_path: Path) -> None:
    flat = Polygon([(2.4, 48.7), (2.5, 48.7), (2.4, 48.7)])
    file = save(frame([WEST, flat, None], ["94001_1", "94001_2", "94001_3"]), tmp_path / "a.geojson")
    table, notices = outlines(file)
    assert table["station_code"].to_list() == ["0001"]
    assert sorted(n.row or 0 for n in notices if n.severity == "warning") == [2, 2, 3]


def test_the_parts_of_a_station_are_united_and_told(tmp_path: Path) -> None:
    file = save(frame([WEST, EAST], ["94001_1", "94001_01"]), tmp_path / "a.geojson")
    table, notices = outlines(file)
    assert shapely.area(shapely.from_wkb(table["geometry"][0])) == pytest.approx(2 * WEST.area)
    assert "94001_0001 (2 outlines)" in str(notices[0])


def test_a_file_that_repeats_codes_wrongly_keeps_the_first(tmp_path: Path) -> None:
    file = save(frame([WEST, EAST], ["94001_1", "94001_1"]), tmp_path / "a.geojson")
    table, notices = outlines(file, repeated="first")
    assert shapely.equals(shapely.from_wkb(table["geometry"][0]), WEST)
    assert "only the first was kept" in notices[0].what


def test_cut_empty_and_foreign_files_are_refused(tmp_path: Path) -> None:
    whole = save(frame([WEST, EAST], ["94001_1", "94001_2"]), tmp_path / "a.geojson").read_bytes()
    for name, content in {
        "cut.geojson": whole[: len(whole) // 2],
        "empty.geojson": b"",
        "page.geojson": b"<!doctype html><p>404</p>",
        "empty.shp": b"",
        "cut.parquet": b"PAR1" + whole[:40],
        "none.geojson": b'{"type": "FeatureCollection", "features": []}',
    }.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(SourceError, match=name):
            outlines(file)


def test_parquet_without_geometry_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pl.DataFrame({"code": ["94001_1"]}).write_parquet(file)
    with pytest.raises(SourceError, match="without geometry"):
        outlines(file)


def test_a_file_whose_stations_have_no_name_is_refused(tmp_path: Path) -> None:
    file = save(frame([WEST], ["94001_1"]).rename(columns={"code": "bureau"}), tmp_path / "a.geojson")
    with pytest.raises(LayoutChanged, match=r"found \['bureau'\]"):
        outlines(file)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_projected_coordinates_without_a_crs_are_refused_with_what_would_fit(tmp_path: Path) -> None:
    data = frame([WEST], ["94001_1"]).to_crs(2154).set_crs(None, allow_override=True)
    file = save(data, tmp_path / "a.shp")
    with pytest.raises(SourceError, match=r"states no CRS; they look like EPSG:2154"):
        outlines(file)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_degrees_without_a_crs_are_taken_for_longitudes_and_latitudes(tmp_path: Path) -> None:
    file = save(frame([WEST], ["94001_1"]).set_crs(None, allow_override=True), tmp_path / "a.shp")
    table, notices = outlines(file)
    assert table.height == 1
    assert "states no CRS" in notices[0].what


def test_metres_declared_as_degrees_are_refused_with_what_would_fit(tmp_path: Path) -> None:
    data = frame([WEST], ["94001_1"]).to_crs(27572).set_crs(4326, allow_override=True)
    with pytest.raises(SourceError, match=r"not in WGS 84; they look like EPSG:27572"):
        outlines(save(data, tmp_path / "a.gpkg"))


def test_degrees_declared_as_metres_are_refused(tmp_path: Path) -> None:
    data = frame([WEST], ["94001_1"]).set_crs(2154, allow_override=True)
    with pytest.raises(SourceError, match=r"they look like EPSG:4326"):
        outlines(save(data, tmp_path / "a.gpkg"))


COMMUNES = pl.DataFrame({"commune_code": ["94001"], "geometry": [box(2.39, 48.77, 2.43, 48.80).wkb]})


@pytest.mark.parametrize(("really", "stated"), [(3949, 3950), (3948, 3949), (3857, 2154)])
def test_a_crs_that_lies_plausibly_is_found_out_by_the_communes(tmp_path: Path, really: int, stated: int) -> None:
    """Wrong by too little to be off the map: only the commune tells."""
    data = frame([WEST, EAST], ["94001_1", "94001_2"]).to_crs(really).set_crs(stated, allow_override=True)
    file = save(data, tmp_path / "a.gpkg")
    table, _ = outlines(file)
    with pytest.raises(SourceError, match=f"EPSG:{really} was read as EPSG:{stated}.*: correct its .prj"):
        check_place(table, COMMUNES, file)


@pytest.mark.parametrize(("really", "stated"), [(27572, 3949), (2154, 27572)])
def test_a_crs_that_lies_wildly_is_found_out_at_once(tmp_path: Path, really: int, stated: int) -> None:
    data = frame([WEST, EAST], ["94001_1", "94001_2"]).to_crs(really).set_crs(stated, allow_override=True)
    with pytest.raises(SourceError, match=f"they look like .*EPSG:{really}"):
        outlines(save(data, tmp_path / "a.gpkg"))


def test_exchanged_axes_are_found_out(tmp_path: Path) -> None:
    swapped = [Polygon([(y, x) for x, y in s.exterior.coords]) for s in (WEST, EAST)]
    file = save(frame(swapped, ["94001_1", "94001_2"]), tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="longitude and latitude are exchanged"):
        check_place(outlines(file)[0], COMMUNES, file)


def test_one_outline_elsewhere_is_a_notice(tmp_path: Path) -> None:
    file = save(frame([WEST, EAST, box(5, 45, 5.1, 45.1)], ["94001_1", "94001_2", "94001_3"]), tmp_path / "a.gpkg")
    table, _ = outlines(file)
    assert [(n.row, n.value) for n in check_place(table, COMMUNES, file)] == [(3, "94001")]
    assert check_place(table.head(2), COMMUNES, file) == []


def test_outlines_of_unknown_communes_are_not_judged(tmp_path: Path) -> None:
    table, _ = outlines(save(frame([box(5, 45, 5.1, 45.1)], ["38001_1"]), tmp_path / "a.gpkg"))
    assert check_place(table, COMMUNES, tmp_path / "a.gpkg") == []


@pytest.mark.parametrize("columns", [("code_iris", "nom_iris"), ("CODE_IRIS", "NOM_IRIS"), ("DCOMIRIS", "NOM_IRIS")])
def test_iris_of_every_generation(tmp_path: Path, columns: tuple[str, str]) -> None:
    data = {columns[0]: ["751200101", "940010101", "Total"], columns[1]: ["Belleville", "Nord", "x"]}
    shapes = gpd.GeoDataFrame(data, geometry=[MultiPolygon([WEST]), EAST, EAST], crs=4326).to_crs(2154)
    file = save(shapes, tmp_path / "contours-iris.parquet")
    reading = read_iris(file, Entry(name="contours-iris.parquet"), Area.parse("75"))
    table = reading.tables["units"].collect()
    assert table.select("unit_code", "commune_code", "level", "name").rows() == [
        ("751200101", "75056", "iris", "Belleville")
    ]
    assert [(n.row, n.value) for n in reading.notices] == [(3, "Total")]
