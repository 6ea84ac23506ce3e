"""Which outline a station takes where several sources give one."""

from __future__ import annotations

from datetime import date

import polars as pl

from isoloir.stations.shapes import attach

TODAY = {"valid_from": date(2017, 4, 23), "valid_to": None}


def versions(*codes: tuple[str, str]) -> pl.DataFrame:
    rows = [{"station_id": f"{c}_{s}", "commune_code": c, "station_code": s, **TODAY} for c, s in codes]
    return pl.DataFrame(rows, schema_overrides={"valid_to": pl.Date})


def outlines(source: str, priority: int, quality: str, *codes: tuple[str, str]) -> pl.DataFrame:
    rows = [(c, s, 2022, source.encode(), source, priority, quality) for c, s in codes]
    names = ["commune_code", "station_code", "vintage", "geometry", "source", "priority", "quality"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_official_outlines_are_taken_by_whole_communes() -> None:
    stations = [("94001", "0001"), ("94001", "0002"), ("94002", "0001"), ("94002", "0002")]
    official = outlines("city", 70, "A", *stations[:3])  # of the second commune it has one station in two
    drawn = outlines("drawn", 50, "D", *stations)
    chosen = attach(versions(*stations), pl.concat([official, drawn])).sort("station_id")
    assert chosen["quality"].to_list() == ["A", "A", "D", "D"]
    assert chosen["outline_source"].to_list() == ["city", "city", "drawn", "drawn"]
    assert chosen["geometry"].to_list() == [b"city", b"city", b"drawn", b"drawn"]


def test_an_outline_is_only_of_the_time_of_its_station() -> None:
    young = versions(("94001", "0001")).with_columns(valid_from=pl.lit(date(2024, 6, 9)))
    assert attach(young, outlines("city", 70, "A", ("94001", "0001"))).is_empty()
