"""INSEE's tables: `base-ic` by IRIS, FiLoSoFi by IRIS and by commune, the 200 m grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from isoloir.simulate.census_columns import THEMES, Theme
from isoloir.simulate.geography import Floats, Ints, Territory
from isoloir.simulate.layouts.stream import TextStream
from isoloir.simulate.people import People, atoms, income_table, share_poor
from isoloir.simulate.places import GRID_METRES, Parts, iris_codes

VINTAGES = (2012, 2021)
INCOME_VINTAGE = 2021
_KEYS = ("IRIS", "COM", "TYP_IRIS", "LAB_IRIS")
_DECILES = ("D1", "D2", "D3", "D4", "D6", "D7", "D8", "D9")
_SOURCES = ("PACT", "PTSA", "PCHO", "PBEN", "PPEN", "PPAT", "PPSOC", "PPFAM", "PPMINI", "PPLOGT", "PIMPOT")
_IRIS_INCOME = ("TP60", "Q1", "MED", "Q3", "EQ", *_DECILES, "RD", "S80S20", "GI", *_SOURCES)
_MONEY = ("Q1", "MED", "Q3", *_DECILES)
_GRID_HEAD = (
    "idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men,men_pauv,men_1ind,men_5ind,men_prop,men_fmp,"
    "ind_snv,men_surf,men_coll,men_mais,log_av45,log_45_70,log_70_90,log_ap90,log_inc,log_soc,ind_0_3,ind_4_5,ind_6_10,"
    "ind_11_17,ind_18_24,ind_25_39,ind_40_54,ind_55_64,ind_65_79,ind_80p,ind_inc"
)
SECRET_HOUSEHOLDS = 11  # of a cell, under which it is imputed
_HOUSEHOLDS = ("RP_PROP", "RP_LOCPRIV", "RP_LOCHLMV", "RP_GRAT")


class Census:
    """Every census and income file, département after département."""

    def __init__(self, folder: Path):
        here = folder / "insee"
        self.themes = {
            (theme.name, year): TextStream(here / f"base-ic-{theme.name}-{year}.CSV", _head(theme, year))
            for theme in THEMES
            for year in VINTAGES
        }
        income = ";".join(["IRIS", *(_dated(c) for c in _iris_columns())])
        self.iris_income = TextStream(here / "BASE_TD_FILO_IRIS_2021_DISP.csv", income + "\n")
        head = ["CODGEO", "LIBGEO", *(_plain(c) for c in _commune_columns())]
        self.commune_income = TextStream(here / "FILO2021_DISP_COM.csv", ";".join(head) + "\n")
        self.grid = TextStream(here / "carreaux_200m.csv", _GRID_HEAD + "\n", separator=",")

    def write(self, land: Territory, people: People, iris: Parts, cells: Parts, commune: Ints, seed: int) -> None:
        """`commune` is the commune (index) of each block."""
        for year in VINTAGES:
            atoms_by_iris = iris.add_up(people.counts[year])
            for theme in THEMES:
                self.themes[theme.name, year].write(_theme(land, theme, year, iris.key, atoms_by_iris), 4)
        units = people.counts[INCOME_VINTAGE][:, _columns("PMEN")].sum(axis=1) / 1.45
        self.iris_income.write(_iris_income(land, people, iris, units, np.random.default_rng([seed, 7])))
        self.commune_income.write(_commune_income(land, people, units, commune))
        self.grid.write(_grid(land, people, cells, commune), 2)

    def close(self) -> None:
        """Finish every file."""
        for stream in (*self.themes.values(), self.iris_income, self.commune_income, self.grid):
            stream.close()


def add_columns(counts: Floats, columns: dict[str, tuple[str, ...]]) -> dict[str, Floats]:
    """Official columns (names without the year) from counts of atoms."""
    return {name: counts[:, _columns(*parts)].sum(axis=1) for name, parts in columns.items()}


def _columns(*names: str) -> list[int]:
    index = {name: i for i, name in enumerate(atoms())}
    return [index[name] for name in names]


def _head(theme: Theme, year: int) -> str:
    return ";".join([*_KEYS, *(f"{c[0]}{year % 100:02d}{c[1:]}" for c in theme.columns)]) + "\n"


def _theme(land: Territory, theme: Theme, year: int, seeds: Ints, counts: Floats) -> pl.DataFrame:
    """One row per IRIS; communes that have merged and have none are one row."""
    code, _ = iris_codes(land, seeds, year)
    unique, place = np.unique(code, return_inverse=True)
    total = np.zeros((len(unique), counts.shape[1]))
    np.add.at(total, place.ravel(), counts)
    columns = add_columns(total, theme.columns)
    population = total[:, _columns("PMEN", "PHORMEN")].sum(axis=1)
    kind = np.where(np.char.endswith(unique, "0000"), "Z", np.where(population < 150, "A", "H"))
    label = np.where(population > 500, "1", "2")
    return pl.DataFrame(
        {"IRIS": unique, "COM": pl.Series(unique).str.slice(0, 5), "TYP_IRIS": kind, "LAB_IRIS": label, **columns}
    )


def _iris_columns() -> tuple[str, ...]:
    return ("DISP_TP60", "DISP_INCERT", *(f"DISP_{c}" for c in _IRIS_INCOME[1:]))


def _dated(column: str) -> str:
    return f"{column}{INCOME_VINTAGE % 100}"


def _commune_columns() -> tuple[str, ...]:
    rest = ("RD", "S80S20", "GI", *_SOURCES)
    return ("NBMEN", "NBPERS", "NBUC", "TP60", "Q1", "MED", "Q3", "Q3_Q1", *_DECILES, *rest)


def _plain(column: str) -> str:
    """As INSEE prints them for communes: the median is Q2 and the ratios have no year."""
    if column in ("RD", "Q3_Q1"):
        return column
    return f"{'Q2' if column == 'MED' else column}{INCOME_VINTAGE % 100}"


def _decimal(values: Floats, name: str) -> pl.Series:
    """Euros to ten, shares to a tenth, with a decimal comma."""
    if name in _MONEY:
        return pl.Series(np.round(values, -1).astype(np.int64).astype(str))
    digits = 3 if name == "GI" else 2 if name in ("EQ", "Q3_Q1") else 1
    return pl.Series(np.round(values, digits).astype(str)).str.replace(".", ",", literal=True)


def _iris_income(land: Territory, people: People, iris: Parts, units: Floats, rng: np.random.Generator) -> pl.DataFrame:
    """True IRIS only; `ns` where too few live there, `so` where nobody should, `nd` where INSEE has nothing."""
    table, households, _ = _mix(people, iris, units)
    code, _ = iris_codes(land, iris.key, INCOME_VINTAGE)
    real = land.seed_number[iris.key] > 0
    mark = np.where(
        households < 20, "so", np.where(households < 250, "ns", np.where(rng.random(len(code)) < 0.01, "nd", ""))
    )
    out = {"IRIS": pl.Series(code)}
    for column in _iris_columns():
        name = column.removeprefix("DISP_")
        shown = pl.Series(["1"]).new_from_index(0, len(code)) if name == "INCERT" else _decimal(table[name], name)
        out[column] = pl.Series(np.where(mark == "", shown.to_numpy(), mark))
    return pl.DataFrame(out).filter(pl.Series(real))


def _mix(people: People, parts: Parts, units: Floats) -> tuple[dict[str, Floats], Floats, Floats]:
    """Income table, households and people of each unit, from the shares of blocks in it."""
    group, block, share = parts.pairs()
    some = People(people.traits[block], {}, people.income[block])
    table = income_table(some, units[block] * share, group, len(parts.key))
    counts = parts.add_up(people.counts[INCOME_VINTAGE])
    return table, counts[:, _columns(*_HOUSEHOLDS)].sum(axis=1), counts[:, _columns("PMEN")[0]]


def _commune_income(land: Territory, people: People, units: Floats, commune: Ints) -> pl.DataFrame:
    """`s` under 50 households; under 1,000 households only the median is published."""
    codes, place = np.unique(land.at(INCOME_VINTAGE)[commune], return_inverse=True)
    place, size = place.ravel().astype(np.int64), len(codes)
    table = income_table(people, units, place, size)
    counts = people.counts[INCOME_VINTAGE]
    households = np.bincount(place, counts[:, _columns(*_HOUSEHOLDS)].sum(axis=1), size)
    persons, number = np.bincount(place, counts[:, _columns("PMEN")[0]], size), np.bincount(place, units, size)
    table["Q3_Q1"] = table["Q3"] / table["Q1"]
    out = {"CODGEO": pl.Series(land.code[codes]), "LIBGEO": pl.Series(land.name[codes])}
    for name in _commune_columns():
        if name in ("NBMEN", "NBPERS", "NBUC"):
            value = {"NBMEN": households, "NBPERS": persons, "NBUC": number}[name]
            out[name] = pl.Series(np.round(value).astype(np.int64).astype(str))
            continue
        floor = 50 if name in ("MED", "TP60") else 1000
        out[name] = pl.Series(np.where(households >= floor, _decimal(table[name], name).to_numpy(), "s"))
    return pl.DataFrame(out).sort("CODGEO")


def _grid(land: Territory, people: People, cells: Parts, commune: Ints) -> pl.DataFrame:
    """Cells under 11 households are imputed: the rates of their square kilometre, on their own households."""
    columns = _grid_columns(people)
    names = list(columns)
    counts = cells.add_up(np.column_stack(list(columns.values())))
    row, column = cells.key // 100_000, cells.key % 100_000
    square = (row // 5) * 100_000 + column // 5
    squares, place = np.unique(square, return_inverse=True)
    wide = np.zeros((len(squares), counts.shape[1]))
    np.add.at(wide, place.ravel(), counts)
    households = names.index("men")
    few = counts[:, households] < SECRET_HOUSEHOLDS
    rate = wide[place.ravel()] / wide[place.ravel(), households][:, None]
    shown = np.where(few[:, None], rate * counts[:, [households]], counts)
    group, block, _ = cells.pairs()
    first = np.searchsorted(group, np.arange(len(cells.key)))
    town = land.code[land.at(INCOME_VINTAGE)[commune[block[first]]]]
    small, large = _cell_name(row, column, 1), _cell_name(row // 5, column // 5, 5)
    keys = {
        "idcar_200m": small,
        "idcar_1km": large,
        "idcar_nat": pl.select(pl.when(pl.Series(few)).then(large).otherwise(small)).to_series(),
        "i_est_200": few.astype(np.int8),
        "i_est_1km": (wide[place.ravel(), households] < SECRET_HOUSEHOLDS).astype(np.int8),
        "lcog_geo": town,
    }
    return pl.DataFrame(keys | {name: shown[:, i] for i, name in enumerate(names)})


def _cell_name(row: Ints, column: Ints, size: int) -> pl.Series:
    north, east = (
        pl.Series(row * size * GRID_METRES).cast(pl.String),
        pl.Series(column * size * GRID_METRES).cast(pl.String),
    )
    kind = "200m" if size == 1 else "1km"
    return f"CRS3035RES{kind}N" + north + "E" + east


def _grid_columns(people: People) -> dict[str, Floats]:
    """The columns of the grid for each block, from `ind` on."""
    c = people.counts[INCOME_VINTAGE]

    def total(*names: str) -> Floats:
        return np.asarray(c[:, _columns(*names)].sum(axis=1))

    def ages(*bands: str) -> Floats:
        return total(*(f"{sex}_{band}" for band in bands for sex in "HF"))

    men, ind = total(*_HOUSEHOLDS), total("PMEN", "PHORMEN")
    detached = total("MAISON") / total("MAISON", "APPART")
    poor = share_poor(people)
    young = ages("0305")
    return {
        "ind": ind,
        "men": men,
        "men_pauv": men * poor,
        "men_1ind": total("MENHSEUL", "MENFSEUL"),
        "men_5ind": total("NE24F3", "NE24F4P"),
        "men_prop": total("RP_PROP"),
        "men_fmp": total("MENHMONO", "MENFMONO"),
        "ind_snv": ind * np.exp(people.income) * 1.08,
        "men_surf": men * (58 + 42 * detached),
        "men_coll": men * (1 - detached),
        "men_mais": men * detached,
        "log_av45": total("RP_ACH1919", "RP_ACH1945"),
        "log_45_70": total("RP_ACH1970"),
        "log_70_90": total("RP_ACH1990"),
        "log_ap90": total("RP_ACH2005", "RP_ACH2018"),
        "log_inc": men * 0.0,
        "log_soc": total("RP_LOCHLMV"),
        "ind_0_3": ages("0002") + young / 3,
        "ind_4_5": young * 2 / 3,
        "ind_6_10": ages("0610"),
        "ind_11_17": ages("1114", "1517"),
        "ind_18_24": ages("1819", "2024"),
        "ind_25_39": ages("2529", "3039"),
        "ind_40_54": ages("4044", "4554"),
        "ind_55_64": ages("5559", "6064"),
        "ind_65_79": ages("6574", "7579"),
        "ind_80p": ages("80P"),
        "ind_inc": ind * 0.0,
    }
