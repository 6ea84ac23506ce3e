"""The real files: every national total that is known, and sources that must agree station by station."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.codes import Area
from isoloir.errors import SourceError
from isoloir.sources.catalogue import Found, discover
from isoloir.sources.elections.checks import check
from isoloir.sources.reading import TABLES, Notice, Reading

STATION = ["commune_code", "station_code", "election"]
CACHE: dict[tuple[object, ...], tuple[dict[str, pl.DataFrame], list[Notice]]] = {}


@pytest.fixture(scope="module")
def found(real_data: Path) -> list[Found]:
    return discover(real_data / "results")[0]


def read(
    found: list[Found], source: str, name: str = "", area: str = "france"
) -> tuple[dict[str, pl.DataFrame], list[Notice]]:
    """All tables of the files of a source whose path has `name` in it, one below the other."""
    files = [f for f in found if f.source.id == source and name in f.file.as_posix()]
    assert files, f"no file of {source} with {name!r}"
    key = (*(f.file for f in files), area)
    if key not in CACHE:
        CACHE[key] = _read(files, area)
    return CACHE[key]


def _read(files: list[Found], area: str) -> tuple[dict[str, pl.DataFrame], list[Notice]]:
    readings = [f.source.read(f.file, f.entry, Area.parse(area)) for f in files]
    tables = {k: [r.tables[k].collect() for r in readings if k in r.tables] for r in readings for k in r.tables}
    return {k: pl.concat(parts) for k, parts in tables.items()}, [n for r in readings for n in r.notices]


def total(results: pl.DataFrame, candidate: str) -> int:
    return int(results.filter(pl.col("candidate") == candidate)["votes"].sum())


@pytest.mark.parametrize(
    ("name", "stations", "macron", "le_pen"),
    [
        ("presid-2017-t1", 69_242, 8_656_346, 7_678_491),
        ("presid-2017-t2", 69_242, 20_743_128, 10_638_475),
        ("presid-2022-t1", 69_682, 9_783_058, 8_133_828),
        ("presid-2022-t2", 69_682, 18_768_639, 13_288_686),
    ],
)
def test_presidential_totals(found: list[Found], name: str, stations: int, macron: int, le_pen: int) -> None:
    tables, notices = read(found, "national", name)
    assert (total(tables["results"], "MACRON"), total(tables["results"], "LE PEN")) == (macron, le_pen)
    assert tables["turnout"].height == stations
    assert tables["turnout"].select(STATION).is_unique().all()
    assert notices == []


def test_legislative_totals_of_2017(found: list[Found]) -> None:
    turnout = read(found, "national", "legis-2017-t1")[0]["turnout"]
    assert turnout.height == 69_241
    assert turnout["registered"].sum() == 47_570_390
    assert turnout["valid_votes"].sum() == 22_653_827
    assert turnout["constituency_code"].null_count() == 0
    assert turnout.filter(pl.col("commune_code") == "75056")["constituency_code"].n_unique() == 18


def test_a_second_round_has_only_the_constituencies_left(found: list[Found]) -> None:
    tables, notices = read(found, "national", "legis-2022-t2")
    assert tables["turnout"].height == 69_355
    assert notices == []


def test_paris_totals(found: list[Found]) -> None:
    for source, name in (("national", "presid-2017-t1"), ("paris_topojson", "")):
        results = read(found, source, name, "75")[0]["results"].filter(pl.col("election") == "2017_pres_t1")
        assert total(results, "MACRON") == 375_006
        assert total(results, "LE PEN") == 53_719


@pytest.mark.parametrize("turn", ["t1", "t2"])
def test_paris_2017_is_the_same_in_both_sources_station_by_station(found: list[Found], turn: str) -> None:
    election = f"2017_pres_{turn}"
    national, _ = read(found, "national", f"presid-2017-{turn}", "75")
    city, notices = read(found, "paris_topojson")
    assert notices == []
    votes = [
        t["results"].filter(pl.col("election") == election).select(*STATION, "candidate", "votes")
        for t in (national, city)
    ]
    assert votes[0].height == 896 * (11 if turn == "t1" else 2)
    assert votes[0].sort(pl.all()).equals(votes[1].sort(pl.all()))
    counts = ["registered", "voters", "blank", "spoiled", "valid_votes"]
    turnout = [
        t["turnout"].filter(pl.col("election") == election).select(*STATION, *counts).sort(STATION)
        for t in (national, city)
    ]
    assert turnout[0].equals(turnout[1])


def test_paris_2017_legislative_turnout_is_the_same_in_both_sources(found: list[Found]) -> None:
    columns = [*STATION, "constituency_code", "registered", "voters", "blank", "valid_votes"]
    national = read(found, "national", "legis-2017-t1", "75")[0]["turnout"].select(columns).sort(STATION)
    city = read(found, "paris_topojson")[0]["turnout"].filter(pl.col("election") == "2017_legi_t1")
    assert city.select(columns).sort(STATION).equals(national)


def test_paris_topojson_gives_outlines_and_four_rounds(found: list[Found]) -> None:
    tables, _ = read(found, "paris_topojson")
    assert tables["outlines"].height == 896
    assert tables["outlines"]["geometry"].null_count() == 0
    rounds = dict(tables["turnout"].group_by("election").len().iter_rows())
    assert rounds == {"2017_pres_t1": 896, "2017_pres_t2": 896, "2017_legi_t1": 896, "2017_legi_t2": 835}


def test_cuts_by_constituency_and_the_empty_file_are_left_alone(real_data: Path) -> None:
    found, notices = discover(real_data / "results" / "paris")
    assert not any("75C" in f.file.as_posix() or "75-complet" in f.file.as_posix() for f in found)
    assert sum("topology.json" in n.file.name for n in notices) == 18 + 2


def test_paris_european_election(found: list[Found]) -> None:
    tables, notices = read(found, "paris")
    assert notices == []
    assert tables["turnout"].height == 869
    assert tables["turnout"]["station_code"].min() == "0101"
    assert tables["results"].height == 26_939
    assert {"PATAS D'ILLIERS", "BERÈS", "DE SARNEZ"} <= set(tables["results"]["candidate"])
    assert tables["results"]["votes"].sum() == tables["turnout"]["valid_votes"].sum()


NANTES = {
    "2001_muni_t1": (202, "AYRAULT"),
    "2007_pres_t1": (209, "ROYAL"),
    "2007_pres_t2": (209, "ROYAL"),
    "2008_muni_t1": (209, "AYRAULT"),
    "2010_regi_t1": (209, "AUXIETTE"),
    "2010_regi_t2": (209, "AUXIETTE"),
    "2012_pres_t1": (209, "HOLLANDE"),
    "2012_pres_t2": (209, "HOLLANDE"),
}


def test_nantes_has_eight_rounds_whose_votes_add_up(found: list[Found]) -> None:
    tables, notices = read(found, "nantes")
    assert notices == []
    first = (
        tables["results"]
        .group_by("election", "candidate")
        .agg(pl.col("votes").sum())
        .sort("votes")
        .group_by("election")
        .last()
    )
    stations = tables["turnout"].group_by("election").len()
    assert {e: (n, c) for e, n, c, _ in stations.join(first, on="election").iter_rows()} == NANTES
    sums = tables["results"].group_by(STATION).agg(pl.col("votes").sum())
    both = tables["turnout"].join(sums, on=STATION, how="left")
    assert (both["votes"] == both["valid_votes"]).all()
    assert (both["spoiled"] == both["voters"] - both["valid_votes"]).all()
    assert "DE VILLIERS" in set(tables["results"]["candidate"])


def test_marseille_adds_up(found: list[Found]) -> None:
    tables, notices = read(found, "marseille")
    assert notices == []
    turnout = tables["turnout"]
    assert turnout.height == 478
    assert turnout.filter(pl.col("station_code") == "0101").select(
        "registered", "voters", "spoiled", "valid_votes"
    ).row(0) == (1054, 414, 20, 394)
    sums = tables["results"].group_by(STATION).agg(pl.col("votes").sum())
    assert (turnout.join(sums, on=STATION).select(pl.col("votes") == pl.col("valid_votes")))["votes"].all()


def test_marseille_and_nantes_in_the_national_files(found: list[Found]) -> None:
    for area in ("13055", "44109"):
        tables, _ = read(found, "national", "presid-2022-t1", area)
        assert set(tables["turnout"]["commune_code"]) == {area}
        assert set(tables["results"]["commune_code"]) == {area}


def test_the_ministry_s_own_columns_give_the_tidy_table(found: list[Found], real_data: Path, tmp_path: Path) -> None:
    tidy, _ = read(found, "national", "presid-2022-t2")
    raw, notices = read(found, "ministry_wide")
    assert notices == []
    same(tidy, raw)
    # As the ministry published it: `;`, Latin-1, labels over the first candidate only.
    table = pl.read_parquet(real_data / "results" / "france" / "ministry_presid-2022-t2_raw.parquet")
    body = table.write_csv(separator=";", include_header=False, quote_style="never")
    header = ";".join(c.removesuffix("_1") for c in table.columns if not c.endswith("_2"))
    folder = tmp_path / "elections" / "presidentielle-2022"
    folder.mkdir(parents=True)
    file = folder / "resultats-par-niveau-burvot-t2-france-entiere.txt"
    file.write_bytes((header + "\r\n" + body.replace("\n", "\r\n")).encode("latin-1", errors="strict"))
    original, notices = read(discover(tmp_path)[0], "ministry_wide")
    assert notices == []
    same(tidy, original)


def same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    votes = [t["results"].select(*STATION, "candidate", "votes").sort(pl.all()) for t in (left, right)]
    assert votes[0].equals(votes[1])
    counts = [*STATION, "registered", "voters", "blank", "spoiled", "valid_votes"]
    turnout = [t["turnout"].select(counts).sort(STATION) for t in (left, right)]
    assert turnout[0].equals(turnout[1])


def test_the_sample_of_2024(found: list[Found]) -> None:
    tables, notices = read(found, "ministry_numbered")
    assert notices == []
    assert set(tables["turnout"]["election"]) == {"2024_legi_t2"}
    assert tables["turnout"].height == 201
    sums = tables["results"].group_by(STATION).agg(pl.col("votes").sum())
    both = tables["turnout"].join(sums, on=STATION)
    assert (both["votes"] == both["valid_votes"]).all()
    assert tables["results"].filter(candidate="LE GAC", commune_code="29299").row(0, named=True)["nuance"] == "ENS"


def test_the_sample_of_the_aggregated_elections(found: list[Found]) -> None:
    tables, notices = read(found, "aggregated_candidates")
    first = tables["results"].row(0, named=True)
    assert (first["election"], first["commune_code"], first["station_code"]) == ("2026_muni_t2", "01160", "0001")
    assert (first["candidate"], first["first_name"], first["nuance"], first["votes"]) == (
        "PHILIPPS",
        "Pierre-Marie",
        "LDVC",
        257,
    )
    assert [n.row for n in notices] == [11]  # the line where somebody wrote where they had it from


def checked(reading: Reading, file: Path) -> list[Notice]:
    tables = {n: reading.tables.get(n, pl.LazyFrame(schema=TABLES[n])) for n in ("turnout", "results")}
    return check(tables["turnout"], tables["results"], file)


def test_only_the_swapped_columns_of_nantes_2007_are_doubted(found: list[Found]) -> None:
    doubts = {}
    for f in found:
        if f.source.id in ("nantes", "marseille", "paris", "paris_topojson", "ministry_wide", "ministry_numbered"):
            doubts[f.file.name] = checked(f.source.read(f.file, f.entry, Area()), f.file)
    named = {name: notices for name, notices in doubts.items() if notices}
    assert list(named) == ["24440040400129_VDN_VDN_00100_PRESIDENTIELLE2007_T1_NANTES_STBL.csv"]
    [notice] = next(iter(named.values()))
    assert notice.value == "LE PEN / NIHOUS"
    assert "swapped" in notice.what


@pytest.mark.parametrize("name", ["presid-2017-t1", "presid-2022-t1", "legis-2022-t1", "legis-2022-t2"])
def test_the_national_files_are_not_doubted(found: list[Found], name: str) -> None:
    tables, _ = read(found, "national", name)
    assert check(tables["turnout"].lazy(), tables["results"].lazy(), Path(name)) == []


def test_a_truncated_parquet_is_refused(real_data: Path, tmp_path: Path) -> None:
    data = (real_data / "results" / "france" / "presid-2017-t2_bureaux_territoires.parquet").read_bytes()
    (tmp_path / "presid-2017-t2_bureaux_territoires.parquet").write_bytes(data[: len(data) // 2])
    (tmp_path / "general_results.parquet").write_bytes(data[: len(data) // 2])
    for f in discover(tmp_path)[0]:
        with pytest.raises(SourceError, match="not a whole"):
            f.source.read(f.file, f.entry, Area())
