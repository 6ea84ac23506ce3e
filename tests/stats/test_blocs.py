"""Every nuance and presidential candidate has its bloc, and a user's own mapping is checked."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isoloir.errors import SettingsError
from isoloir.sources import elections
from isoloir.stats.blocs import blocs

ROWS = [  # election, candidate, nuance, bloc, finer bloc
    ("2017_pres_t1", "Mélenchon", None, "left", "radical_left"),
    ("2017_pres_t1", "MELENCHON", "FI", "left", "radical_left"),
    ("2022_legi_t1", "X", "NUP", "left", "left_union"),
    ("2024_legi_t1", "X", "UXD", "far_right", "national"),
    ("2015_dpmt_t1", "X", "BC-FN", "far_right", "national"),
    ("2019_euro_t1", "X", "LFN", "far_right", "national"),
    ("2024_euro_t1", "X", "LREC", "far_right", "other_far_right"),
    ("2022_legi_t1", "X", "LR", "centre_right", "right"),
    ("2019_euro_t1", "X", "LLR", "centre_right", "right"),
    ("2012_legi_t1", "X", "NC", "centre_right", "moderate"),
    ("2020_muni_t1", "X", "LNC", "other", "unaligned"),
    ("2022_legi_t1", "X", "REG", "other", "regionalist"),
    ("2027_legi_t1", "X", "ZZZ", None, None),
]


def test_a_candidate_is_placed_by_name_or_by_nuance_of_any_form() -> None:
    table = pl.DataFrame([r[:3] for r in ROWS], schema=["e", "c", "n"], orient="row")
    found = table.select(coarse=blocs().of("e", "c", "n"), fine=blocs().of("e", "c", "n", fine=True))
    assert found.rows() == [r[3:] for r in ROWS]


def test_the_coarse_blocs_are_those_of_forecasts_and_the_finer_ones_lie_inside_them() -> None:
    mapping = blocs()
    assert set(mapping.labels) == {"left", "centre_right", "far_right", "other"}
    assert set(mapping.finer.values()) == set(mapping.labels)
    assert all(label["fr"] and label["en"] for label in mapping.names.values())
    assert mapping.nuances["NUP"] == "left"
    assert mapping.candidates["2012_pres"]["HOLLANDE"] == "left"


def test_every_presidential_candidate_is_placed() -> None:
    file = Path(elections.__file__).parent / "presidential_first_rounds.csv"
    table = pl.read_csv(file).with_columns(nuance=pl.lit(None, pl.String))
    unplaced = table.filter(blocs().of("election", "candidate", "nuance", fine=True).is_null())
    assert table.height > 60
    assert unplaced["candidate"].to_list() == []


@pytest.mark.parametrize("target", ["left", "radical_left", "FI", "mélenchon", "MELENCHON"])
def test_a_target_is_a_bloc_a_finer_one_a_nuance_or_a_name(target: str) -> None:
    table = pl.DataFrame({"e": ["2022_pres_t1"] * 2, "c": ["MÉLENCHON", "MACRON"], "n": ["FI", None]})
    assert table.select(x=blocs().stands_for(target, "e", "c", "n"))["x"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[blocs.a]\nfr='a'", "not a description"),
        ("[blocs.a]\nfr='a'\nen='a'\nnuances=['X']\n[blocs.b]\nfr='b'\nen='b'\nnuances=['X']", "X is in two blocs"),
        ("[blocs.a]\nfr='a'\nen='a'\n[candidates.2022_pres]\nb=['X']", "unknown blocs"),
    ],
)
def test_an_inconsistent_mapping_is_refused(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "blocs.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        blocs(file)
