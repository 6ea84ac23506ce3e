"""Is the lineage of stations right? Paris and Nantes, on real files, against polygons and against chance.

    python benchmarks/lineage.py [FOLDER] [--figure docs/images/lineage_nantes.svg]

FOLDER holds the official files (by default $ISOLOIR_REAL_DATA). Prints, for Paris 2014 to 2017, how far codes and
voting profiles alone agree with the overlap of outlines; for Nantes 2012 to 2017, where the stations were drawn again
and renumbered, how well results of 2012 carried to the stations of 2017 go with those of 2017, beside what chance gives
and what cities that kept their codes show.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from isoloir.stations.identity import Lineage, link
from isoloir.stations.identity.overlap import overlap
from isoloir.stations.identity.projection import project

NATIONAL = {"2017_pres_t1": "presid-2017-t1", "2017_pres_t2": "presid-2017-t2"}
NATIONAL |= {"2022_pres_t1": "presid-2022-t1", "2022_pres_t2": "presid-2022-t2", "2022_legi_t1": "legis-2022-t1"}
NANTES = {
    "2001_muni_t1": "MUNICIPALES2001",
    "2007_pres_t1": "PRESIDENTIELLE2007_T1",
    "2007_pres_t2": "PRESIDENTIELLE2007_T2",
    "2008_muni_t1": "MUNICIPALES2008",
    "2010_regi_t1": "REGIONALES2010_T1",
    "2010_regi_t2": "REGIONALES2010_T2",
    "2012_pres_t1": "PRESIDENTIELLE2012_T1",
    "2012_pres_t2": "PRESIDENTIELLE2012_T2",
}
KEEPERS = {"Rennes": "35238", "Angers": "49007", "Tours": "37261"}  # they kept their codes from 2017 to 2022
STATION = ["commune_code", "station_code", "election"]
SHAPES = {"commune_code": pl.String, "station_code": pl.String, "vintage": pl.Int16, "geometry": pl.Binary}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("ISOLOIR_REAL_DATA"))
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    if options.folder is None or not Path(options.folder).is_dir():
        print("lineage: no real data here (give their folder, or set ISOLOIR_REAL_DATA); nothing measured")
        return
    folder = Path(options.folder)
    paris(folder)
    bars = nantes(folder)
    if options.figure:
        options.figure.parent.mkdir(parents=True, exist_ok=True)
        options.figure.write_text(figure(bars), "utf-8")
        print(f"wrote {options.figure}")


def paris(folder: Path) -> dict[str, float]:
    """Print and return how codes and profiles alone agree with the overlap of the outlines of 2012 and 2017."""
    turnout, results = national(folder, "75056")
    more = paris_2014(folder)
    turnout, results = pl.concat([more[0], turnout]), pl.concat([more[1], results])
    outlines = paris_outlines(folder)
    started = time.perf_counter()
    blind = link(turnout, results)
    seconds = time.perf_counter() - started
    old, new = (outlines.filter(pl.col("vintage") == v) for v in (2012, 2017))
    shares = overlap(shapes(old), shapes(new), np.empty(0, object), np.empty(0))
    codes = old["station_code"].to_list(), new["station_code"].to_list()
    i, j = np.nonzero(shares)
    truth = pl.DataFrame({"old": [codes[0][k] for k in i], "new": [codes[1][k] for k in j], "overlap": shares[i, j]})
    size = turnout.filter(pl.col("election") == "2014_euro_t1").select(old="station_code", registered="registered")
    truth = truth.join(size, on="old")
    voters = truth.unique("old")["registered"].sum()
    found = moves(blind, "2014_euro_t1", "2017_pres_t1")
    both = truth.join(found, on=["old", "new"], how="left").with_columns(pl.col("share").fill_null(0))
    agreed = both.select((pl.min_horizontal("overlap", "share") * pl.col("registered")).sum()).item() / voters
    linked = found.join(size, on="old").select((pl.col("share") * pl.col("registered")).sum()).item() / voters
    main_part = both.sort("overlap").group_by("old").last()
    same = main_part.select(((pl.col("old") == pl.col("new")) * pl.col("registered")).sum()).item() / voters
    agree_main = main_part.select(((pl.col("share") > 0.5) * pl.col("registered")).sum()).item() / voters
    whole = main_part.filter(pl.col("overlap") > 0.9)
    whole_agree = whole.select(
        ((pl.col("share") > 0.5) * pl.col("registered")).sum() / pl.col("registered").sum()
    ).item()
    print(f"Paris 2014 -> 2017: {size.height} to 896 stations, {seconds:.1f} s")
    print(f"  voters whose station overlaps most with the one of the same code  {same:.1%}")
    print(f"  voters linked by codes, sizes and profiles alone (no outline)      {linked:.1%}")
    print(f"  voters carried as the overlap of areas carries them                {agreed:.1%}")
    print(f"  voters whose main new station is the same by both                  {agree_main:.1%}")
    print(f"  the same, of {whole.height} stations that overlap by over 90 %                 {whole_agree:.1%}")
    return {"same code": same, "carried": agreed, "main station": agree_main, "whole stations": whole_agree}


def nantes(folder: Path) -> dict[str, dict[str, float]]:
    """Print and return correlations of carried shares; {figure's row: {column: value}}."""
    turnout, results = nantes_results(folder)
    lineage = link(turnout, results, outlines=nantes_outlines(folder))
    steps = lineage.edges.group_by("evidence", "quality").len().sort("len", descending=True)
    print("Nantes 2001 -> 2022:", ", ".join(f"{n} {e} ({q})" for e, q, n in steps.rows()))
    blind = moves(link(turnout, results), "2012_pres_t1", "2017_pres_t1")["old"].n_unique()
    print(
        f"  without outlines, {blind} of 209 stations of 2012 get an edge: they were drawn again, not only renumbered"
    )
    projection = project(lineage, 2017)
    reached = projection.filter(
        pl.col("from_id").is_in(lineage.members.filter(pl.col("election") == "2012_pres_t1")["station_id"].implode())
    )
    print("  grades of the moves 2012 -> 2017:", dict(sorted(reached["quality"].value_counts().rows())))
    now = stations_of(results, lineage, "2017_pres_t1", None)
    rows: dict[str, dict[str, float]] = {}
    pairs = {
        "Le Pen 2012": ("2012_pres_t1", ["LE_PEN"], ["LE PEN"]),
        "Left 2012 (Hollande, Mélenchon)": ("2012_pres_t1", ["HOLLANDE", "MELENCHON"], ["MÉLENCHON", "HAMON"]),
        "Sarkozy 2012": ("2012_pres_t1", ["SARKOZY"], ["FILLON"]),
        "Royal 2007": ("2007_pres_t2", ["ROYAL"], ["MÉLENCHON", "HAMON"]),
        "Ayrault 2008": ("2008_muni_t1", ["AYRAULT"], ["MÉLENCHON", "HAMON"]),
    }
    for name, (election, before, after) in pairs.items():
        carried = share(stations_of(results, lineage, election, projection), before)
        rows[name] = compare(carried, share(now, after))
    carried = turnout_share(turnout, lineage, "2012_pres_t1", projection)
    rows["Turnout 2012"] = compare(carried, turnout_share(turnout, lineage, "2017_pres_t1", None))
    for name, row in rows.items():
        print(f"  {name:34s} r = {row['carried']:.3f}  (shuffled {row['shuffled']:.3f})")
    for city, code in KEEPERS.items():
        rows[city] = keeper(folder, code)
        print(f"  {city}, Le Pen 2017 and 2022, same codes  r = {rows[city]['carried']:.3f}")
    return rows


def keeper(folder: Path, code: str) -> dict[str, float]:
    """The same correlation, five years apart, in a city whose codes mean the same places."""
    turnout, results = national(folder, code)
    lineage = link(turnout, results)
    sides = [share(stations_of(results, lineage, e, None), ["LE PEN"]) for e in ("2017_pres_t1", "2022_pres_t1")]
    return compare(*(s.with_columns(station_id=pl.col("station_id").str.replace("~.*", "")) for s in sides))


def carry(projection: pl.DataFrame, table: pl.DataFrame, by: list[str], counts: list[str]) -> pl.DataFrame:
    """Sum the counts of a table keyed by station_id and `by` onto the stations of the projection's reference."""
    moved = table.join(projection, left_on="station_id", right_on="from_id")
    sums = [(pl.col(c) * pl.col("share")).sum() for c in counts]
    return moved.group_by(pl.col("to_id").alias("station_id"), *by).agg(sums).sort("station_id", *by)


def compare(carried: pl.DataFrame, now: pl.DataFrame) -> dict[str, float]:
    """Correlation over stations, and the one that 5 % of random deals exceed."""
    both = now.join(carried, on="station_id", suffix="_old")
    x, y = both["share_old"].to_numpy(), both["share"].to_numpy()
    rng = np.random.default_rng(0)
    chance = np.quantile([abs(np.corrcoef(rng.permutation(x), y)[0, 1]) for _ in range(1000)], 0.95)
    return {"carried": float(np.corrcoef(x, y)[0, 1]), "shuffled": float(chance), "stations": float(len(x))}


def moves(lineage: Lineage, before: str, after: str) -> pl.DataFrame:
    """(old, new, share) between the station codes of two rounds."""
    names = lineage.members.select("station_code", "election", "station_id")
    old = names.filter(pl.col("election") == before).select(old="station_code", from_id="station_id")
    new = names.filter(pl.col("election") == after).select(new="station_code", to_id="station_id")
    return project(lineage, after).join(old, on="from_id").join(new, on="to_id").select("old", "new", "share")


def stations_of(
    results: pl.DataFrame, lineage: Lineage, election: str, projection: pl.DataFrame | None
) -> pl.DataFrame:
    """(station_id, candidate, votes) of a round, carried where a projection is given."""
    table = results.filter(pl.col("election") == election).join(lineage.members, on=STATION)
    return (
        table.select("station_id", "candidate", "votes")
        if projection is None
        else carry(projection, table, ["candidate"], ["votes"])
    )


def share(table: pl.DataFrame, candidates: list[str]) -> pl.DataFrame:
    """(station_id, share) of some candidates among all votes."""
    theirs = pl.col("votes").filter(pl.col("candidate").is_in(candidates)).sum()
    return table.group_by("station_id").agg(share=theirs / pl.col("votes").sum()).filter(pl.col("share").is_finite())


def turnout_share(
    turnout: pl.DataFrame, lineage: Lineage, election: str, projection: pl.DataFrame | None
) -> pl.DataFrame:
    """(station_id, share) of voters among the registered."""
    table = turnout.filter(pl.col("election") == election).join(lineage.members, on=STATION)
    if projection is not None:
        table = carry(projection, table, [], ["voters", "registered"])
    return table.select("station_id", share=pl.col("voters") / pl.col("registered"))


def national(folder: Path, code: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turnout and results of one commune in the national files."""
    turnout, results = [], []
    whole = pl.col("registered", "voters").cast(pl.Int32)
    number, name = (pl.col("code").str.split("_").list.get(k) for k in (0, 1))
    keys = {"commune_code": number, "station_code": name.str.pad_start(4, "0")}
    for election, file in NATIONAL.items():
        mine = pl.col("code").str.starts_with(code)
        table = pl.read_parquet(folder / f"results/france/{file}_bureaux_territoires.parquet").filter(mine)
        turnout.append(
            table.select(**keys, election=pl.lit(election), registered="inscrits", voters="votants").with_columns(whole)
        )
        table = pl.read_parquet(folder / f"results/france/{file}_bureaux_candidats.parquet").filter(mine)
        results.append(
            table.select(**keys, election=pl.lit(election), candidate="label", votes=pl.col("voix").cast(pl.Int32))
        )
    return pl.concat(turnout), pl.concat(results)


def nantes_results(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The city's wide files from 2001 to 2012, and the national ones."""
    parts = [national(folder, "44109")]
    for election, name in NANTES.items():
        file = next((folder / "results/nantes").glob(f"*{name}*"))
        table = pl.read_csv(file, infer_schema_length=0)
        table = table.with_columns(station_code=pl.col(table.columns[0]).str.extract(r"(\d{4})")).drop_nulls(
            "station_code"
        )
        keys = {"commune_code": pl.lit("44109"), "station_code": pl.col("station_code"), "election": pl.lit(election)}
        counts = pl.col("INSCRITS", "VOTANTS").cast(pl.Int32)
        turnout = table.with_columns(counts).select(**keys, registered="INSCRITS", voters="VOTANTS")
        long = table.unpivot(table.columns[6:-1], index="station_code", variable_name="candidate", value_name="votes")
        parts.append((turnout, long.select(**keys, candidate="candidate", votes=pl.col("votes").cast(pl.Int32))))
    return pl.concat(p[0] for p in parts), pl.concat(p[1] for p in parts)


def paris_2014(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The European round of 2014, in long form."""
    table = pl.read_csv(folder / "results/paris/europeennes-2014.csv", separator=";", infer_schema_length=0)
    code = pl.col("CodeArrdt").str.pad_start(2, "0") + pl.col("CodeBV").str.pad_start(2, "0")
    keys = {"commune_code": pl.lit("75056"), "station_code": code, "election": pl.lit("2014_euro_t1")}
    number = {"registered": "Inscrits", "voters": "Votants", "votes": "Voix"}
    table = table.select(**keys, candidate="Liste", **{k: pl.col(v).cast(pl.Int32) for k, v in number.items()})
    return table.select(*STATION, "registered", "voters").unique(STATION), table.select(*STATION, "candidate", "votes")


def paris_outlines(folder: Path) -> pl.DataFrame:
    """The outlines of 2012 and 2017."""
    old = gpd.read_file(folder / "geometry/paris_stations_2012_epsg2154.geojson").to_crs(4326)
    new = gpd.read_file(folder / "geometry/paris_stations_2017.geojson")
    names = [f"{int(a):02d}{int(b):02d}" for a, b in zip(old["arrondisse"], old["num_bv"], strict=True)]
    later = ["".join(f"{int(part):02d}" for part in name.split("-")) for name in new["id_bv"]]
    return pl.concat([outline_table("75056", names, 2012, old), outline_table("75056", later, 2017, new)])


def nantes_outlines(folder: Path) -> pl.DataFrame:
    """The outlines of 2014 (the stations of 2012) and those of 2022."""
    old = gpd.read_file(folder / "geometry/nantes_stations_2014.geojson")
    new = gpd.read_parquet(folder / "geometry/france_stations_2022_outlines.parquet")
    new = new[new["code"].str.startswith("44109_")]
    later = outline_table("44109", [c[6:] for c in new["code"]], 2022, new)
    return pl.concat([outline_table("44109", list(old["IDBURO"]), 2014, old), later])


def outline_table(commune: str, codes: list[str], vintage: int, frame: gpd.GeoDataFrame) -> pl.DataFrame:
    rows = [
        (commune, code, vintage, wkb)
        for code, wkb in zip(codes, shapely.to_wkb(frame.geometry.to_numpy()), strict=True)
    ]
    return pl.DataFrame(rows, schema=SHAPES, orient="row")


def shapes(outlines: pl.DataFrame) -> list[shapely.Geometry]:
    return list(shapely.from_wkb(outlines["geometry"].to_list()))


def figure(rows: dict[str, dict[str, float]]) -> str:
    """Bars of the correlations, with what chance reaches, as SVG."""
    left, width, line, top = 250, 380, 26, 64
    height = top + line * len(rows) + 76
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" font-family="sans-serif"',
        ' font-size="13">',
        f'<rect width="720" height="{height}" fill="#fff"/>',
        '<text x="20" y="26" font-size="16" font-weight="bold">Nantes: older rounds on the stations of 2017</text>',
        '<text x="20" y="46" fill="#555">Correlation with the first round of 2017 over the stations; below the line,'
        " cities that kept their codes, 2017 and 2022</text>",
    ]
    y = top
    for name, row in rows.items():
        if name == next(iter(KEEPERS)):
            parts.append(f'<line x1="20" x2="700" y1="{y + 2}" y2="{y + 2}" stroke="#999"/>')
            y += 6
        colour = "#b0b7bf" if name in KEEPERS else "#2b6cb0"
        label = f"{name}, Le Pen, same codes" if name in KEEPERS else name
        parts.append(f'<text x="{left - 10}" y="{y + 18}" text-anchor="end">{label}</text>')
        bar = f'<rect x="{left}" y="{y + 5}" width="{row["carried"] * width:.0f}" height="17" fill="{colour}"/>'
        chance = f"{left + row['shuffled'] * width:.0f}"
        parts.append(
            bar + f'<line x1="{chance}" x2="{chance}" y1="{y + 3}" y2="{y + 24}" stroke="#c05621" stroke-width="2"/>'
        )
        parts.append(f'<text x="{left + row["carried"] * width + 6:.0f}" y="{y + 18}">{row["carried"]:.2f}</text>')
        y += line
    parts.append(
        f'<text x="20" y="{y + 26}" fill="#c05621">'
        "Orange: what one random deal of the stations in twenty exceeds.</text>"
        f'<text x="20" y="{y + 46}" fill="#555">Stations were linked by the overlap of outlines and their sizes:'
        " votes decided about one move in thirty.</text></svg>"
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
