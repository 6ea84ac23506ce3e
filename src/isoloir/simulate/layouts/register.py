"""INSEE's addresses of the electoral register (REU, September 2022)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from pyproj import Transformer

from isoloir.simulate.geography import Territory
from isoloir.simulate.layouts.stream import ParquetStream
from isoloir.simulate.names import STREETS
from isoloir.simulate.settlement import Addresses
from isoloir.simulate.votes import Stage

_VENUES = ("Mairie", "Salle des fêtes", "École élémentaire", "École maternelle", "Gymnase", "Foyer rural", "Préau")


class Register:
    """`table-adresses-reu` and `table-bv-reu`; codes there have no leading zeros."""

    def __init__(self, folder: Path):
        self.addresses = ParquetStream(folder / "register" / "table-adresses-reu.parquet")
        self.stations = ParquetStream(folder / "register" / "table-bv-reu.parquet")

    def write(self, land: Territory, addresses: Addresses, stage: Stage) -> None:
        """The addresses of one département and the stations of 2022 they belong to."""
        codes = pl.Series(stage.code).str.strip_chars_start("0")
        keys = pl.Series(stage.commune) + "_" + codes
        row = stage.row[addresses.block]
        names = pl.Series(land.name[stage.commune_index])
        size = np.unique(stage.commune, return_inverse=True)[1].ravel()
        self.addresses.write(_points(addresses, stage, keys, names, row, np.bincount(size)[size]))
        count = np.bincount(row, addresses.dwellings, len(keys)).astype(np.int32)
        number = np.arange(len(keys))
        self.stations.write(
            pl.DataFrame(
                {
                    "id_brut_reu": keys,
                    "id_brut_insee": keys,
                    "code_commune": stage.commune,
                    "code": codes,
                    "libelle_reu": pl.Series(_VENUES).gather(number % len(_VENUES)),
                    "num_voie_reu": (1 + number * 7 % 90).astype(str),
                    "voie_reu": STREETS.gather(number * 31 % 320),
                    "cp_reu": pl.Series(stage.commune).str.slice(0, 2) + "000",
                    "commune_reu": names,
                    "nb_adresses_initial": count,
                    "nb_adresses_final": count,
                    "id_brut_miom": pl.Series(stage.commune) + "_" + pl.Series(stage.code),
                }
            )
        )

    def close(self) -> None:
        """Finish both files."""
        self.addresses.close()
        self.stations.close()


def _points(
    addresses: Addresses,
    stage: Stage,
    keys: pl.Series,
    names: pl.Series,
    row: np.ndarray,
    size: np.ndarray,
) -> pl.DataFrame:
    longitude, latitude = Transformer.from_crs(3035, 4326, always_xy=True).transform(
        addresses.shown_x, addresses.shown_y
    )
    code = pl.Series(stage.commune)
    town = " " + code.str.slice(0, 2) + "000 " + names
    number = pl.Series(np.arange(400 * 2 + 4).astype(str))
    score = addresses.score
    kind = np.where(score > 0.7, 0, np.where(score > 0.4, 1, 2))
    text = number.gather(addresses.number) + " " + STREETS.gather(addresses.street) + town.gather(row)
    return pl.DataFrame(
        {
            "code_commune_ref": code.gather(row),
            "reconstitution_code_commune": code.gather(row),
            "id_brut_bv_reu": keys.gather(row),
            "id": np.arange(len(row), dtype=np.int32),
            "geo_adresse": text,
            "geo_type": pl.Series(["housenumber", "street", "locality"]).gather(kind),
            "geo_score": score,
            "longitude": np.round(longitude, 6),
            "latitude": np.round(latitude, 6),
            "api_line": np.arange(1, len(row) + 1, dtype=np.int32),
            "nb_bv_commune": size[row].astype(np.int16),
            "nb_adresses": addresses.dwellings.astype(np.int32),
        }
    )
