"""The same job as `isoloir build`, as one would write it in an afternoon with pandas and GeoPandas.

    python benchmarks/peers/pandas_build.py SOURCES OUT [DEPARTEMENT]

Results of every round, a link from the stations of each year to the next, outlines by Voronoi, census by addresses.
The cleaning of outlines is that of mapvotr, the link looks at size and votes, sources that overlap are compared. It
leaves out grades, provenance, formulas and results on the stations of another year. It is fair: vectorised where pandas
is, one spatial index per join, SciPy for the assignment.
"""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

WIDE = {
    "presidentielle-2022/resultats-par-niveau-burvot-t1-france-entiere.txt": ("2022_pres_t1", 7),
    "presidentielle-2022/resultats-par-niveau-burvot-t2-france-entiere.txt": ("2022_pres_t2", 7),
    "legislatives-2022/resultats-par-niveau-burvot-t1-france-entiere.txt": ("2022_legi_t1", 8),
    "legislatives-2022/resultats-par-niveau-burvot-t2-france-entiere.txt": ("2022_legi_t2", 8),
    "PR17_BVot_T1_FE.txt": ("2017_pres_t1", 7),
    "PR17_BVot_T2_FE.txt": ("2017_pres_t2", 7),
}
THEMES = ("evol-struct-pop", "activite-residents", "diplomes-formation", "logement", "couples-familles-menages")
MINISTRY = [f"{year}_{kind}_t{n}" for year, kind in ((2007, "pres"), (2012, "pres"), (2024, "legi")) for n in (1, 2)]


def read_wide(file: Path, election: str, width: int) -> pd.DataFrame:
    """The ministry's wide layout: a block per candidate, unlabelled after the first."""
    lines = file.read_text(encoding="latin-1").splitlines()
    most = max(line.count(";") for line in lines) + 1
    table = pd.read_csv(io.StringIO("\n".join(lines[1:])), sep=";", header=None, names=range(most), dtype=str)
    parts = []
    for first in range(21, most, width):
        block = (
            table[[0, 4, 6, first + 2 + width - 7, first + width - 3]]
            .dropna()
            .set_axis(["dep", "com", "bv", "name", "votes"], axis=1)
        )
        parts.append(block)
    found = pd.concat(parts)
    found["station_id"] = found["dep"] + found["com"] + "_" + found["bv"].str.zfill(4)
    return found.assign(election=election)[["station_id", "election", "name", "votes"]]


def read_numbered(file: Path, election: str) -> pd.DataFrame:
    """The layout of 2024: numbered headers."""
    table = pd.read_csv(file, sep=";", dtype=str)
    parts = []
    for n in range(1, 40):
        if f"Voix {n}" in table:
            block = table[["Code commune", "Code BV", f"Nom candidat {n}", f"Voix {n}"]].dropna()
            parts.append(block.set_axis(["com", "bv", "name", "votes"], axis=1))
    found = pd.concat(parts)
    found["station_id"] = found["com"] + "_" + found["bv"].str.zfill(4)
    return found.assign(election=election)[["station_id", "election", "name", "votes"]]


def read_long(file: Path, year: int) -> pd.DataFrame:
    """The layout of 2007 and 2012: a preamble, then one line per candidate."""
    lines = [line for line in file.read_text(encoding="latin-1").splitlines() if line.count(";") == 12]
    table = pd.read_csv(io.StringIO("\n".join(lines)), sep=";", header=None, dtype=str)
    table["station_id"] = table[1] + table[2].str.zfill(3) + "_" + table[4].str.zfill(4)
    table["election"] = f"{year}_pres_t" + table[0]
    return table[["station_id", "election", 9, 12]].set_axis(["station_id", "election", "name", "votes"], axis=1)


def results(folder: Path, only: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Turnout, votes of every round with the ministry's files first, and how far the two sources agree."""
    one = [("code_departement", "==", only)]
    general = pd.read_parquet(folder / "general_results.parquet", filters=one)
    general["station_id"] = general["code_commune"] + "_" + general["code_bv"].str.zfill(4)
    votes = pd.read_parquet(folder / "candidats_results.parquet", filters=one)
    votes["station_id"] = votes["code_commune"] + "_" + votes["code_bv"].str.zfill(4)
    votes["name"] = votes["nom"].fillna(votes["libelle_etendu_liste"]).fillna(votes["binome"])
    votes = votes.rename(columns={"id_election": "election", "voix": "votes"})
    done = [election for election, _ in WIDE.values()] + MINISTRY
    parts = [votes.loc[~votes["election"].isin(done), ["station_id", "election", "name", "votes"]]]
    parts += [read_wide(folder / name, *facts) for name, facts in WIDE.items()]
    parts += [read_long(folder / f"PR{year % 100:02}_Bvot_T1T2.txt", year) for year in (2007, 2012)]
    for n in (1, 2):
        file = folder / f"legislatives-2024/resultats-definitifs-par-bureau-de-vote-t{n}.csv"
        parts.append(read_numbered(file, f"2024_legi_t{n}"))
    every = pd.concat(parts)
    every = every[every["station_id"].str.startswith(only)]
    every["votes"] = every["votes"].astype(int)
    votes["votes"] = votes["votes"].astype(int)
    return general, every, agreement(every, votes[["station_id", "election", "name", "votes"]])


def agreement(every: pd.DataFrame, votes: pd.DataFrame) -> pd.DataFrame:
    """The re-publication against the ministry, candidate by candidate, and votes against valid votes."""
    both = every.merge(votes, on=["station_id", "election", "name"], suffixes=("", "_again"))
    return both.assign(same=both["votes"] == both["votes_again"]).groupby("election")["same"].agg(["size", "sum"])


def lineage(turnout: pd.DataFrame, votes: pd.DataFrame) -> pd.DataFrame:
    """Link the stations of each year with the next: by code, and where codes changed by size and voting profile."""
    turnout = turnout.assign(year=turnout["id_election"].str[:4], share=turnout["votants"] / turnout["inscrits"])
    valid = votes.groupby(["station_id", "election"])["votes"].transform("sum")
    shares = votes.assign(share=votes["votes"] / valid, code_commune=votes["station_id"].str[:5])
    profiles = dict(list(shares.groupby("code_commune")))
    edges = []
    for code, rows in turnout.groupby("code_commune"):
        years = [(y, r.groupby("station_id")[["inscrits", "share"]].mean()) for y, r in rows.groupby("year")]
        for (before, old), (after, new) in pairwise(years):
            same = old.index.intersection(new.index)
            links = pd.DataFrame({"from_id": same, "to_id": same})
            left, free = old.drop(same), new.drop(same)
            if len(left) and len(free):
                cost = np.abs(np.log(left["inscrits"].to_numpy()[:, None] / free["inscrits"].to_numpy()[None, :]))
                cost = cost + np.abs(left["share"].to_numpy()[:, None] - free["share"].to_numpy()[None, :])
                cost = np.nan_to_num(cost, nan=9.0) + distance(profiles.get(code), before, after, left, free)
                a, b = linear_sum_assignment(cost)
                found = pd.DataFrame({"from_id": left.index[a], "to_id": free.index[b]})
                links = pd.concat([links, found])
            edges.append(links.assign(commune=code, before=before, after=after))
    return pd.concat(edges)


def distance(
    shares: pd.DataFrame | None, before: str, after: str, left: pd.DataFrame, free: pd.DataFrame
) -> np.ndarray:
    """How far the shares of the names that stood in both years are apart."""
    if shares is None:
        return np.zeros((len(left), len(free)))
    sides = []
    for year, stations in ((before, left), (after, free)):
        chosen = shares[shares["election"].str.startswith(year)]
        sides.append(chosen.pivot_table(index="station_id", columns="name", values="share").reindex(stations.index))
    names = sides[0].columns.intersection(sides[1].columns)
    old, new = (side[names].fillna(0.0).to_numpy() for side in sides)
    return np.abs(old[:, None, :] - new[None, :, :]).sum(axis=2)


def outlines(addresses: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Voronoi cells of the addresses inside their commune, dissolved by station; small fragments go to a neighbour."""
    inside = gpd.sjoin(addresses, communes[["code", "geometry"]], predicate="within")
    inside = inside[inside["code"] == inside["code_commune"]].drop(columns=["index_right", "code"])
    place = [inside.geometry.x, inside.geometry.y]
    inside = inside.sort_values("nb_adresses").groupby(place, as_index=False).last().set_crs(addresses.crs)
    parts = []
    for code, points in inside.groupby("code_commune"):
        commune = communes.loc[communes["code"] == code]
        if points["station_id"].nunique() == 1:
            parts.append(commune[["geometry"]].assign(station_id=points["station_id"].iloc[0]))
            continue
        site = shapely.multipoints(points.geometry.values)
        cells = gpd.GeoDataFrame(
            geometry=list(shapely.voronoi_polygons(site, extend_to=commune.union_all()).geoms), crs=points.crs
        )
        named = gpd.sjoin(cells, points[["station_id", "geometry"]], predicate="contains")
        parts.append(absorb(gpd.clip(named.drop(columns="index_right"), commune)))
    return pd.concat(parts)


def absorb(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Dissolve by station, then give fragments of five cells or fewer to the station that they touch most."""
    whole = cells.dissolve("station_id").explode().reset_index()
    held = gpd.sjoin(whole, cells.set_geometry(cells.representative_point())[["geometry"]], predicate="contains")
    whole["cells"] = held.groupby(held.index).size()
    small = whole.index[whole["cells"].fillna(0) <= 5]
    for n in small:
        near = whole[whole.touches(whole.geometry[n]) & ~whole.index.isin(small)]
        if len(near):
            border = shapely.length(shapely.intersection(near.geometry.values, whole.geometry[n]))
            whole.loc[n, "station_id"] = near["station_id"].iloc[border.argmax()]
    return whole.dissolve("station_id").reset_index()[["station_id", "geometry"]]


def census(folder: Path, geography: Path, addresses: gpd.GeoDataFrame) -> pd.DataFrame:
    """Counts by IRIS shared between stations by addresses, and by grid cell."""
    iris = gpd.read_parquet(geography / "contours-iris.parquet")
    placed = gpd.sjoin(addresses.to_crs(iris.crs), iris[["code_iris", "geometry"]], predicate="within")
    tables = []
    for year in (2012, 2021):
        frames = [
            pd.read_csv(folder / f"base-ic-{theme}-{year}.CSV", sep=";", dtype={"IRIS": str, "COM": str}).set_index(
                "IRIS"
            )
            for theme in THEMES
        ]
        counts = pd.concat([f.select_dtypes("number") for f in frames], axis=1)
        counts = counts.loc[:, ~counts.columns.duplicated()].drop(columns="LAB_IRIS")
        tables.append(share(placed, "code_iris", counts))
    grid = pd.read_csv(folder / "carreaux_200m.csv").set_index("idcar_200m").select_dtypes("number")
    metric = addresses.to_crs(3035).geometry
    north, east = (metric.y // 200 * 200).astype(int), (metric.x // 200 * 200).astype(int)
    cells = addresses.assign(cell="CRS3035RES200mN" + north.astype(str) + "E" + east.astype(str))
    tables.append(share(cells, "cell", grid))
    incomes = pd.read_csv(
        folder / "BASE_TD_FILO_IRIS_2021_DISP.csv", sep=";", decimal=",", na_values=["nd", "ns", "so", "s"]
    )
    tables.append(share(placed, "code_iris", incomes.set_index("IRIS").select_dtypes("number")))
    return pd.concat(tables, axis=1)


def share(placed: pd.DataFrame, unit: str, counts: pd.DataFrame) -> pd.DataFrame:
    """The counts of each unit in proportion to the addresses that each station has there."""
    weight = placed.groupby([unit, "station_id"])["nb_adresses"].sum().reset_index()
    weight["share"] = weight["nb_adresses"] / weight.groupby(unit)["nb_adresses"].transform("sum")
    joined = weight.merge(counts, left_on=unit, right_index=True)
    columns = list(counts.columns)
    joined[columns] = joined[columns].multiply(joined["share"], axis=0)
    return joined.groupby("station_id")[columns].sum()


def main(sources: Path, out: Path, only: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    turnout, votes, agreed = results(sources / "elections", only)
    agreed.to_parquet(out / "agreement.parquet")
    turnout.to_parquet(out / "turnout.parquet")
    votes.to_parquet(out / "results.parquet")
    lineage(turnout, votes).to_parquet(out / "lineage.parquet")
    register = pd.read_parquet(sources / "register/table-adresses-reu.parquet")
    register = register[register["id_brut_bv_reu"].str.startswith(only)]
    code = register["id_brut_bv_reu"].str.split("_", expand=True)
    register["code_commune"], register["station_id"] = code[0], code[0] + "_" + code[1].str.zfill(4)
    points = gpd.points_from_xy(register["longitude"], register["latitude"], crs=4326)
    addresses = gpd.GeoDataFrame(register[["code_commune", "station_id", "nb_adresses"]], geometry=points)
    communes = gpd.read_file(sources / "geography/communes.geojson")
    communes = communes[communes["code"].str.startswith(only)]
    outlines(addresses, communes).to_parquet(out / "stations.parquet")
    census(sources / "insee", sources / "geography", addresses).to_parquet(out / "variables.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
