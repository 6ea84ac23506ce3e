"""data.gouv.fr's "Données des élections agrégées": every round in two Parquet files."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from isoloir.simulate.ballots import Ballots
from isoloir.simulate.layouts.stream import ParquetStream
from isoloir.simulate.rounds import Round

# The nuance of the ministry that stands for each bloc of the simulation.
LEANINGS = {
    "EXG": "EXG", "RAD": "FI", "SOC": "SOC", "ECO": "ECO", "CEN": "CEN", "DRT": "DVD", "EXD": "EXD", "DIV": "DIV",
}  # fmt: skip


class Aggregated:
    """`general_results` (turnout) and `candidats_results` (votes)."""

    def __init__(self, folder: Path):
        self.general = ParquetStream(folder / "elections" / "general_results.parquet")
        self.candidates = ParquetStream(folder / "elections" / "candidats_results.parquet")

    def write(self, rounds: list[Ballots], departement: str) -> None:
        """All rounds of one département."""
        self.general.write(pl.concat([_general(b, departement) for b in rounds]))
        self.candidates.write(pl.concat([_candidates(b) for b in rounds]))

    def close(self) -> None:
        """Finish both files."""
        self.general.close()
        self.candidates.close()


def name_constituency(number: pl.Expr) -> pl.Expr:
    """`1ère circonscription`, `2ème circonscription`."""
    return pl.when(number == 1).then(pl.lit("1ère")).otherwise(number.cast(pl.String) + "ème") + " circonscription"


def _ratio(part: str, whole: str) -> pl.Expr:
    share = (pl.col(part) * 100.0 / pl.col(whole)).round(2)
    return pl.when(pl.col(whole) > 0).then(share).otherwise(0.0)


def _general(ballots: Ballots, departement: str) -> pl.DataFrame:
    kind = ballots.outcome.round.type
    canton = pl.col("canton").cast(pl.String).str.zfill(2) if kind in ("dpmt", "cant") else pl.lit(None, pl.String)
    return ballots.turnout.select(
        id_election=pl.lit(ballots.outcome.round.election),
        id_brut_miom=pl.col("commune") + "_" + pl.col("station"),
        code_departement="departement",
        libelle_departement=pl.lit(departement),
        code_canton=canton,
        libelle_canton="Canton n° " + canton,
        code_commune="commune",
        libelle_commune="name",
        code_circonscription=pl.col("constituency").cast(pl.String).str.zfill(2),
        libelle_circonscription=name_constituency(pl.col("constituency")),
        code_bv="station",
        inscrits=pl.col("registered").cast(pl.Int32),
        abstentions=pl.col("abstentions").cast(pl.Int32),
        votants=pl.col("voters").cast(pl.Int32),
        blancs=pl.col("blank").cast(pl.Int32),
        nuls=pl.col("spoiled").cast(pl.Int32),
        exprimes=pl.col("valid").cast(pl.Int32),
        ratio_abstentions_inscrits=_ratio("abstentions", "registered"),
        ratio_votants_inscrits=_ratio("voters", "registered"),
        ratio_blancs_inscrits=_ratio("blank", "registered"),
        ratio_blancs_votants=_ratio("blank", "voters"),
        ratio_nuls_inscrits=_ratio("spoiled", "registered"),
        ratio_nuls_votants=_ratio("spoiled", "voters"),
        ratio_exprimes_inscrits=_ratio("valid", "registered"),
        ratio_exprimes_votants=_ratio("valid", "voters"),
    )


def _candidates(ballots: Ballots) -> pl.DataFrame:
    """Persons have `nom` and `prenom`; lists a head; pairs of the départements a `binome`."""
    kind = ballots.outcome.round.type
    stations = ballots.turnout.select("departement", "commune", "station", "registered", "valid")
    table = pl.concat([ballots.results, stations[ballots.results["row"].to_numpy()]], how="horizontal")
    none, person = pl.lit(None, pl.String), pl.concat_str("last", "first", separator=" ")
    listed, paired = kind in ("euro", "regi"), kind == "dpmt"
    return table.select(
        id_election=pl.lit(ballots.outcome.round.election),
        id_brut_miom=pl.col("commune") + "_" + pl.col("station"),
        code_departement="departement",
        code_commune="commune",
        code_bv="station",
        no_panneau=pl.col("panel").cast(pl.Int16),
        voix=pl.col("votes").cast(pl.Int32),
        ratio_voix_inscrits=_ratio("votes", "registered"),
        ratio_voix_exprimes=_ratio("votes", "valid"),
        nuance=pl.col("code").replace(_leanings(ballots.outcome.round)) if kind == "pres" else pl.col("code"),
        sexe=none if listed or paired else pl.col("sex"),
        nom=none if listed or paired else pl.col("last"),
        prenom=none if listed or paired else pl.col("first"),
        liste=none,
        libelle_abrege_liste=none if paired else pl.col("list"),
        libelle_etendu_liste=none if paired else pl.col("list"),
        nom_tete_liste=person if listed else none,
        binome=person + " et " + pl.col("list") if paired else none,
    )


def _leanings(round_: Round) -> dict[str, str]:
    """A nuance for each presidential candidate: the ministry gives none, but nobody knows these people."""
    return {option.nuance: LEANINGS[option.blocs.split("+")[0]] for option in round_.options}
